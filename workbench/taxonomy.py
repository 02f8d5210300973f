"""The taxonomy: the categories that problems are sorted into, as a workspace's `taxonomy.toml` says them.

Teams sort problems in their own words, and words grow out of reading traces; so the categories are a file that people
edit, and reviewers' open codes become categories by a line at its end.
"""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from workbench.errors import ConfigError
from workbench.records import UNCATEGORISED

TAXONOMY = "taxonomy.toml"
"""Its file in a workspace."""
VERSION = 1
"""Of the file's form; a newer one is refused."""
MAX_CHARACTERS = 500_000
"""Of the file: a thousand categories with a sentence each have half of it."""
MAX_WORDS_CHARACTERS = 500
"""Of a name, a sentence or an open code."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LISTED = re.compile(
    r"""\#[^\n]*                                                    # a comment, which is passed over
    |\"{3}.*?\"{3}|'{3}.*?'{3}                                     # a text of several lines, likewise
    |(?P<said>"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?:\s*,[ \t]*|(?=\s*\]))  # a text in a list, with the comma after it
    |"(?:[^"\\\n]|\\.)*"|'[^'\n]*'                                # any other text
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYS = {"code", "name", "group", "about", "detectors", "also"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of problem."""

    code: str
    """Its word in issues and reports: tool_refused, made_up, ..."""
    name: str
    """The same for people."""
    group: str = "own"
    """What it stands under in a report."""
    about: str
    """When a problem is of this kind, in a sentence."""
    detectors: tuple[str, ...] = ()
    """Detectors whose problems are of this kind, until a person says otherwise."""
    also: tuple[str, ...] = ()
    """Reviewers' open codes that mean the same."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All categories of a workspace, in the order of the file."""

    categories: tuple[Category, ...]

    def of_detector(self, detector: str) -> str:
        """Return the code of the category that lists the detector, or `uncategorised`."""
        return next((one.code for one in self.categories if detector in one.detectors), UNCATEGORISED)

    def of_open_code(self, words: str) -> str | None:
        """Return the code of the category that has these words, in any case; None where none has."""
        wanted = plain(words)
        known = {plain(said): one.code for one in self.categories for said in (one.code, one.name, *one.also)}
        return known.get(wanted)


def default_text() -> str:
    """Return the text of a new workspace's `taxonomy.toml`."""
    return files("workbench").joinpath(TAXONOMY).read_text("utf-8")


def parse(text: str, *, where: str = TAXONOMY) -> Taxonomy:
    r"""Return the taxonomy that a text says.

    Parameters
    ----------
    text
        TOML: `version`, and one `[[category]]` each with code, name, about, and if wanted group, detectors and also.
    where
        The file, for errors.

    Raises
    ------
    ConfigError
        If it is no TOML, a key is missing, unknown or of the wrong kind, or a code, a detector or an open code is there
        twice; the message names the category.

    >>> parse('version = 1\n[[category]]\ncode = "slow"\nname = "Slow"\nabout = "Late."').categories[0].group
    'own'
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"longer than {MAX_CHARACTERS:,} characters", where=where)
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"no TOML: {error}", where=where) from error
    if content.get("version") != VERSION:
        raise ConfigError(f"version == {content.get('version')!r}, must be {VERSION}", where=where)
    if unknown := content.keys() - {"version", "category"}:
        raise ConfigError(f"unknown key {min(unknown)}", where=where, fix="write version and [[category]]")
    entries = content.get("category", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError("category is no list of tables", where=where, fix="write [[category]] above each")
    categories = tuple(_category(entry, where=f"{where}, category {place}") for place, entry in enumerate(entries, 1))
    _check_once(categories, where=where)
    return Taxonomy(categories)


def with_category(text: str, category: Category) -> str:
    """Return the text of a taxonomy with one more category at its end; all that stands in it stays as it is.

    Raises
    ------
    ConfigError
        If the text is no taxonomy, or the category is wrong or there already.
    """
    parse(text)
    lists = {"detectors": list(category.detectors), "also": list(category.also)}
    said = {"code": category.code, "name": category.name, "group": category.group, "about": category.about}
    lines = [f"{key} = {_quoted(value)}" for key, value in said.items()]
    lines += [f"{key} = [{', '.join(map(_quoted, values))}]" for key, values in lists.items() if values]
    longer = text.rstrip("\n") + "\n\n[[category]]\n" + "\n".join(lines) + "\n"
    parse(longer)
    return longer


def without_open_codes(text: str, codes: Collection[str]) -> str:
    """Return the text of a taxonomy in which no category lists these open codes; all else stays, comments too.

    Parameters
    ----------
    text
        A taxonomy.
    codes
        Open codes as `plain` gives them.

    Raises
    ------
    ConfigError
        If the text is no taxonomy, or spells a list so that a code cannot be taken out of it.
    """
    before = parse(text)
    shorter = _LISTED.sub(lambda found: "" if _says(found["said"], codes) else found[0], text)
    kept = [replace(one, also=tuple(w for w in one.also if plain(w) not in codes)) for one in before.categories]
    if parse(shorter).categories != tuple(kept):
        raise ConfigError("an open code cannot be taken out of its list", where=TAXONOMY, fix="take it out by hand")
    return shorter


def code_of(name: str) -> str:
    """Return a code for a category's name: its Latin letters and digits in lower case, joined by underscores.

    >>> code_of("Cites the wrong court!")
    'cites_the_wrong_court'
    """
    return "_".join(re.findall(r"[a-z0-9]+", name.lower()))[:64].lstrip("_0123456789")


def plain(words: str) -> str:
    """Return an open code without what does not tell two of them apart: case, and the number of spaces.

    >>> plain(" Wrong   Court")
    'wrong court'
    """
    return " ".join(words.casefold().split())


def _category(entry: Mapping[str, Any], *, where: str) -> Category:
    where = f"{where} ({entry['code']})" if _is_code(entry.get("code")) else where
    if unknown := entry.keys() - _KEYS:
        raise ConfigError(f"unknown key {min(unknown)}", where=where, fix=f"keys are {', '.join(sorted(_KEYS))}")
    if not _is_code(entry.get("code")):
        raise ConfigError("code must be lower-case letters, digits and _", where=where, fix='write code = "too_slow"')
    for name in ("name", "about", *(["group"] if "group" in entry else [])):
        if not _is_words(entry.get(name)):
            raise ConfigError(f"{name} must be one line of text", where=where, fix=f'add a line `{name} = "..."`')
    for name in ("detectors", "also"):
        values = entry.get(name, [])
        if not isinstance(values, list) or not all(map(_is_words, values)):
            raise ConfigError(f"{name} must be a list of texts", where=where, fix=f'write {name} = ["..."]')
    lists = {name: tuple(entry.get(name, ())) for name in ("detectors", "also")}
    group = entry.get("group", "own")
    return Category(code=entry["code"], name=entry["name"], about=entry["about"], group=group, **lists)


def _check_once(categories: tuple[Category, ...], *, where: str) -> None:
    """Check that each code, detector and open code leads to one category."""
    for what, said in (
        ("code", [(one.code, one) for one in categories]),
        ("detector", [(name, one) for one in categories for name in one.detectors]),
        ("open code", [(plain(words), one) for one in categories for words in one.also]),
    ):
        first: dict[str, str] = {}
        for word, one in said:
            if word in first:
                fault = f"{what} {word!r} is there twice, in {first[word]} and {one.code}"
                raise ConfigError(fault, where=where, fix="leave it in one of them")
            first[word] = one.code


def _says(token: str | None, codes: Collection[str]) -> bool:
    """Return whether a text as TOML writes it is one of the open codes."""
    return token is not None and plain(tomllib.loads(f"said = {token}")["said"]) in codes


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None and value != UNCATEGORISED


def _is_words(value: object) -> bool:
    return isinstance(value, str) and value.strip() != "" and value.isprintable() and len(value) <= MAX_WORDS_CHARACTERS


def _quoted(value: str) -> str:
    """Return a text of one line as TOML says it; what is not printable was refused, or is refused as it is read."""
    return json.dumps(value, ensure_ascii=False)
