"""The one ranking, drawn and told: what each problem costs users, how sure its place is, and why it is there."""

from typing import Any

from workbench.backlog import Ranked, goes_on, grounds
from workbench.report import formats
from workbench.report.backlog import TITLE_CHARACTERS, BacklogReport, users_words
from workbench.report.blocks import Block, check_top_n, numbers, sentences, table, words
from workbench.report.chart import Chart, draw, inline, label
from workbench.report.look import BLUE, GREY, INK, MUTED, WIDTH
from workbench.report.markup import badge, join, muted, said

_ROW_HEIGHT = 28
_LABEL_WIDTH = 300
_WORDS_WIDTH = 170


def ranking_chart(report: BacklogReport, *, top_n: int) -> Chart | Block:
    """Return the pain of the worst problems with its interval, and how sure each place is; a sentence without any.

    Parameters
    ----------
    report
        The backlog.
    top_n
        Problems to show, 1 to 20.
    """
    import altair as alt

    shown = report.ranking.rows[: check_top_n(top_n)]
    if not shown:
        return sentences("There is nothing to draw: no problem is open.")
    rows: list[dict[str, Any]] = [
        {
            "problem": label(f"{row.rank}. {row.issue.title}", limit=46),
            "pain": row.pain.value,
            "low": row.pain.low,
            "high": row.pain.high,
            "state": "people confirmed it" if row.issue.state not in ("proposed", "reopened") else "nobody decided yet",
            "words": f"{_chance(row)} in top {report.ranking.k}, {_band(row)}",
        }
        for row in shown
    ]
    width = WIDTH - _LABEL_WIDTH - _WORDS_WIDTH
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("problem:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LABEL_WIDTH)),
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=["people confirmed it", "nobody decided yet"], range=[BLUE, GREY]),
            legend=alt.Legend(title=None),
        ),
    )
    x = alt.X("low:Q", title=f"pain: {report.ranking.weights.about}; 95 % interval", scale=alt.Scale(zero=True))
    chart = (
        base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=x, x2="high:Q")
        + base.mark_point(filled=True, size=90, opacity=1).encode(x="pain:Q")
        + base.mark_text(align="left", dx=12, fontSize=12).encode(
            x=alt.value(width), text="words:N", color=alt.value(INK)
        )
    )
    title = "Which problems cost users most?"
    told = "; ".join(f"{row['problem']}: {row['pain']:.0f} ({row['low']:.0f} to {row['high']:.0f})" for row in rows)
    subtitle = f"beside each: the chance to be among the {report.ranking.k} worst, and its rank under all weights"
    return draw(
        chart.properties(
            title=alt.Title(title, subtitle=subtitle, subtitleColor=MUTED),
            width=width,
            height=_ROW_HEIGHT * len(rows),
        ),
        alt=f"{title} {told}.",
    )


def ranking_table(report: BacklogReport, *, top_n: int) -> Block:
    """Return the ranking, one row a problem, with why it is where it is.

    Parameters
    ----------
    report
        The backlog.
    top_n
        Problems to show, 1 to 20.
    """
    ranking = report.ranking
    has_effort = any(row.effort for row in ranking.rows)
    rows = [
        (
            formats.count(row.rank),
            join([said(row.issue.title, limit=TITLE_CHARACTERS), " ", badge(row.issue.state)]),
            users_words(row.users.value, row.users.low, row.users.high),
            _chance(row),
            _ranks(row),
            grounds(row, ranking),
            *((said(row.effort, limit=40) if row.effort else muted("–"),) if has_effort else ()),
            muted(row.issue.id[:12]),
        )
        for row in ranking.rows
    ]
    effort = words("effort") if has_effort else ()
    return table(
        (
            *numbers("rank"),
            *words("problem"),
            *numbers("users hit, 95 %", f"in top {ranking.k}", "ranks"),
            *words("why it is here"),
            *effort,
            *words("id"),
        ),
        rows,
        caption="What is worst for users, and why?",
        top_n=top_n,
        of="problem",
        note=f"Ranked by pain: {ranking.weights.about}. Ranks: the best and the worst under all weights below. What "
        "mending would take does not rank.",
    )


def weight_sets(report: BacklogReport) -> Block:
    """Return one row a set of weights, and how many of the worst problems stay that under every set."""
    ranking = report.ranking
    rows = [
        (
            one.name,
            one.about,
            ", ".join(f"{severity} ×{weight:g}" for severity, weight in one.severity.items()),
            ", ".join(f"{formats.words(tier)} ×{weight:g}" for tier, weight in one.tiers.items()) or "all alike",
            "yes" if one.name == ranking.weights.name else muted("no"),
        )
        for one in (ranking.weights, *ranking.others)
    ]
    worst = ranking.rows[: ranking.k]
    n_stay = sum(row.worst_rank <= ranking.k for row in worst)
    n_hit = sum(row.users.value for row in ranking.rows)
    n_known = sum(row.users.value * row.known_tier_share for row in ranking.rows)
    return table(
        words("weights", "what they say", "severity", "tiers", "ranks here"),
        rows,
        caption="How far does the order hang on the weights?",
        of="set",
        note=f"{formats.share_of(n_stay, len(worst))} worst problems here are among the worst under every set. "
        f"A workspace declares its own in weights.toml. Of {formats.share(n_known / n_hit)} of the users hit the tier "
        "is known; one that is not known, or not named, counts 1."
        if n_hit
        else "",
    )


def next_reviews(report: BacklogReport, *, top_n: int) -> Block:
    """Return what to review next: the problems whose place among the worst is least sure, and how to.

    Parameters
    ----------
    report
        The backlog.
    top_n
        Problems to show, 1 to 20.
    """
    ranking = report.ranking
    whole = {issue.cluster_id: issue for issue in report.issues.values() if issue.split_from is None}
    issues = {issue.id: issue for issue in report.issues.values()}
    doubtful = [
        (said(issue.title, limit=TITLE_CHARACTERS), formats.share(row.p_top), cluster_id)
        for cluster_id in ranking.next_reviews
        for issue in [whole[cluster_id]]
        if cluster_id in whole
        for row in [ranking.row(goes_on(issue, issues).id)]
        if row is not None
    ]
    if not doubtful:
        return sentences(f"It is sure of every problem whether it is among the {ranking.k} worst, or all are judged.")
    return table(
        (*words("problem"), *numbers(f"in top {report.ranking.k}"), *words("cluster")),
        doubtful,
        caption="Which verdicts would tell most?",
        top_n=top_n,
        of="problem",
        note="Those whose chance to be among the worst is nearest one half come first: "
        "workbench review --new --clusters doubtful opens a review of them.",
    )


def _chance(row: Ranked) -> str:
    return formats.share(row.p_top)


def _ranks(row: Ranked) -> str:
    return f"{row.best_rank}" if row.best_rank == row.worst_rank else f"{row.best_rank} to {row.worst_rank}"


def _band(row: Ranked) -> str:
    return f"rank {_ranks(row)}"
