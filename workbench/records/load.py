"""What became of one file: its records stored, doubled and refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of one file: every record is stored, duplicate or quarantined."""

    path: str
    """The file, as it was given."""
    source: str
    """The source's id (src_...): digest of its first complete record."""
    format: str
    """The loader that read it."""
    n_in: int
    """Records read: spans, signals, and pieces that could not be read."""
    n_stored: int
    """Records that this ingest added."""
    n_duplicate: int
    """Records that were in the store already."""
    n_quarantined: int
    """Records that were refused."""
    n_spans: int
    """Distinct spans of this file, stored now or before."""
    n_traces: int
    """Distinct traces of this file's spans."""
    n_signals: int
    """Signals of this file, stored now or before."""
    refused: Mapping[str, int]
    """Refused records by reason."""
    mapped: Mapping[str, int]
    """How often a source field filled a column, by `field -> column`."""
    guessed: Mapping[str, int]
    """What was assumed, in words, and for how many records."""
    left: Mapping[str, int]
    """How often a source field had no column and went into `attributes`, by field."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """How many of the spans read have a value in a column, by column, and are of a kind, by `kind LLM` and so on."""
    redacted: Mapping[str, int] = field(default_factory=dict)
    """Places with personal data that were replaced, by kind."""
    n_bytes_waiting: int = 0
    """Bytes of a last record that is not whole yet: still being written, or cut off; it is read next time."""

    def __post_init__(self) -> None:
        if self.n_in != self.n_stored + self.n_duplicate + self.n_quarantined:
            raise ValueError(
                f"{self.path}: n_in == {self.n_in}, must be stored {self.n_stored} + duplicate {self.n_duplicate} "
                f"+ quarantined {self.n_quarantined}"
            )
