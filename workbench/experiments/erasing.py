"""Cases of an erased user in a journal: what was answered goes, that it was answered and what it cost stays.

The results were counted before; without the lines they could not be accounted for, and with the texts the user would
still be there.
"""

import fcntl
import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import msgspec

from workbench.errors import StoreError
from workbench.experiments.answer import Answer
from workbench.experiments.journal import Finished, Line, read_lines

ERASED = "[erased]"
"""Stands for a text that is gone."""


def erase_cases(path: Path, case_ids: Collection[str]) -> int:
    """Return in how many outcomes of a journal texts were erased; a reader sees the old file or the new one.

    Parameters
    ----------
    path
        The journal.
    case_ids
        The user's cases.

    Raises
    ------
    StoreError
        If a process is running the experiment, or the journal is damaged.
    """
    handle = os.open(path, os.O_RDWR)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError("a process runs this experiment", where=str(path), fix="end it first") from None
        lines: list[Line] = []
        n_erased = 0
        for line in read_lines(path):
            if isinstance(line, Finished) and line.outcome.case_id in case_ids:
                n_erased += 1
                lines.append(Finished(replace(line.outcome, answer=_without_texts(line.outcome.answer))))
            else:
                lines.append(line)
        _replace(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    finally:
        os.close(handle)
    return n_erased


def _without_texts(answer: Answer) -> Answer:
    return replace(
        answer,
        output=None if answer.output is None else ERASED,
        error_message=ERASED if answer.error_message else "",
        spans=(),
        otlp="",
        exchanges=(),
    )


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
