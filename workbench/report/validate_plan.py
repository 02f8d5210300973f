"""What an experiment was planned to show, and on which cases: all of it frozen before either version ran.

A reader who knows the margins first cannot be shown a result that they were chosen to fit.
"""

from collections.abc import Iterator, Sequence

from workbench.changes.diff import FileDiff
from workbench.experiments.leakage import Pair
from workbench.experiments.metric import Metric
from workbench.experiments.outlook import outlook
from workbench.experiments.plan import Plan
from workbench.experiments.validation import Held, Validation
from workbench.report import amounts, formats
from workbench.report.blocks import MAX_ROWS, Block, bullets, numbers, sentences, stack, table, words
from workbench.report.comparison import ROLES
from workbench.report.diff_view import diff_view
from workbench.report.markup import Html, badge, file_name, join, muted, said
from workbench.report.validate_live import live_exposures

_DIGITS = 12
_SEEN = {"same": "the same words", "near": "nearly the same words", "user": "the same user"}


def validation_plan_table(validation: Validation) -> Block:
    """Return the frozen plan: one row a metric, how much was asked, by whom it was frozen and when it ends."""
    plan = validation.plan
    if plan is None:
        return sentences("The plan cannot be read.")
    shown = table(
        words("metric", "it is", "better is", "measured by", "loss accepted", "least gain worth it"),
        [_metric(metric) for metric in plan.metrics],
        caption="What was to be shown?",
        of="metric",
        note=f"One-sided level {formats.share(plan.alpha)} for each test; targets together and losses together are "
        "adjusted after Holm.",
    )
    return stack(sentences(_asked(plan), *_frozen(validation)), shown, name="plan")


def what_it_could_show(validation: Validation) -> Block:
    """Return what so many cases can show of each metric at all, as the planner said it before the run."""
    if validation.plan is None:
        return sentences("The plan cannot be read.")
    return bullets(*(one.words for one in outlook(validation.plan)))


def cases_and_leakage(validation: Validation) -> Block:
    """Return the holdouts, their uses, and each case beside what gives it away; of live traffic who was exposed."""
    if validation.plan is not None and validation.plan.is_live:
        return live_exposures(validation)
    if not validation.held:
        return sentences("The holdout cannot be read.")
    rows = [_holdout(validation, held) for held in validation.held]
    titles = numbers("cases run", "set apart", "users"), words("made", "use", "seen in development", "digest")
    shown = table(
        (*words("holdout"), *titles[0], *titles[1]),
        rows,
        caption="On which cases was it judged?",
        of="holdout",
        note="Targeted cases are of the same issue, found independently; random ones are any traffic.",
    )
    pairs = [(held, pair) for held in validation.held if held.leakage for pair in held.leakage.pairs]
    return stack(shown, *_leaks(pairs), sentences(_compared(validation.held)), name="data")


def versions_diff(diffs: Sequence[FileDiff] | None) -> Block:
    """Return what the candidate says otherwise than the baseline; None is an app that cannot be read."""
    return (
        sentences("The app's repository cannot be read, so that no difference can be shown.")
        if diffs is None
        else diff_view(diffs)
    )


def _metric(metric: Metric) -> tuple[Html | str, ...]:
    return (
        said(metric.name),
        join([ROLES[metric.role], *_budget(metric)]),
        "more" if metric.direction == 1 else "less",
        _source(metric),
        amounts.bound(metric, metric.margin),
        "any" if metric.mwe and not metric.mwe.value else amounts.bound(metric, metric.mwe),
    )


def _budget(metric: Metric) -> list[Html | str]:
    return [" ", badge("budget")] if metric.on_worse == "allow_within_margin" else []


def _source(metric: Metric) -> Html | str:
    if metric.source.kind == "code":
        return "the program"
    version = [" ", said(metric.source.version, limit=60)] if metric.source.version else []
    return join([{"judge": "a judge", "human": "people", "feedback": "users"}[metric.source.kind], *version])


def _asked(plan: Plan) -> str:
    if plan.is_live:
        return (
            f"{formats.counted(plan.n_cases, 'user')} were to be assigned, "
            f"{formats.share(plan.candidate_share)} of them to the candidate."
        )
    trials = f", each {plan.n_trials} times" if plan.n_trials > 1 else ", each once"
    looks = f" It may be decided at {', '.join(map(formats.share, plan.looks))} of them." if len(plan.looks) > 1 else ""
    if not plan.n_targeted:
        n = formats.counted(plan.n_cases, "case")
        return f"Both versions were to answer the same {n}{trials}, in turn.{looks}"
    return (
        f"Both versions were to answer the same {formats.counted(plan.n_targeted, 'targeted case')}, "
        "for the targets, and "
        f"{plan.n_cases:,} random ones, for everything else and for harm{trials}, in turn.{looks}"
    )


def _frozen(validation: Validation) -> Iterator[Html]:
    experiment, plan = validation.experiment, validation.plan
    by = ["Frozen ", formats.moment(experiment.frozen_at), " by ", said(experiment.author, limit=40)]
    yield join([*by, *_began(validation)])
    if plan is not None and plan.deadline_at is not None:
        yield join(["What is inconclusive is decided by a person from ", formats.moment(plan.deadline_at), " on."])


def _began(validation: Validation) -> list[Html | str]:
    if validation.plan is not None and validation.plan.is_live:
        first = [look.started_at for look in validation.looks]
        return (
            [", before the first user at ", formats.moment(min(first)), "."] if first else [". No look was taken yet."]
        )
    run = validation.run
    return [", before the first answer at ", formats.moment(run.started_at), "."] if run else [". It was not run yet."]


def _holdout(validation: Validation, held: Held) -> tuple[Html | str, ...]:
    record = held.record
    mine = [use.number for use in held.uses if use.experiment_id == validation.experiment.id]
    number = f"{mine[0]} of {record.n_uses}" if mine else f"none yet, {record.n_uses} allowed"
    users = {case.user_key for case in held.cases if case.user_key}
    basis = f", {record.basis}" if record.kind == "targeted" else ""
    return (
        join([record.kind + basis, " ", muted(record.id)]),
        formats.count(len(held.cases)) if held.cases else "not readable",
        formats.count(len(record.cases)),
        formats.count(len(users)) if users else formats.NOT_KNOWN,
        f"{record.at:%Y-%m-%d}",
        number,
        _seen(held),
        muted(record.digest[:_DIGITS]),
    )


def _seen(held: Held) -> Html | str:
    if held.leakage is None or held.leakage.n_overlap is None:
        return badge("not known")
    n = held.leakage.n_leaking
    return badge(formats.counted(n, "case")) if n else "none"


def _compared(held: Sequence[Held]) -> Html | str:
    known = [one.leakage for one in held if one.leakage is not None]
    if not known:
        return muted("What leaks into it cannot be looked for any more.")
    counted = (
        f"{formats.counted(max(one.n_development for one in known), 'development trace')} and "
        f"{formats.counted(max(one.n_examples for one in known), 'text')} of prompts"
    )
    return muted(f"Every case was compared with {counted}: by its words, by meaning, and by user.")


def _leaks(pairs: Sequence[tuple[Held, Pair]]) -> list[Block]:
    if not pairs:
        return []
    rows = [
        (
            join([said(pair.text), " ", muted(pair.case_id)]),
            join([said(pair.other_text), " ", muted(pair.other)]) if pair.of == "development" else _prompt(pair),
            _SEEN[pair.why],
            f"{pair.similarity:.2f}",
        )
        for _, pair in pairs
    ]
    return [
        table(
            (*words("case", "what gives it away", "how"), *numbers("alike")),
            rows,
            caption="Which cases were seen in development?",
            top_n=MAX_ROWS,
            of="case",
            note="An experiment with any such case decides nothing.",
        )
    ]


def _prompt(pair: Pair) -> Html:
    return join([said(pair.other_text), " in ", file_name(pair.other)])
