"""How common the problems really are: in each cluster, by detector, and in what no detector found."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from workbench.report import formats
from workbench.report.blocks import MAX_ROWS, Block, numbers, sentences, stack, table, words
from workbench.report.chart import Chart, draw, inline, label
from workbench.report.look import GREY, INK, WIDTH, colour_of
from workbench.report.markup import Html, dot, join, muted
from workbench.report.naming import N_PHRASES, name
from workbench.report.review import ReviewReport, is_control, missed, prevalence, prevalence_by_detector
from workbench.review import Missed

_UNFLAGGED = "no detector found any"
_ROW_HEIGHT = 26
_LABEL_WIDTH = 330


def prevalence_chart(report: ReviewReport) -> Chart | Block:
    """Return the share of each cluster's traces that have the problem, with its interval; a sentence without one."""
    import altair as alt

    shown = prevalence(report).drop_nulls("share").head(MAX_ROWS)
    if shown.is_empty():
        return sentences("Too little is judged to say how common any problem is.")
    rows: list[dict[str, Any]] = [
        {
            "cluster": _row_label(report, row["cluster_id"]),
            **{end: row[end] for end in ("share", "low", "high")},
            "colour": GREY if row["detector"] is None else colour_of(row["detector"]),  # a watch asks of no detector
            "words": formats.share_within(row["share"], row["low"], row["high"]),
        }
        for row in shown.iter_rows(named=True)
    ]
    width = WIDTH - _LABEL_WIDTH - 180
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("cluster:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH)),
        color=alt.Color("colour:N", scale=None),
    )
    x = alt.X(
        "low:Q",
        title="share of its traces that have the problem, 95 % interval",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    chart = (
        base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=x, x2="high:Q")
        + base.mark_point(filled=True, size=90, opacity=1).encode(x="share:Q")
        + base.mark_text(align="left", dx=8, fontSize=12).encode(
            x=alt.value(width), text="words:N", color=alt.value(INK)
        )
    )
    title = "How many of a cluster's traces really have the problem?"
    said = "; ".join(f"{row['cluster']}: {row['words']}" for row in rows)
    return draw(chart.properties(title=title, width=width, height=_ROW_HEIGHT * len(rows)), alt=f"{title} {said}.")


def prevalence_by_cluster(report: ReviewReport) -> Block:
    """Return one row a cluster: what reviewers said of its traces, and how many have the problem in all traffic."""
    n_traces = report.detection.n_traces
    rows = [_cluster(report, row, n_traces=n_traces) for row in prevalence(report).iter_rows(named=True)]
    return table(
        (
            *words("cluster"),
            *numbers("traces", "judged", "confirmed", "rejected", "uncertain", "share, 95 %", "traces with it, 95 %"),
            *numbers("of all traffic"),
        ),
        rows,
        caption="How common is each problem?",
        of="cluster",
        note="Judged: of the items drawn; one item stands for all traces that say the same. What was judged stands for "
        "what had the same chance to be drawn; uncertain ones, those on which reviewers disagree, and those after the "
        "first of a cluster that was left out, count as not judged, as who picks draws no random sample. Where "
        "few items stand for most of a cluster, its interval is too short. The last row is what detectors missed.",
    )


def precision_by_detector(report: ReviewReport) -> Block:
    """Return one row a detector: how often it is right in the clusters under review, with its interval."""
    by_detector = prevalence_by_detector(report)
    if by_detector.is_empty():
        return sentences("No finding of a detector is under review.")
    rows = [
        (
            dot(colour_of(row["detector"]), formats.words(row["detector"])),
            f"{formats.count(row['n_clusters'])} of {formats.count(row['n_clusters_all'])}",
            formats.count(row["n_traces"]),
            formats.count(row["n_confirmed"]),
            formats.count(row["n_rejected"]),
            _interval(row),
        )
        for row in by_detector.iter_rows(named=True)
    ]
    return table(
        (
            *words("detector"),
            *numbers("clusters judged", "traces in them", "confirmed", "rejected", "of its traces right, 95 %"),
        ),
        rows,
        caption="How often is each detector right?",
        of="detector",
        note="Clusters count by their traces, not by how many of them were judged. A trace in two clusters counts in "
        "both.",
    )


def what_was_missed(report: ReviewReport) -> Block:
    """Return what detectors missed: the share of unflagged traces with a problem, and the recall of all together."""
    told = missed(report)
    if told.share is None or told.low is None or told.high is None:
        judged = "judged in its turn" if told.n_judged else "judged"
        return sentences(f"No trace without a finding was {judged}: what the detectors missed is not known.")
    seen = (
        f"Of {formats.counted(told.n_control, 'trace')} in which no detector found anything, "
        f"{formats.count(told.n_judged)} were judged, and {formats.share_of(told.n_problems, told.n_judged)} have a "
        f"problem; so {formats.share_within(told.share, told.low, told.high)} of all of them do."
    )
    if told.recall is None:
        return sentences(seen, "No trace with a finding is confirmed, so that there is no recall.")
    found = f"Of all traces with a problem, the detectors together find at least {recall_words(told)}."
    unjudged = " and in those of which nothing is known yet" if told.recall_high is None else ""
    why = muted(f"At least: what they find outside of the clusters under review{unjudged} is not counted.")
    return stack(sentences(seen, join([found, " ", why])))


def recall_words(told: Missed) -> str:
    """Return the recall with its interval, which has no upper end while a cluster under review is not judged."""
    if told.recall is None or told.recall_low is None:
        return "not known"
    if told.recall_high is None:
        low = formats.share(told.recall_low).removesuffix(" %")
        return f"{formats.share(told.recall)} ({low} or more)"
    return formats.share_within(told.recall, told.recall_low, told.recall_high)


def _row_label(report: ReviewReport, cluster_id: str) -> str:
    problem = report.problems.get(cluster_id)
    if problem is None:
        return _UNFLAGGED if is_control(cluster_id) else label(cluster_id)
    called = problem.given_name or ", ".join(problem.phrases[:N_PHRASES])
    return label(f"{problem.rank}. {formats.words(problem.detector)}: {called}", limit=50)


def _cluster(report: ReviewReport, row: Mapping[str, Any], *, n_traces: int) -> tuple[Html | str, ...]:
    return (
        cluster_name(report, row["cluster_id"]),
        formats.count(row["n_traces"]),
        f"{formats.count(row['n_judged'])} of {formats.count(row['n_drawn'])}",
        *(formats.count(row[f"n_{said}"]) for said in ("confirmed", "rejected", "uncertain")),
        _interval(row),
        *_traces(row, n_traces=n_traces),
    )


def _interval(row: Mapping[str, Any]) -> Html | str:
    if row["share"] is None and row.get("n_judged") and not row.get("n_counted"):
        return muted("not known: judged out of turn")
    return muted("not known") if row["share"] is None else formats.share_within(row["share"], row["low"], row["high"])


def _traces(row: Mapping[str, Any], *, n_traces: int) -> tuple[Html | str, Html | str]:
    if row["traces"] is None:
        return muted("–"), muted("–")
    ends = f"{formats.count(round(row['traces_low']))} to {formats.count(round(row['traces_high']))}"
    of_all = formats.share(row["traces"] / n_traces) if n_traces else "–"
    return f"{formats.count(round(row['traces']))} ({ends})", of_all


def cluster_name(report: ReviewReport, cluster_id: str | None) -> Html | str:
    """Return what a cluster is called: its rank, detector and key phrases; traces without a finding by that."""
    problem = report.problems.get(cluster_id or "")
    if problem is not None:
        return join([f"{problem.rank}. ", name(problem)])
    return muted(_UNFLAGGED if cluster_id is None or is_control(cluster_id) else cluster_id[:12])


def n_confirmed(report: ReviewReport) -> int:
    """Return how many traces were confirmed to have a problem."""
    return report.items.filter(pl.col("kind") == "trace", pl.col("label") == "confirmed").height
