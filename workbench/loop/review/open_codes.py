"""Open codes become categories: what reviewers call a problem in their own words, counted, and given a place.

Categories that are thought up before anyone has read traces miss what is there; so reviewers write freely first, and
what recurs in their words becomes a line of the taxonomy.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from workbench.errors import ConfigError
from workbench.records import ERASED, Verdict
from workbench.store import Workspace, add_category, read_taxonomy
from workbench.taxonomy import Category, code_of, plain


class OpenCode(NamedTuple):
    """One thing that reviewers called a problem, in any spelling of case and spaces."""

    words: str
    """As it was written first."""
    n_verdicts: int
    """How often."""
    n_annotators: int
    """By how many."""


def open_codes(workspace: Workspace) -> list[OpenCode]:
    """Return the open codes that no category takes in yet, the most frequent first; read-only.

    Raises
    ------
    ConfigError
        If the taxonomy cannot be read.
    """
    taxonomy = read_taxonomy(workspace.root)
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    by: defaultdict[str, set[str]] = defaultdict(set)
    for verdict in workspace.ledger.latest(Verdict):
        words = "" if verdict.code == ERASED else plain(verdict.code)
        if words and verdict.label not in {"rejected", "withdrawn"} and taxonomy.of_open_code(words) is None:
            counts[words] += 1
            first.setdefault(words, verdict.code)
            by[words].add(verdict.annotator)
    ordered = sorted(counts, key=lambda words: (-counts[words], words))
    return [OpenCode(first[words], counts[words], len(by[words])) for words in ordered]


def make_category(
    workspace: Workspace, *, name: str, about: str, codes: Sequence[str] = (), detectors: Sequence[str] = ()
) -> Category:
    """Write a category into the workspace's taxonomy, and return it.

    Parameters
    ----------
    workspace
        Its `taxonomy.toml` gets the category at its end; what stands there stays.
    name, about
        What it is called, and when a problem is of its kind.
    codes
        Open codes that mean it.
    detectors
        Detectors whose problems are of its kind, none of which another category lists.

    Raises
    ------
    ConfigError
        If the name gives no code, or the category is wrong or there already.
    """
    code = code_of(name)
    if not code:
        raise ConfigError(f"name == {name!r}, must have a Latin letter", fix="the category's code is made of it")
    own = [words for words in dict.fromkeys(map(plain, codes)) if words not in {plain(name), code}]
    category = Category(code=code, name=name, about=about, detectors=tuple(detectors), also=tuple(own))
    add_category(workspace.root, category)
    return category
