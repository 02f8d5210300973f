"""How sure the clusters are: how many findings are in one, which would be found again, and what became of issues."""

from collections.abc import Mapping, Sequence
from statistics import median

import polars as pl

from workbench.records import Descent
from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, stack, table, words
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, bar, dot, join, link, muted, paragraph
from workbench.report.naming import phrases

STABLE, SHAKY = 0.75, 0.5
"""Of Hennig (2007): from .75 on a cluster is stable, below .5 it dissolves as often as it is found again."""
N_OF_FAMILY = 4
"""Problems named of a family: they say what it is about."""


def stability_words(problem: Problem) -> str:
    """Return how far a problem's cluster is found again, in one word."""
    if problem.stability is None:
        return "not known"
    return "stable" if problem.stability >= STABLE else "fair" if problem.stability >= SHAKY else "falls apart"


def how_sure(report: DetectionReport) -> Block:
    """Return coverage and stability of clusters by detector, the families of many, and what became of issues."""
    if not report.problems:
        return sentences("There are no clusters that could be unsure.")
    return stack(_coverage(report), *_families(report.problems), *_descents(report), name="sure")


def _coverage(report: DetectionReport) -> Block:
    counts = report.findings.group_by("detector").agg(n=pl.len(), n_in=pl.col("cluster_id").count()).sort("detector")
    rows = [_detector(row, report.problems) for row in counts.to_dicts()]
    run = report.run
    joined = f" {formats.counted(run.n_joined, 'finding')} joined clusters of run {run.joins}." if run.joins else ""
    return table(
        (
            *words("detector", "findings in a cluster"),
            *numbers("clusters", "stable", "fair", "fall apart", "found again, median"),
        ),
        rows,
        caption="Would the same clusters be found again?",
        of="detector",
        note="Half of the findings are clustered anew, several times. A cluster of which "
        f"{formats.share(STABLE)} is found again on the mean is stable; below {formats.share(SHAKY)} it falls apart, "
        f"and may be chance.{joined}",
    )


def _detector(row: Mapping[str, int | str], problems: Sequence[Problem]) -> tuple[Html | str, ...]:
    detector, n, n_in = str(row["detector"]), int(row["n"]), int(row["n_in"])
    mine = [problem for problem in problems if problem.detector == detector]
    known = [problem.stability for problem in mine if problem.stability is not None]
    states = [stability_words(problem) for problem in mine]
    return (
        dot(colour_of(detector), formats.words(detector)),
        bar(n_in / n, formats.share_of(n_in, n), colour=colour_of(detector)),
        formats.count(len(mine)),
        *(formats.count(states.count(state)) for state in ("stable", "fair", "falls apart")),
        formats.share(median(known)) if known else muted("–"),
    )


def _families(problems: Sequence[Problem]) -> list[Block]:
    """Return one row a family, the largest first; nothing where no detector has so many clusters."""
    of_family: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.family is not None:
            of_family.setdefault(problem.family, []).append(problem)
    if not of_family:
        return []
    rows = [
        (
            dot(colour_of(mine[0].detector), formats.words(mine[0].detector)),
            _members(mine),
            formats.count(len(mine)),
            formats.count(sum(problem.n_findings for problem in mine)),
        )
        for _, mine in sorted(of_family.items())
    ]
    return [
        table(
            (*words("detector", "what they are about"), *numbers("problems", "findings")),
            rows,
            caption="Which problems are of one family?",
            of="family",
            note="A family is clusters of one detector that lie near each other in meaning.",
        )
    ]


def _members(problems: Sequence[Problem]) -> Html:
    shown: list[Html | str] = []
    for problem in problems[:N_OF_FAMILY]:
        shown += [link(str(problem.rank), anchor=problem.anchor), " ", phrases(problem, most=2), " "]
    if len(problems) > N_OF_FAMILY:
        shown.append(muted(f"and {len(problems) - N_OF_FAMILY} more"))
    return join(shown)


def _descents(report: DetectionReport) -> list[Block]:
    """Return a sentence for each issue that was split, merged or found again."""
    ranks = {problem.cluster_id: problem for problem in report.problems}
    lines = [_descent(one, ranks[one.cluster_id]) for one in report.descents if one.cluster_id in ranks]
    return [Block(join(paragraph(line) for line in lines))] if lines else []


def _descent(descent: Descent, problem: Problem) -> Html:
    of_it = f"{formats.counted(descent.n_findings, 'finding')}, {formats.share(descent.share)}"
    said_of = {
        "split": f" is a part of issue {descent.from_issue_id}, which goes on without it ({of_it} of the part).",
        "merge": f" took in issue {descent.from_issue_id} ({of_it} of that).",
        "return": f" is back: the resolved issue {descent.issue_id} is found again ({of_it} of it are new).",
    }
    return join(["Problem ", link(str(problem.rank), anchor=problem.anchor), said_of[descent.kind]])
