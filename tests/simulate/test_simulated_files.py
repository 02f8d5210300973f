"""What is written, and where: the committed sample is what the code makes, byte for byte."""

import gzip
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workbench.errors import ConfigError
from workbench.simulate import World, sample_world, simulate, write

if TYPE_CHECKING:
    from tests.simulate.conftest import Emitted

SMALL = World(n_traces=120, weeks=1, seed=3)


def contents(folder: Path) -> dict[str, str]:
    """Digest every generated file by what it holds; two zlibs may pack the same bytes differently."""
    paths = [path for path in folder.rglob("*") if path.suffix in {".gz", ".jsonl"}]
    raw = {path: path.read_bytes() for path in paths}
    return {
        str(path.relative_to(folder)): sha256(gzip.decompress(body) if path.suffix == ".gz" else body).hexdigest()
        for path, body in raw.items()
    }


def test_committed_sample_is_what_the_code_makes(sample: Path, tmp_path: Path) -> None:
    write(sample_world(), tmp_path)
    assert contents(tmp_path) == contents(sample)


def test_same_world_is_the_same_bytes_and_another_seed_is_not(tmp_path: Path) -> None:
    files = [
        write(world, tmp_path / name) for name, world in (("a", SMALL), ("b", SMALL), ("c", replace(SMALL, seed=4)))
    ]
    first, again, other = (
        [path.read_bytes() for path in (*each.telemetry, each.signals, each.truth)] for each in files
    )
    assert first == again
    assert first != other


def test_packed_files_hold_neither_name_nor_time(tmp_path: Path) -> None:
    """RFC 1952: byte 3 has the flag of a name, bytes 4 to 7 the time."""
    (week,) = write(SMALL, tmp_path).telemetry
    assert week.read_bytes()[3:8] == bytes(5)


def test_write_spares_an_earlier_simulation_unless_told_otherwise(tmp_path: Path) -> None:
    write(World(n_traces=30, weeks=3), tmp_path)
    with pytest.raises(ConfigError, match="overwrite"):
        write(SMALL, tmp_path)
    files = write(SMALL, tmp_path, overwrite=True)
    assert sorted((tmp_path / "telemetry").iterdir()) == sorted(files.telemetry)


def test_telemetry_is_the_same_each_time_it_is_read() -> None:
    simulation = simulate(SMALL)
    assert list(simulation.telemetry()) == list(simulation.telemetry())


def test_sample_is_small_enough_to_carry(sample: Path) -> None:
    assert sum(path.stat().st_size for path in sample.rglob("*") if path.is_file()) < 6_000_000


@pytest.mark.parametrize(
    "wrong",
    [lambda: World(n_traces=0), lambda: World(weeks=0), lambda: World(start=datetime(2026, 9, 28))],
    ids=["no traces", "no weeks", "no zone"],
)
def test_world_refuses_what_cannot_be(wrong: Callable[[], World]) -> None:
    with pytest.raises(ValueError):
        wrong()


def test_readme_gives_the_counts_of_the_files(emitted: "Emitted", sample: Path) -> None:
    text = " ".join((sample / "README.md").read_text(encoding="utf-8").split())
    for row in emitted.faults:
        assert re.search(rf"\| `{row['fault']}` (\|[^|]*){{3}}\| {row['n_traces']} \|", text)
    for noise, n in Counter(row["noise"] for row in emitted.truth.values()).items():
        assert noise == "none" or f"`{noise}` {n}" in text
    n_spans = sum(len(spans) for spans in emitted.traces.values())
    assert f"{len(emitted.records):,} span records" in text
    assert f"{n_spans:,} spans" in text
    assert f"{len(emitted.lines)} lines" in text
    assert f"of which {len(emitted.records) - n_spans} came twice" in text
    kinds = Counter((signal["name"], signal["value"] == 0) for signal in emitted.signals)
    n_thumbs, n_downs = kinds["thumb", True] + kinds["thumb", False], kinds["thumb", True]
    n_outcomes = kinds["task_success", True] + kinds["task_success", False]
    n_edits = len(emitted.signals) - n_thumbs - n_outcomes
    assert f"{len(emitted.signals):,} signal records" in text
    assert f"({n_thumbs} thumbs, {n_downs} of them down; {n_outcomes:,} outcomes; {n_edits} edits)" in text
