"""What it costs to group 100,000 findings, and to group 110,000 a day later, 100,000 of which are known.

The texts are those of `grouping_peer.py --texts dropped`: clinc150's questions, and copies of them with words dropped,
by the shipped embedder, which counts. The second run knows what the first one stored, and joins its clusters. CPU
seconds of this process (user and system), so that a shared machine changes little.

Usage::

    OMP_NUM_THREADS=1 python -m tests.benchmarks.grouping_again

The goals: at most 60 CPU seconds and 2 GB for the first, at most a tenth of that for the second.
"""

import resource
import time
from datetime import UTC, datetime

import polars as pl
from sklearn.metrics import adjusted_mutual_info_score

from tests.benchmarks import grouping_peer
from tests.benchmarks.grouping import DATA
from workbench.clustering import embed, group
from workbench.clustering.join import Earlier, join
from workbench.schemas import FINDINGS

N_KNOWN, N_NEW = 100_000, 10_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Group, group again, and print the figures."""
    grouping_peer.N_DROPPED = N_KNOWN + N_NEW
    texts, intents, _ = grouping_peer.read_set(DATA, "dropped")
    truth = pl.DataFrame({"finding_id": [f"{place:07d}" for place in range(len(texts))], "intent": intents})
    findings = _findings(texts)
    known = findings.sample(N_KNOWN, seed=1)
    embed(["load the table"])

    start = time.process_time()
    first = group(known, embed=embed, run_id="run_1", now=NOW)
    first_s = time.process_time() - start
    _say("first", first_s, first.memberships, truth)

    place = first.memberships.select("finding_id", "cluster_id", "strength", "x", "y")
    earlier = Earlier(known.join(place, on="finding_id"), first.clusters)
    start = time.process_time()
    second = join(findings, earlier, embed=embed, run_id="run_2", now=NOW)
    second_s = time.process_time() - start
    _say("second", second_s, second.grouping.memberships, truth)
    new = second.grouping.memberships.join(known, on="finding_id", how="anti")
    _say("second, new findings alone", second_s, new, truth)
    print(f"ratio {first_s / second_s:.1f}, {second.n_joined} of {N_NEW} new findings joined a cluster")  # noqa: T201


def _findings(texts: list[str]) -> pl.DataFrame:
    known = pl.DataFrame({"finding_id": [f"{place:07d}" for place in range(len(texts))], "text": texts}).with_columns(
        detector=pl.lit("text"), detector_version=pl.lit(1), evidence=pl.lit("{}")
    )
    return known.select(
        (pl.col(name) if name in known.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in FINDINGS.schema.items()
    )


def _say(name: str, seconds: float, memberships: pl.DataFrame, truth: pl.DataFrame) -> None:
    both = memberships.join(truth, on="finding_id")
    figures = {
        "CPU s": round(seconds, 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "clusters": both["cluster"].n_unique() - 1,
        "noise": round(both.select((pl.col("cluster") < 0).mean()).item(), 3),
        "AMI": round(float(adjusted_mutual_info_score(both["intent"], both["cluster"])), 3),
    }
    print(name, figures, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
