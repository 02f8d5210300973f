"""Pain of issues, as somebody measured it."""

from collections.abc import Collection, Mapping

from workbench.releases import Pain, PainOf


def pain_of(known: Mapping[str, float]) -> PainOf:
    """Return what tells the pain of issues in all; each is known exactly, or not."""

    def total(issue_ids: Collection[str]) -> Pain | None:
        if not issue_ids or not set(issue_ids) <= known.keys():
            return None
        value = sum(known[issue] for issue in set(issue_ids))
        return Pain(value, value, value)

    return total
