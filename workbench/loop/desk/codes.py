"""The words in which reviewers name problems, for the next reviewer to choose from: one problem, one name."""

from collections import Counter

from workbench.records import ERASED, Verdict
from workbench.store import Workspace
from workbench.taxonomy import plain


def known_codes(workspace: Workspace) -> list[str]:
    """Return the open codes of all verdicts that stand, as they were written first, the most used first; read-only."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for verdict in workspace.ledger.latest(Verdict):
        words = "" if verdict.code == ERASED or verdict.label == "withdrawn" else plain(verdict.code)
        if words:
            counts[words] += 1
            first.setdefault(words, verdict.code)
    return [first[words] for words in sorted(counts, key=lambda words: (-counts[words], words))]
