"""Step 6 for what is recorded already: two result sets, compared as an experiment is, without running anything.

It decides by the same rules and shows the same figures; but nobody froze a plan before these runs, so that what it says
is a finding and lets nothing ship by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from workbench.boundaries.display import shorten
from workbench.experiments.analysis import analyse
from workbench.experiments.comparison import Comparison
from workbench.experiments.decision import decide
from workbench.experiments.estimate import Estimate
from workbench.experiments.kinds import new_kinds
from workbench.experiments.recorded import Wanted, pair_recorded
from workbench.experiments.scores import Scored
from workbench.loop.compare.failures import compare_failures
from workbench.loop.compare.recorded_runs import Choice, ResultSet, read_result_set

NOT_FROZEN = "no plan was frozen before these runs: this shows what they come to, and is no licence to ship"
_OF_THE_AGENT = ("agent_info", "git_commit")
"""Settings that may differ: they are what is compared."""
_SHOWN_CHARACTERS = 40


def compare(
    baseline: Path,
    candidate: Path,
    *,
    choice: Choice = Choice(),  # noqa: B008  (a value that cannot change)
    candidate_score: str | None = None,
    wanted: Wanted = Wanted(),  # noqa: B008
    now: datetime,
) -> Comparison:
    """Return what two recorded result sets come to; nothing is stored.

    Parameters
    ----------
    baseline, candidate
        Files of scores (JSON lines, CSV, Parquet) or of whole runs (tau-bench, tau2-bench, Inspect).
    choice
        Which columns are what, in both.
    candidate_score
        The candidate's column of scores, where it is called otherwise; so that two columns of one file are compared.
    wanted
        Margin, minimum worthwhile effect and direction.
    now
        The time, UTC.

    Raises
    ------
    ConfigError
        If a file or column is not there, or a margin is no margin of that score.
    FormatError
        If a file cannot be read.
    """
    one = read_result_set(baseline, choice)
    other = read_result_set(candidate, choice._replace(score=candidate_score or choice.score))
    if candidate_score is not None or choice.score is None:
        other = _renamed(one, other)
    recorded = pair_recorded(one.scored, other.scored, wanted=wanted)
    analysis = analyse(recorded.plan, recorded.results)
    ruling = decide(recorded.plan, analysis, faults=recorded.faults, now=now)
    held = _held(analysis.estimates, alpha=recorded.plan.alpha)
    ruling = ruling._replace(reasons=(*ruling.reasons, *held), is_due=False)  # it is no plan that could have ended
    kinds = None
    notes = [NOT_FROZEN, *recorded.notes]
    if one.runs is not None and other.runs is not None:
        kinds = compare_failures(one.runs, other.runs, now=now)
        notes += _differing(one.runs.settings, other.runs.settings)
        new = new_kinds(kinds)
        if new:
            named = ", ".join(dict.fromkeys(kind.detector.replace("_", " ") for kind in new))
            said = f"{len(new)} kind{'s' if len(new) > 1 else ''} of failure that the baseline has not: {named}"
            ruling = ruling._replace(reasons=(*ruling.reasons, f"the candidate has {said}"))
    return Comparison(ruling, recorded.plan, analysis, recorded.results, recorded.counts, tuple(notes), kinds)


def _renamed(one: ResultSet, other: ResultSet) -> ResultSet:
    """Return the other set with its score called as the first one's, where each has one and they are not the same."""
    names = [set(each.scored.rows["metric"]) for each in (one, other)]
    if names[0] == names[1] or any(len(each) != 1 for each in names):
        return other
    (name,), (old,) = names
    rows, notes = other.scored.rows, other.scored.notes
    renamed = rows.with_columns(pl.lit(name).alias("metric"))
    return other._replace(scored=Scored(renamed, (*notes, f"its score {old!r} is compared as {name!r}")))


def _held(estimates: Sequence[Estimate], *, alpha: float) -> Iterator[str]:
    """Yield of each score with a margin whether a loss beyond it is excluded: that may be all that was asked."""
    for one in estimates:
        if one.margin is not None and one.p_non_inferior is not None:
            word = "excluded" if one.p_non_inferior <= alpha else "not excluded"
            yield f"{one.metric}: a loss of {one.margin:g} or more is {word} (p {one.p_non_inferior:.2g})"


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield what besides the agent differs in how the runs were made: then a difference need not be the agent's."""
    names = [
        name
        for name in sorted(one.keys() & other.keys())
        if one[name] != other[name] and name.split(".")[0] not in _OF_THE_AGENT
    ]
    for name in names:
        before, after = (shorten(str(each[name]), _SHOWN_CHARACTERS) for each in (one, other))
        yield f"the runs differ in {name} too ({before!r} and {after!r}): a difference need not be the agent's"
