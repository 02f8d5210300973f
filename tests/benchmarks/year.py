"""A year of the loop on the sample's app, a run a week under a made-up clock, by people who are simulated.

Usage, from the root of a checkout::

    python -m tests.benchmarks.year                             # 52 weeks, 70 traces each
    python -m tests.benchmarks.year --weeks 20 --traces 60

Every Monday the week's traffic of whatever version is live is taken in, detected, and looked at as the weekly profile
does it; people judge, mend, test, sign and merge, and judge blind what became of it. Four faults are planted. One is
mended and stays away. One is mended, but the mend is lost in a later merge before it goes live: its watch finds that,
and it is mended again. One is mended, and comes back months later, when an edit loses the lines. One nobody mends.

A part of a problem that comes up as one of its own is merged into the issue that people know, as they would.

It says of each which issues it was (one is right), and how it went; and of each quarter what a weekly run took, and how
large the workspace was. It fails where an identity drifted, an issue did not go its way, or anything grew faster than
the traces did. Files that a compaction replaced are deleted at once: the clock of the files is not the made-up one.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from tests.benchmarks.year_checks import Quarters, Way, Week, faults_of, quarters, ways
from tests.benchmarks.year_team import Team
from tests.benchmarks.year_world import DETECTORS, START, WEEK, Live
from workbench import loop, report
from workbench.backlog import goes_on
from workbench.ids import ordered_id
from workbench.loop.sample_app.app import make_app
from workbench.records import DetectionRun, Issue
from workbench.runs.index import index
from workbench.runs.scheduled.digest_page import digest_page
from workbench.runs.scheduled.record import ScheduledRun, digests_folder, files_of, read_scheduled
from workbench.runs.scheduled.retention import drop_old_reports
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

WINDOW = "30d"
"""What each run looks at: as the nightly profile does."""
KEEP = 8
"""Digests that are kept beside the newest of each month: so few that a year drops some."""


class Event(NamedTuple):
    """One thing that happens at the end of a week."""

    week: int
    """From 0."""
    what: Literal["mend", "lose"]
    """People mend a fault; or an edit takes the mend out of the app again."""
    fault: str
    """The fault."""


YEAR = (
    Event(6, "mend", "citation_error"),
    Event(9, "mend", "premature_end"),
    Event(9, "lose", "premature_end"),
    Event(12, "mend", "jurisdiction_confusion"),
    Event(22, "mend", "premature_end"),
    Event(28, "lose", "jurisdiction_confusion"),
    Event(44, "mend", "jurisdiction_confusion"),
)
REVIEWS_FROM, REVIEW_EVERY = 3, 4
"""The first week that ends with a round of review, and every so many after it."""


@dataclass
class Took:
    """CPU seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)
    _at: float = field(default_factory=time.process_time)

    def step(self, name: str) -> None:
        """Put what has passed since the last step to a step's account."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._at
        self._at = now


def make_team(root: Path, *, seed: int) -> Team:
    """Return the people with a new workspace in a folder, and the app in it."""
    workspace = init_workspace(root / "year", secret=DEMO_SECRET)
    make_app(workspace.app, now=START)
    return Team(workspace, Live(workspace.app, seed))


def live_through(team: Team, *, weeks: int, traces: int, events: Sequence[Event] = YEAR) -> Iterator[Week]:
    """Yield each week as its run has ended; deterministic given the team's seed, but for what it takes."""
    workspace, due = team.workspace, list[Event]()
    for number in range(weeks):
        now = START + (number + 1) * WEEK + timedelta(hours=6)
        team.live.deploy()
        with tempfile.TemporaryDirectory() as folder:
            files = team.live.week(number, n=traces, folder=Path(folder))
            took = Took()
            loop.feed(workspace, files, now=now)
            took.step("feed")
        loop.detect(workspace, window=Window.parse(WINDOW, now=now), now=now)
        took.step("detect")
        team.watch(now + timedelta(hours=1))
        took.step("watch")
        if number >= REVIEWS_FROM and (number - REVIEWS_FROM) % REVIEW_EVERY == 0:
            team.review(now + timedelta(days=2))
        team.put_together(now + timedelta(days=2, hours=12))
        due += [event for event in events if event.week == number]
        for event in [one for one in due if is_ready(team, one)]:
            happen(team, event, now=now + timedelta(days=3))
            due.remove(event)
        took.step("people")
        tell(workspace, now=now + timedelta(days=4))
        took.step("digest")
        workspace.telemetry.compact(above=0, above_a_day=1, keep_hours=0)
        took.step("compact")
        yield _week(number, team, took)


def is_ready(team: Team, event: Event) -> bool:
    """Return whether an event can happen: what is thought to be mended waits for its watch, what is back for a run."""
    if event.what == "lose":
        return True
    issue, newest = team.issue(event.fault), team.workspace.ledger.latest(DetectionRun)[-1]
    return issue.state == "confirmed" or (issue.state in ("proposed", "reopened") and issue.run_id == newest.id)


def happen(team: Team, event: Event, *, now: datetime) -> None:
    """Let an event happen: a mend that does not ship is an error, for it was planted to."""
    if event.what == "lose":
        team.live.lose(event.fault, at=now + timedelta(hours=12))
        return
    decision = team.mend(event.fault, now)
    if decision.decision != "ship":
        raise AssertionError(f"week {event.week}: {event.fault} did not ship: {decision.decision}, {decision.reasons}")


def tell(workspace: Workspace, *, now: datetime) -> None:
    """Write the week's digest as a scheduled run does, and drop the old ones."""
    earlier = read_scheduled(workspace, profile="weekly")
    growing = report.growing(report.read_detection(workspace), days=7)
    said = loop.digest(workspace, since=earlier[0][0].digest.at if earlier else None, growing=growing, now=now)
    run = ScheduledRun(
        id=ordered_id("sch", now, "weekly"),
        profile="weekly",
        at=now,
        ended_at=now,
        exit_code=0,
        headline=report.digest_headline(said, ()),
        steps=(),
        digest=said,
    )
    folder = digests_folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    files = files_of(folder, f"{now:%Y%m%dT%H%M%SZ}-weekly")
    files.html.write_text(digest_page(workspace, run), "utf-8")
    words = report.digest_markdown(said, (), headline=run.headline, name=workspace.root.name, profile="weekly")
    files.markdown.write_text(words, "utf-8")
    files.json.write_bytes(run.to_json())
    drop_old_reports(workspace, keep=KEEP, now=now)
    index(workspace, now=now)


def _week(number: int, team: Team, took: Took) -> Week:
    root = team.workspace.root
    n_bytes = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    every = {one.id: one for one in team.workspace.ledger.latest(Issue)}
    ids = {
        fault: tuple(sorted({goes_on(one, every).id for one in team.of_fault(fault, detector)}))
        for fault, detector in DETECTORS.items()
    }
    states = {fault: team.issue(fault).state for fault in team.issues}
    return Week(number, team.live.n_traces, took.seconds, n_bytes, peak, states, ids)


def main(arguments: Sequence[str]) -> int:
    """Live through a year, print it, and return 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--traces", type=int, default=70)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    lived: list[Week] = []
    with tempfile.TemporaryDirectory() as folder:
        team = make_team(Path(folder), seed=given.seed)
        for week in live_through(team, weeks=given.weeks, traces=given.traces):
            lived.append(week)
            print(_line(week), flush=True)  # noqa: T201
        told = ways(lived, team.workspace, team.issues)
        wrong = list(faults_of(told, team.workspace))
    print(f"{team.n_merged} issues were merged into one that people knew")  # noqa: T201
    grown = quarters(lived)
    wrong += [f"{one.name} grew {one.growth:.2f} times" for one in grown if one.growth > one.goal]
    for line in (*map(_way_line, told), *map(_growth_line, grown), *(f"WRONG  {one}" for one in wrong)):
        print(line)  # noqa: T201
    return int(bool(wrong))


def _line(week: Week) -> str:
    steps = " ".join(f"{name} {seconds:.1f}" for name, seconds in week.seconds.items())
    stand = ", ".join(f"{fault} {state}" for fault, state in week.states.items())
    size = f"{week.n_traces:6,} traces, {week.n_bytes / 1e6:.1f} MB on disk, {week.peak_mb:.0f} MB of memory"
    return f"{week.number:2} {size}; {steps}; {stand}"


def _way_line(way: Way) -> str:
    went = " > ".join(way.states) or "never mended"
    return f"{way.fault}: {went}; {way.issue_id} in {way.n_known} of {way.n_weeks} runs, {len(way.others)} other issues"


def _growth_line(one: Quarters) -> str:
    values = ", ".join(f"{value:,.2f}" for value in one.values)
    return f"{one.name}: {values} by quarter; last / second {one.growth:.2f}, at most {one.goal:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
