"""What a notebook shows: tables, charts and sentences as values that display themselves.

Every function takes frames and records and returns one such value; nothing here prints, writes or configures.
"""

from workbench.report.backlog import (
    BacklogReport,
    backlog_conclusions,
    backlog_figures,
    backlog_summary,
    read_backlog,
)
from workbench.report.backlog_ranking import next_reviews, ranking_chart, ranking_table, weight_sets
from workbench.report.backlog_stages import put_together, stage_table, stuck_issues
from workbench.report.blocks import Block
from workbench.report.candidate import bundles_page, candidate_page, release_page
from workbench.report.chain import chain_table
from workbench.report.chart import Chart
from workbench.report.cluster_map import cluster_map
from workbench.report.comparison import comparison_chart, comparison_figures, failure_kinds_table
from workbench.report.completeness import completeness_chart
from workbench.report.days import cost_by_day, errors_by_day, latency_by_day, operations, volume_by_day
from workbench.report.detection import DetectionReport, read_detection
from workbench.report.detectors import tallies
from workbench.report.digest import (
    digest_headline,
    digest_health,
    digest_summary,
    digest_topics,
    growing,
    steps_table,
)
from workbench.report.digest_markdown import digest_markdown
from workbench.report.explored import Explored, explored
from workbench.report.gate_summary import gate_summary
from workbench.report.health import health_figures, stage_ages, waits_by_kind, waits_table
from workbench.report.labels import labels_by_metric, labels_by_person, labels_conclusions, labels_summary
from workbench.report.loads import accounts, files, filled, guesses, left_over, redacted, refusals
from workbench.report.narrowed import narrowed
from workbench.report.news import news
from workbench.report.own_words import words_reader
from workbench.report.problems import at_a_glance, detection_conclusions, detection_figures, every_problem, summary
from workbench.report.provenance import moment, provenance
from workbench.report.refine import RefineReport, read_refine
from workbench.report.refine_evidence import (
    change_diff,
    evidence,
    how_to_edit,
    refine_figures,
    refine_summary,
    why_it_is_changed,
)
from workbench.report.refine_links import change_links, same_files
from workbench.report.refine_plan import refine_conclusions, validation_plan, weeks_of_evidence
from workbench.report.review import ReviewReport, read_review
from workbench.report.review_agreement import judges, reviewer_agreement, where_reviewers_differ
from workbench.report.review_decisions import (
    WHY,
    causes_after_review,
    issues_after_review,
    review_conclusions,
    waiting_issues,
)
from workbench.report.review_items import review_reader
from workbench.report.review_prevalence import (
    precision_by_detector,
    prevalence_by_cluster,
    prevalence_chart,
    what_was_missed,
)
from workbench.report.review_progress import progress_by_reviewer, review_figures, review_summary, saturation_chart
from workbench.report.scorecard import (
    detector_scorecard,
    precision_by_week,
    read_verdicts,
    suspect_tasks,
)
from workbench.report.sections import problem_sections
from workbench.report.sure import how_sure
from workbench.report.telemetry import (
    Telemetry,
    freshness,
    read_telemetry,
    signals,
    telemetry_conclusions,
    telemetry_figures,
    telemetry_summary,
    waiting,
)
from workbench.report.tour import (
    Tour,
    complaint,
    read_tour,
    tour_causes,
    tour_ends,
    tour_pain,
    tour_problem,
    tour_summary,
)
from workbench.report.transcript import finding_reader
from workbench.report.unclustered import in_own_words, unclustered
from workbench.report.validate import validation_chart, validation_figures, validation_numbers, validation_summary
from workbench.report.validate_cases import both_versions, fixed_and_broken, how_to_go_through
from workbench.report.validate_end import threats_to_validity, validation_conclusions, validation_provenance
from workbench.report.validate_judges import judge_quality
from workbench.report.validate_parts import new_failures, slices_table, what_it_cost
from workbench.report.validate_plan import cases_and_leakage, validation_plan_table, versions_diff, what_it_could_show
from workbench.report.validate_result import validation_result
from workbench.report.watch import (
    WatchReport,
    read_watch,
    watch_conclusions,
    watch_figures,
    watch_summary,
    watched_issues,
    what_to_watch,
)
from workbench.report.watch_courses import watch_courses, watch_effects

__all__ = [
    "WHY",
    "BacklogReport",
    "Block",
    "Chart",
    "DetectionReport",
    "Explored",
    "RefineReport",
    "ReviewReport",
    "Telemetry",
    "Tour",
    "WatchReport",
    "accounts",
    "at_a_glance",
    "backlog_conclusions",
    "backlog_figures",
    "backlog_summary",
    "both_versions",
    "bundles_page",
    "candidate_page",
    "cases_and_leakage",
    "causes_after_review",
    "chain_table",
    "change_diff",
    "change_links",
    "cluster_map",
    "comparison_chart",
    "comparison_figures",
    "complaint",
    "completeness_chart",
    "cost_by_day",
    "detection_conclusions",
    "detection_figures",
    "detector_scorecard",
    "digest_headline",
    "digest_health",
    "digest_markdown",
    "digest_summary",
    "digest_topics",
    "errors_by_day",
    "every_problem",
    "evidence",
    "explored",
    "failure_kinds_table",
    "files",
    "filled",
    "finding_reader",
    "fixed_and_broken",
    "freshness",
    "gate_summary",
    "growing",
    "guesses",
    "health_figures",
    "how_sure",
    "how_to_edit",
    "how_to_go_through",
    "in_own_words",
    "issues_after_review",
    "judge_quality",
    "judges",
    "labels_by_metric",
    "labels_by_person",
    "labels_conclusions",
    "labels_summary",
    "latency_by_day",
    "left_over",
    "moment",
    "narrowed",
    "new_failures",
    "news",
    "next_reviews",
    "operations",
    "precision_by_detector",
    "precision_by_week",
    "prevalence_by_cluster",
    "prevalence_chart",
    "problem_sections",
    "progress_by_reviewer",
    "provenance",
    "put_together",
    "ranking_chart",
    "ranking_table",
    "read_backlog",
    "read_detection",
    "read_refine",
    "read_review",
    "read_telemetry",
    "read_tour",
    "read_verdicts",
    "read_watch",
    "redacted",
    "refine_conclusions",
    "refine_figures",
    "refine_summary",
    "refusals",
    "release_page",
    "review_conclusions",
    "review_figures",
    "review_reader",
    "review_summary",
    "reviewer_agreement",
    "same_files",
    "saturation_chart",
    "signals",
    "slices_table",
    "stage_ages",
    "stage_table",
    "steps_table",
    "stuck_issues",
    "summary",
    "suspect_tasks",
    "tallies",
    "telemetry_conclusions",
    "telemetry_figures",
    "telemetry_summary",
    "threats_to_validity",
    "tour_causes",
    "tour_ends",
    "tour_pain",
    "tour_problem",
    "tour_summary",
    "unclustered",
    "validation_chart",
    "validation_conclusions",
    "validation_figures",
    "validation_numbers",
    "validation_plan",
    "validation_plan_table",
    "validation_provenance",
    "validation_result",
    "validation_summary",
    "versions_diff",
    "volume_by_day",
    "waiting",
    "waiting_issues",
    "waits_by_kind",
    "waits_table",
    "watch_conclusions",
    "watch_courses",
    "watch_effects",
    "watch_figures",
    "watch_summary",
    "watched_issues",
    "weeks_of_evidence",
    "weight_sets",
    "what_it_cost",
    "what_it_could_show",
    "what_to_watch",
    "what_was_missed",
    "where_reviewers_differ",
    "why_it_is_changed",
    "words_reader",
]
