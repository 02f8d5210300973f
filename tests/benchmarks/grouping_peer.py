"""Grouping against BERTopic on the same vectors: CPU time, memory, and how well each finds the known intents.

The texts are clinc150's 23,700 questions (see `grouping.py`), how many groups there are is not told. Ours does all that
a detection does of grouping: clusters, suggestions, stability, map, phrases, families. BERTopic runs as it comes, with
a seed, and makes no map. Each runs in a fresh process, limited to the same number of threads, the two in turn; the
median of the CPU seconds (user and system) counts, because a shared machine makes wall time say little.

Usage, with BERTopic in an environment of its own (`pip install bertopic`)::

    python -m tests.benchmarks.grouping_peer --peer ENV/bin/python                     # the shipped embedder
    python -m tests.benchmarks.grouping_peer --peer ENV/bin/python --embedder minilm   # the extra `minilm`
    python -m tests.benchmarks.grouping_peer --peer ENV/bin/python --texts dropped     # 100,000: words are dropped
    python -m tests.benchmarks.grouping_peer --peer ENV/bin/python --texts repeated    # 47,000: few texts come often

The goals: at most 0.4 of its time on all texts and on 100,000, at most 0.1 on the repeated ones; adjusted mutual
information of all texts, noise as one class, at least .77 with the shipped embedder and .88 with `minilm`, adjusted
Rand index at least .63.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from tests.benchmarks.grouping import DATA, read
from workbench.clustering import embed

N_DROPPED = 100_000
N_REPEATED = 47_000
OURS = """
import sys, json, time, resource
import numpy as np, polars as pl
from datetime import datetime, UTC
folder = sys.argv[1]
texts = json.load(open(folder + "/texts.json"))
vectors = np.load(folder + "/vectors.npy")
place = {text: row for row, text in enumerate(texts)}
def embed(asked): return vectors[[place[text] for text in asked]]
from workbench.clustering import group
from workbench.schemas import FINDINGS
findings = pl.DataFrame({"finding_id": [f"{n:07d}" for n in range(len(texts))], "text": texts, "detector": "text"})
findings = findings.select((pl.col(n) if n in findings.columns else pl.lit(None)).cast(t).alias(n)
                           for n, t in FINDINGS.schema.items())
start = time.process_time()
found = group(findings, embed=embed, run_id="run", now=datetime(2026, 1, 1, tzinfo=UTC))
cpu = time.process_time() - start
np.save(folder + "/labels.npy", found.memberships.sort("finding_id")["cluster"].to_numpy())
"""
PEER = """
import sys, json, time, resource
import numpy as np
folder = sys.argv[1]
texts = json.load(open(folder + "/texts.json"))
vectors = np.load(folder + "/vectors.npy")
from bertopic import BERTopic
from umap import UMAP
start = time.process_time()
model = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=42)
labels, _ = BERTopic(umap_model=model, calculate_probabilities=False).fit_transform(texts, vectors)
cpu = time.process_time() - start
np.save(folder + "/labels.npy", np.array(labels))
"""
SAID = """
u = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"work": cpu, "process": u.ru_utime + u.ru_stime, "peak": u.ru_maxrss / 1024}))
"""


def main() -> None:
    """Run both in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="the Python of an environment with BERTopic; without it, ours alone")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--embedder", choices=("static", "minilm"), default="static")
    parser.add_argument("--vectors", type=Path, help="vectors of the 23,700 texts as .npy, instead of an embedder")
    parser.add_argument("--texts", choices=("all", "dropped", "repeated"), default="all")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    texts, intents, is_test = read_set(arguments.data, arguments.texts)
    with tempfile.TemporaryDirectory() as folder:
        vectors = np.load(arguments.vectors) if arguments.vectors else embed_by(arguments.embedder, texts)
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        np.save(Path(folder) / "vectors.npy", vectors)
        programs = {"ours": (sys.executable, OURS)} | ({"BERTopic": (arguments.peer, PEER)} if arguments.peer else {})
        figures: dict[str, list[dict[str, Any]]] = {name: [] for name in programs}
        for _ in range(arguments.runs):
            for name, (python, program) in programs.items():
                figures[name].append(run(python, program, folder, n_threads=arguments.threads))
                said = score(np.load(Path(folder) / "labels.npy"), intents, is_test)
                print(name, said, figures[name][-1], flush=True)  # noqa: T201
    medians = {name: statistics.median(one["process"] for one in runs) for name, runs in figures.items()}
    print("median CPU seconds of a process:", medians)  # noqa: T201
    if arguments.peer:
        print(f"ratio: {medians['ours'] / medians['BERTopic']:.3f}")  # noqa: T201


def read_set(path: Path, which: str) -> tuple[list[str], list[str], np.ndarray[Any, Any]]:
    """Return texts, their intents, and which of them are of clinc150's test part with an intent."""
    texts, intents = read(path, copies=1)
    is_test = np.zeros(len(texts), dtype=bool)
    rng = np.random.default_rng(0)
    if which == "all":
        is_test[_test_places(path)] = True
        return texts, intents, is_test
    if which == "repeated":
        weights = 1 / np.arange(1, len(texts) + 1)
        chosen = rng.permutation(len(texts))[rng.choice(len(texts), N_REPEATED, p=weights / weights.sum())]
        return [texts[place] for place in chosen], [intents[place] for place in chosen], np.zeros(N_REPEATED, bool)
    made, of = list(texts), list(intents)
    while len(made) < N_DROPPED:
        place = int(rng.integers(len(texts)))
        words = texts[place].split()
        kept = [word for word in words if rng.random() > 0.25]
        made.append(" ".join(kept or words))
        of.append(intents[place])
    return made, of, np.zeros(N_DROPPED, bool)


def embed_by(name: str, texts: list[str]) -> np.ndarray[Any, Any]:
    """Return the texts' vectors; each distinct text is asked for once."""
    if name == "static":
        return embed(texts)
    from workbench.clustering import minilm

    distinct = sorted(set(texts))
    place = {text: row for row, text in enumerate(distinct)}
    return np.asarray(minilm.embed(distinct)[[place[text] for text in texts]])


def run(python: str, program: str, folder: str, *, n_threads: int) -> dict[str, Any]:
    """Return what one fresh process took: CPU seconds of the work and of the whole process, peak MB."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")
    threads = dict.fromkeys((*names, "POLARS_MAX_THREADS", "LOKY_MAX_CPU_COUNT"), str(n_threads))
    ours = {"PYTHONPATH": str(Path(__file__).parents[2])} if program is OURS else {}
    done = subprocess.run(
        [python, "-c", program + SAID, folder], env={**os.environ, **threads, **ours}, check=True, capture_output=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {name: round(value, 1) for name, value in figures.items()}


def score(labels: np.ndarray[Any, Any], intents: list[str], is_test: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return how well the labels tell the intents: of all texts, and of the test texts that have an intent."""
    truth = np.array(intents)
    of_all = {
        "AMI": round(float(adjusted_mutual_info_score(truth, labels)), 3),
        "ARI": round(float(adjusted_rand_score(truth, labels)), 3),
        "clusters": int(labels.max()) + 1,
        "noise": round(float((labels < 0).mean()), 3),
    }
    if not is_test.any():
        return of_all
    truth, labels = truth[is_test], labels[is_test]
    test = {
        "ACC": round(accuracy(truth, labels), 3),
        "NMI": round(float(normalized_mutual_info_score(truth, labels)), 3),
        "ARI": round(float(adjusted_rand_score(truth, labels)), 3),
    }
    return {**of_all, "test": test}


def accuracy(truth: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    """Return the share of texts that are right under the best one-to-one matching of clusters and intents."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array

    _, rows = np.unique(truth, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    together = coo_array((np.ones(len(rows)), (rows, columns))).toarray()
    return float(together[linear_sum_assignment(together, maximize=True)].sum() / len(truth))


def _test_places(path: Path) -> list[int]:
    import gzip

    with gzip.open(path) as file:
        sizes = {part: len(pairs) for part, pairs in json.load(file).items()}
    start = sum(size for _, size in _before(list(sizes.items()), "test"))
    return list(range(start, start + sizes["test"]))


def _before(parts: list[tuple[str, int]], name: str) -> list[tuple[str, int]]:
    return parts[: [part for part, _ in parts].index(name)]


if __name__ == "__main__":
    main()
