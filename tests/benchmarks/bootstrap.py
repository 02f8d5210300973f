"""CPU time of the bootstrap against SciPy's: ten metrics, 10,000 cases, 10,000 resamples, one thread.

Usage, from the root of a checkout::

    python -m tests.benchmarks.bootstrap                    # a minute; the whole comparison
    python -m tests.benchmarks.bootstrap --resamples 1000   # shorter, the same ratios

Prints CPU seconds of `bootstrap_means` with either interval and of `scipy.stats.bootstrap` with method percentile and
BCa in the same run, the ratios, and the peak memory of a process of its own that runs ours alone. Goals: at least 4
times as fast as the one, 8 times as the other, and at most 250 MB. SciPy's is given its fastest form: one call for all
ten metrics, vectorised, in batches of 100 that fit the memory. Ends of the intervals are compared as well.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")  # read when NumPy is loaded

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from workbench.stats.bootstrap import bca_interval, bootstrap_means, percentile_interval
from workbench.stats.intervals import Interval

Numbers = NDArray[np.float64]

N_CASES, N_METRICS = 10_000, 10
BATCH = 100


def main() -> None:
    """Print the comparison, or with --ours run ours alone and print the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--ours", action="store_true", help="run ours alone and print its peak memory in MB")
    given = parser.parse_args()
    values = np.random.default_rng(0).lognormal(size=(N_CASES, N_METRICS))
    if given.ours:
        ours(values, given.resamples, bca=True)
        print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))  # noqa: T201
        return
    command = [sys.executable, "-m", "tests.benchmarks.bootstrap", "--ours", "--resamples", str(given.resamples)]
    alone = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print("peak memory of ours, MB:", alone)  # noqa: T201
    for method in ("percentile", "BCa"):
        mine, seconds = timed(partial(ours, values, given.resamples, bca=method == "BCa"))
        its, its_seconds = timed(partial(scipys, values, given.resamples, method))
        apart = max(float(np.abs(one - other).max()) for one, other in zip(mine, its, strict=True))
        error = float((values.std(axis=0) / np.sqrt(N_CASES)).max())
        print(  # noqa: T201
            f"{method}: ours {seconds:.2f} s, SciPy {its_seconds:.2f} s, {its_seconds / seconds:.1f} times;"
            f" ends at most {apart / error:.3f} standard errors apart"
        )


def ours(values: Numbers, n_resamples: int, *, bca: bool) -> Interval:
    """Return our interval of each metric."""
    resampled = bootstrap_means(values, n_resamples=n_resamples)
    return bca_interval(values, resampled) if bca else percentile_interval(resampled)


def scipys(values: Numbers, n_resamples: int, method: str) -> Any:
    """Return SciPy's."""
    return stats.bootstrap(
        (np.ascontiguousarray(values.T),),
        np.mean,
        axis=-1,
        vectorized=True,
        n_resamples=n_resamples,
        batch=BATCH,
        method=method,
        rng=0,
    ).confidence_interval


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return what it gives and the CPU seconds that it took."""
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
