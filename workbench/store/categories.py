"""A workspace's `taxonomy.toml`: read, and added to without touching what people wrote in it."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from workbench.errors import ConfigError
from workbench.store.durability import turn, write_durably
from workbench.taxonomy import (
    TAXONOMY,
    Category,
    Taxonomy,
    default_text,
    parse,
    plain,
    with_category,
    without_open_codes,
)

_LOCK = ".taxonomy"
"""The file whose lock whoever writes it has alone: two reviewers may add a category at once."""


class Listed(NamedTuple):
    """Where a workspace's file has some open codes."""

    codes: frozenset[str]
    """Those that a category lists, and that can be taken out."""
    is_elsewhere: bool
    """Whether their words stand in a name, a sentence or a comment, which are people's to change."""


def read_taxonomy(root: Path) -> Taxonomy:
    """Return the categories that the problems of a workspace are sorted into; the default where it has no file.

    Raises
    ------
    ConfigError
        If the file cannot be read, or says something wrong; the message names the category.
    """
    return parse(_text(root), where=TAXONOMY)


def add_category(root: Path, category: Category) -> None:
    """Write one more category at the end of a workspace's file: all of it or, at a kill, nothing; comments stay.

    Raises
    ------
    ConfigError
        If the file or the category is wrong, or the category is there already.
    """
    with turn(root / _LOCK, is_alone=True):
        write_durably(root / TAXONOMY, with_category(_text(root), category).encode(), mode=0o644)


def open_codes_in(root: Path, codes: Collection[str]) -> Listed:
    """Return which of some open codes a workspace's file lists, and whether it has their words elsewhere too.

    Parameters
    ----------
    root
        The workspace; nothing is listed where it has no file of its own, or one that cannot be read as a taxonomy.
    codes
        Open codes as `taxonomy.plain` gives them.
    """
    try:
        text = (root / TAXONOMY).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return Listed(frozenset(), is_elsewhere=False)
    try:
        listed = {plain(words) for one in parse(text).categories for words in one.also} & set(codes)
        left = without_open_codes(text, listed)
    except ConfigError:
        listed, left = set(), text
    said = plain(left)
    return Listed(frozenset(listed), any(words in said for words in codes))


def drop_open_codes(root: Path, codes: Collection[str]) -> None:
    """Take open codes out of the lists of a workspace's file; comments and all else stay.

    Raises
    ------
    ConfigError
        If the file is no taxonomy.
    """
    if codes:
        with turn(root / _LOCK, is_alone=True):
            write_durably(root / TAXONOMY, without_open_codes(_text(root), codes).encode(), mode=0o644)


def _text(root: Path) -> str:
    try:
        return (root / TAXONOMY).read_text("utf-8")
    except FileNotFoundError:
        return default_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=TAXONOMY) from error
