"""A decision as Markdown for the page of a pull request or of a job on GitHub: decision first, then a table of metrics.

Names and titles are people's words: they are escaped, so that none of them links, calls anybody or becomes markup.
"""

from collections.abc import Iterator, Sequence

from workbench.boundaries.markdown import escaped
from workbench.experiments.analysis import Analysis
from workbench.experiments.comparison import sentence_of
from workbench.experiments.decision import Ruling
from workbench.experiments.estimate import Estimate
from workbench.experiments.plan import Plan
from workbench.report import amounts, formats
from workbench.report.comparison import ROLES

_SIGNS = {"ship": "✅", "dont_ship": "❌", "inconclusive": "⏸️", "invalid": "⛔"}
_COLUMNS = ("metric", "role", "baseline", "candidate", "difference", "interval", "accepted loss", "fixed", "broken")


def gate_summary(ruling: Ruling, *, tests: str, plan: Plan | None, analysis: Analysis, facts: Sequence[str]) -> str:
    """Return a decision as GitHub-flavoured Markdown.

    Parameters
    ----------
    ruling
        The decision.
    tests
        What it is of, in words.
    plan
        The plan; None where there is none.
    analysis
        What the results came to.
    facts
        What else to know, a sentence or an id each.
    """
    return "\n".join(_lines(ruling, tests, plan, analysis, facts)) + "\n"


def _lines(ruling: Ruling, tests: str, plan: Plan | None, analysis: Analysis, facts: Sequence[str]) -> Iterator[str]:
    yield f"### {_SIGNS[ruling.decision]} {escaped(sentence_of(ruling))}"
    yield from ("", escaped(tests), "")
    yield from (f"- {escaped(reason)}" for reason in ruling.reasons)
    yield from (f"- known cost: {escaped(cost)}" for cost in ruling.known_costs)
    yield from (f"- to settle it: {escaped(one.words)}" for one in ruling.settle)
    if plan is not None and analysis.estimates:
        right = " | ".join("---" if name in ("metric", "role") else "---:" for name in _COLUMNS)
        yield from ("", f"| {' | '.join(_COLUMNS)} |", f"| {right} |")
        yield from (_row(plan, one) for one in analysis.estimates)
    yield ""
    yield from (f"{escaped(fact)}  " for fact in facts)


def _row(plan: Plan, one: Estimate) -> str:
    metric = next(metric for metric in plan.metrics if metric.name == one.metric)
    cells = (
        one.metric,
        ROLES[one.role],
        amounts.level(metric, one.baseline),
        amounts.level(metric, one.candidate),
        amounts.difference(metric, one.difference),
        amounts.interval(metric, one),
        amounts.bound(metric, metric.margin),
        formats.count(one.n_fixed),
        formats.count(one.n_broken),
    )
    return f"| {' | '.join(map(escaped, cells))} |"
