"""One span of the protocol to one row of the spans table, and the statements about it to signals.

This is the path that every span takes, so it is written for speed: fields are taken out at once, attributes are picked
by a plan made once a shape, and what spans of a line share is computed once a line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from msgspec import Raw
from msgspec.structs import astuple

from workbench.errors import RecordError
from workbench.loaders.conventions import KINDS, OPERATIONS, Operation
from workbench.loaders.otlp.events import Events, as_messages, read_events
from workbench.loaders.otlp.exact import count_members, parse
from workbench.loaders.otlp.plan import Keyed, Plan, conceal, keyed, number, plan, rebuild
from workbench.loaders.otlp.scope import Scope, read_scope
from workbench.loaders.otlp.statements import Target, evaluation, statement
from workbench.loaders.otlp.times import identity, nanoseconds, parent_identity
from workbench.loaders.otlp.wire import KeyValue, Span, other_value, plain_attributes

CACHED_PLANS = 4096
"""Shapes whose plan is kept: an application has tens; indexed messages make one for each length of a session."""
CACHED_KEYS = 256
"""A shape with more attributes than this is not kept."""
CACHED_SCOPES = 1024
"""Resources and scopes that are kept: one a service instance and instrumentation."""
STATUSES: dict[int | str | None, str] = {
    0: "UNSET",
    1: "OK",
    2: "ERROR",
    None: "UNSET",
    **{f"STATUS_CODE_{name}": name for name in ("UNSET", "OK", "ERROR")},
}
_N_FIELDS = len(Span.__struct_fields__)
_NO_EVENTS = Events()
_MAX_WHOLE = 1 << 63
_SHORT_DIGITS = 19
"""Digits of an integer that is within 64 bits whatever they are, plus one."""


@dataclass(slots=True)
class Harvest:
    """What was read of one line; nothing of it counts before the whole line is known to be understood."""

    spans: list[tuple[Any, ...]] = field(default_factory=list)
    """In the order of batch.SPAN_FIELDS."""
    signals: list[dict[str, Any]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    """One a span."""
    scopes: list[Scope] = field(default_factory=list)
    """One a span."""
    mapped: Counter[str] = field(default_factory=Counter)
    guessed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class SpanReader:
    """Reads spans; keeps the plans and scopes that it met, because the next span most likely has the same."""

    key_user: Keyed
    plans: dict[Any, Plan] = field(default_factory=dict)
    scopes: dict[Any, Scope] = field(default_factory=dict)

    def scope(self, resource: bytes, scope: bytes, schema_urls: tuple[str | None, str | None]) -> Scope:
        """Return what a resource and a scope, as JSON, say about their spans."""
        key = (resource, scope, schema_urls)
        if (known := self.scopes.get(key)) is None:
            if len(self.scopes) >= CACHED_SCOPES:
                self.scopes.clear()
            known = self.scopes[key] = read_scope(resource, scope, schema_urls, self.key_user)
        return known

    def read(
        self,
        span: Span,
        scope: Scope,
        harvest: Harvest,
        *,
        unknown: dict[str, Any] | None = None,
        n_expected: int | None = None,
    ) -> int:
        """Add one span and its signals to the harvest; return how many JSON members were understood.

        Parameters
        ----------
        span, scope
            The span, and what it shares with its neighbours.
        harvest
            Where it goes.
        unknown
            Members that the protocol does not have: they stay in its attributes.
        n_expected
            JSON members that it has; None where the caller counts.

        Raises
        ------
        RecordError
            no_id, bad_id, bad_time, bad_number, wrong_type; nothing of the span is then in the harvest.
        """
        (
            trace_id, span_id, trace_state, parent_id, flags, name, span_kind, started, ended, attributes,
            n_dropped_attributes, events, n_dropped_events, links, n_dropped_links, status,
        ) = fields = astuple(span)  # fmt: skip
        n_members = _N_FIELDS - fields.count(None)
        trace_id, span_id = identity(trace_id, 16), identity(span_id, 8)
        parent_id = parent_identity(parent_id)
        start, end = nanoseconds(started), nanoseconds(ended)
        code, message = (None, None) if status is None else (status.code, status.message)
        n_members += (code is not None) + (message is not None)

        keys = tuple([entry.key for entry in attributes]) if attributes else ()
        shape = self.plans.get(keys) or self._plan(keys)
        values: list[Any] = [entry.value.string_value for entry in attributes] if attributes else []
        n_members += 3 * len(values)
        if None in values:
            n_members += _fill_other(values, attributes, shape)
        values.append(None)
        if not all(shape.pick_filled(values)) or not _are_counts(shape, values):
            shape = self._fitting(keys, shape, values)
        (
            session_id, user, kind, operation, agent, model, provider, prompt_name, prompt_version, tool_name,
            tool_call_id, went_in, came_out, finish_reason, input_tokens, output_tokens, cost_usd, task,
            error_type, error_message, service, environment, release,
        ) = shape.pick(values) if not shape.rebuilt else _with_lists(shape, values)  # fmt: skip

        said = _NO_EVENTS
        if events:
            said = read_events(events, self.key_user)
            n_members += said.n_members
            went_in = went_in if went_in is not None else said.content.get("input") or as_messages(said.input)
            came_out = came_out if came_out is not None else said.content.get("output") or as_messages(said.output)
        known_operation = OPERATIONS.get(operation)
        if known_operation is not None:
            operation = known_operation.name
        if kind:
            kind, guess = KINDS.get(kind) or kind.upper(), ""
        else:
            kind, guess = _implied_kind(known_operation, tool_name, model, input_tokens)
        if shape.entity >= 0:
            tool_name, agent = _with_entity(values[shape.entity], kind, tool_name, agent)
        if finish_reason is None and came_out and '"finish_reason"' in came_out:
            finish_reason = _finish_reason(came_out)

        extras = None
        if (
            events or links or trace_state or unknown
            or n_dropped_attributes or n_dropped_events or n_dropped_links
        ):  # fmt: skip
            parsed_links, n_links = _links(links, self.key_user)
            n_members += n_links
            extras = {
                "events": said.kept, "links": parsed_links, "trace_state": trace_state, "more": unknown,
                "dropped_attributes_count": n_dropped_attributes, "dropped_events_count": n_dropped_events,
                "dropped_links_count": n_dropped_links,
            }  # fmt: skip
            extras = {name: value for name, value in extras.items() if value}
        tail = scope.tail_with(span_kind, flags, extras) if extras else scope.tail(span_kind, flags)

        key_user = self.key_user
        if shape.left_names:
            for position in shape.personal:
                values[position] = keyed(values[position], key_user)
            for position in shape.structured:
                values[position] = conceal(values[position], key_user)
            left = orjson.dumps(dict(zip(shape.left_names, shape.pick_left(values), strict=False))).decode()
            tail = f"{left[:-1]},{tail}"
        else:
            tail = "{" + tail
        try:
            status_name = STATUSES[code]
        except KeyError:
            raise RecordError("a status code that OpenTelemetry does not have", reason="wrong_type") from None
        if n_expected is not None and n_members != n_expected:
            raise RecordError("an inner member that is repeated or not known", reason="wrong_type")
        session_id = session_id or scope.session_id
        if guess:
            harvest.guessed[guess] += 1
        if shape.statements or said.evaluations:
            self._add_signals(said, shape, values, Target(trace_id, span_id, session_id), harvest)
        if shape.has_repeats:
            harvest.guessed["an attribute comes more than once: the last one counts"] += 1
        harvest.plans.append(shape)
        harvest.scopes.append(scope)
        harvest.spans.append(
            (
                trace_id, span_id, parent_id,
                session_id,
                key_user(user) if user else scope.user_key,
                kind, operation, name,
                start // 1000 if start else None,
                end // 1000 if end else None,
                (end - start) / 1e6 if start and end else None,
                start > 0,
                status_name,
                error_type or said.error_type,
                message or said.error_message or error_message,
                service or scope.service,
                environment or scope.environment,
                release or scope.release,
                agent, model, provider, prompt_name, prompt_version, tool_name, tool_call_id,
                went_in, came_out, finish_reason,
                input_tokens, output_tokens, cost_usd,
                task, tail,
            )
        )  # fmt: skip
        return n_members

    def _plan(self, keys: tuple[str, ...], without: frozenset[int] = frozenset()) -> Plan:
        known = self.plans.get((keys, without)) if without else self.plans.get(keys)
        if known is None:
            known = plan(keys, without)
            if len(self.plans) >= CACHED_PLANS:
                self.plans.clear()
            if len(keys) <= CACHED_KEYS:
                self.plans[(keys, without) if without else keys] = known
        return known

    def _fitting(self, keys: tuple[str, ...], shape: Plan, values: list[Any]) -> Plan:
        """Return the first plan whose columns can all take their values; numbers in `values` become of their type."""
        without: frozenset[int] = frozenset()
        while unfit := _unfit(shape, values):
            without |= unfit
            shape = self._plan(keys, without)
            for position, to_text in shape.texts.items():
                values[position] = to_text(values[position])
        return shape

    def _add_signals(self, said: Events, shape: Plan, values: list[Any], target: Target, harvest: Harvest) -> None:
        of_span = target.columns() or {}
        signals = [evaluation(attributes, at=at, target=of_span) for at, attributes in said.evaluations]
        if signals:
            harvest.mapped["gen_ai.evaluation.result -> signal"] += len(signals)
        for stated in shape.statements:
            signal = statement(stated, values, target=target, key_user=self.key_user)
            if signal is None:
                harvest.guessed["a statement about a session that is not named: taken as one about the span"] += 1
                stated = stated._replace(scope="span")
                signal = statement(stated, values, target=target, key_user=self.key_user)
            signals.append(signal or {})
        harvest.signals += signals


def _fill_other(values: list[Any], attributes: Sequence[KeyValue], shape: Plan) -> int:
    """Fill in the values that are no strings; return their JSON members beyond one each."""
    n_members = 0
    for position in [position for position, known in enumerate(values) if known is None]:
        wrapped = attributes[position].value
        value: Any = wrapped.int_value
        if value.__class__ is str and len(value) < _SHORT_DIGITS and value.isdecimal() and value.isascii():
            value = int(value)
        elif value.__class__ is not int:
            value, n = other_value(wrapped)
            n_members += n - 1
        to_text = shape.texts.get(position)
        values[position] = value if to_text is None else to_text(value)
    return n_members


def _are_counts(shape: Plan, values: list[Any]) -> bool:
    """Return whether all number columns have whole numbers, as they mostly do."""
    for position, is_whole in shape.numbers:
        value = values[position]
        if value.__class__ is not int or not is_whole or value >= _MAX_WHOLE:
            return False
    return True


def _unfit(shape: Plan, values: list[Any]) -> frozenset[int]:
    """Return the positions whose value their column cannot take; the others become what their column holds."""
    unfit = {position for position in shape.filled if not values[position]}
    for position, is_whole in shape.numbers:
        value = values[position]
        if is_whole and value.__class__ is int and -_MAX_WHOLE < value < _MAX_WHOLE:
            continue
        fitting = number(value)
        if fitting is None or (is_whole and not (fitting.is_integer() and abs(fitting) < _MAX_WHOLE)):
            unfit.add(position)
        else:
            values[position] = int(fitting) if is_whole else fitting
    return frozenset(unfit)


def _with_lists(shape: Plan, values: list[Any]) -> Sequence[Any]:
    picked = list(shape.pick(values))
    for place, leaves in shape.rebuilt:
        picked[place] = rebuild(leaves, values)
    return picked


def _implied_kind(
    operation: Operation | None, tool_name: str | None, model: str | None, tokens: int | None
) -> tuple[str, str]:
    """Return the kind of a span that does not say it, by its operation or by what only one kind has, and that guess."""
    if operation is not None:
        return operation.kind, "kind from the operation"
    if tool_name is None and (model is None or tokens is None):
        return "UNKNOWN", ""
    return "LLM" if tool_name is None else "TOOL", "kind from a tool's name, or from a model with its tokens"


def _with_entity(entity: Any, kind: str, tool_name: str | None, agent: str | None) -> tuple[str | None, str | None]:
    """Return tool and agent name, where Traceloop's name of the entity says them."""
    named = entity if isinstance(entity, str) and entity else None
    return (tool_name or named if kind == "TOOL" else tool_name), (agent or named if kind == "AGENT" else agent)


def _finish_reason(output: str) -> str | None:
    """Return the finish reason that the last message of an output states."""
    try:
        said = orjson.loads(output)
    except ValueError:
        return None
    last = said[-1] if isinstance(said, list) and said else said
    reason = last.get("finish_reason") if isinstance(last, dict) else None
    return reason if isinstance(reason, str) and reason else None


def _links(links: Sequence[Raw] | None, key_user: Keyed) -> tuple[list[dict[str, Any]], int]:
    """Return links to other spans, their attributes plain, and how many JSON members they held."""
    plain_links, n_members = [], 0
    for raw in links or ():
        link = parse(bytes(raw)).value
        if not isinstance(link, dict):
            raise RecordError("a link is no object", reason="wrong_type")
        n_members += count_members(link)
        if "attributes" in link:
            link["attributes"] = conceal(plain_attributes(link["attributes"]), key_user)
        plain_links.append(link)
    return plain_links, n_members
