"""What one review says: who judged what, what stands, and what became of the issues.

It is read once for a whole report, so that every part of the report speaks of the same round.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from workbench import review as reviews
from workbench.records import CONTROL, LATEST, DetectionRun, Issue, Review, Verdict, chosen_review
from workbench.report.detection import DetectionReport, Problem, read_detection
from workbench.review import Ruling, Waiting
from workbench.store import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReport:
    """What one report of a review looks at."""

    review: Review
    """The round, in its newest revision."""
    detection: DetectionReport
    """The detection run whose findings are judged."""
    items: pl.DataFrame
    """Its items with what came of each, as of `review.outcomes`."""
    first: tuple[Verdict, ...]
    """What each said first."""
    standing: tuple[Verdict, ...]
    """The verdicts of this round that stand."""
    everywhere: tuple[Verdict, ...]
    """All verdicts of the workspace that stand: what models say of traces belongs to no round."""
    rulings: Mapping[str, Ruling]
    """What people have said of each issue of the workspace that anybody judged, by id."""
    waiting: tuple[Waiting, ...]
    """All issues of the workspace that wait for people."""
    now: datetime
    """When the report is made, UTC."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What each issue of the workspace is called, by id."""

    @property
    def problems(self) -> Mapping[str, Problem]:
        """The clusters under review, by rank."""
        return {one.cluster_id: one for one in self.detection.problems if one.cluster_id in self.review.n_population}

    @property
    def n_population(self) -> Mapping[str, int]:
        """The traces from which the items were drawn: of the clusters by rank, last those without a finding."""
        known = self.review.n_population
        return {one: known[one] for one in (*self.problems, *(known.keys() - self.problems.keys()))}

    @property
    def issues(self) -> Mapping[str, Issue]:
        """The issues of the clusters under review, in their newest revision, by cluster."""
        return {cluster_id: problem.issue for cluster_id, problem in self.problems.items() if problem.issue}

    @property
    def people(self) -> tuple[str, ...]:
        """Who judged, sorted."""
        return tuple(sorted({one.annotator for one in self.standing if one.annotator_kind == "HUMAN"}))

    @property
    def n_judged(self) -> int:
        """Items that somebody judged."""
        return int(self.items["label"].count())

    @property
    def n_clusters(self) -> Mapping[str, int]:
        """Of each trace that was found: of how many clusters under review it is a member."""
        found = self.detection.findings.filter(pl.col("cluster_id").is_in(list(self.review.n_population)))
        counts = found.drop_nulls("trace_id").group_by("trace_id").agg(pl.col("cluster_id").n_unique())
        return dict(counts.iter_rows())


def read_review(
    workspace: Workspace, *, review_id: str = LATEST, now: datetime, reviewer: str = "", is_live: bool = False
) -> ReviewReport:
    """Return what a report shows of one review; read-only.

    Parameters
    ----------
    workspace
        Where it is recorded.
    review_id
        The review's id, or `latest`.
    now
        The time, UTC.
    reviewer
        Who reads it.
    is_live
        Whether they are judging: then they read of their own verdicts alone, as what others said would sway them.

    Raises
    ------
    ConfigError
        If there is no such review.
    InsufficientDataError
        If none was opened yet.
    """
    ledger = workspace.ledger
    every = ledger.latest(Review)
    review = chosen_review(every, review_id)
    revisions, verdicts = ledger.revisions(Verdict, review_id=review.id), ledger.latest(Verdict)
    if is_live:
        revisions, verdicts = ([one for one in said if one.annotator == reviewer] for said in (revisions, verdicts))
    issues = ledger.latest(Issue)
    judged = {one.target_id for one in verdicts if one.target_kind == "issue"}
    asked = workspace.review_items.issues()
    ruled = reviews.rulings(
        [ledger.history(Issue, issue.id) for issue in issues if issue.id in judged],
        verdicts=verdicts,
        reviews=every,
        runs=ledger.latest(DetectionRun),
        asking=reviews.asking(every, asked=asked, now=now),
    )
    standing = reviews.standing(revisions)
    detection = read_detection(workspace, run_id=review.run_id)
    if review.watch_id is not None:  # its traces are later than the run that told what the problem is
        detection = replace(detection, spans=workspace.telemetry.spans())
    return ReviewReport(
        review=review,
        detection=detection,
        items=reviews.outcomes(workspace.review_items.of(review.id), standing),
        first=tuple(reviews.first_labels(revisions)),
        standing=tuple(standing),
        everywhere=tuple(one for one in verdicts if one.label != "withdrawn"),
        rulings=ruled,
        waiting=tuple(reviews.waiting(issues, reviews=every, asked=asked, rulings=ruled, now=now)),
        now=now,
        titles={issue.id: issue.title for issue in issues},
    )


def prevalence(report: ReviewReport) -> pl.DataFrame:
    """Return how common each cluster's problem is, and that of traces that no detector found, as of the review."""
    return reviews.prevalence(
        report.items, n_population=report.n_population, mode=report.review.mode, seed=report.review.seed
    )


def prevalence_by_detector(report: ReviewReport) -> pl.DataFrame:
    """Return how often the detectors under review are right, as of the review."""
    return reviews.prevalence_by_detector(
        report.items, n_population=report.n_population, mode=report.review.mode, seed=report.review.seed
    )


def missed(report: ReviewReport) -> reviews.Missed:
    """Return what the detectors missed, as of the review."""
    return reviews.missed(
        report.items,
        n_population=report.n_population,
        n_clusters=report.n_clusters,
        mode=report.review.mode,
        seed=report.review.seed,
    )


def is_control(cluster_id: str) -> bool:
    """Return whether a row of `prevalence` is that of traces which no detector found."""
    return cluster_id == CONTROL
