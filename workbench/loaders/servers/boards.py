"""What a server holds of verdicts, and how one is written there: the same for every kind of server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from workbench.ids import digest
from workbench.loaders.reading.pushed import OWN
from workbench.loaders.verdicts.openinference import rest_of
from workbench.records import Verdict

REVISION = "workbench_revision"
"""The name in the metadata of what was pushed under which the digest of the revision stands."""


class Posted(NamedTuple):
    """A verdict that a server holds."""

    revision: str
    """Its digest, as `revision_of` gives it."""
    handle: str
    """The server's own id of it."""


Held = Mapping[str, Posted]
"""What stands on a server, by the verdict's id."""


class Board(NamedTuple):
    """Where verdicts on traces are written to."""

    n_at_once: int
    """Verdicts that it is asked about, and given, at once."""
    look: Callable[[Sequence[str]], Held]
    """What stands there of these traces."""
    send: Callable[[Sequence[Verdict], Held], int]
    """Writes verdicts, and returns how many those are whose traces the server has."""


def revision_of(verdict: Verdict) -> str:
    """Return the digest of a verdict as it reads now: 32 hex digits."""
    return digest(msgspec.json.encode(verdict))[:32]


def metadata_of(verdict: Verdict) -> dict[str, Any]:
    """Return what goes with a pushed verdict: all that has no field there, and the digest of the revision."""
    return {OWN: rest_of(verdict), REVISION: revision_of(verdict)}
