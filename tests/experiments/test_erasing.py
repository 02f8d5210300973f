"""A user who is erased is in no journal any more, and what the experiment counted still is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.errors import StoreError
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.erasing import ERASED, erase_cases
from workbench.experiments.journal import open_journal, read_journal
from workbench.experiments.runner import run, run_digest
from workbench.experiments.schedule import Item, schedule
from workbench.experiments.session import Run
from workbench.experiments.to_end import to_end

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
CASES = [Case(case_id=name, input={}) for name in ("ann 1", "ann 2", "bob 1")]
SPAN = {"trace_id": "t", "span_id": "s", "input": "Ann Lee asks"}


async def _ask(case: Case, trial: int, seed: int) -> Answer:
    if case.case_id == "ann 2":
        return error("refused", "Ann Lee is too long")
    return Answer(output=f"Dear {case.case_id}, Ann Lee", cost_usd=0.5, spans=(SPAN,), otlp="Ann Lee")


ITEMS: tuple[Item, ...] = schedule(CASES, [Arm(name="baseline", version="v1", adapter="", ask=_ask)], seed=0)


def ran(journal: Path) -> Run:
    return to_end(run(ITEMS, journal, now=lambda: NOON))


def test_texts_of_a_users_cases_go_and_their_counts_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before = {outcome.case_id: outcome for outcome in ran(path).outcomes}
    assert erase_cases(path, {"ann 1", "ann 2"}) == 2
    after = {outcome.case_id: outcome for outcome in read_journal(path).finished.values()}
    assert after["bob 1"] == before["bob 1"]
    assert path.read_bytes().count(b"Ann Lee") == 3
    assert (after["ann 1"].answer.output, after["ann 1"].answer.spans) == (ERASED, ())
    assert (after["ann 2"].answer.error_kind, after["ann 2"].answer.output) == ("refused", None)
    assert [after[name].charged for name in before] == [before[name].charged for name in before]
    assert path.stat().st_mode & 0o077 == 0
    assert ran(path).n_missing == 0


def test_a_run_that_goes_on_is_not_erased_in(tmp_path: Path) -> None:
    ran(tmp_path / "journal")
    with open_journal(tmp_path / "journal", run=run_digest(ITEMS)), pytest.raises(StoreError, match="a process runs"):
        erase_cases(tmp_path / "journal", {"ann 1"})
