"""An experiment for who has three minutes: what was decided, for what, by how much, and who stands by it."""

from workbench.experiments.comparison import sentence_of
from workbench.experiments.estimate import Estimate
from workbench.experiments.metric import Metric
from workbench.experiments.validation import Validation, changed_by_case
from workbench.report import amounts, formats
from workbench.report.blocks import Block, Figure, bullets, key_figures, sentences, stack
from workbench.report.chart import Chart, label
from workbench.report.comparison import comparison_chart, comparison_figures
from workbench.report.markup import Html, join, muted, said, strong

TITLE_CHARACTERS = 120
_MOST_TARGETS = 3
"""Tiles for targets: more are read in the table."""


def validation_summary(validation: Validation) -> Block:
    """Return the decision for the top of the page; the first line is the headline, and what a command says too."""
    ruling = validation.ruling
    parts = [sentences(strong(sentence_of(ruling)), _tested(validation), *_costs(validation))]
    if ruling.decision != "ship":  # of one that ships the figures below are the reasons
        parts.append(bullets(*ruling.reasons))
    if ruling.settle:
        parts += [sentences("What would settle it:"), bullets(*(one.words for one in ruling.settle))]
    if ruling.is_due:
        parts.append(sentences("The plan has ended: drop it, extend it once, or accept a wider margin, and sign that."))
    return stack(*parts, sentences(_signed(validation)), name="decision")


def validation_numbers(validation: Validation) -> Block:
    """Return what a reader takes away: each target before and after, what else was looked at, how many cases, money."""
    if not validation.is_run or validation.plan is None:
        return sentences("It has not run to its end, so that there are no figures yet.")
    metrics = {metric.name: metric for metric in validation.plan.metrics}
    estimates = validation.analysis.estimates
    targets = [one for one in estimates if one.role == "target"][:_MOST_TARGETS]
    counted = _exposed(validation) if validation.plan.is_live else [_cases(validation), _cost(validation)]
    return key_figures(
        [
            *(_target(validation, metrics[one.metric], one) for one in targets),
            _guardrails(validation, estimates),
            *counted,
        ]
    )


def validation_chart(validation: Validation) -> Chart | Block:
    """Return the difference of every metric with its interval and its bounds, and of targets on random cases too."""
    comparison = validation.comparison
    if comparison is None or not validation.is_run:
        return sentences("No metric could be estimated, so that there is nothing to draw.")
    return comparison_chart(comparison)


def validation_figures(validation: Validation) -> Block:
    """Return one row a metric with both arms, difference, interval and tests, for who wants to check."""
    comparison = validation.comparison
    if comparison is None or not validation.is_run:
        return sentences("There are no figures: it has not run to its end, or its plan cannot be read.")
    return comparison_figures(comparison)


def _tested(validation: Validation) -> Html:
    titles = [said(change.title, limit=TITLE_CHARACTERS) for change in validation.changes] or [muted("nothing")]
    what = [said(validation.candidate, limit=TITLE_CHARACTERS), ", "] if validation.candidate else []
    of = join(titles, " and ")
    issues = [said(issue.title, limit=TITLE_CHARACTERS) for issue in validation.issues]
    about = [", for ", join(issues, " and ")] if issues else []
    return join(["It tests ", *what, of, *about, "."])


def _costs(validation: Validation) -> list[Html]:
    """Return in a few words what gets worse, within what was allowed."""
    metrics = {metric.name: metric for metric in validation.plan.metrics} if validation.plan else {}
    named = [
        join([said(one.metric), f" {amounts.difference(metrics[one.metric], one.difference)}"])
        for one in validation.analysis.estimates
        if any(cost.startswith(f"{one.metric} ") for cost in validation.ruling.known_costs)
    ]
    return [join(["The known cost: ", join(named, ", "), "."])] if named else []


def _signed(validation: Validation) -> Html | str:
    if not validation.signers:
        return muted("Nobody has signed it.")
    by = join([said(one, limit=40) for one in validation.signers], ", ")
    own = " Who signed wrote the change, and nobody else has." if validation.is_own else ""
    stale = "" if validation.is_signed else " What was signed was another decision than this one."
    return join(["Signed by ", by, ".", own, stale])


def _target(validation: Validation, metric: Metric, one: Estimate) -> Figure:
    """Return a target before and after; judged on cases of its issue, what it is on any case stands beside it."""
    wanted = "more is better" if metric.direction == 1 else "less is better"
    told = next((each for each in validation.analysis.on_random if each.metric == one.metric), None)
    note = f"the target; {wanted}" if told is None else f"of targeted cases; of random ones {_arrow(metric, told)}"
    return Figure(_arrow(metric, one), label(formats.words(one.metric)), note)


def _arrow(metric: Metric, one: Estimate) -> str:
    return f"{amounts.level(metric, one.baseline)} → {amounts.level(metric, one.candidate)}"


def _guardrails(validation: Validation, estimates: tuple[Estimate, ...]) -> Figure:
    """Return how many guardrails are shown to hold."""
    alpha = validation.plan.alpha if validation.plan else 0.0
    guardrails = [one for one in (validation.plan.metrics if validation.plan else ()) if one.role == "guardrail"]
    judged = [one for one in estimates if one.role == "guardrail"]
    held = [one for one in judged if one.p_non_inferior is not None and one.p_non_inferior <= alpha]
    n_costs = len(validation.ruling.known_costs)
    worse = f"{n_costs} of them worse within the margin" if n_costs else "each within its margin"
    worse = worse if len(held) == len(guardrails) else "of the others that is not shown"
    n = f"{len(held)} of {len(guardrails)}" if guardrails else "none"
    return Figure(n, "guardrails shown to hold", worse if guardrails else "nothing was guarded")


def _cases(validation: Validation) -> Figure:
    changed = changed_by_case(validation).values()
    n_broken = sum(any(not one.is_fixed for one in case) for case in changed)
    came_out = f"{formats.count(len(changed) - n_broken)} fixed, {formats.count(n_broken)} broken"
    return Figure(formats.count(validation.results["case_id"].n_unique()), "cases with both versions", came_out)


def _cost(validation: Validation) -> Figure:
    """Return what the answers cost, and beside it what it cost to judge them."""
    run = validation.run
    judged = f"; their judges {formats.usd(run.judges_cost_usd)}" if run and validation.judges else ""
    return Figure(formats.usd(run.cost_usd if run else None), "what the answers cost", f"of both versions{judged}")


def _exposed(validation: Validation) -> list[Figure]:
    """Return how many users the newest look at live traffic saw."""
    newest = validation.looks[-1:]
    return [
        Figure(
            formats.count(sum(one.n_assigned)), "users", " and ".join(map(formats.count, one.n_assigned)) + " by arm"
        )
        for one in newest
    ]
