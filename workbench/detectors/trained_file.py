"""What was learned, as a file: numbers and a header of plain JSON, checked by their digest; nothing in it can run.

A workspace may come from anyone: its file is read without pickle, and a number of the wrong kind or size is refused.
"""

import io
import json
import tokenize
import zipfile
import zlib
from typing import Any

import msgspec
import numpy as np

from workbench.detectors.training import HeldOut, Trained
from workbench.errors import ConfigError
from workbench.ids import digest
from workbench.stats.logistic import Calibration, Logistic

TRAINED = "trained.npz"
"""Its file in a workspace."""
VERSION = 1
"""Of the file's form; another one is refused."""
MAX_BYTES = 4_000_000
"""Of the file and of what is packed in it: vectors of 4,096 dimensions take 65 kB."""
_UNREADABLE = (
    *(ValueError, KeyError, OSError, EOFError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, msgspec.MsgspecError, MemoryError, tokenize.TokenError),
)
"""What NumPy, zipfile and msgspec raise at bytes that are no such file."""


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    digest: str
    is_taught: bool
    intercept: float
    slope: float
    offset: float
    seen_share: float
    embedder: str
    training_set: str
    n_confirmed: int
    n_rejected: int
    held_out: tuple[int, int]
    reason: str | None


def to_bytes(trained: Trained) -> bytes:
    """Return the file of what was learned; the same for the same, byte for byte."""
    model = trained.model or Logistic(np.zeros(0), 0.0)
    calibration = trained.calibration or Calibration(0.0, 0.0)
    weights = np.ascontiguousarray(model.weights, dtype="<f8")
    header = _Header(
        version=VERSION,
        digest="",
        is_taught=trained.model is not None,
        intercept=model.intercept,
        slope=calibration.slope,
        offset=calibration.offset,
        seen_share=trained.seen_share,
        embedder=trained.embedder,
        training_set=trained.training_set,
        n_confirmed=trained.n_confirmed,
        n_rejected=trained.n_rejected,
        held_out=(trained.held_out.n_found, trained.held_out.n_confirmed),
        reason=trained.reason,
    )
    header.digest = _digest(header, weights)
    raw = json.dumps(msgspec.to_builtins(header), sort_keys=True).encode()
    file = io.BytesIO()
    np.savez(file, weights=weights, header=np.frombuffer(raw, np.uint8))
    return file.getvalue()


def from_bytes(raw: bytes, *, where: str = TRAINED) -> Trained:
    """Return what a file says was learned.

    Raises
    ------
    ConfigError
        If it is too large, no such file, of another version, damaged, or says what cannot be.
    """
    fix = "delete it, or run `workbench train` again"
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES:,} bytes", where=where, fix=fix)
    try:
        header, weights = _read(raw)
    except _UNREADABLE as error:
        raise ConfigError(f"cannot be read: {type(error).__name__}", where=where, fix=fix) from error
    if header.version != VERSION:
        raise ConfigError(f"version == {header.version}, must be {VERSION}", where=where, fix=fix)
    if header.digest != _digest(header, weights):
        raise ConfigError("it is not what was written: its digest is another one", where=where, fix=fix)
    numbers = np.array([header.intercept, header.slope, header.offset, header.seen_share, *weights])
    if not np.isfinite(numbers).all() or not 0 < header.seen_share <= 1 or header.is_taught == (weights.size == 0):
        raise ConfigError("a number in it makes no sense", where=where, fix=fix)
    return Trained(
        model=Logistic(weights, header.intercept) if header.is_taught else None,
        calibration=Calibration(header.slope, header.offset) if header.is_taught else None,
        seen_share=header.seen_share,
        embedder=header.embedder,
        training_set=header.training_set,
        n_confirmed=header.n_confirmed,
        n_rejected=header.n_rejected,
        held_out=HeldOut(*header.held_out),
        reason=header.reason,
    )


def _read(raw: bytes) -> tuple[_Header, Any]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
            raise ValueError("it unpacks to more than it may have")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        weights, header = arrays["weights"], arrays["header"]
    if weights.dtype != np.dtype("<f8") or weights.ndim != 1 or header.dtype != np.uint8 or header.ndim != 1:
        raise ValueError("an array is of another kind")
    return msgspec.json.decode(header.tobytes(), type=_Header), weights


def _digest(header: _Header, weights: Any) -> str:
    said = msgspec.to_builtins(header) | {"digest": ""}
    return digest(json.dumps(said, sort_keys=True), weights.tobytes())
