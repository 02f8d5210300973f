"""A comparison on a page: every metric's difference with its interval and margin, and the kinds of failure behind it.

A colour says what the decision says, so that picture and words never disagree.
"""

from typing import Any

from workbench.experiments.comparison import Comparison
from workbench.experiments.estimate import Estimate
from workbench.experiments.kinds import FailureKind, gone_kinds, new_kinds
from workbench.experiments.metric import Metric
from workbench.report import amounts, formats
from workbench.report.blocks import MAX_ROWS, Block, Column, numbers, sentences, table, words
from workbench.report.chart import Chart, draw, inline, label
from workbench.report.look import BLUE, GREY, INK, SECOND, WIDTH
from workbench.report.markup import Html, badge, join, muted, said

_ROW_HEIGHT = 40
_LABEL_WIDTH = 230
_WORDS_WIDTH = 250
_BETTER, _WORSE, _OPEN = "#009E73", SECOND, BLUE
"""Shown better, shown worse, neither: by the decision, which counts all tests together."""
ROLES = {"target": "target", "guardrail": "guardrail", "watch": "watched", "quality": "quality"}


def comparison_chart(comparison: Comparison) -> Chart | Block:
    """Return the difference of every metric with its interval and margin, to the right is better; or why there is none.

    Each metric is drawn on its own scale, as wide as its interval and margin need: one unit is one metric's.
    """
    import altair as alt

    estimates = _every(comparison)
    if not estimates:
        return sentences("No metric could be estimated, so that there is nothing to draw.")
    rows = [_row(comparison, one) for one in estimates]
    width = WIDTH - _LABEL_WIDTH - _WORDS_WIDTH
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("metric:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH, grid=True))
    )
    scale = alt.Scale(domain=[-1.05, 1.05])
    axis = alt.Axis(values=[0], labels=False, gridColor=INK)
    x = alt.X(
        "low:Q", title=f"worse  ←  no difference  →  better, with its {_level(estimates[0])}", scale=scale, axis=axis
    )
    colour = alt.Color("colour:N", scale=None)
    chart = (
        base.mark_rule(strokeWidth=4, opacity=0.6).encode(x=x, x2="high:Q", color=colour)
        + base.mark_point(filled=True, size=110, opacity=1).encode(x="gain:Q", color=colour)
        + base.mark_tick(thickness=2, size=26, color=GREY).encode(x="margin:Q")
        + base.mark_tick(thickness=2, size=26, color=_BETTER, opacity=0.7).encode(x="mwe:Q")
        + base.mark_text(align="left", dx=10, fontSize=12, color=INK).encode(x=alt.value(width), text="words:N")
    )
    title = "How much better or worse is each metric?"
    subtitle = [
        "By the decision, which adjusts for the number of tests: green is shown better, orange worse, blue neither.",
        "Grey tick: the loss that is accepted. Green tick: the least gain that is worth a change. Scales differ.",
    ]
    told = "; ".join(f"{row['metric']}: {row['words']}, {row['shown']}" for row in rows)
    heading = {"text": title, "subtitle": subtitle}
    return draw(chart.properties(title=heading, width=width, height=_ROW_HEIGHT * len(rows)), alt=f"{title} {told}.")


def comparison_figures(comparison: Comparison) -> Block:
    """Return one row a metric: both arms, difference, interval, p, and how many cases were fixed and broken."""
    rows = [
        (
            said(one.metric),
            join([ROLES[one.role], *_judged_on(one)]),
            amounts.number(one.baseline),
            amounts.number(one.candidate),
            amounts.difference(_metric(comparison, one), one.difference),
            amounts.interval(_metric(comparison, one), one),
            formats.probability(one.p),
            _cases(one),
            formats.count(one.n_fixed),
            formats.count(one.n_broken),
        )
        for one in _every(comparison)
    ]
    estimates = comparison.analysis.estimates
    level = _level(estimates[0]) if estimates else "interval"
    titles = ("baseline", "candidate", "difference", level, "p", "cases", "fixed", "broken")
    notes = [f"{one.metric}: {note}" for one in comparison.analysis.estimates for note in one.notes]
    methods = dict.fromkeys(one.method for one in comparison.analysis.estimates)
    return table(
        (*words("metric", "role"), *numbers(*titles)),
        rows,
        caption="What do the figures say?",
        of="metric",
        note=f"p is two-sided, of one metric alone; the decision goes by one-sided tests at "
        f"{formats.share(comparison.plan.alpha)}, adjusted for their number (Holm). "
        f"Methods: {'; '.join(methods)}. {' '.join(f'{note}.' for note in notes)}".strip(),
    )


def failure_kinds_table(comparison: Comparison, *, top_n: int = MAX_ROWS) -> Block:
    """Return the kinds of failure that only one arm has, the new ones first; a sentence where there is none to tell of.

    Parameters
    ----------
    comparison
        The comparison.
    top_n
        Rows to show, 1 to MAX_ROWS.
    """
    if comparison.kinds is None:
        return sentences("The files hold scores and no runs: which kinds of failure are behind them cannot be told.")
    new, gone = new_kinds(comparison.kinds), gone_kinds(comparison.kinds)
    if not (new or gone):
        return sentences("Both fail in the same ways: no kind of failure is new, and none is gone.")
    columns: tuple[Column, ...] = (*words("is", "kind of failure"), *numbers("runs"), *words("cases"))
    return table(
        columns,
        (*(_kind("new", kind) for kind in new), *(_kind("gone", kind) for kind in gone)),
        caption=f"Which kinds of failure are new ({formats.count(len(new))}), and which are gone ({len(gone):,})?",
        top_n=top_n,
        of="kind",
    )


def _row(comparison: Comparison, one: Estimate) -> dict[str, Any]:
    """Return what is drawn of a metric: its gain, interval and bounds as shares of the farthest of them."""
    metric, ruling = _metric(comparison, one), comparison.ruling
    marks = {
        "gain": one.gain,
        "low": one.gain_low,
        "high": one.gain_high,
        "margin": None if one.margin is None else -one.margin,
        "mwe": one.mwe or None,
    }
    farthest = max((abs(mark) for mark in marks.values() if mark is not None), default=0.0) or 1.0
    drawn = {name: None if mark is None else mark / farthest for name, mark in marks.items()}
    is_better, is_worse = ((one.metric, one.judged_on) in told for told in (ruling.better, ruling.worse))
    return {
        "metric": label(one.metric) + (", random cases" if _is_told(one) else ""),
        **drawn,
        "colour": _BETTER if is_better else _WORSE if is_worse else _OPEN,
        "shown": "shown better" if is_better else "shown worse" if is_worse else "neither is shown",
        "words": f"{amounts.difference(metric, one.difference)} ({amounts.interval(metric, one)})",
    }


def _every(comparison: Comparison) -> tuple[Estimate, ...]:
    """Return every estimate, a target that is judged on cases of its issue followed by what it comes to on any."""
    on_random = {one.metric: one for one in comparison.analysis.on_random}
    return tuple(
        each
        for one in comparison.analysis.estimates
        for each in (one, *([on_random[one.metric]] if one.metric in on_random else []))
    )


def _is_told(one: Estimate) -> bool:
    """Return whether it is told and looked at for harm alone: a target on other cases than those it is judged on."""
    return one.role == "target" and one.judged_on == "random"


def _judged_on(one: Estimate) -> list[Html | str]:
    if not one.judged_on:
        return []
    return [muted(f" on {one.judged_on} cases{', for harm alone' if _is_told(one) else ''}")]


def _metric(comparison: Comparison, estimate: Estimate) -> Metric:
    return next(metric for metric in comparison.plan.metrics if metric.name == estimate.metric)


def _kind(word: str, kind: FailureKind) -> tuple[Html | str, ...]:
    named = formats.words(kind.detector)
    told = join([named, " ", said(kind.text)]) if kind.text else join([named, " ", muted("in users' words")])
    return badge(word), told, formats.count(kind.n_candidate or kind.n_baseline), said(", ".join(kind.case_ids))


def _level(one: Estimate) -> str:
    return f"{100 * one.level:.3g} % interval"


def _cases(one: Estimate) -> str:
    trials = f" × {one.n_trials}" if one.n_trials > 1 else ""
    units = f" of {formats.counted(one.n_units, 'user')}" if one.n_units < one.n_cases else ""
    return f"{formats.count(one.n_cases)}{trials}{units}"
