"""Why an issue is where it is, in one line that a head of product reads aloud."""

from workbench.backlog.ranking import Ranked, Ranking
from workbench.counted import counted

_SURE, _SURELY_NOT = 0.995, 0.005
"""Chances that round to all and to nothing."""


def why(row: Ranked, ranking: Ranking) -> str:
    """Return one line: whom it hits, how badly, what that rests on, and how sure its place is."""
    return f"{grounds(row, ranking)}; {_how_sure(row, ranking)}."


def grounds(row: Ranked, ranking: Ranking) -> str:
    """Return whom an issue hits, how badly, and what that rests on: what its pain is made of."""
    parts = [
        f"hits about {round(row.users.value):,} of the {counted(row.n_users, 'user')} found",
        f"in {row.visits_a_user:.1f} visits each" if ranking.weights.recurs else "",
        f"{row.issue.severity} severity ×{row.severity_weight:g}",
        _tiers(row, ranking),
        f"{round(row.n_missed):,} of them where no detector saw it" if round(row.n_missed) else "",
        _rests_on(row),
    ]
    said = ", ".join(part for part in parts if part)
    return said[0].upper() + said[1:]


def _tiers(row: Ranked, ranking: Ranking) -> str:
    if not ranking.weights.tiers:
        return ""
    unknown = round(100 * (1 - row.known_tier_share))
    return f"their tiers ×{row.tier_weight:.1f}" + (f" (of {unknown} % not known, which counts 1)" if unknown else "")


def _rests_on(row: Ranked) -> str:
    if not row.n_judged:
        return "though nobody has judged its traces, and that is what others like it do"
    return f"as {row.n_confirmed:,} of {counted(row.n_judged, 'judged trace')} really have it"


def _how_sure(row: Ranked, ranking: Ranking) -> str:
    chance = f"{100 * row.p_top:.0f} % sure to be among the {ranking.k} worst"
    chance = f"surely among the {ranking.k} worst" if row.p_top >= _SURE else chance
    chance = f"surely not among the {ranking.k} worst" if row.p_top <= _SURELY_NOT else chance
    band = f"rank {row.best_rank}" if row.best_rank == row.worst_rank else f"rank {row.best_rank} to {row.worst_rank}"
    return f"{chance}, {band} under other weights"
