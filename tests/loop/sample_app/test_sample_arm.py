"""The sample app in an experiment: its answers follow from files, case and seed, and its runs can be detected in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from workbench.boundaries.paths import shipped
from workbench.experiments.case import Case
from workbench.experiments.result_rows import results_of, signal
from workbench.experiments.runner import run
from workbench.experiments.schedule import schedule
from workbench.experiments.session import Run
from workbench.experiments.to_end import to_end
from workbench.loop.refine.app_arms import files_in
from workbench.loop.run_telemetry import telemetry_of
from workbench.loop.sample_app.arm import sample_arm
from workbench.schemas import SPANS

NOON, DAY = datetime(2026, 11, 1, 12, tzinfo=UTC), date(2026, 11, 1)
CASES = [
    Case(
        case_id=f"c{number}",
        input={"question": f"Is Doe v. Roe {number} good law in Ohio?", "task": "state_court", "state": "Ohio"},
        user_key=f"usr_{number}",
    )
    for number in range(40)
]
"""What jurisdiction confusion comes up in: questions on a state court's law."""


@pytest.fixture(scope="module")
def versions() -> dict[str, Mapping[str, str]]:
    """Return the app's files, and those with the change that is made for jurisdiction confusion."""
    folder = shipped("sample")
    files = files_in(folder / "app")
    changed = files_in(folder / "changes" / "state_jurisdiction_first")
    assert changed
    return {"baseline": files, "candidate": {**files, **changed}}


def ran(versions: Mapping[str, Mapping[str, str]], journal: Path, cases: Sequence[Case] = CASES) -> Run:
    arms = [sample_arm(files, name=name) for name, files in versions.items()]
    return to_end(run(schedule(cases, arms, seed=4), journal, now=lambda: NOON))


def test_the_change_that_was_made_for_it_raises_success(versions: dict[str, Mapping[str, str]], tmp_path: Path) -> None:
    done = ran(versions, tmp_path / "one")
    again = {outcome.key: outcome for outcome in ran(versions, tmp_path / "other", CASES[:5]).outcomes}
    assert again == {outcome.key: outcome for outcome in done.outcomes if outcome.key in again}
    assert len(again) == 10
    arms = [sample_arm(files, name=name) for name, files in versions.items()]
    rows = results_of(
        schedule(CASES, arms, seed=4),
        done.outcomes,
        experiment_id="exp_1",
        scorers={"success": signal("success")},
        day=DAY,
    )
    shares = dict(rows.group_by("arm").agg(pl.col("value").mean()).rows())
    assert shares["candidate"] > shares["baseline"]
    spans = telemetry_of(done.outcomes, experiment_id="exp_1", day=DAY, key_user=str)
    assert spans.schema == SPANS.schema
    assert set(spans["trace_id"]) == set(rows["trace_id"])
    assert spans["trace_id"].n_unique() == 80
    assert set(spans["source"]) == {"exp_1"}
    assert {"AGENT", "LLM", "TOOL"} <= set(spans["kind"])
    assert spans.filter(spans["tool_name"] == "jurisdiction_lookup").height > 0
    assert spans["started_at"].null_count() == 0
