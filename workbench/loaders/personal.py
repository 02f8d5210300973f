"""What of a person leaves a record on its way to the store: user ids are keyed, and data that shows itself is redacted.

Every row passes here, whichever loader made it. One search a column finds the few texts that must be looked at, so that
the many cost next to nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from workbench.boundaries.redact import SUSPECT, Redact, redact, redactor, suspect
from workbench.loaders.users import NAMED_IN_TEXT, KeyUser, keyed_annotator, keyed_text

SPAN_TEXTS = ("name", "input", "output", "error_message", "attributes")
SIGNAL_TEXTS = ("label", "comment", "attributes")
"""Columns with words of people and programs: where personal data may stand."""
SPAN_IDS = ("trace_id", "span_id", "parent_span_id", "session_id")
SIGNAL_IDS = ("target_id", "trace_id", "annotator")
"""Columns with ids, some of which are a person's address: that is keyed, as a placeholder would make all people one."""


class Redaction(NamedTuple):
    """What is redacted: the function, and the search that finds the texts which it would change."""

    suspect: str
    redact: Redact


EVERYTHING = Redaction(SUSPECT, redact)
"""All kinds."""


def redaction(keep: Collection[str], *, also: Sequence[Redact] = ()) -> Redaction:
    """Return the redaction of all kinds but those to keep; others that redact `also` are shown every text.

    Raises
    ------
    ValueError
        If there is no kind of such a name.
    """
    return Redaction("" if also else suspect(keep), redactor(keep, also=also))


class Cleaned(NamedTuple):
    """A frame of spans without what of a person can be recognised in it."""

    frame: pl.DataFrame
    changed: Sequence[int]
    """Rows of which something was changed."""
    counts: Counter[str]
    """Places that were redacted, by kind."""


def cleaned_frame(frame: pl.DataFrame, key_user: KeyUser, redaction: Redaction) -> Cleaned:
    """Return the spans with user ids in ids and texts keyed, and the texts redacted; the frame given is not changed.

    A column at a time, and many rows at once: the search learns the look of a column's texts, and forgets it with the
    next one's (a third of its time).
    """
    changed: dict[str, dict[int, str]] = {}
    counts: Counter[str] = Counter()
    for name in SPAN_IDS:
        for place in _places(frame[name].str.contains("@", literal=True)):
            identity: str = frame[name][place]
            if (after := keyed_annotator(identity, key_user) or "") != identity:
                changed.setdefault(name, {})[place] = after
    for name in SPAN_TEXTS:
        column = frame[name]
        for place in _places(column.str.contains(NAMED_IN_TEXT) | column.str.contains(redaction.suspect)):
            text: str = column[place]
            if (after := cleaned_text(text, key_user, redaction, counts)) != text:
                changed.setdefault(name, {})[place] = after
    frame = frame.with_columns(frame[name].scatter(list(of), list(of.values())) for name, of in changed.items())
    return Cleaned(frame, sorted({place for of in changed.values() for place in of}), counts)


def cleaned_signal(
    fields: Mapping[str, Any], key_user: KeyUser, redaction: Redaction, counts: Counter[str]
) -> dict[str, Any]:
    """Return a signal, given as `column: value`, with its ids keyed and its texts redacted, which is counted."""
    ids = {name: keyed_annotator(fields.get(name), key_user) for name in SIGNAL_IDS}
    texts = {
        name: cleaned_text(text, key_user, redaction, counts) for name in SIGNAL_TEXTS if (text := fields.get(name))
    }
    return {**fields, **ids, **texts}


def cleaned_names(names: Counter[str], redaction: Redaction) -> Counter[str]:
    """Return counts of fields, whose names strangers may have chosen, with the names redacted."""
    cleaned: Counter[str] = Counter()
    for name, n in names.items():
        cleaned[redaction.redact(name).text] += n
    return cleaned


def cleaned_text(text: str, key_user: KeyUser, redaction: Redaction, counts: Counter[str]) -> str:
    """Return a text with user ids under known names keyed and personal data redacted, which is counted."""
    redacted = redaction.redact(keyed_text(text, key_user))
    counts.update(redacted.counts)
    return redacted.text


def _places(is_found: pl.Series) -> Iterable[int]:
    places: list[int] = is_found.arg_true().to_list()
    return places
