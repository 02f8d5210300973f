"""How often causes are proposed where there are none: clusters drawn at random from traffic with many attributes.

    python -m tests.benchmarks.null_causes [--runs 200] [--grouped]

Each run has 600 to 1,200 traces of 150 users over two weeks, with versions that change, tools, models, tasks, texts of
random words and a feature flag, and five clusters of 5 to 80 traces drawn at random: all causes are false. With
--grouped, traces of a user are alike in tier, task and model, and clusters take in or leave out whole users.
"""

import argparse
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from workbench.causes import Proposal, propose
from workbench.schemas import SPANS

START = datetime(2026, 3, 1, tzinfo=UTC)
N_USERS = 150
WORDS = [
    f"{first}{last}" for first in ("ka", "lo", "mi", "nu", "pe", "ra") for last in ("sten", "vord", "lant", "quill")
]


def main() -> None:
    """Run as the arguments say and print the share of runs without any cause."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--grouped", action="store_true")
    arguments = parser.parse_args()
    kinds: Counter[str] = Counter()
    n_silent, started = 0, time.process_time()
    for seed in range(arguments.runs):
        proposal = propose_from_noise(seed, is_grouped=arguments.grouped)
        n_silent += not proposal.causes
        kinds.update(cause.kind for cause in proposal.causes)
    print(  # noqa: T201
        f"no cause in {n_silent} of {arguments.runs} null runs ({n_silent / arguments.runs:.3f}); false causes by kind "
        f"{dict(kinds)}; {time.process_time() - started:.0f} CPU s"
    )


def propose_from_noise(seed: int, *, is_grouped: bool = False) -> Proposal:
    """Return what is proposed for five clusters that are drawn at random."""
    rng = np.random.default_rng(seed)
    spans, user = traffic(rng, is_grouped=is_grouped)
    trace_ids = spans["trace_id"].unique(maintain_order=True)
    findings = []
    for cluster in range(5):
        if is_grouped:
            chosen = np.isin(user, rng.choice(N_USERS, rng.integers(3, 12), replace=False))
        else:
            chosen = np.zeros(user.size, bool)
            chosen[rng.choice(user.size, rng.integers(5, 80), replace=False)] = True
        findings.append(
            pl.DataFrame({"trace_id": trace_ids.filter(pl.Series(chosen))}).with_columns(
                run_id=pl.lit("run_1"),
                finding_id=pl.lit(f"{cluster}-") + pl.col("trace_id"),
                detector=pl.lit(f"detector_{cluster % 2}"),
                session_id=pl.lit(None, pl.String),
                cluster_id=pl.lit(f"clu_{cluster}"),
            )
        )
    found = pl.concat(findings)
    return propose(found, found.select("run_id", "finding_id", "cluster_id"), spans.lazy(), run_id="run_1")


def traffic(rng: np.random.Generator, *, is_grouped: bool) -> tuple[pl.DataFrame, "np.ndarray[Any, Any]"]:
    """Return spans of random traffic, and the user of each trace in their order."""
    n = int(rng.integers(600, 1_200))
    user = np.sort(rng.integers(0, N_USERS, n)) if is_grouped else rng.integers(0, N_USERS, n)
    at = np.sort(rng.uniform(0, 14 * 86_400, n))
    if is_grouped:
        at = rng.permutation(at)
    of_user = rng.integers(0, 1_000, N_USERS)[user] if is_grouped else rng.integers(0, 1_000, n)
    rows = []
    for trace in range(n):
        begun = START + timedelta(seconds=float(at[trace]))
        shared = {
            "trace_id": f"t{trace:05}",
            "user_key": f"usr_{user[trace]}",
            "user_tier": ("free", "pro", "firm")[of_user[trace] % 3],
            "task": f"task {of_user[trace] % 7}",
            "release": f"1.{int(at[trace] // (5 * 86_400))}",
            "started_at": begun,
        }
        tool = f"tool_{rng.integers(0, 6)}"
        rows.append(
            {
                **shared,
                "span_id": "1",
                "kind": "AGENT",
                "name": "agent",
                "status": "UNSET",
                "input": " ".join(rng.choice(WORDS, 12)),
                "output": " ".join(rng.choice(WORDS, 20)),
                "attributes": f'{{"app.flag":"{rng.integers(0, 4)}","app.locale":"l{rng.integers(0, 3)}"}}',
            }
        )
        rows.append(
            {
                **shared,
                "span_id": "2",
                "parent_span_id": "1",
                "kind": "LLM",
                "name": "chat",
                "status": "UNSET",
                "model": f"model {of_user[trace] % 4}",
                "prompt_version": str(int(rng.integers(0, 3)) + int(at[trace] // (7 * 86_400))),
                "output": " ".join(rng.choice(WORDS, 6)),
            }
        )
        rows.append(
            {
                **shared,
                "span_id": "3",
                "parent_span_id": "1",
                "kind": "TOOL",
                "name": tool,
                "tool_name": tool,
                "status": "ERROR" if rng.random() < 0.1 else "OK",
                "input": "{}",
                "output": "done",
            }
        )
    return pl.DataFrame(rows, schema=SPANS.schema), user


if __name__ == "__main__":
    main()
