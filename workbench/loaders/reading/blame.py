"""What people say about a failed run: what went wrong where, which step decided it, and which agent is to blame.

They are signals on the step's own span, and on the trace for the agent; a later judgement of causes is scored by them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.loaders.batch import Rows
from workbench.loaders.reading.strict import dump_sorted

FAILURE = "failure"
"""One thing that went wrong; the label is its category."""
DECISIVE_STEP = "decisive_step"
"""Where the run was lost; the label is the category of the failure, where there are categories."""
BLAMED_AGENT = "blamed_agent"
"""Who lost it; the label is the agent."""


class Blame(NamedTuple):
    """One step that is blamed."""

    trace_id: str
    span_id: str | None
    """The step's span; None where the step is none, such as what a user said."""
    agent: str
    category: str | None
    reason: str | None
    beside: Mapping[str, Any]
    """What else is said: the number of the step, and all that has no column."""


def add_failure(rows: Rows, blame: Blame, *, name: str = FAILURE) -> None:
    """Add what went wrong at a step, on its span; on the trace where the step has none."""
    of_span = blame.span_id is not None
    _add(
        rows,
        blame,
        {
            "target_kind": "span" if of_span else "trace",
            "target_id": blame.span_id if of_span else blame.trace_id,
            "name": name,
            "label": blame.category,
        },
    )


def add_verdict(rows: Rows, blame: Blame) -> None:
    """Add which step decided the failure of a run, and which agent is to blame for it: two signals."""
    add_failure(rows, blame, name=DECISIVE_STEP)
    _add(
        rows,
        blame,
        {"target_kind": "trace", "target_id": blame.trace_id, "name": BLAMED_AGENT, "label": blame.agent},
    )


def _add(rows: Rows, blame: Blame, columns: Mapping[str, Any]) -> None:
    rows.add_signal(
        {
            **columns,
            "trace_id": blame.trace_id,
            "kind": "evaluation",
            "comment": blame.reason,
            "annotator_kind": "HUMAN",
            "attributes": dump_sorted({"agent": blame.agent, **blame.beside}),
        }
    )
