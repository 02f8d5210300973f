"""One log record of the protocol to a signal, if it is an evaluation: of an answer, or of a feature flag.

A log record of another kind is refused as `unsupported_log`: it is counted, and its bytes are kept in quarantine, from
where a later version can take it in. It is neither a span nor a statement about one; to store it as either would be
invention.
"""

from typing import Any

import orjson

from workbench.errors import RecordError
from workbench.experiments.exposures import KEY, variant_of
from workbench.loaders.conventions import CANDIDATES, EVALUATION_EVENT, FLAG_EVENTS
from workbench.loaders.otlp.plan import Keyed, text
from workbench.loaders.otlp.scope import Scope
from workbench.loaders.otlp.statements import Target, evaluation
from workbench.loaders.otlp.times import identity, nanoseconds
from workbench.loaders.otlp.wire import plain, plain_attributes
from workbench.loaders.users import keyed

_TAKEN = frozenset({"traceId", "spanId", "timeUnixNano", "eventName", "attributes", "body"})


def log_signal(record: dict[str, Any], scope: Scope, key_user: Keyed) -> dict[str, Any]:
    """Return the signal that one parsed log record states.

    Raises
    ------
    RecordError
        unsupported_log, if it is no evaluation; no_id, if it names neither span nor trace nor session; no_flag, if it
        does not say of which flag it is.
    """
    attributes = plain_attributes(record.get("attributes"))
    name = record.get("eventName") or attributes.get("event.name")
    if name != EVALUATION_EVENT and name not in FLAG_EVENTS:
        raise RecordError("a log record that is no evaluation", reason="unsupported_log")
    target = _target(record, attributes, scope)
    attributes.pop("event.name", None)
    body = plain(record.get("body") or {})
    rest = {name: value for name, value in record.items() if name not in _TAKEN and value is not None}
    said = keyed({**_body(body), **attributes}, key_user)
    shared = {"otlp": {**scope.shared, **keyed(rest | ({"body": body} if body else {}), key_user)}}
    at = nanoseconds(_time(record.get("timeUnixNano")))
    if name in FLAG_EVENTS:
        return _exposure({**said, **shared}, at=at, target=target)
    return evaluation({**said, **shared}, at=at, target=target)


def _exposure(said: dict[str, Any], *, at: int, target: dict[str, str | None]) -> dict[str, Any]:
    """Return the signal that a flag was evaluated; its attributes stay whole, as those of a flag on a span do."""
    flag = text(said.get(KEY))
    if not flag:
        raise RecordError("an evaluation of a flag without a key", reason="no_flag")
    attributes = orjson.dumps(said).decode()
    variant = variant_of(said)
    return {
        **target,
        "kind": "exposure",
        "name": flag,
        "label": variant,
        "at": at // 1000 or None,
        "attributes": attributes,
    }


def _target(record: dict[str, Any], attributes: dict[str, Any], scope: Scope) -> dict[str, str | None]:
    trace_id, span_id = record.get("traceId"), record.get("spanId")
    session = next((text(attributes[name]) for name in CANDIDATES["session_id"] if attributes.get(name)), None)
    target = Target(
        identity(_id(trace_id), 16) if trace_id else None,
        identity(_id(span_id), 8) if span_id else None,
        session or scope.columns["session_id"],
    )
    scopes = ("span", "trace", "session") if target.trace_id else ("session",)
    for kind in scopes:
        if columns := target.columns(kind):
            return columns
    raise RecordError("an evaluation that names neither span nor trace nor session", reason="no_id")


def _body(body: Any) -> dict[str, Any]:
    """Return the evaluation's fields that older emitters put into the body."""
    return {name: value for name, value in body.items() if name.startswith("gen_ai.")} if isinstance(body, dict) else {}


def _id(value: Any) -> str:
    if not isinstance(value, str):
        raise RecordError("an id that is no text", reason="wrong_type")
    return value


def _time(value: Any) -> int | str | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, str))):
        raise RecordError("a time that is neither number nor text", reason="bad_time")
    return value
