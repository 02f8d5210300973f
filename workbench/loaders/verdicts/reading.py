"""How the labels of another tool become verdicts: a TOML file of a few lines, or the three words themselves.

    [read]
    question = "quality"                # the question, choice or score that holds the label; "verdict" if not said
    explanation = "why"                 # the question that holds the reason
    code = "problem"                    # the question that holds an open code
    trace_id = "metadata.request"       # path in a record; if not said, the usual names are tried
    detector = "tool_error"             # whose findings were judged, where they were one detector's
    detector_version = 1
    other_labels = "code"               # a label of no list is an open code of an uncertain verdict, or `refuse`

    [labels]
    confirmed = ["bad", "1"]            # the words of the other tool, in any case
    rejected = ["good", "0"]
    uncertain = ["not sure"]

Without such a file the question is `verdict`, and its answers are the three words themselves.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from workbench.errors import ConfigError
from workbench.taxonomy import plain

Label = Literal["confirmed", "rejected", "uncertain"]
LABELS: tuple[Label, ...] = get_args(Label)
OTHER = ("refuse", "code")
_PATHS = ("question", "explanation", "code", "trace_id", "detector")
_KEYS = (*_PATHS, "detector_version", "other_labels")


class Judged(NamedTuple):
    """What the answers to a question come to."""

    label: Label | None
    """None where no label is meant by them."""
    others: tuple[str, ...]
    """Answers that stand in no list."""
    is_contradicted: bool = False
    """True if the answers mean two labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the records of another tool are read."""

    question: str = "verdict"
    """The question, choice or score that holds the label."""
    explanation: str = ""
    """The question that holds the reason; empty for none."""
    code: str = ""
    """The question that holds an open code; empty for none."""
    trace_id: str = ""
    """Path of the trace's id in a record; empty where the usual names are tried."""
    detector: str | None = None
    """Whose findings were judged; None where no detector's were."""
    detector_version: int | None = None
    """That detector's version."""
    is_code: bool = False
    """Whether a label of no list is an open code; else its record is refused."""
    labels: Mapping[str, Label] = field(default_factory=lambda: {one: one for one in LABELS})
    """Our label by the other tool's, that without its case."""

    def judged(self, answers: tuple[str, ...]) -> Judged:
        """Return what the answers to the question mean.

        >>> Reading().judged(("Confirmed", "slow"))
        Judged(label='confirmed', others=('slow',), is_contradicted=False)
        """
        meant = {self.labels[plain(one)] for one in answers if plain(one) in self.labels}
        others = tuple(one for one in answers if plain(one) not in self.labels)
        return Judged(next(iter(meant)) if len(meant) == 1 else None, others, len(meant) > 1)


def read_reading(path: Path) -> Reading:
    """Return what a TOML file says of how records are read.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no TOML, or a key is unknown or wrong; the message names the key.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"is no TOML: {error}", where=str(path)) from error
    return reading_of(document, where=str(path))


def reading_of(document: Mapping[str, Any], *, where: str = "mapping") -> Reading:
    """Return what a TOML document says of how records are read.

    Raises
    ------
    ConfigError
        If a key is unknown or wrong; the message names it.
    """
    _require_known(document, ("read", "labels"), where)
    read, labels = _table(document, "read", where), _table(document, "labels", where)
    _require_known(read, _KEYS, f"{where}, [read]")
    _require_known(labels, LABELS, f"{where}, [labels]")
    for name in _PATHS:
        if name in read and not (isinstance(read[name], str) and read[name].strip()):
            raise ConfigError(f"{name} must be a text", where=f"{where}, [read]", fix=f'write {name} = "..."')
    version = read.get("detector_version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise ConfigError("detector_version must be a whole number", where=f"{where}, [read]")
    if (other := read.get("other_labels", "refuse")) not in OTHER:
        raise ConfigError(f"other_labels must be one of {', '.join(OTHER)}", where=f"{where}, [read]")
    texts = {name: read[name] for name in _PATHS if name in read}
    return Reading(
        **texts, labels=_labels(labels, f"{where}, [labels]"), detector_version=version, is_code=other == "code"
    )


def _labels(labels: Mapping[str, Any], where: str) -> dict[str, Label]:
    ours: dict[str, Label] = {}
    for label in LABELS:
        words = labels.get(label, [])
        if not isinstance(words, list) or not all(isinstance(one, str | int) for one in words):
            raise ConfigError(f"{label} must be a list of labels", where=where, fix=f'write {label} = ["..."]')
        for word in (label, *words):
            if (before := ours.setdefault(plain(answer_of(word)), label)) != label:
                raise ConfigError(f"{str(word)!r} is there twice, for {before} and {label}", where=where)
    return ours


def answer_of(value: Any) -> str:
    """Return an answer as text: a whole number without its fraction, true and false in small letters.

    >>> answer_of(1.0), answer_of(True), answer_of("No")
    ('1', 'true', 'No')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _table(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{name} is no table", where=where, fix=f"write [{name}] above its keys")
    return table


def _require_known(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    if unknown := sorted(table.keys() - set(known)):
        raise ConfigError(f"unknown key {unknown[0]!r}", where=where, fix=f"keys are {', '.join(known)}")
