"""Where people confirm an issue and reject all that they saw of it: one of the two is a slip, or wants a word."""

from collections.abc import Iterable

from workbench.counted import counted
from workbench.records import Verdict
from workbench.review.outcomes import label_of


def n_against(verdicts: Iterable[Verdict], cluster_id: str | None) -> int:
    """Return how many traces of a cluster people judged, if they rejected each of them; else 0.

    Parameters
    ----------
    verdicts
        Verdicts that stand, on whatever; what models and programs say is left out.
    cluster_id
        The cluster.
    """
    said: dict[str, list[Verdict]] = {}
    for one in verdicts:
        if one.target_kind == "trace" and one.cluster_id == cluster_id and one.annotator_kind == "HUMAN":
            said.setdefault(one.target_id, []).append(one)
    labels = {label_of(of_trace) for of_trace in said.values()}
    return len(said) if labels == {"rejected"} else 0


def words_against(n: int) -> str:
    """Return what speaks against confirming an issue of which so many traces were judged and rejected."""
    which = "the one trace" if n == 1 else f"all {counted(n, 'trace')}"
    return f"{which} of it that people judged {'was' if n == 1 else 'were'} rejected"
