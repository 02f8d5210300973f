"""Redactors of other packages: what finds names and places, at the price of looking at every text.

A package offers one through the entry-point group `workbench.redactors`: a callable from a text to its `Redacted`.
`workspace.toml` names those to use. `around` makes one of Presidio's analyzer, or of anything that answers as it does:

    analyzer = presidio_analyzer.AnalyzerEngine()
    redactor = around(lambda text: analyzer.analyze(text, language="en"))
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from importlib.metadata import entry_points
from typing import Protocol

from workbench.boundaries.redact.replacing import replaced
from workbench.boundaries.redact.result import Redact, Redacted
from workbench.errors import ConfigError

ENTRY_POINTS = "workbench.redactors"
_STRUCTURE = re.compile(r"[\"\\\x00-\x1f\[\]]")
"""What a place may not reach over: JSON stays JSON, and a placeholder stays one."""


class Entity(Protocol):
    """One place that an analyzer found, as Presidio's `RecognizerResult` says it."""

    @property
    def start(self) -> int:
        """Its first character."""

    @property
    def end(self) -> int:
        """The character after its last."""

    @property
    def entity_type(self) -> str:
        """What it is: PERSON, LOCATION, ..."""


def load(names: Collection[str]) -> tuple[Redact, ...]:
    """Return the redactors of installed packages by their names, in the order of the names.

    Raises
    ------
    ConfigError
        If there is none of a name, or it cannot be loaded.
    """
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)} if names else {}
    redactors = []
    for name in names:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise ConfigError(f"no installed package offers a redactor {name!r} (there is: {known})", where="[redact]")
        try:
            redactors.append(found[name].load())
        except Exception as error:  # whatever another package raises when it is imported
            raise ConfigError(f"the redactor {name!r} cannot be loaded: {error}", where="[redact]") from error
    return tuple(redactors)


def around(analyze: Callable[[str], Iterable[Entity]]) -> Redact:
    """Return a redactor that puts `[person]` and such where an analyzer finds an entity.

    Of entities that overlap the first stands, the longer of two that begin together. One that reaches over a quote, a
    backslash, a line end or a bracket is left.
    """

    def redact_text(text: str) -> Redacted:
        counts: Counter[str] = Counter()
        at = len(text) + 1
        for entity in sorted(_apart(analyze(text), text), key=lambda entity: -entity.start):
            name = "".join(letter for letter in entity.entity_type.lower() if letter.isalpha() or letter == "_")
            text, n = replaced(text, iter([(entity.start, min(entity.end, at))]), f"[{name or 'entity'}]")
            counts[name or "entity"] += n
            at = entity.start
        return Redacted(text, counts)

    return redact_text


def _apart(entities: Iterable[Entity], text: str) -> list[Entity]:
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        is_apart = not kept or entity.start >= kept[-1].end
        if is_apart and entity.start < entity.end and not _STRUCTURE.search(text, entity.start, entity.end):
            kept.append(entity)
    return kept
