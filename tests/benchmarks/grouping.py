"""What grouping costs and how good it is, on texts whose intent is known.

The texts are clinc150's 23,700 questions of users (Larson et al., EMNLP-IJCNLP 2019; `data_full.json.gz`, one of the
recorded sets beside this project), 150 intents of 150 texts and 1,200 texts of none. Good is the adjusted mutual
information of clusters and intents over all texts, what was left as noise included as one class.

Usage::

    python tests/benchmarks/grouping.py whole             # one thread, two threads, and whether the labels agree
    python tests/benchmarks/grouping.py whole --cold      # as the first time on a machine: numba compiles anew
    python tests/benchmarks/grouping.py whole --copies 5  # 118,500 distinct texts, by landmarks; an easier task
    python tests/benchmarks/grouping.py few               # draws of 30 to 300 texts: average linkage, UMAP with HDBSCAN

Each run is a fresh process. The goal is an AMI of at least .77 with the default embedder, and labels that no number of
threads changes.
"""

import argparse
import gzip
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from workbench.clustering import few, partition
from workbench.clustering.dense import find_dense, least_size
from workbench.clustering.embed import embed
from workbench.clustering.map import place
from workbench.clustering.neighbours import reduce
from workbench.clustering.survey import survey

DATA = Path(__file__).parents[2] / "../shared/data/clinc150/data_full.json.gz"
NO_INTENT = "oos"
DRAWS = ((30, 3), (50, 4), (80, 5), (120, 7), (150, 8), (200, 9), (300, 12))
"""Texts of a draw and their intents."""
N_DRAWS = 8
NOISE_SHARE = 0.15
_Answer = TypeVar("_Answer")


def main() -> None:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("whole", "few", "one"))
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--copies", type=int, default=1, help="texts made of each: its words and one of its neighbour")
    parser.add_argument("--cold", action="store_true", help="let numba compile anew")
    arguments = parser.parse_args()
    if arguments.command == "one":
        print(json.dumps(measure(arguments.data, copies=arguments.copies)))  # noqa: T201
    elif arguments.command == "whole":
        compare_threads(arguments.data, copies=arguments.copies, is_cold=arguments.cold)
    else:
        compare_few(arguments.data)


def compare_threads(path: Path, *, copies: int, is_cold: bool) -> None:
    """Print the figures of one thread and of two, and whether the labels agree."""
    digests = set()
    for n_threads in (1, 2):
        figures = _fresh(path, copies=copies, n_threads=n_threads, is_cold=is_cold)
        digests.add(figures.pop("labels"))
        print(f"{n_threads} threads:", ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)  # noqa: T201
    print("labels agree" if len(digests) == 1 else "LABELS DIFFER")  # noqa: T201


def measure(path: Path, *, copies: int) -> dict[str, Any]:
    """Return what grouping all texts took in this process, and how good it is."""
    texts, intents = read(path, copies=copies)
    embed(["load the table"])
    embed_s, _ = _time(lambda: embed(texts))
    partition_s, found = _time(lambda: partition(texts, embed=embed, seed=0))
    map_s, _ = _time(lambda: place(texts, embed=embed, seed=0))
    return {
        "texts": len(texts),
        "embedded texts/s": round(len(texts) / embed_s),
        "clusters s": round(partition_s, 1),
        "map s": round(map_s, 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "AMI": round(float(adjusted_mutual_info_score(intents, found.labels)), 3),
        "clusters": int(found.labels.max()) + 1,
        "noise share": round(float((found.labels < 0).mean()), 3),
        "labels": hashlib.sha256(found.labels.tobytes()).hexdigest(),
    }


def compare_few(path: Path) -> None:
    """Print the mean AMI and noise share of both ways on draws of few texts."""
    texts, intents = read(path, copies=1)
    ways: dict[str, Callable[[list[str]], NDArray[np.int64]]] = {"average linkage": _linked, "UMAP and HDBSCAN": _dense}
    for n_texts, n_intents in DRAWS:
        for name, cluster in ways.items():
            scores = []
            for seed in range(N_DRAWS):
                chosen = draw(intents, n_texts=n_texts, n_intents=n_intents, rng=np.random.default_rng(seed))
                labels = cluster([texts[place] for place in chosen])
                ami = adjusted_mutual_info_score([intents[place] for place in chosen], labels)
                scores.append((ami, (labels < 0).mean()))
            ami, noise = np.mean(scores, axis=0)
            said = f"{n_texts:4} texts, {n_intents:2} intents, {name:16}: AMI {ami:.2f}, noise share {noise:.2f}"
            print(said, flush=True)  # noqa: T201


def _linked(texts: list[str]) -> NDArray[np.int64]:
    vectors, counts = embed(texts), np.ones(len(texts), dtype=np.int64)
    return few.link(vectors, few.half_centre(vectors), counts, least=least_size(len(texts)))


def _dense(texts: list[str]) -> NDArray[np.int64]:
    points = reduce(embed(texts))
    return find_dense(points, survey(points, seed=0), least=least_size(len(points)), seed=0).labels


def draw(intents: Sequence[str], *, n_texts: int, n_intents: int, rng: np.random.Generator) -> list[int]:
    """Return places of texts of some intents, of unequal sizes, and of noise."""
    of = np.array(intents)
    chosen = rng.choice(sorted(set(intents) - {NO_INTENT}), n_intents, replace=False)
    shares = np.arange(1, n_intents + 1) ** -0.7
    sizes = np.clip(np.round(shares / shares.sum() * (1 - NOISE_SHARE) * n_texts), 3, 140).astype(int)
    parts = [
        rng.choice(np.flatnonzero(of == name), size, replace=False) for name, size in zip(chosen, sizes, strict=True)
    ]
    noise = rng.choice(np.flatnonzero(of == NO_INTENT), round(NOISE_SHARE * n_texts), replace=False)
    return [int(place) for place in np.concatenate([*parts, noise])]


def read(path: Path, *, copies: int) -> tuple[list[str], list[str]]:
    """Return the texts and their intents; further copies of a text get the last word of another of its intent."""
    with gzip.open(path) as file:
        pairs = [(text, intent) for part in json.load(file).values() for text, intent in part]
    by_intent: dict[str, list[str]] = {}
    for text, intent in pairs:
        by_intent.setdefault(intent, []).append(text)
    texts = [
        text
        if copy == 0
        else f"{text} {by_intent[intent][(place * 7 + copy) % len(by_intent[intent])].split()[-1]} {copy}"
        for place, (text, intent) in enumerate(pairs)
        for copy in range(copies)
    ]
    return texts, [intent for _, intent in pairs for _ in range(copies)]


def _fresh(path: Path, *, copies: int, n_threads: int, is_cold: bool) -> dict[str, Any]:
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), str(n_threads)
    )
    with tempfile.TemporaryDirectory() as empty:
        cache = {"NUMBA_CACHE_DIR": empty} if is_cold else {}
        command = [sys.executable, __file__, "one", "--data", str(path), "--copies", str(copies)]
        run = subprocess.run(command, env={**os.environ, **threads, **cache}, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures


def _time(work: Callable[[], _Answer]) -> tuple[float, _Answer]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


if __name__ == "__main__":
    main()
