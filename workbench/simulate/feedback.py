"""What is said about a run from outside it, as records of the project's own signals format.

Feedback is as sparse as in life: most users say nothing, and of half of the tasks nobody learns how they went.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.simulate.comments import PRAISE, VAGUE, complaint, remark
from workbench.simulate.draws import around, between, happens, pick
from workbench.simulate.run import Run
from workbench.simulate.words import fill

PRAISE_COMMENT_SHARE = 0.25
"""Share of the thumbs up with a comment."""
OUTCOME_MINUTES = (20, 900)
"""How soon and how late it is known whether the task succeeded."""
DOUBLE_CLICK_SHARE = 0.02
"""Share of the thumbs that arrive twice."""


def signals_of(run: Run, rng: random.Random) -> list[dict[str, Any]]:
    """Return the signals on one run, one mapping a record, in no order of time."""
    signals = _thumb(run, rng)
    if run.request.has_outcome:
        signals.append(_outcome(run, rng))
    if run.answer and happens(rng, run.reaction.edits):
        signals.append(_edit(run, rng))
    if run.answer and run.request.is_evaluated:
        signals.append(_evaluation(run, rng))
    return signals


def _thumb(run: Run, rng: random.Random) -> list[dict[str, Any]]:
    drawn = rng.random()
    at = run.request.at + timedelta(seconds=60 + around(rng, 90, spread=0.8))
    if drawn < run.reaction.down:
        said = _complaint(run, rng) if happens(rng, run.reaction.comments) else None
        thumb = _signal(run, "feedback", "thumb", at, value=0, label="down", comment=said)
    elif drawn < run.reaction.down + run.reaction.up:
        said = remark(rng, PRAISE, run.request) if happens(rng, PRAISE_COMMENT_SHARE) else None
        thumb = _signal(run, "feedback", "thumb", at, value=1, label="up", comment=said)
    else:
        return []
    return [thumb, thumb] if happens(rng, DOUBLE_CLICK_SHARE) else [thumb]


def _complaint(run: Run, rng: random.Random) -> str:
    patterns = run.reaction.complaints
    return remark(rng, patterns, run.request) if patterns is VAGUE else complaint(rng, patterns, run.request)


def _outcome(run: Run, rng: random.Random) -> dict[str, Any]:
    succeeded = happens(rng, run.reaction.success)
    at = run.request.at + timedelta(minutes=between(rng, *OUTCOME_MINUTES))
    signal = _signal(
        run, "outcome", "task_success", at, value=int(succeeded), label="success" if succeeded else "failure"
    )
    return _by_machine(signal, kind="CODE", annotator="matter-tracker")


def _edit(run: Run, rng: random.Random) -> dict[str, Any]:
    at = run.request.at + timedelta(minutes=between(rng, 3, 90))
    return _signal(run, "edit", "changed_share", at, value=(100 - between(rng, *run.reaction.kept)) / 100)


def _evaluation(run: Run, rng: random.Random) -> dict[str, Any]:
    at = run.request.at + timedelta(minutes=between(rng, 2, 30))
    said = fill(rng, pick(rng, run.reaction.remarks), run.request) if run.reaction.remarks else None
    signal = _signal(run, "evaluation", "completeness", at, value=between(rng, *run.reaction.score) / 100, comment=said)
    return _by_machine(signal, kind="LLM", annotator="judge-3")


def _by_machine(signal: dict[str, Any], *, kind: str, annotator: str) -> dict[str, Any]:
    by_nobody = {name: value for name, value in signal.items() if name != "user_id"}
    return by_nobody | {"annotator_kind": kind, "annotator": annotator}


def _signal(
    run: Run, kind: str, name: str, at: datetime, *, value: float, label: str | None = None, comment: str | None = None
) -> dict[str, Any]:
    request = run.request
    return {
        "target_kind": "trace",
        "target_id": request.trace_id,
        "trace_id": request.trace_id,
        "kind": kind,
        "name": name,
        "value": value,
        "label": label,
        "comment": comment,
        "annotator_kind": "HUMAN",
        **({"user_id": request.user} if request.user else {}),
        "at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z",
    }
