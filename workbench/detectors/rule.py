"""A rule that a user wrote becomes a detector: a condition in SQL or a pattern, asked of each span, trace or session.

Whoever knows the app knows its mistakes by sight; a line of TOML must be enough to look for one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from workbench.boundaries.expressions import condition
from workbench.boundaries.patterns import Pattern
from workbench.detectors.detector import Detector, version_of
from workbench.detectors.explain import NO_WORDS
from workbench.detectors.mask import label, masked
from workbench.detectors.recorded import first_request, last_answer
from workbench.detectors.units import KEY, answer, first_of
from workbench.records import Severity, Unit
from workbench.schemas import SESSIONS, SPANS, TRACES, Table

TABLES: Mapping[Unit, Table] = MappingProxyType({"span": SPANS, "trace": TRACES, "session": SESSIONS})
"""Whose columns a rule about a unit may read."""
_READ_AS: Mapping[str, Callable[[str], str]] = MappingProxyType({"input": first_request, "output": last_answer})
"""Columns that may hold messages as JSON: what the user, or the app, says in them."""
_TEXTS: Mapping[Unit, str] = MappingProxyType({"span": "name", "trace": "input", "session": "input"})

Derive = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as it is written; exactly one of `where` and `pattern` is there."""

    code: str
    """Its word in findings and reports."""
    severity: Severity
    """How much one finding hurts a user."""
    unit: Unit
    """What is looked at."""
    question: str
    """What it asks, as a sentence for the report."""
    where: str | None = None
    """A SQL expression over the unit's columns."""
    pattern: str | None = None
    """An RE2 pattern, looked for in `column`."""
    column: str | None = None
    """The column that the pattern is looked for in."""
    text: str | None = None
    """The column whose words findings are grouped by. None: they are one cluster, and show the words of `column`, else
    the request or the span's name."""


class Units(NamedTuple):
    """How traces and sessions are made of spans: the store's own derivations."""

    traces: Derive
    """schemas.TRACES from schemas.SPANS."""
    sessions: Derive
    """schemas.SESSIONS from schemas.TRACES."""


def rule_detector(rule: Rule, *, units: Units) -> Detector:
    """Return the detector of a rule.

    Its findings are one cluster: whoever wrote the rule named one problem, and words in which it shows would part it
    into several, or leave those that read like no other in none. A rule that names `text` asks for the parts.

    Raises
    ------
    ValueError
        If its expression or pattern cannot be read, or a column is not one of the unit's.
    """
    schema = TABLES[rule.unit].schema
    for column in (rule.column, rule.text):
        if column is not None and schema.get(column) != pl.String:
            texts = sorted(name for name, dtype in schema.items() if dtype == pl.String)
            raise ValueError(f"{column} is no column of text of a {rule.unit}; there are {', '.join(texts)}")
    columns = _judge(rule).columns
    said = (rule.unit, rule.where or "", rule.pattern or "", rule.column or "")
    return Detector(
        code=rule.code,
        version=version_of(*said),
        unit=rule.unit,
        severity=rule.severity,
        question=rule.question,
        # What is compiled stays out of the detector: it goes to workers, and they compile it themselves.
        detect=partial(_detect, rule=rule, units=units),
        decided_by=columns,
        groups_by="words" if rule.text else "detector",
        reads="window" if rule.unit == "session" else "trace",
    )


def _detect(spans: pl.LazyFrame, signals: pl.LazyFrame, *, rule: Rule, units: Units) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a unit of the rule's; signals are not read."""
    del signals
    judge = _judge(rule)
    shown = rule.text or rule.column or _TEXTS[rule.unit]
    needed = sorted({*KEY, *judge.columns, shown})
    return answer(
        _rows(rule.unit, spans, units).select(needed).with_columns(judge.is_found.alias("rule_says")),
        is_found=pl.col("rule_says"),
        reason=first_of((pl.col("rule_says").is_null(), f"not recorded: {' or '.join(judge.columns)}")),
        text=pl.coalesce(_words(shown), pl.lit(NO_WORDS)),
        evidence=judge.evidence,
    )


def _rows(unit: Unit, spans: pl.LazyFrame, units: Units) -> pl.LazyFrame:
    """Return one row a unit with its columns, and with trace_id, span_id and session_id, null where it has none."""
    if unit == "span":
        return spans
    nothing = pl.lit(None, pl.String)
    traces = units.traces(spans).with_columns(span_id=nothing)
    return traces if unit == "trace" else units.sessions(traces).with_columns(trace_id=nothing, span_id=nothing)


class _Judge(NamedTuple):
    is_found: pl.Expr
    columns: tuple[str, ...]
    evidence: pl.Expr


def _judge(rule: Rule) -> _Judge:
    return _by_pattern(rule) if rule.pattern is not None else _by_expression(rule)


def _by_expression(rule: Rule) -> _Judge:
    stated = condition(rule.where or "", schema=TABLES[rule.unit].schema)
    return _Judge(stated.expression, stated.columns, pl.struct(where=pl.lit(rule.where)))


def _by_pattern(rule: Rule) -> _Judge:
    pattern, column = Pattern(rule.pattern or ""), rule.column or ""
    match = pl.col(column).map_batches(pattern.first_match, return_dtype=pl.String, is_elementwise=True)
    is_found = pl.when(pl.col(column).is_not_null()).then(match.is_not_null())
    matched = pl.when("is_found").then(pl.col(column))
    shown = matched.map_batches(pattern.first_match, return_dtype=pl.String, is_elementwise=True)
    evidence = pl.struct(pattern=pl.lit(rule.pattern), column=pl.lit(column), match=label(shown))
    return _Judge(is_found, (column,), evidence)


def _words(column: str) -> pl.Expr:
    """Return the masked words of a column of a unit found; null where it has none."""
    said = pl.when("is_found").then(pl.col(column))
    words = masked(said)
    if (read := _READ_AS.get(column)) is not None:
        words = masked(said.map_batches(partial(_read, read), return_dtype=pl.String, is_elementwise=True))
    return pl.when(words != "").then(words)


def _read(read: Callable[[str], str], texts: pl.Series) -> pl.Series:
    return pl.Series([None if text is None else read(text) for text in texts], dtype=pl.String)
