"""Spans of the protocol to rows of the spans table, and the statements about them to signals: a scope at a time.

This is the path that every span takes, so it is written for speed: spans of one shape (the same attribute names in the
same order) are read as columns, and what they share is computed once.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.otlp.block import Block, Column, Extra, read_block
from workbench.loaders.otlp.events import Events
from workbench.loaders.otlp.exact import Fault
from workbench.loaders.otlp.plan import Keyed, ShapePlan, plan
from workbench.loaders.otlp.rows import Values, columns_of, fit, read_values
from workbench.loaders.otlp.scope import Scope, read_scope
from workbench.loaders.otlp.statements import Target, evaluation, statement
from workbench.loaders.otlp.times import Bad
from workbench.loaders.otlp.wire import Span

CACHED_PLANS = 4096
"""Shapes whose plan is kept: an application has tens; indexed messages make one for each length of a session."""
CACHED_KEYS = 256
"""A shape with more attributes than this is not kept."""
REPEATED_TOO_OFTEN = Fault("its resource stands on more records than a line's may", reason="too_large")
CACHED_SCOPES = 1024
"""Resources and scopes that are kept: one a service instance and instrumentation."""

Keys = tuple[str, ...]
"""The attribute names of a span, in their order: its shape."""


@dataclass(slots=True)
class Harvest:
    """What was read of one line; nothing of it counts before the whole line is known to be understood."""

    spans: list[tuple[Mapping[str, Column], int]] = field(default_factory=list)
    """Columns by the names of batch.SPAN_FIELDS, and how many spans they are of."""
    signals: list[dict[str, Any]] = field(default_factory=list)
    plans: list[tuple[ShapePlan, int]] = field(default_factory=list)
    """Plans, and how many spans each of them read."""
    scopes: list[tuple[Scope, int]] = field(default_factory=list)
    """Scopes, and how many spans each of them has."""
    mapped: Counter[str] = field(default_factory=Counter)
    guessed: Counter[str] = field(default_factory=Counter)
    n_repeatable: int = 0
    """Bytes of resources and scopes that may still be repeated on its records."""

    @property
    def n_spans(self) -> int:
        """Spans that were read."""
        return sum(n for _, n in self.spans)

    def may_repeat(self, scope: Scope, n_records: int) -> bool:
        """Return whether a resource and scope may stand on so many records, and make them use up the room."""
        n_bytes = scope.n_bytes * n_records
        if n_bytes > self.n_repeatable:
            return False
        self.n_repeatable -= n_bytes
        return True


@dataclass(slots=True)
class SpanReader:
    """Reads spans; keeps the plans and scopes that it met, because the next span most likely has the same."""

    key_user: Keyed
    plans: dict[tuple[Keys, frozenset[int]], ShapePlan] = field(default_factory=dict)
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
        spans: Sequence[Span[str]],
        scope: Scope,
        harvest: Harvest,
        *,
        n_expected: Sequence[int] | None = None,
        unknown: Mapping[str, Any] | None = None,
    ) -> Block:
        """Add spans and their signals to the harvest; return what is known of each, of the `bad` ones above all.

        Parameters
        ----------
        spans, scope
            The spans, and what they share.
        harvest
            Where they go; bad ones do not.
        n_expected
            JSON members that each of them has: one of which another number was understood is bad. None where the
            caller counts; a bad span then ends the reading, because the caller has to take the line apart anyway.
        unknown
            Members of a single span that the protocol does not have: they stay in its attributes.
        """
        block = read_block(spans, scope, self.key_user)
        if not harvest.may_repeat(scope, len(spans)):
            block.bad.update(dict.fromkeys(range(len(spans)), REPEATED_TOO_OFTEN))
        if unknown:
            extra = block.extras.setdefault(0, Extra(Events(), {}))
            extra.members["more"] = unknown
        if block.bad and n_expected is None:
            return block
        shapes: dict[Keys, list[int]] = defaultdict(list)
        for place, attributes in enumerate(block.attributes):
            if place not in block.bad:
                shapes[tuple([entry.key for entry in attributes]) if attributes else ()].append(place)
        for keys, places in shapes.items():
            self._read_shape(block, keys, places, harvest, n_expected)
        return block

    def _read_shape(
        self, block: Block, keys: Keys, places: list[int], harvest: Harvest, n_expected: Sequence[int] | None
    ) -> None:
        """Read the spans of one shape together; one by one if any of them cannot be read."""
        found = Harvest()
        try:
            values, n_members = read_values(block, places)
            if n_expected is not None and (odd := _odd(places, block, n_members, n_expected)):
                block.bad |= odd
                rest = [place for place in places if place not in odd]
                return self._read_shape(block, keys, rest, harvest, n_expected) if rest else None
            self._read_plan(block, keys, frozenset(), values, found)
        except RecordError as error:
            if len(places) == 1:
                block.bad[places[0]] = Fault.of(error)
            else:
                for place in places:
                    self._read_shape(block, keys, [place], harvest, n_expected)
            return None
        for place, n in zip(places, n_members, strict=True):
            block.n_members[place] += n
        harvest.spans += found.spans
        harvest.signals += found.signals
        harvest.plans += found.plans
        harvest.scopes.append((block.scope, len(places)))
        harvest.mapped.update(found.mapped)
        harvest.guessed.update(found.guessed)
        return None

    def _read_plan(self, block: Block, keys: Keys, without: frozenset[int], values: Values, harvest: Harvest) -> None:
        """Read values by a plan that does not use some positions; those that do not fit it by another."""
        shape = self._plan(keys, without)
        fitted, unfit = fit(shape, values)
        if unfit:
            rest: dict[frozenset[int], list[int]] = defaultdict(list)
            for row in range(len(values.places)):
                rest[unfit.get(row, frozenset())].append(row)
            for positions, rows in rest.items():
                part = values.subset(rows)
                if positions:
                    self._read_plan(block, keys, without | positions, part, harvest)
                else:
                    self._add(block, shape, part, fit(shape, part).columns, harvest)
        else:
            self._add(block, shape, values, fitted, harvest)

    def _add(self, block: Block, shape: ShapePlan, values: Values, fitted: Sequence[Any], harvest: Harvest) -> None:
        columns, guessed = columns_of(block, shape, values, fitted, self.key_user)
        harvest.spans.append((columns, len(values.places)))
        harvest.plans.append((shape, len(values.places)))
        harvest.guessed.update(guessed)
        if not (shape.statements or block.extras):
            return
        sessions = columns.get("session_id")
        for row, place in enumerate(values.places):
            said = block.extras[place].said.evaluations if place in block.extras else ()
            if said or shape.statements:
                session_id = None if sessions is None else sessions[row]
                target = Target(columns["trace_id"][row], columns["span_id"][row], session_id)
                self._add_evaluations(said, target, harvest)
                self._add_statements(shape, [column[row] for column in values.columns], target, harvest)

    def _add_evaluations(self, said: Sequence[tuple[int, Any]], target: Target, harvest: Harvest) -> None:
        of_span = target.columns() or {}
        harvest.signals += [evaluation(attributes, at=at, target=of_span) for at, attributes in said]
        if said:
            harvest.mapped["gen_ai.evaluation.result -> signal"] += len(said)

    def _add_statements(self, shape: ShapePlan, values: list[Any], target: Target, harvest: Harvest) -> None:
        for stated in shape.statements:
            if target.columns(stated.scope) is None:
                stated = stated._replace(scope="span")
                harvest.guessed["a statement about a session that is not named: taken as one about the span"] += 1
            harvest.signals.append(statement(stated, values, target=target, key_user=self.key_user))

    def _plan(self, keys: Keys, without: frozenset[int]) -> ShapePlan:
        known = self.plans.get((keys, without))
        if known is None:
            known = plan(keys, without)
            if len(self.plans) >= CACHED_PLANS:
                self.plans.clear()
            if len(keys) <= CACHED_KEYS:
                self.plans[keys, without] = known
        return known


def _odd(places: Sequence[int], block: Block, n_members: Sequence[int], n_expected: Sequence[int]) -> Bad:
    """Return the spans of which not all members were understood, or more than they have."""
    odd = Fault("an inner member that is repeated or not known", reason="wrong_type")
    known = zip(places, n_members, strict=True)
    return {place: odd for place, n in known if block.n_members[place] + n != n_expected[place]}
