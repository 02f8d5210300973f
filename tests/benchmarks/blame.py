"""Which step rules without a model blame, against what people blamed, on two public sets of failed agent runs.

    python -m tests.benchmarks.blame [--data ../shared/data]

agentrx-tau-retail: 29 runs; the share whose blamed step is within one message of a step that people labelled.
who-and-when: 77 runs; the share whose blamed step, and blamed agent, are those that people named. Beside each stand a
step at random (its expectation) and the last step. The rules were looked for on the runs whose trace id has an even
SHA-256; the other half is shown apart. Published figures are those of the sets' README files, of other subsets.
"""

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import polars as pl

from workbench.causes import blame
from workbench.loaders import agentrx, who_and_when
from workbench.loaders.batch import Context
from workbench.loaders.source import Source

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Span = dict[str, Any]
_PLACE = re.compile(r":(\d+)")


class Run(NamedTuple):
    """One labelled run."""

    trace_id: str
    spans: list[Span]
    """All its spans, the agent's own included."""
    steps: list[Span]
    """The others, in order."""
    labels: list[tuple[int, str]]
    """Step and agent that people blame."""


class Score(NamedTuple):
    """How often three ways to blame are right."""

    rules: int
    last: int
    random: float
    n: int

    def line(self) -> str:
        """Return the shares in words."""
        shares = (self.rules / self.n, self.last / self.n, self.random / self.n)
        return "rules {:.3f}  last step {:.3f}  random {:.3f}".format(*shares) + f"  ({self.rules} of {self.n})"


def main() -> None:
    """Score the rules on both sets and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    retail = runs_of(agentrx, [data / "agentrx-tau-retail" / name for name in _RETAIL], "failure")
    tell("agentrx-tau-retail, within one step", retail, is_near)
    when = runs_of(who_and_when, sorted((data / "who-and-when").glob("*/*.json")), "decisive_step")
    teams = {
        "all": when,
        "algorithm-generated (published step .135 to .166, agent .260 to .511)": [
            r for r in when if not is_magentic(r)
        ],
        "hand-crafted (published step .035 to .088, agent .328 to .534)": [r for r in when if is_magentic(r)],
    }
    for name, runs in teams.items():
        tell(f"who-and-when, step, {name}", runs, is_step)
        tell(f"who-and-when, agent, {name}", runs, is_agent)


_RETAIL = ("tau_dataset_failed.json.gz", "tau_ground_truth.json")


def tell(name: str, runs: Sequence[Run], is_right: Any) -> None:
    """Print the score of all runs, and of the half that was not looked at when rules were looked for."""
    print(f"{name}\n  all runs    {score(runs, is_right).line()}")  # noqa: T201
    print(f"  other half  {score([run for run in runs if not is_looked_at(run)], is_right).line()}")  # noqa: T201


def score(runs: Sequence[Run], is_right: Any) -> Score:
    """Return how often each way to blame is right; of a random step, the expected number."""
    rules = last = 0
    random = 0.0
    for run in runs:
        blamed = blame(run.spans)
        of_id = {span["span_id"]: span for span in run.spans}
        rules += blamed is not None and is_right(run, of_id[blamed.span_id])
        last += is_right(run, run.steps[-1])
        random += sum(is_right(run, step) for step in run.steps) / len(run.steps)
    return Score(rules, last, random, len(runs))


def runs_of(loader: ModuleType, paths: Sequence[Path], label: str) -> list[Run]:
    """Return the labelled runs of some files."""
    spans, signals = [], []
    for path in paths:
        source = Source(path)
        for batch in loader.load(source, Context(source.id(), NOW.date(), lambda user_id: f"usr_{user_id}", 0)):
            spans.append(batch.spans)
            signals.append(batch.signals)
    labels = defaultdict(list)
    for row in pl.concat(signals).filter(pl.col("name") == label).iter_rows(named=True):
        beside = json.loads(row["attributes"])
        labels[row["trace_id"]].append((int(beside["step_number"]), str(beside["agent"])))
    runs = []
    for (trace_id,), trace in sorted(pl.concat(spans).partition_by("trace_id", as_dict=True).items()):
        if trace_id in labels:
            rows = trace.to_dicts()
            steps = sorted(
                (row for row in rows if row["kind"] != "AGENT"), key=lambda row: (place(row), row["span_id"])
            )
            runs.append(Run(str(trace_id), rows, steps, labels[trace_id]))
    return runs


def place(span: Span) -> int:
    """Return the number of a step, from 0, as its span id tells."""
    found = _PLACE.search(span["span_id"])
    return int(found[1]) if found else -1


def is_near(run: Run, span: Span) -> bool:
    """Return whether a step is within one of a labelled one, which are numbered from 1."""
    return any(abs(place(span) + 1 - step) <= 1 for step, _ in run.labels)


def is_step(run: Run, span: Span) -> bool:
    """Return whether a step is the labelled one, which is numbered from 0."""
    return place(span) == run.labels[0][0]


def is_agent(run: Run, span: Span) -> bool:
    """Return whether the agent of a step is the one that is named."""
    return str(span["agent"]) == run.labels[0][1]


def is_magentic(run: Run) -> bool:
    """Return whether the run is one of Magentic-One's."""
    return any("Orchestrator" in (span["agent"] or "") for span in run.steps)


def is_looked_at(run: Run) -> bool:
    """Return whether the run is of the half on which rules were looked for."""
    return int(hashlib.sha256(run.trace_id.encode()).hexdigest(), 16) % 2 == 0


if __name__ == "__main__":
    main()
