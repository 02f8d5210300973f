"""The blamed step of each trace that is read: one more attribute to compare by, and the spans to show for it."""

from typing import NamedTuple

import polars as pl

from workbench.causes.blame import COLUMNS, Blame, blame
from workbench.causes.candidate import BLAMED_STEP

_SEPARATOR = ": "


class Blamed(NamedTuple):
    """Whom the rules blame."""

    attributes: pl.DataFrame
    """trace_id, attribute (blamed_step) and value (rule and actor); null where nothing wrong shows."""
    spans: dict[str, str]
    """The blamed span of each trace, by trace id."""


def blamed_steps(spans: pl.DataFrame) -> Blamed:
    """Return the blamed step of each trace.

    Parameters
    ----------
    spans
        schemas.SPANS with at least the columns of `blame.COLUMNS`: whole traces.
    """
    rows, of_trace = [], {}
    for (trace_id,), trace in spans.select(COLUMNS).partition_by("trace_id", as_dict=True).items():
        one = blame(trace.to_dicts())
        if one is None:
            continue
        rows.append((str(trace_id), BLAMED_STEP, value_of(one)))
        of_trace[str(trace_id)] = one.span_id
    schema = {"trace_id": pl.String, "attribute": pl.String, "value": pl.String}
    return Blamed(pl.DataFrame(rows, schema=schema, orient="row"), of_trace)


def value_of(one: Blame) -> str | None:
    """Return a blame as a value that traces share: its rule and actor; None where it only names the last answer."""
    return None if one.rule == "last_answer" else f"{one.rule}{_SEPARATOR}{one.actor}"


def rule_and_actor(value: str) -> tuple[str, str]:
    """Return the two parts of such a value.

    >>> rule_and_actor("refused_act: book: twice")
    ('refused_act', 'book: twice')
    """
    rule, _, actor = value.partition(_SEPARATOR)
    return rule, actor
