"""The recurring problems of a run at a glance: how many, how big, where they concentrate, and what belongs to none."""

from collections.abc import Mapping

from workbench.report import formats
from workbench.report.blocks import (
    Block,
    Figure,
    bullets,
    complete_table,
    key_figures,
    numbers,
    sentences,
    stack,
    table,
    words,
)
from workbench.report.course import Course, courses
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, badge, bar, dot, join, link, muted, said, spark, strong
from workbench.report.naming import count_known, name, phrases, where
from workbench.report.overlap import Overlap, overlaps
from workbench.report.own_words import words_in
from workbench.report.sure import stability_words
from workbench.report.unclustered import noise


def summary(report: DetectionReport) -> Block:
    """Return the run in a few sentences, for the top of the page; the first line is the headline."""
    if not report.problems:
        return sentences("No recurring problem was found in this window.", *_shown(report))
    largest = report.problems[0]
    touched = formats.share(report.n_problem_traces / report.n_traces)
    verb = "touches" if len(report.problems) == 1 else "touch"
    n_again = len(overlaps(report))
    again = f", {formats.count(n_again)} of them mostly in the same traces as another" if n_again else ""
    lead = strong(
        f"{formats.counted(len(report.problems), 'recurring problem')} "
        f"{verb} {touched} of {formats.counted(report.n_traces, 'trace')}{again}."
    )
    of_largest = join([f"The first, in {formats.counted(largest.n_traces, 'trace')}: ", name(largest)])
    place = join([" It concentrates in ", where(largest.causes[0]), "."]) if largest.causes else ""
    return sentences(lead, join([of_largest, ".", place]), *_shown(report))


def detection_figures(report: DetectionReport) -> Block:
    """Return the run's key figures: problems, traces with one, findings, noise, detectors."""
    tallies = report.run.tallies
    n_answered = sum(tally.state in {"found", "clear"} for tally in tallies)
    share = report.n_problem_traces / report.n_traces if report.n_traces else 0.0
    noise = formats.share_of(report.n_noise, report.findings.height)
    n_again = len(overlaps(report))
    again = f"{formats.count(n_again)} mostly in the traces of another" if n_again else "each in traces of its own"
    return key_figures(
        [
            Figure(formats.count(len(report.problems)), "recurring problems", again),
            Figure(
                formats.share(share),
                "of traces have one",
                f"{formats.count(report.n_problem_traces)} of {formats.count(report.n_traces)}",
            ),
            Figure(formats.count(report.findings.height), "findings", f"like no other: {noise}"),
            Figure(f"{n_answered} of {len(tallies)}", "detectors could judge", _mute(report)),
        ]
    )


def at_a_glance(report: DetectionReport, *, top_n: int) -> Block:
    """Return the largest problems as a table: what, how big, and where it concentrates."""
    texts = words_in(report, [one for problem in report.problems[:top_n] for one in problem.exemplars[:1]])
    most = max((problem.n_traces for problem in report.problems), default=0)
    again, drawn = overlaps(report), courses(report)
    return table(
        (
            *words("", "problem, and its most typical finding", "traces with it, and by day"),
            *numbers("users"),
            *words("where it concentrates", "severity", "issue"),
        ),
        [
            _glance(report, problem, texts, again.get(problem.rank), drawn.get(problem.cluster_id), most=most)
            for problem in report.problems
        ],
        caption="What goes wrong again and again, how big is it, and where?",
        top_n=top_n,
        of="problem",
        rest="all are listed under “All clusters”",
        note="Ordered by traces, one of high severity counting three times and one of medium twice; bars are relative "
        "to the widest problem. Framed words are quoted from traces. Where a problem concentrates is a hypothesis "
        "about its cause: how many times as frequent that value is in its traces as in others, with a 95 % interval. "
        "Issues are shown as they stand now.",
    )


def every_problem(report: DetectionReport) -> Block:
    """Return all clusters as one table, and the noise beside them."""
    again = overlaps(report)
    rows = [
        (
            str(problem.rank),
            dot(colour_of(problem.detector), formats.words(problem.detector)),
            join([phrases(problem), *_again(again.get(problem.rank))]),
            formats.count(problem.n_findings),
            formats.count(problem.n_traces),
            count_known(problem.n_sessions),
            count_known(problem.n_users),
            _found_again(problem),
            muted(problem.cluster_id[:12]),
        )
        for problem in report.problems
    ]
    return stack(
        complete_table(
            (
                *words("", "detector", "key phrases"),
                *numbers("findings", "traces", "sessions", "users"),
                *words("found again", "cluster"),
            ),
            rows,
            caption="All clusters",
            of="cluster",
        ),
        noise(report),
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
        join(["The first, ", name(largest), f", is in {formats.share_of(largest.n_traces, report.n_traces)} traces."]),
        f"For {formats.share_of(n_explained, len(report.problems))} of them a tool, version, task or other attribute "
        "stands out. That is where to look first, not a proof.",
        _cannot_tell(report),
    )


def _glance(
    report: DetectionReport,
    problem: Problem,
    texts: Mapping[str, str],
    again: Overlap | None,
    course: Course | None,
    *,
    most: int,
) -> tuple[Html | str, ...]:
    issue = problem.issue
    part = problem.n_traces / report.n_traces if report.n_traces else 0.0
    return (
        str(problem.rank),
        join(
            [
                link(formats.words(problem.detector), anchor=problem.anchor),
                " ",
                _typical(problem, texts),
                *_again(again),
                *([" ", muted(problem.demoted)] if problem.demoted else []),
            ]
        ),
        join([_size(problem, part, most=most), *([_spark(problem, course)] if course else [])]),
        count_known(problem.n_users),
        where(problem.causes[0]) if problem.causes else muted("no attribute stands out"),
        problem.severity,
        muted("none") if issue is None else badge(issue.state),
    )


def _size(problem: Problem, part: float, *, most: int) -> Html:
    said_of = f"{formats.count(problem.n_traces)} ({formats.share(part)})"
    return bar(problem.n_traces / most if most else 0.0, said_of, colour=colour_of(problem.detector))


def _spark(problem: Problem, course: Course) -> Html:
    return spark(course.found, words=course.words, colour=colour_of(problem.detector))


def _found_again(problem: Problem) -> Html | str:
    if problem.stability is None:
        return muted("–")
    return f"{formats.share(problem.stability)}, {stability_words(problem)}"


def _again(overlap: Overlap | None) -> list[Html | str]:
    """Return the words on a problem that is mostly another one, to stand behind it."""
    return [" ", muted(overlap.words)] if overlap else []


def _typical(problem: Problem, texts: Mapping[str, str]) -> Html:
    """Return the words of the most typical finding, else the key phrases: a sentence says more than its words."""
    words_of_it = next((said(text, limit=90) for one in problem.exemplars[:1] if (text := texts.get(one))), None)
    return words_of_it or phrases(problem)


def _shown(report: DetectionReport) -> list[Html]:
    """Return the sentence on what is left out, where something is."""
    return [muted(report.shown)] if report.shown else []


def _mute(report: DetectionReport) -> str:
    failed = [tally.detector for tally in report.run.tallies if tally.state == "failed"]
    return f"failed: {', '.join(map(formats.words, failed))}" if failed else "none failed"


def _cannot_tell(report: DetectionReport) -> str:
    """Return a sentence on the detectors that gave no judgement."""
    silent = [
        formats.words(tally.detector) for tally in report.run.tallies if tally.state in {"not_applicable", "failed"}
    ]
    return f"Not judged: {', '.join(silent)}." if silent else "Every detector could judge."
