"""A simulated world as files: telemetry by week, signals, truth, and the list of faults.

The same world gives the same bytes, so that a committed sample can be checked against the code that made it.
"""

import gzip
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import orjson

from workbench.errors import ConfigError
from workbench.simulate.simulation import simulate
from workbench.simulate.world import World

_WEEK_FILE = re.compile(r"\d{4}-W\d{2}\.jsonl\.gz")


class Files(NamedTuple):
    """Where a simulated world was written."""

    telemetry: tuple[Path, ...]
    """`telemetry/2026-W40.jsonl.gz` and so on: OTLP/JSON lines, one file an ISO week."""
    signals: Path
    """`signals.jsonl`: one signal a line."""
    truth: Path
    """`truth.jsonl`: one trace a line."""
    faults: Path
    """`faults.jsonl`: one planted fault a line."""


def write(world: World, folder: str | Path, *, overwrite: bool = False) -> Files:
    """Simulate the world and write it into the folder; the same world gives the same bytes.

    Raises
    ------
    ConfigError
        If the folder holds an earlier simulation and `overwrite` is False.
    """
    folder = Path(folder)
    weeks = folder / "telemetry"
    earlier = [path for path in weeks.glob("*.jsonl.gz") if _WEEK_FILE.fullmatch(path.name)]
    if earlier and not overwrite:
        raise ConfigError("holds a simulation", where=str(folder), fix="name another folder, or pass overwrite=True")
    weeks.mkdir(parents=True, exist_ok=True)
    for path in earlier:
        path.unlink()
    simulation = simulate(world)
    telemetry = tuple(
        _write_gzip(weeks / f"{week}.jsonl.gz", (line.raw for line in lines))
        for week, lines in groupby(simulation.telemetry(), key=lambda line: line.week)
    )
    return Files(
        telemetry,
        _write(folder / "signals.jsonl", simulation.signals),
        _write(folder / "truth.jsonl", simulation.truth.iter_rows(named=True)),
        _write(folder / "faults.jsonl", simulation.faults.iter_rows(named=True)),
    )


def _write_gzip(path: Path, lines: Iterable[bytes]) -> Path:
    """Write lines without the file's name and the time in the header, which would differ between runs."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, compresslevel=9, mtime=0) as stream:
        for line in lines:
            stream.write(line + b"\n")
    return path


def _write(path: Path, records: Iterable[dict[str, object]]) -> Path:
    with open(path, "wb") as stream:
        for record in records:
            stream.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    return path
