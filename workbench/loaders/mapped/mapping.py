"""The mapping that a user writes for a log of their own: which place in a record fills which column.

A TOML file of a few lines, so that any chat log can be read without a line of code; every mistake in it is named with
its key and what to do.

    [columns]                       # column of a span = path in the record
    trace_id = "request_id"
    started_at = "created"
    user_id = "customer.id"         # stored keyed, as user_key
    input = "messages.0.content"    # numbers count entries of a list, from 0, or back from -1
    output = "reply"

    [constants]                     # column = value, for all records
    service = "support-bot"

    [values.status]                 # word in the log = word in the column
    failed = "ERROR"

    [time]                          # only for times that are no ISO 8601 texts
    unit = "ms"                     # of numbers: s, ms, us or ns
    format = "%d.%m.%Y %H:%M"       # of texts
    zone = "Europe/Berlin"          # of times that name no zone

    [messages]                      # only where a record is a whole chat of role and content
    path = "messages"

    [[signals]]                     # one for each statement in the record
    name = "thumb"
    kind = "feedback"
    value = "feedback.thumb"        # paths: value, label, comment, at, user_id; of an edit kept and original
    values = { up = 1, down = 0 }

A table of feedback alone, which says elsewhere what it is about, has no [columns]; then each of its signals has a path
`target_id`, and on a span also `trace_id`:

    [[signals]]
    name = "user_tier"
    kind = "profile"
    target = "user"                 # span, trace, session or user
    target_id = "customer"
    label = "plan"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from workbench.errors import ConfigError
from workbench.loaders.batch import SPAN_FIELDS
from workbench.loaders.reading.moments import TimeUnit
from workbench.loaders.signals import ANNOTATOR_KINDS, KINDS, TARGET_KINDS

FORMATS = ("jsonl", "csv", "parquet")
MAPPED_COLUMNS = (*sorted(set(SPAN_FIELDS) - {"user_key", "attributes", "time_known"}), "user_id")
"""Columns that a path may fill; `user_id` is stored keyed, as user_key."""
_SECTIONS = ("format", "delimiter", "columns", "constants", "values", "time", "messages", "signals")
_SAYS = ("value", "label", "comment", "kept")
_SIGNAL_PATHS = (*_SAYS, "original", "at", "user_id", "target_id", "trace_id")
_SIGNAL_WORDS = ("name", "kind", "target", "annotator_kind", "annotator", "values")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeForm:
    """How the log writes its times, where they are no ISO 8601 texts."""

    unit: TimeUnit | None = None
    """Of numbers; seconds to nanoseconds are told apart by size, and said, where this is None."""
    format: str | None = None
    """Of texts, in the letters of strptime."""
    zone: ZoneInfo | None = None
    """Of times that name no zone; UTC where this is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalMapping:
    """One statement that a record may carry."""

    name: str
    """What is stated."""
    kind: str
    """feedback, outcome, evaluation, edit or profile."""
    target: str = "trace"
    """span, trace, session or user."""
    annotator_kind: str | None = None
    """HUMAN, LLM or CODE."""
    annotator: str | None = None
    """The program or model that said it; users come by the path `user_id`."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Numbers for words: thumbs are 1 and 0."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Path of value, label, comment, kept, original, at, user_id, target_id and trace_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """How a log's records become spans and signals."""

    columns: Mapping[str, str]
    """Path in the record, by column."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Value for all records, by column."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Words of the log to words of the column, by column."""
    time: TimeForm = field(default_factory=TimeForm)
    """How times are written."""
    messages: str | None = None
    """Path of the list of messages, where a record is a whole chat."""
    signals: tuple[SignalMapping, ...] = ()
    """Statements that records carry."""
    format: str | None = None
    """jsonl, csv or parquet; told by the content where this is None."""
    delimiter: str | None = None
    """Of CSV; told by the header where this is None."""
    is_guessed: bool = False
    """True if nobody wrote it: every column that it fills is then counted as a guess."""

    @property
    def has_spans(self) -> bool:
        """True if its records are spans; false for a table of feedback alone."""
        return bool(self.columns) or self.messages is not None


def read_mapping(path: Path) -> LogMapping:
    """Return the mapping in a TOML file.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no TOML, or a key is unknown or wrong; the message names the key and what to do.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is no TOML: {error}", where=str(path)) from error
    return mapping_of(document, where=str(path))


def mapping_of(document: Mapping[str, Any], *, where: str = "mapping") -> LogMapping:
    """Return the mapping that a parsed TOML document states.

    Raises
    ------
    ConfigError
        If a key is unknown or wrong.
    """
    check = _Check(where)
    check.known("", document, _SECTIONS)
    messages = check.table("messages", document)
    check.known("messages.", messages, ("path",))
    columns = check.words("columns", document, MAPPED_COLUMNS)
    entries = document.get("signals", [])
    if not isinstance(entries, list):
        raise check.wrong("signals", "is no list of tables", "write [[signals]] with two brackets")
    signals = tuple(_signal(check, f"signals[{place}]", entry) for place, entry in enumerate(entries))
    if not (columns or "path" in messages):
        _require_targets(check, signals)
    return LogMapping(
        columns=columns,
        constants=_constants(check, document),
        values={
            column: check.words(f"values.{column}", {f"values.{column}": words}, None)
            for column, words in check.table("values", document).items()
        },
        time=_time(check, check.table("time", document)),
        messages=check.word("messages.path", messages.get("path")),
        signals=signals,
        format=check.choice("format", document.get("format"), FORMATS),
        delimiter=check.word("delimiter", document.get("delimiter")),
    )


class _Check:
    """Checks of keys, each of which raises an error that names the key."""

    def __init__(self, where: str) -> None:
        self._where = where

    def wrong(self, key: str, what: str, fix: str) -> ConfigError:
        return ConfigError(f"{key} {what}", where=self._where, fix=fix)

    def known(self, prefix: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for name in table:
            if name not in names:
                raise self.wrong(f"{prefix}{name}", "is not known", f"use one of {', '.join(names)}")

    def table(self, key: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "is no table", f"write [{key}] and its keys below")
        return value

    def word(self, key: str, value: Any) -> str | None:
        if value is not None and (not isinstance(value, str) or not value):
            raise self.wrong(key, "is no text", "put it in quotes")
        return value

    def choice(self, key: str, value: Any, words: tuple[str, ...]) -> str | None:
        if value is not None and value not in words:
            raise self.wrong(key, f"is {value!r}", f"use one of {', '.join(words)}")
        return self.word(key, value)

    def words(self, key: str, document: Mapping[str, Any], names: tuple[str, ...] | None) -> dict[str, str]:
        table = self.table(key, document)
        if names is not None:
            self.known(f"{key}.", table, names)
        return {name: self.word(f"{key}.{name}", value) or "" for name, value in table.items()}


def _constants(check: _Check, document: Mapping[str, Any]) -> Mapping[str, Any]:
    constants = check.table("constants", document)
    texts = tuple(name for name in MAPPED_COLUMNS if name not in _NO_CONSTANT)
    check.known("constants.", constants, texts)
    return {name: check.word(f"constants.{name}", value) for name, value in constants.items()}


_NO_CONSTANT = frozenset(
    {
        *("trace_id", "span_id", "parent_span_id", "session_id", "user_id", "started_at", "ended_at"),
        *("duration_ms", "input_tokens", "output_tokens", "cost_usd", "tool_call_id"),
    }
)
"""Columns whose value cannot be the same for all records."""


def _time(check: _Check, table: Mapping[str, Any]) -> TimeForm:
    check.known("time.", table, ("unit", "format", "zone"))
    zone = check.word("time.zone", table.get("zone"))
    unit: Any = check.choice("time.unit", table.get("unit"), get_args(TimeUnit))
    try:
        return TimeForm(
            unit=unit,
            format=check.word("time.format", table.get("format")),
            zone=None if zone is None else ZoneInfo(zone),
        )
    except (KeyError, ValueError, OSError):
        raise check.wrong("time.zone", f"is {zone!r}", "use a name such as Europe/Berlin") from None


def _signal(check: _Check, key: str, entry: Any) -> SignalMapping:
    if not isinstance(entry, dict):
        raise check.wrong(key, "is no table", "write [[signals]] and its keys below")
    check.known(f"{key}.", entry, (*_SIGNAL_PATHS, *_SIGNAL_WORDS))
    name = check.word(f"{key}.name", entry.get("name"))
    paths = {path: check.word(f"{key}.{path}", entry[path]) or "" for path in _SIGNAL_PATHS if path in entry}
    if name is None or not paths.keys() & set(_SAYS):
        raise check.wrong(key, f"has no name, or no path of {', '.join(_SAYS)}", "add both")
    values = entry.get("values", {})
    if not isinstance(values, dict) or not all(isinstance(number, int | float) for number in values.values()):
        raise check.wrong(f"{key}.values", "gives no numbers for words", "write { up = 1, down = 0 }")
    return SignalMapping(
        name=name,
        kind=check.choice(f"{key}.kind", entry.get("kind", "feedback"), KINDS) or "feedback",
        target=check.choice(f"{key}.target", entry.get("target", "trace"), TARGET_KINDS) or "trace",
        annotator_kind=check.choice(f"{key}.annotator_kind", entry.get("annotator_kind"), ANNOTATOR_KINDS),
        annotator=check.word(f"{key}.annotator", entry.get("annotator")),
        values={word: float(number) for word, number in values.items()},
        paths=paths,
    )


def _require_targets(check: _Check, signals: tuple[SignalMapping, ...]) -> None:
    """Check that signals without a span of their own say what they are about."""
    if not signals:
        raise check.wrong("columns", "names no column", 'add at least one, as in input = "question"')
    for place, signal in enumerate(signals):
        needed = {"target_id", "trace_id"} if signal.target == "span" else {"target_id"}
        if missing := sorted(needed - signal.paths.keys()):
            raise check.wrong(
                f"signals[{place}]", f"has no {' and no '.join(missing)}", "say with a path what the record is about"
            )
