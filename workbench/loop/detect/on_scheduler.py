"""Detectors on the workers of an existing Dask cluster: the same detectors over the same tables, with the same result.

Each job is one detector on one part of the window; those that listen to what users said are one job on the whole of it.
A job of a worker that is lost is done by another one. The workers need this package, what the detectors need, and
access to the tables under the same path or URL.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import polars as pl

from workbench.detectors import SPANS_A_PART, Detector, Examination, cut, examine, goes_by, joined, together
from workbench.errors import ConfigError

CONNECT_S = 10
"""How long a scheduler may take to answer."""
RETRIES = 3
"""How often a job is begun anew after an error that is not the detector's own."""


def examine_on(
    address: str,
    detectors: Sequence[Detector],
    spans: pl.LazyFrame,
    about: Callable[[pl.LazyFrame], pl.LazyFrame],
    *,
    run_id: str,
    now: datetime,
    told: Callable[[str], None],
    n_spans: int = SPANS_A_PART,
) -> list[Examination]:
    """Return what each detector says of the window, as `examine` would, in the order of the detectors.

    Parameters
    ----------
    address
        The scheduler, `tcp://host:port`; who can reach it can run code on the workers, so it must be one to be trusted.
    detectors
        The detectors; they travel by pickle, as all that Dask sends does.
    spans
        schemas.SPANS of the window, of one version of the table.
    about
        Gives the signals about the traces and sessions of some spans.
    run_id, now
        As of `examine`.
    told
        Told how many jobs are done.
    n_spans
        How many spans fill a part.

    Raises
    ------
    ConfigError
        If Dask is not installed, no scheduler answers, it has no worker, or a worker cannot read the tables.
    """
    with _client(address) as client:
        _check_workers(client, spans, address=address)
        told("cutting the window into parts")
        parts = cut(spans, n_spans=n_spans)
        jobs = {}
        for places in _groups(detectors):
            group = [detectors[place] for place in places]
            for part in parts if all(one.reads == "trace" for one in group) else [spans]:
                job = client.submit(
                    _examine_each,
                    group,
                    part,
                    about(part),
                    run_id=run_id,
                    now=now,
                    retries=RETRIES,
                    pure=False,
                )
                jobs[job] = places
        done = _gathered(client, jobs, told)
    return [joined(done[place]) for place in range(len(detectors))]


def _groups(detectors: Sequence[Detector]) -> list[list[int]]:
    """Return the places of the detectors by job: those that go by the same read it once, any other works alone."""
    groups: dict[str | int, list[int]] = {}
    for place, detector in enumerate(detectors):
        groups.setdefault(goes_by(detector) or place, []).append(place)
    return list(groups.values())


def _examine_each(
    detectors: Sequence[Detector], spans: pl.LazyFrame, signals: pl.LazyFrame, *, run_id: str, now: datetime
) -> list[Examination]:
    return [examine(one, spans, signals, run_id=run_id, now=now) for one in together(detectors, spans)]


def _gathered(
    client: Any, jobs: dict[Any, list[int]], told: Callable[[str], None]
) -> defaultdict[int, list[Examination]]:
    """Return the answers by detector, each in the order of the parts, whichever comes first."""
    from distributed import as_completed

    order = {job: number for number, job in enumerate(jobs)}
    answers: dict[int, list[Examination]] = {}
    for job in as_completed(list(jobs), loop=client.loop):  # type: ignore[no-untyped-call]
        answers[order[job]] = job.result()
        job.release()
        told(f"detecting on workers: {len(answers):,} of {len(order):,} jobs done")
    by_detector: defaultdict[int, list[Examination]] = defaultdict(list)
    for job, places in jobs.items():
        for place, examination in zip(places, answers[order[job]], strict=True):
            by_detector[place].append(examination)
    return by_detector


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            "Dask is not installed", where="--scheduler", fix="pip install '.[dask]' in the checkout"
        ) from error
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise ConfigError(
            "no scheduler answers", where=address, fix="start one with `dask scheduler`, and workers with `dask worker`"
        ) from error
    with client:
        yield client


def _check_workers(client: Any, spans: pl.LazyFrame, *, address: str) -> None:
    """Check on every worker that it has this package and can read the tables, before any detector is said to fail."""
    if not client.scheduler_info()["workers"]:
        raise ConfigError("the scheduler has no worker", where=address, fix="start one with `dask worker`")
    answers = client.run(_trouble, spans, on_error="return")
    for worker, answer in answers.items():
        if answer is not None:
            fix = "install the same packages there, and put the tables where every worker can read them"
            raise ConfigError(f"worker {worker} cannot work: {answer}", where=address, fix=fix)


def _trouble(spans: pl.LazyFrame) -> str | None:
    try:
        spans.head(1).collect()
    except Exception as error:  # noqa: BLE001  (whatever keeps a worker from reading is told)
        return f"{type(error).__name__}: {error}"[:200]
    return None
