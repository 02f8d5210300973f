"""The runner: every question has one outcome, nothing is paid for twice, and no budget is passed."""

import asyncio
import errno
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConfigError, ServerError, StoreError
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import UNKNOWN, Arm, Ask, Spend
from workbench.experiments.cache import Cache
from workbench.experiments.case import Case
from workbench.experiments.journal import open_journal, read_journal
from workbench.experiments.runner import run, run_digest
from workbench.experiments.schedule import Item, schedule
from workbench.experiments.session import Progress, Run
from workbench.experiments.to_end import to_end

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
CASES = [Case(case_id=f"c{number}", input={"number": number}, expected=number) for number in range(6)]


class App:
    """An app that says the number it is given, and remembers who asked what."""

    def __init__(self, **of_case: Any) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self._of_case = of_case

    def arm(self, name: str, most: Spend = UNKNOWN) -> Arm:
        async def ask(case: Case, trial: int, seed: int) -> Answer:
            self.asked.append((name, case.case_id, trial))
            await asyncio.sleep(0)
            answer = self._of_case.get(case.case_id, Answer(output=str(case.input["number"]), cost_usd=0.1))
            if isinstance(answer, BaseException):
                raise answer
            assert isinstance(answer, Answer)
            return answer

        return arm(name, ask, most)

    def items(self, most: Spend = UNKNOWN, **options: Any) -> tuple[Item, ...]:
        return schedule(CASES, [self.arm("baseline", most), self.arm("candidate", most)], seed=3, **options)


def arm(name: str, ask: Ask, most: Spend = UNKNOWN) -> Arm:
    return Arm(name=name, version=f"commit of {name}", adapter="a", ask=ask, most=most)


def ran(items: Sequence[Item], journal: Path, **options: Any) -> Run:
    ticks: Iterator[datetime] = (NOON + timedelta(seconds=number) for number in range(10_000))
    return to_end(run(items, journal, now=lambda: next(ticks), **options))


def test_every_question_has_one_outcome_in_the_order_of_the_schedule(tmp_path: Path) -> None:
    app = App()
    items = app.items(n_trials=2)
    done = ran(items, tmp_path / "journal")
    assert [outcome.key for outcome in done.outcomes] == [item.key for item in items]
    assert Counter(app.asked) == Counter((item.arm.name, item.case.case_id, item.trial) for item in items)
    assert all(outcome.answer.output == str(int(outcome.case_id[1:])) for outcome in done.outcomes)
    assert (done.n_missing, done.stopped, done.n_interrupted, len(done.outcomes)) == (0, "", 0, 24)
    assert done.spent.usd == pytest.approx(24 * 0.1)


def test_questions_are_asked_in_their_order_however_many_at_once(tmp_path: Path) -> None:
    app = App()
    items = app.items()
    ran(items, tmp_path / "journal", n_at_once=5)
    assert app.asked == [(item.arm.name, item.case.case_id, item.trial) for item in items]


def test_no_more_are_under_way_than_allowed(tmp_path: Path) -> None:
    under_way, most = 0, 0

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return Answer(output="")

    ran(schedule(CASES, [arm("baseline", ask)], seed=0), tmp_path / "journal", n_at_once=3)
    assert most == 3


def test_an_error_is_an_outcome_and_has_nothing_to_score(tmp_path: Path) -> None:
    app = App(c1=error("timeout", "no answer"), c2=ValueError("secret of the app"), c3=Answer(output="\ud800"))
    done = ran(app.items(), tmp_path / "journal")
    kinds = {(outcome.case_id, outcome.answer.error_kind, outcome.answer.output) for outcome in done.outcomes}
    assert {("c1", "timeout", None), ("c2", "failed", None), ("c3", "bad_answer", None), ("c4", None, "4")} <= kinds
    assert (len(done.outcomes), done.n_missing) == (12, 0)
    assert b"secret of the app" not in (tmp_path / "journal").read_bytes()


def test_a_run_that_is_started_again_asks_nothing_twice(tmp_path: Path) -> None:
    first, again = App(), App()
    done = ran(first.items(), tmp_path / "journal")
    assert ran(again.items(), tmp_path / "journal") == done
    assert (len(first.asked), again.asked) == (12, [])


def test_the_journal_of_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    ran(App().items(), tmp_path / "journal")
    with pytest.raises(ConfigError, match="another run"):
        ran(App().items(n_trials=2), tmp_path / "journal")


def test_a_fault_of_the_experiment_stops_it_and_is_scored_for_nobody(tmp_path: Path) -> None:
    app = App(c1=ConfigError("answers 401", where="the key"))
    done = ran(app.items(), tmp_path / "journal", n_at_once=1)
    assert "answers 401" in done.stopped
    assert done.n_missing == 12 - len(done.outcomes) > 0
    assert all(outcome.answer.status == "ok" for outcome in done.outcomes)
    mended = App()
    again = ran(mended.items(), tmp_path / "journal")
    assert (again.n_missing, again.n_interrupted, len(mended.asked)) == (0, 0, done.n_missing)


def test_a_budget_is_not_passed_and_the_run_can_be_gone_on_with(tmp_path: Path) -> None:
    """Each answer costs 0.1 and can cost 0.4: with 1.0 there is room for one more up to a spent 0.6, so for 7."""
    app, more = App(), App()
    most = Spend(usd=0.4)
    done = ran(app.items(most), tmp_path / "journal", budget=Spend(usd=1.0), n_at_once=4)
    assert (len(done.outcomes), done.n_missing) == (7, 5)
    assert done.spent.usd == pytest.approx(0.7)
    assert "budget of 1 USD has no room" in done.stopped
    again = ran(more.items(most), tmp_path / "journal", budget=Spend(usd=2.0), n_at_once=4)
    assert (len(again.outcomes), again.stopped, len(more.asked)) == (12, "", 5)


def test_a_cheap_question_does_not_overtake_a_dear_one_that_waits_for_room(tmp_path: Path) -> None:
    """With 1.0 there is room for one dear question at a time; cheap ones that went ahead would be of one arm alone."""
    app = App()
    arms = [app.arm("baseline", Spend(usd=0.9)), app.arm("candidate", Spend(usd=0.1))]
    items = schedule(CASES[:3], arms, seed=3)
    ran(items, tmp_path / "journal", budget=Spend(usd=1.5), n_at_once=4)
    assert app.asked == [(item.arm.name, item.case.case_id, item.trial) for item in items]


def test_ten_dimes_are_a_dollar(tmp_path: Path) -> None:
    done = ran(App().items(Spend(usd=0.1)), tmp_path / "journal", budget=Spend(usd=1.0))
    assert len(done.outcomes) == 10


def test_an_answer_whose_price_is_not_told_is_charged_with_the_most(tmp_path: Path) -> None:
    """A timeout may have been paid for; a provider that was too busy has done nothing."""
    app = App(c0=error("timeout"), c1=error("rate_limited"), c2=Answer(output="2", input_tokens=3, output_tokens=4))
    done = ran(app.items(Spend(0.4, 50)), tmp_path / "journal", budget=Spend(100, 100_000))
    charged = {outcome.case_id: outcome.charged for outcome in done.outcomes}
    assert (charged["c0"], charged["c1"], charged["c2"], charged["c3"]) == (
        Spend(0.4, 50),
        Spend(0, 0),
        Spend(0.4, 7),
        Spend(0.1, 50),
    )
    assert [outcome.answer.cost_usd for outcome in done.outcomes if outcome.case_id == "c0"] == [None, None]


@pytest.mark.parametrize("budget", [Spend(usd=1.0), Spend(tokens=100)])
def test_a_budget_that_cannot_be_kept_is_refused_before_anything_is_asked(tmp_path: Path, budget: Spend) -> None:
    app = App()
    with pytest.raises(ConfigError, match="cannot be kept"):
        ran(app.items(), tmp_path / "journal", budget=budget)
    assert app.asked == []


def test_progress_tells_what_is_done_spent_and_left(tmp_path: Path) -> None:
    told: list[Progress] = []
    seconds = iter(range(1_000))
    ran(
        App(c1=error("timeout")).items(Spend(usd=0.2)),
        tmp_path / "journal",
        n_at_once=1,
        progress=told.append,
        monotonic=lambda: float(next(seconds)),
    )
    assert [one.n_done for one in told] == list(range(1, 13))
    assert (told[-1].n_all, told[-1].n_errors, told[-1].n_cached, told[-1].left_s) == (12, 2, 0, 0.0)
    assert told[3].left_s == pytest.approx(8.0)
    assert told[-1].spent.usd == pytest.approx(10 * 0.1 + 2 * 0.2)


def test_the_cache_spares_what_was_asked_and_keeps_no_error(tmp_path: Path) -> None:
    cache, again = Cache(tmp_path / "cache"), App()
    first = ran(App(c1=error("timeout")).items(), tmp_path / "one", cache=cache)
    second = ran(again.items(), tmp_path / "two", cache=cache)
    assert sorted(again.asked) == [("baseline", "c1", 0), ("candidate", "c1", 0)]
    assert sum(outcome.is_cached for outcome in second.outcomes) == 10
    assert second.spent.usd == pytest.approx(0.2)
    assert {one.key for one in first.outcomes} == {one.key for one in second.outcomes}
    assert cache.count() == 12
    cache.clear()
    assert cache.count() == 0
    assert cache.get(first.outcomes[0].key) is None


def test_a_torn_file_in_the_cache_is_asked_for_again(tmp_path: Path) -> None:
    cache, again = Cache(tmp_path / "cache"), App()
    ran(App().items(), tmp_path / "one", cache=cache)
    for path in cache.folder.iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    ran(again.items(), tmp_path / "two", cache=cache)
    assert len(again.asked) == 12


def _die_after(n_lines: int, journal: Path, asked: Path) -> None:
    """Run in a process of its own that is gone, as by kill -9, before it writes that line of the journal."""
    write, n_written = os.write, 0

    def counted(handle: int, raw: bytes) -> int:
        nonlocal n_written
        if n_written == n_lines:
            write(handle, raw[: len(raw) // 2])  # a torn line, as a kill in a write may leave
            os.kill(os.getpid(), 9)
        n_written += 1
        return write(handle, raw)

    os.write = counted  # type: ignore[assignment]
    ran(_logging(asked), journal, n_at_once=2)


def _logging(asked: Path) -> tuple[Item, ...]:
    """Return questions to an app that writes each into a file of its own, as a server's log does."""

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        with asked.open("a") as log:
            log.write(f"{case.case_id}\n")
        return Answer(output="yes", cost_usd=1.0)

    return schedule(CASES[:3], [arm("baseline", ask, Spend(usd=2.0))], seed=0)


@pytest.mark.parametrize("n_lines", range(8))
def test_killed_before_any_line_it_goes_on_and_pays_for_nothing_finished_twice(tmp_path: Path, n_lines: int) -> None:
    """Three questions, two at once: the journal opens, and has three that start and three that finish; then it ends."""
    journal, asked = tmp_path / "journal", tmp_path / "asked"
    victim = multiprocessing.get_context("fork").Process(target=_die_after, args=(n_lines, journal, asked))
    victim.start()
    victim.join()
    assert victim.exitcode == (-9 if n_lines < 7 else 0)
    held = read_journal(journal)
    done = ran(_logging(asked), journal, n_at_once=2)
    n_asked = Counter(asked.read_text().split())
    finished = {outcome.case_id for outcome in held.finished.values()}
    assert (done.n_missing, {outcome.case_id for outcome in done.outcomes}) == (0, {"c0", "c1", "c2"})
    assert len(read_journal(journal).finished) == 3
    assert all(n_asked[case_id] == 1 for case_id in finished)
    assert done.n_interrupted == len(held.interrupted) <= 2
    assert sum(n_asked.values()) <= 3 + done.n_interrupted
    assert done.spent.usd == 3 * 1.0 + done.n_interrupted * 2.0


@pytest.mark.parametrize("n_lines", range(1, 7))
def test_a_disk_that_is_full_stops_the_run_and_leaves_a_journal_to_go_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_lines: int
) -> None:
    """Half a line that stays would run into the next one, and make a journal that nobody can read."""
    write, n_written = os.write, 0

    def until_full(handle: int, raw: bytes) -> int:
        nonlocal n_written
        n_written += 1
        if n_written == n_lines + 1:
            return write(handle, raw[:9])
        if n_written == n_lines + 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, raw)

    app, again = App(), App()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", until_full)
        with pytest.raises(StoreError, match="No space left"):
            ran(app.items(), tmp_path / "journal", n_at_once=3)
    n_finished = len(read_journal(tmp_path / "journal").finished)
    done = ran(again.items(), tmp_path / "journal")
    assert (done.n_missing, len(again.asked)) == (0, 12 - n_finished)


def test_a_damaged_journal_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    ran(App().items(), path)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:4], b"{}", *lines[5:]]))
    with pytest.raises(StoreError, match="line 5"):
        ran(App().items(), path)


def test_another_file_is_not_taken_for_a_journal_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("what we know")
    with pytest.raises(StoreError, match="no journal"):
        ran(App().items(), path)
    assert path.read_text() == "what we know"


def test_two_processes_do_not_run_one_experiment(tmp_path: Path) -> None:
    items = App().items()
    with (
        open_journal(tmp_path / "journal", run=run_digest(items)),
        pytest.raises(StoreError, match="another process"),
    ):
        ran(items, tmp_path / "journal")


def test_what_was_left_by_a_provider_with_a_long_pause_is_asked_later(tmp_path: Path) -> None:
    app = App(c2=ServerError("answers 429, and asks for a pause of 3,600 s"))
    done = ran(app.items(Spend(usd=0.5)), tmp_path / "journal", budget=Spend(usd=50))
    assert "3,600 s" in done.stopped
    again = ran(App().items(Spend(usd=0.5)), tmp_path / "journal", budget=Spend(usd=50))
    assert again.spent.usd == pytest.approx(12 * 0.1)
    assert again.n_missing == 0


def test_an_arm_that_cannot_tell_its_version_is_refused() -> None:
    with pytest.raises(ValueError, match="must have both"):
        replace(App().arm("baseline"), version="")
