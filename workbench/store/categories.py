"""A workspace's `taxonomy.toml`: read, and added to without touching what people wrote in it."""

from pathlib import Path

from workbench.errors import ConfigError
from workbench.store.durability import turn, write_durably
from workbench.taxonomy import TAXONOMY, Category, Taxonomy, default_text, parse, with_category

_LOCK = ".taxonomy"
"""The file whose lock whoever writes it has alone: two reviewers may add a category at once."""


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


def _text(root: Path) -> str:
    try:
        return (root / TAXONOMY).read_text("utf-8")
    except FileNotFoundError:
        return default_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=TAXONOMY) from error
