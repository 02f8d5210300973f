"""Fields that may hold words from a trace: the ledger chains a salted digest of them, so that they can be erased."""

from dataclasses import field, fields
from typing import Any

ERASED = "[erased]"
"""What stands for a quoted text that was erased."""


def quoted() -> Any:
    """Mark a text field of a record that may hold words from a trace."""
    return field(metadata={"quoted": True})


def quoted_text() -> Any:
    """Mark a text field of this kind that is empty where it is not given."""
    return field(metadata={"quoted": True}, default="")


def quoted_texts() -> Any:
    """Mark a field of several such texts, none where they are not given."""
    return field(metadata={"quoted": True}, default=())


def quoted_fields(record_type: type) -> frozenset[str]:
    """Return the names of the fields of a record type that may hold words from a trace."""
    return frozenset(entry.name for entry in fields(record_type) if entry.metadata.get("quoted"))
