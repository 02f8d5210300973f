"""The recurring problems of a run: first all at a glance, then each with its size, trend, examples and proposed causes.

A cause is a hypothesis and says so wherever it stands; what a trace said stands in a border and nothing else does.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from workbench.records import Cause
from workbench.report import formats
from workbench.report.blocks import (
    MAX_ROWS,
    Block,
    Figure,
    bullets,
    key_figures,
    numbers,
    sentences,
    stack,
    table,
    words,
)
from workbench.report.chart import Chart, draw, inline
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.markup import (
    Html,
    badge,
    bar,
    dot,
    folded,
    heading,
    join,
    link,
    muted,
    paragraph,
    quote,
    said,
    strong,
    unbroken,
)
from workbench.report.quotes import Quote, quote_traces

N_PHRASES = 4
"""Key phrases of a problem's name: the first ones tell clusters apart, the rest repeat them."""
N_EXEMPLARS = 3
"""Examples of a problem: one may be odd, three show what they share."""
N_CAUSES = 5
"""Proposed causes of a problem that are shown; the ledger keeps all."""
N_EVIDENCE = 3
"""Trace ids named beside a cause; the ledger keeps twenty."""
_TREND_WIDTH, _TREND_HEIGHT = 330, 90


def detection_figures(report: DetectionReport) -> Block:
    """Return the run's key figures: problems, traces with one, findings, noise, detectors."""
    tallies = report.run.tallies
    n_answered = sum(tally.state in {"found", "clear"} for tally in tallies)
    share = report.n_problem_traces / report.n_traces if report.n_traces else 0.0
    noise = formats.share_of(report.n_noise, report.findings.height)
    return key_figures(
        [
            Figure(formats.count(len(report.problems)), "recurring problems", "proposed, none confirmed yet"),
            Figure(
                formats.share(share),
                "of traces have one",
                f"{formats.count(report.n_problem_traces)} of {formats.count(report.n_traces)}",
            ),
            Figure(formats.count(report.findings.height), "findings", f"like no other: {noise}"),
            Figure(f"{n_answered} of {len(tallies)}", "detectors could judge", _mute(report)),
        ]
    )


def summary(report: DetectionReport) -> Block:
    """Return the run in two sentences, for the top of the page."""
    if not report.problems:
        return sentences("No recurring problem was found in this window.")
    largest = report.problems[0]
    touched = formats.share(report.n_problem_traces / report.n_traces)
    verb = "touches" if len(report.problems) == 1 else "touch"
    lead = strong(
        f"{formats.counted(len(report.problems), 'recurring problem')} "
        f"{verb} {touched} of {formats.counted(report.n_traces, 'trace')}."
    )
    of_largest = join([f" The first, in {formats.counted(largest.n_traces, 'trace')}: ", _name(largest)])
    where = join([" It concentrates in ", _where(largest.causes[0]), "."]) if largest.causes else ""
    return sentences(join([lead, of_largest, ".", where]))


def at_a_glance(report: DetectionReport, *, top_n: int) -> Block:
    """Return the largest problems as a table: what, how big, and where it concentrates."""
    texts = dict(report.findings.select("finding_id", "text").iter_rows())
    most = max((problem.n_traces for problem in report.problems), default=0)
    return table(
        (
            *words("", "problem, and its most typical finding", "traces with it"),
            *numbers("users"),
            *words("where it concentrates", "severity", "issue"),
        ),
        [_glance(report, problem, texts, most=most) for problem in report.problems],
        caption="What goes wrong again and again, how big is it, and where?",
        top_n=top_n,
        of="problem",
        note="Ordered by traces, one of high severity counting three times and one of medium twice; bars are relative "
        "to the widest problem. Framed words are quoted from traces. Where a problem concentrates is a hypothesis "
        "about its cause: how many times as frequent that value is in its traces as in others, with a 95 % interval.",
    )


def problem_sections(report: DetectionReport, *, top_n: int, quote_characters: int) -> Block:
    """Return a section for each of the `top_n` largest problems.

    Parameters
    ----------
    report
        The detection run.
    top_n
        Problems to show.
    quote_characters
        Longest quote of a trace, characters.
    """
    shown = report.problems[:top_n]
    if not shown:
        return sentences("No two findings are alike enough to form a recurring problem.")
    exemplars = _exemplars(report, shown)
    quotes = quote_traces(report.spans, exemplars["trace_id"].drop_nulls())
    return stack(
        *(_section(report, problem, exemplars, quotes, quote_characters) for problem in shown), name="problems"
    )


def every_problem(report: DetectionReport, *, top_n: int = MAX_ROWS) -> Block:
    """Return all clusters as one table, and the noise beside them."""
    rows = [
        (
            str(problem.rank),
            dot(colour_of(problem.detector), formats.words(problem.detector)),
            _phrases(problem),
            formats.count(problem.n_findings),
            formats.count(problem.n_traces),
            _known(problem.n_sessions),
            _known(problem.n_users),
            muted(problem.cluster_id[:12]),
        )
        for problem in report.problems
    ]
    return stack(
        table(
            (
                *words("", "detector", "key phrases"),
                *numbers("findings", "traces", "sessions", "users"),
                *words("cluster"),
            ),
            rows,
            caption="All clusters",
            top_n=top_n,
            of="cluster",
        ),
        noise(report),
    )


def noise(report: DetectionReport) -> Block:
    """Return one sentence on the findings that are in no cluster."""
    if report.findings.is_empty():
        return sentences("There are no findings.")
    n_suggested = report.findings.filter(pl.col("cluster_id").is_null())["suggested"].count()
    near = (
        f" {formats.counted(n_suggested, 'of them lies', 'of them lie')} at the edge of a cluster."
        if n_suggested
        else ""
    )
    return sentences(
        f"{formats.share_of(report.n_noise, report.findings.height)} findings are like no other and are in no cluster; "
        f"they are kept as they are, and not forced into one.{near}"
    )


def detection_conclusions(report: DetectionReport) -> Block:
    """Return what the run says in a few sentences: how many problems, the largest, and what could not be judged."""
    if not report.problems:
        return bullets("No recurring problem was found in this window.", _cannot_tell(report))
    largest = report.problems[0]
    n_explained = sum(bool(problem.causes) for problem in report.problems)
    return bullets(
        f"{formats.counted(len(report.problems), 'recurring problem')} touch "
        f"{formats.share_of(report.n_problem_traces, report.n_traces)} traces.",
        join(["The first, ", _name(largest), f", is in {formats.share_of(largest.n_traces, report.n_traces)} traces."]),
        f"For {formats.share_of(n_explained, len(report.problems))} of them a tool, version, task or other attribute "
        "stands out. That is where to look first, not a proof.",
        _cannot_tell(report),
    )


def _glance(
    report: DetectionReport, problem: Problem, texts: Mapping[str, str | None], *, most: int
) -> tuple[Html | str, ...]:
    issue = problem.issue
    part = problem.n_traces / report.n_traces if report.n_traces else 0.0
    return (
        str(problem.rank),
        join([link(formats.words(problem.detector), anchor=problem.anchor), " ", _typical(problem, texts)]),
        bar(
            problem.n_traces / most if most else 0.0,
            f"{formats.count(problem.n_traces)} ({formats.share(part)})",
            colour=colour_of(problem.detector),
        ),
        _known(problem.n_users),
        _where(problem.causes[0]) if problem.causes else muted("no attribute stands out"),
        problem.severity,
        muted("none") if issue is None else badge(issue.state),
    )


def _section(
    report: DetectionReport, problem: Problem, exemplars: pl.DataFrame, quotes: dict[str, Quote], limit: int
) -> Block:
    trend = _trend(report, problem)
    facts = stack(
        Block(heading(join([f"{problem.rank}. ", _name(problem)]), anchor=problem.anchor)), _size(problem), name="facts"
    )
    top = stack(facts, *([Block(trend.html)] if trend else []), name="top")
    mine = {row["finding_id"]: row for row in exemplars.filter(pl.col("cluster_id") == problem.cluster_id).to_dicts()}
    shown = [mine[finding_id] for finding_id in problem.exemplars if finding_id in mine]
    examples = [
        _example(place, row, quotes.get(row["trace_id"]), limit) for place, row in enumerate(shown[:N_EXEMPLARS], 1)
    ]
    return stack(top, _causes(problem.causes), *examples[:1], *_folded(examples[1:]), name="problem")


def _folded(examples: Sequence[Block]) -> list[Block]:
    """Return further examples as one block that the reader opens, so that the page stays short."""
    if not examples:
        return []
    whole = stack(*examples).html
    return [Block(folded(f"{formats.counted(len(examples), 'more example')}", whole))]


def _size(problem: Problem) -> Block:
    counts = [formats.counted(problem.n_findings, "finding"), formats.counted(problem.n_traces, "trace")]
    if problem.n_sessions:
        counts.append(formats.counted(problem.n_sessions, "session"))
    counts.append(formats.counted(problem.n_users, "user") if problem.n_users else "users not recorded")
    issue = problem.issue
    if issue is None:
        became: Html | str = muted("No issue of it is in the ledger.")
    else:
        became = join([f"Issue {issue.id} ", badge(issue.state), f" severity {problem.severity}"])
    seen = "" if issue is None else _seen(issue.first_seen_at, issue.last_seen_at)
    return Block(join([paragraph(", ".join(counts) + "."), paragraph(seen), paragraph(became)]))


def _seen(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "When it was seen is not recorded."
    return f"First seen {first:%Y-%m-%d}, last {last:%Y-%m-%d}."


def _causes(causes: Sequence[Cause]) -> Block:
    if not causes:
        return sentences(muted("No tool, version, task or other attribute is over-represented in it."))
    hypothesis = sentences(join([badge("hypothesis"), " ", said(causes[0].statement, limit=400)]))
    return stack(
        hypothesis,
        table(
            (
                *words("attribute", "value"),
                *numbers("of its traces", "of all others", "times as frequent", "q", "explains"),
                *words("evidence: traces"),
            ),
            [_cause(cause) for cause in causes],
            caption="Where does it concentrate?",
            top_n=N_CAUSES,
            of="value",
            note="q: of claims with a q this small, at most that share is expected to be chance. Explains: the share "
            "of its traces beyond what the others predict.",
        ),
    )


def _cause(cause: Cause) -> tuple[Html | str, ...]:
    evidence: list[Html | str] = [said(trace_id, limit=14) for trace_id in cause.evidence[:N_EVIDENCE]]
    if len(cause.evidence) > N_EVIDENCE:
        evidence.append(muted(f"+{len(cause.evidence) - N_EVIDENCE}"))
    return (
        formats.words(cause.attribute),
        said(cause.value, limit=48),
        formats.share_of(cause.n_cluster_with, cause.n_cluster),
        formats.share_of(cause.n_rest_with, cause.n_rest),
        formats.ratio(cause.lift, cause.lift_low, cause.lift_high),
        formats.probability(cause.q_value),
        formats.share(cause.share_explained),
        join(evidence, " "),
    )


def _where(cause: Cause) -> Html:
    times = formats.ratio(cause.lift, cause.lift_low, cause.lift_high)
    return join([f"{formats.words(cause.attribute)} ", said(cause.value, limit=60), " ", unbroken(times)])


def _example(place: int, finding: dict[str, str], quoted: Quote | None, limit: int) -> Block:
    unit = finding["trace_id"] or finding["session_id"] or ""
    parts = [paragraph(join([muted(f"Example {place}: {finding['unit']} of "), said(unit, limit=64)]))]
    if finding["text"]:
        parts.append(quote("what was found", finding["text"], limit=limit))
    if quoted and quoted.asked:
        parts.append(quote("what the trace was asked", quoted.asked, limit=limit))
    if quoted and quoted.answered:
        parts.append(quote("what it answered last", quoted.answered, limit=limit))
    return stack(Block(join(parts)), name="example")


def _trend(report: DetectionReport, problem: Problem) -> Chart | None:
    """Return the problem's findings by day, over the days of all findings; None where no time is known."""
    import altair as alt

    timed = report.findings.filter(pl.col("at").is_not_null()).with_columns(pl.col("at").dt.date().alias("on"))
    mine = timed.filter(pl.col("cluster_id") == problem.cluster_id).group_by("on").agg(pl.len().alias("n")).sort("on")
    if mine.is_empty():
        return None
    rows = [{"day": on.isoformat(), "n": n} for on, n in mine.iter_rows()]
    ends = [timed["on"].min(), timed["on"].max()]
    domain = [{"year": end.year, "month": end.month, "date": end.day} for end in ends if isinstance(end, date)]
    axis = alt.Axis(format="%d %b", grid=False, tickCount=4, labelOverlap=True)
    chart = (
        alt.Chart(inline(rows))
        .mark_bar(color=colour_of(problem.detector))
        .encode(
            x=alt.X("utcyearmonthdate(day):T", title=None, axis=axis, scale=alt.Scale(domain=domain, type="utc")),
            y=alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=3, format="d")),
        )
        .properties(title=alt.TitleParams("Findings a day, UTC", fontSize=12), width=_TREND_WIDTH, height=_TREND_HEIGHT)
    )
    most = max(rows, key=lambda row: row["n"])
    return draw(chart, alt=f"Findings a day: {len(rows)} days have any, the most, {most['n']}, on {most['day']}.")


def _exemplars(report: DetectionReport, problems: Sequence[Problem]) -> pl.DataFrame:
    wanted = [finding_id for problem in problems for finding_id in problem.exemplars[:N_EXEMPLARS]]
    return report.findings.filter(pl.col("finding_id").is_in(wanted))


def _name(problem: Problem) -> Html:
    return join([dot(colour_of(problem.detector), formats.words(problem.detector)), " ", _phrases(problem)])


def _phrases(problem: Problem) -> Html:
    return join([said(phrase, limit=48) for phrase in problem.phrases[:N_PHRASES]], " ")


def _typical(problem: Problem, texts: Mapping[str, str | None]) -> Html:
    """Return the words of the most typical finding, else the key phrases: a sentence says more than its words."""
    words_of_it = next((said(text, limit=90) for one in problem.exemplars[:1] if (text := texts.get(one))), None)
    return words_of_it or _phrases(problem)


def _known(n: int) -> Html | str:
    """Return a count; zero sessions or users means that the source names none."""
    return formats.count(n) if n else muted("–")


def _mute(report: DetectionReport) -> str:
    failed = [tally.detector for tally in report.run.tallies if tally.state == "failed"]
    return f"failed: {', '.join(map(formats.words, failed))}" if failed else "none failed"


def _cannot_tell(report: DetectionReport) -> str:
    """Return a sentence on the detectors that gave no judgement."""
    silent = [
        formats.words(tally.detector) for tally in report.run.tallies if tally.state in {"not_applicable", "failed"}
    ]
    return f"Not judged: {', '.join(silent)}." if silent else "Every detector could judge."
