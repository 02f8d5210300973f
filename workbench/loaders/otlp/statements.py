"""Statements about spans, traces and sessions that telemetry carries: evaluations and annotations to signals.

They come as events of a span, as log records, or as indexed attributes (OpenInference); a reader of the signals table
need not care which.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from workbench.loaders.otlp.plan import Keyed, Statement, number, text
from workbench.loaders.users import keyed


class Target(NamedTuple):
    """What a statement is about."""

    trace_id: str | None
    span_id: str | None
    session_id: str | None

    def columns(self, scope: str = "span") -> dict[str, str | None] | None:
        """Return the target's columns for a scope: span, trace or session; None if the id that it needs is missing."""
        target_id = {"span": self.span_id, "trace": self.trace_id, "session": self.session_id}[scope]
        trace_id = None if scope == "session" else self.trace_id
        return {"target_kind": scope, "target_id": target_id, "trace_id": trace_id} if target_id else None


_EVALUATION_COLUMNS = {
    "name": "gen_ai.evaluation.name",
    "value": "gen_ai.evaluation.score.value",
    "label": "gen_ai.evaluation.score.label",
    "comment": "gen_ai.evaluation.explanation",
}
_ANNOTATION_COLUMNS = {"name": "name", "value": "score", "label": "label", "comment": "explanation"}


def evaluation(attributes: Mapping[str, Any], *, at: int, target: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the signal of a `gen_ai.evaluation.result`; `at` is nanoseconds since 1970, 0 if not known."""
    signal, rest = _columns(attributes, _EVALUATION_COLUMNS)
    return {**signal, **target, "kind": "evaluation", "at": at // 1000 or None, "attributes": _json(rest)}


def statement(said: Statement, values: list[Any], *, target: Target, key_user: Keyed) -> dict[str, Any]:
    """Return the signal of an OpenInference annotation or evaluation.

    A person's annotation is feedback; what a model or a program says is an evaluation.
    """
    fields = keyed({name: values[position] for name, position in said.fields.items()}, key_user)
    signal, rest = _columns(fields, _ANNOTATION_COLUMNS)
    annotator_kind = text(rest.pop("annotator_kind", None))
    is_feedback = said.group == "annotations" and annotator_kind == "HUMAN"
    return {
        **signal,
        **(target.columns(said.scope) or {}),
        "kind": "feedback" if is_feedback else "evaluation",
        "annotator_kind": annotator_kind,
        "attributes": _json(rest),
    }


def _columns(fields: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that the fields fill, and the fields left over; a score that is no number is left over."""
    rest = dict(fields)
    signal: dict[str, Any] = {}
    for column, name in names.items():
        value = number(rest.get(name)) if column == "value" else text(rest.get(name))
        signal[column] = value
        if value is not None:
            del rest[name]
    return signal, rest


def _json(rest: Mapping[str, Any]) -> str:
    return orjson.dumps(rest).decode()
