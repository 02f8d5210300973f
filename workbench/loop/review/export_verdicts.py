"""Step 3, review, to elsewhere: verdicts as a file, for another workspace, a notebook, or whoever reads OpenInference.

A file of data is raw: nothing in it is prefixed or escaped, so that it is read again as it was.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import polars as pl

from workbench.errors import ConfigError
from workbench.loaders import verdicts as files
from workbench.records import Verdict
from workbench.store import Workspace
from workbench.store.durability import write_durably

Form = Literal["verdicts", "openinference"]
SUFFIXES = (".jsonl", ".ndjson", ".parquet")


class Exported(NamedTuple):
    """What became of the verdicts asked for."""

    n_written: int
    n_left_out: int
    """Verdicts on causes, issues and clusters, which an OpenInference annotation cannot be about."""
    n_erased: int = 0
    """Verdicts on traces of users who were erased: nothing of them leaves."""


def export_verdicts(
    workspace: Workspace, out: Path, *, form: Form = "verdicts", review_id: str | None = None, is_history: bool = False
) -> Exported:
    """Write verdicts to a file, raw and whole, and return how many; read-only but for that file.

    Parameters
    ----------
    workspace
        Whose verdicts.
    out
        A new file, `.jsonl` or `.parquet`; one that is there is replaced.
    form
        Every field under its own name, or OpenInference annotations, which are about traces alone.
    review_id
        Those given in one review; None for all.
    is_history
        Every revision, oldest first; else the newest of each. What was withdrawn is there, with that label.

    Raises
    ------
    ConfigError
        If the file's suffix is none of these.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"no format is known by {out.suffix!r}", where=str(out), fix=f"use {', '.join(SUFFIXES)}")
    revisions = workspace.ledger.revisions(Verdict, review_id=review_id)
    wanted = revisions if is_history else list({one.id: one for one in revisions}.values())
    refusal = workspace.erasures.refusal()
    kept = [one for one in wanted if one.target_kind != "trace" or refusal.is_admitted(one.target_id.encode())]
    fitting = [one for one in kept if form == "verdicts" or one.target_kind == "trace"]
    is_own, is_parquet = form == "verdicts", out.suffix.lower() == ".parquet"
    if is_parquet:
        content = _parquet(files.frame_of(fitting) if is_own else files.annotation_frame(fitting))
    else:
        content = _lines(map(files.row_of if is_own else files.annotation_of, fitting))
    write_durably(out, content)
    return Exported(len(fitting), len(kept) - len(fitting), len(wanted) - len(kept))


def _lines(rows: Iterable[object]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _parquet(frame: pl.DataFrame) -> bytes:
    content = BytesIO()
    frame.write_parquet(content)
    return content.getvalue()
