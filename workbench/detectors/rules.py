"""Rules that users write: `rules.toml` in a workspace, each of them a detector, each mistake in it one that failed.

A rule is read apart from its neighbours: one that cannot be read is named with file and place, and the others run.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from workbench.detectors.detector import Detector
from workbench.detectors.examination import failure
from workbench.detectors.rule import Rule, Units, rule_detector
from workbench.errors import ConfigError
from workbench.records import Severity, Tally, Unit

RULES = "rules.toml"
"""Their file in a workspace."""
MAX_BYTES = 1_000_000
"""Of the file: a thousand rules have half of it."""
MAX_QUESTION_CHARACTERS = 200
"""Of a question: a line in the report."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WORDS = ("code", "severity", "unit", "question", "where", "pattern", "column", "text")
_NEEDED = ("code", "severity", "unit", "question")


class Rules(NamedTuple):
    """What a workspace's file says."""

    detectors: tuple[Detector, ...]
    """One a rule that could be read, in the order of the file."""
    failed: tuple[Tally, ...]
    """One a rule that could not, with its error; one for the file where it is no TOML."""


def read_rules(path: Path, *, units: Units) -> Rules:
    """Return the detectors that a file states, and a failed tally for each rule that is wrong; never raises for those.

    Parameters
    ----------
    path
        `rules.toml`: one `[[rule]]` each, with code, severity, unit, question, and `where`, or `pattern` and `column`;
        if wanted `text`, by whose words findings are grouped: without it they are one cluster. A file that is not there
        has no rules.
    units
        How traces and sessions are made of spans.
    """
    try:
        entries = _entries(path)
    except ConfigError as error:
        return Rules((), (failure(RULES, 0, error),))
    read: dict[str, Detector] = {}
    failed: list[Tally] = []
    for place, entry in enumerate(entries, start=1):
        code = entry["code"] if _is_code(entry.get("code")) else f"rule_{place}"
        where = f"{RULES}, rule {place} ({code})" if code == entry.get("code") else f"{RULES}, rule {place}"
        try:
            detector = _detector(entry, where=where, units=units)
            if detector.code in read:
                raise ConfigError("its code is another rule's too", where=where, fix="give it a code of its own")
            read[detector.code] = detector
        except ConfigError as error:
            failed.append(failure(code, 0, error))
    return Rules(tuple(read.values()), tuple(failed))


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"larger than {MAX_BYTES:,} bytes", where=RULES)
        content = tomllib.loads(raw.decode("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"cannot be read: {error}", where=RULES) from error
    entries = content.pop("rule", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        what = f"unknown key {min(content)}" if content else "rule is no list of tables"
        raise ConfigError(what, where=RULES, fix="write [[rule]] above each rule, and nothing else")
    return entries


def _detector(entry: Mapping[str, Any], *, where: str, units: Units) -> Detector:
    _check(entry, where=where)
    try:
        return rule_detector(Rule(**entry), units=units)
    except ValueError as error:
        raise ConfigError(str(error), where=where) from error


def _check(entry: Mapping[str, Any], *, where: str) -> None:
    if unknown := entry.keys() - set(_WORDS):
        raise ConfigError(f"unknown key {min(unknown)}", where=where, fix=f"keys are {', '.join(_WORDS)}")
    for name in _NEEDED:
        if name not in entry:
            raise ConfigError(f"{name} is missing", where=where, fix=f'add a line `{name} = "..."`')
    for name, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{name} == {value!r}, must be a text", where=where)
    if not _is_code(entry["code"]):
        raise ConfigError("code must be lower-case letters, digits and _", where=where, fix='write code = "no_source"')
    for name, choices in (("severity", get_args(Severity)), ("unit", get_args(Unit))):
        if entry[name] not in choices:
            raise ConfigError(f"{name} == {entry[name]!r}, must be one of {', '.join(choices)}", where=where)
    if not entry["question"].isprintable() or len(entry["question"]) > MAX_QUESTION_CHARACTERS:
        raise ConfigError(f"question must be one line of at most {MAX_QUESTION_CHARACTERS} characters", where=where)
    if ("where" in entry) == ("pattern" in entry):
        raise ConfigError("a rule has either `where` or `pattern`", where=where, fix="write one of the two")
    if ("pattern" in entry) != ("column" in entry):
        raise ConfigError("a pattern needs a `column`, and a column a pattern", where=where, fix="write both")


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None
