"""Answers that were paid for once, kept for later runs that ask exactly the same.

The same is: arm, version, adapter with its model and settings, case, trial and seed. Errors are not kept. A user who is
erased may stand in any answer, so that the cache is cleared then, and only costs money again.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from workbench.boundaries.paths import file_name
from workbench.experiments.answer import Answer

_DECODER = msgspec.json.Decoder(Answer)


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of answers."""

    folder: Path
    """Made where it is not there; only its owner may look into it."""

    def get(self, key: str) -> Answer | None:
        """Return the answer to an item; None where it is not there, or cannot be read."""
        try:
            return _DECODER.decode(self._path(key).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError, ValueError):
            return None

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; errors are let go. Who reads meanwhile sees all of it or nothing."""
        if answer.status == "error":
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(key)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(msgspec.json.encode(answer))
        part.replace(path)

    def count(self) -> int:
        """Return how many answers there are."""
        return sum(path.suffix == ".json" for path in self._paths())

    def clear(self) -> None:
        """Remove all answers, those too that a kill left half written."""
        for path in self._paths():
            path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return [path for path in self.folder.glob("*") if path.suffix in {".json", ".part"}]

    def _path(self, key: str) -> Path:
        return self.folder / file_name(key, suffix=".json")
