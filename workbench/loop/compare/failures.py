"""What the detectors find in two recorded sets of runs, both looked at together: by one yardstick, and none is stored.

Beside the detectors the source's own checks are read: of a failed run it often says which of them failed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from workbench import detectors
from workbench.detectors.failed_outcome import judged_outcomes
from workbench.detectors.mask import mask
from workbench.experiments.kinds import FailureKind, failure_kinds
from workbench.experiments.pairs import ARMS
from workbench.loop.compare.recorded_runs import Runs

SPOKEN = frozenset({"negative_feedback", "user_corrects", "user_repeats", "asks_for_person", "abandons", "refusal"})
"""Detectors whose findings have the words of a user."""
FAILED_CHECK = "failed_check"
_PASSED = ("met", "matched", "passed", "is_met", "success")
"""What an entry of a list of checks calls its result; also any name that ends in `_match`."""


def compare_failures(baseline: Runs, candidate: Runs, *, now: datetime) -> tuple[FailureKind, ...]:
    """Return the kinds of failure in both sets of runs, the most frequent first.

    Parameters
    ----------
    baseline, candidate
        The runs of each arm.
    now
        The time, UTC: the day of what has none.
    """
    arms = dict(zip(ARMS, (baseline, candidate), strict=True))
    spans = pl.concat([_apart(runs.spans, arm) for arm, runs in arms.items()]).lazy()
    signals = pl.concat([_apart(runs.signals, arm) for arm, runs in arms.items()]).lazy()
    examined = [
        detectors.examine(detector, spans, signals, run_id="", now=now)
        for detector in detectors.together(detectors.DETECTORS, spans)
    ]
    found = pl.concat([one.findings for one in detectors.beside(detectors.set_aside(examined))])
    checks = pl.DataFrame(
        list(_failed_checks(signals)), schema=dict.fromkeys(("detector", "text", "trace_id"), pl.String), orient="row"
    )
    placed = pl.concat([found.select(checks.columns), checks]).join(_cases(arms), on="trace_id", how="inner")
    return failure_kinds(placed, spoken=SPOKEN)


def _cases(arms: Mapping[str, Runs]) -> pl.DataFrame:
    """Return arm and case of each run whose case both have: what only one arm ran is no news of the other."""
    both = set.intersection(*(set(runs.cases.values()) for runs in arms.values()))
    rows = [
        (f"{arm}/{trace_id}", arm, case)
        for arm, runs in arms.items()
        for trace_id, case in runs.cases.items()
        if case in both
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("trace_id", "arm", "case_id"), pl.String), orient="row")


def _apart(rows: pl.DataFrame, arm: str) -> pl.DataFrame:
    """Return rows whose traces and sessions are told apart from those of the other arm, which may be the same file."""
    names = [name for name in ("trace_id", "session_id", "target_id", "signal_id") if name in rows.columns]
    return rows.with_columns(pl.concat_str(pl.lit(f"{arm}/"), pl.col(name)).alias(name) for name in names)


def _failed_checks(signals: pl.LazyFrame) -> Iterator[tuple[str, str, str]]:
    """Yield detector, text and trace for each check of a failed run that its source says has failed.

    A check that was made of one arm alone says nothing about the other, and is passed over.
    """
    about = signals.filter(pl.col("kind") == "outcome").select("trace_id", "signal_id", "attributes").collect()
    made = {
        (trace_id, signal_id): _checks(orjson.loads(attributes) if attributes else {})
        for trace_id, signal_id, attributes in about.rows()
    }
    names: dict[str, set[str]] = {arm: set() for arm in ARMS}
    for (trace_id, _), checks in made.items():
        names[trace_id.partition("/")[0]].update(checks)
    of_both = set.intersection(*names.values())
    failed = judged_outcomes(signals).filter("is_failed").select("trace_id", "signal_id").collect()
    for key in failed.rows():
        for text in sorted({text for name, texts in made[key].items() if name in of_both for text in texts}):
            yield FAILED_CHECK, text, key[0]


def _checks(said: Any) -> dict[str, list[str]]:
    """Return of each list of checks those that failed, as texts; `action_checks: book_flight` where it names a call."""
    lists = said.items() if isinstance(said, dict) else ()
    return {name: list(_failed(name, checks)) for name, checks in lists if isinstance(checks, list)}


def _failed(name: str, checks: list[Any]) -> Iterator[str]:
    for check in checks:
        if isinstance(check, dict) and any(_is_result(key) and value is False for key, value in check.items()):
            about = check.get("action")
            called = about.get("name") if isinstance(about, dict) else None
            yield mask(f"{name}: {called}" if isinstance(called, str) else name)


def _is_result(name: str) -> bool:
    return name in _PASSED or name.endswith("_match")
