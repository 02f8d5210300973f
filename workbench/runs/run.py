"""One run of a notebook as a record beside its files, for people who list runs and for scripts that read them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from workbench.errors import StoreError
from workbench.runs.notebooks import DIGESTS

State = Literal["done", "failed", "insufficient"]
"""Done; stopped by an error; or stopped because the workspace holds too little for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was given, what it read, and what became of it."""

    id: str
    """rpt_..., sorts by time."""
    notebook: str
    """The notebook's name: 2_detect."""
    title: str
    """Its first heading."""
    at: datetime
    """When it started, UTC."""
    state: State
    """What became of it."""
    duration_s: float
    """How long it ran, seconds."""
    parameters: Mapping[str, Any]
    """What it was given, by name; parameters that are not here had their default."""
    ipynb: Path
    """The executed notebook."""
    html: Path
    """The same as a page that needs no network."""
    code: str
    """Version and commit of the code."""
    table_versions: Mapping[str, int]
    """The version of each table when it started."""
    ledger_head: str
    """Hash of the ledger's newest entry when it started."""
    package_versions: Mapping[str, str]
    """Versions of Python and of the packages that make numbers and pictures."""
    error: str | None
    """Why it stopped; None where it is done."""
    headline: str = ""
    """What it says in one sentence: the first line of its cell tagged `headline`; empty where it shows none."""
    result: Mapping[str, Any] | None = None
    """What it found, as data; None of a notebook that shows none."""

    def to_json(self, *, reports: Path) -> str:
        """Return the record as one line of JSON; paths are relative to the reports' folder."""
        paths = {"ipynb": self.ipynb.relative_to(reports).as_posix(), "html": self.html.relative_to(reports).as_posix()}
        return json.dumps(asdict(self) | paths | {"at": self.at.isoformat()}, ensure_ascii=False)


def read_runs(reports: Path) -> list[Run]:
    """Return every run that is recorded under the reports' folder, newest first.

    Raises
    ------
    StoreError
        If a record cannot be read.
    """
    every = (path for path in sorted(reports.glob("*/*.json")) if path.parent.name != DIGESTS)
    paths = (path for path in every if "." not in path.stem)  # what a report writes besides is no record
    runs = [run for path in paths for run in [_read(path, reports)] if run is not None]
    return sorted(runs, key=lambda run: (run.at, run.id), reverse=True)


def noted_heads(reports: Path) -> frozenset[str]:
    """Return the ledger heads that the runs under the reports' folder noted: each must still be in the chain."""
    return frozenset(run.ledger_head for run in read_runs(reports))


def _read(path: Path, reports: Path) -> Run | None:
    """Return the run of a record; None where another process has just deleted it."""
    try:
        content = json.loads(path.read_text("utf-8"))
        paths = {name: reports / content[name] for name in ("ipynb", "html")}
        return Run(**content | paths | {"at": datetime.fromisoformat(content["at"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the record of a run cannot be read: {error}", where=str(path), fix="delete it") from error
