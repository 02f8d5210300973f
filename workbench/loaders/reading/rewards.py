"""A benchmark's reward as an `outcome` signal: what came of a run, said from outside of it by a program."""

from typing import Any

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.strict import dump_sorted

_LABELS = {1.0: "pass", 0.0: "fail"}
"""Only the two ends have a name: what a reward between them means differs from benchmark to benchmark."""


def add_reward(rows: Rows, reward_info: Any, *, trace_id: str, at: int | None, annotator: str) -> None:
    """Add the reward of a run to the rows; nothing where there is none.

    Parameters
    ----------
    rows
        Where the signal goes.
    reward_info
        Object with `reward`, 0 to 1, and the checks behind it, which become attributes.
    trace_id
        The run's trace.
    at
        When the run was judged, microseconds since 1970, UTC.
    annotator
        The program that judged.

    Raises
    ------
    RecordError
        If the reward is no finite number.
    """
    if reward_info is None:
        return
    if not isinstance(reward_info, dict):
        raise RecordError("reward_info is no object")
    fields = Fields(reward_info, of="reward_info.")
    reward = fields.number("reward", column="value")
    if reward is None:
        return
    rows.add_signal(
        {
            "target_kind": "trace",
            "target_id": trace_id,
            "trace_id": trace_id,
            "kind": "outcome",
            "name": "reward",
            "value": reward,
            "label": _LABELS.get(reward),
            "annotator_kind": "CODE",
            "annotator": annotator,
            "at": at,
            "attributes": dump_sorted(fields.rest()),
        }
    )
    fields.report(rows)
