"""What a notebook shows: tables, charts and sentences as values that display themselves.

Every function takes frames and records and returns one such value; nothing here prints, writes or configures.
"""

from workbench.report.blocks import Block
from workbench.report.chart import Chart
from workbench.report.cluster_map import cluster_map
from workbench.report.completeness import completeness_chart
from workbench.report.days import cost_by_day, errors_by_day, latency_by_day, operations, volume_by_day
from workbench.report.detection import DetectionReport, read_detection
from workbench.report.detectors import tallies
from workbench.report.explored import Explored, explored
from workbench.report.loads import accounts, files, filled, guesses, left_over, redacted, refusals
from workbench.report.narrowed import narrowed
from workbench.report.news import news
from workbench.report.problems import (
    at_a_glance,
    detection_conclusions,
    detection_figures,
    every_problem,
    summary,
)
from workbench.report.provenance import moment, provenance
from workbench.report.review_items import review_reader
from workbench.report.scorecard import (
    agreement_by_run,
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
from workbench.report.transcript import finding_reader

__all__ = [
    "Block",
    "Chart",
    "DetectionReport",
    "Explored",
    "Telemetry",
    "accounts",
    "agreement_by_run",
    "at_a_glance",
    "cluster_map",
    "completeness_chart",
    "cost_by_day",
    "detection_conclusions",
    "detection_figures",
    "detector_scorecard",
    "errors_by_day",
    "every_problem",
    "explored",
    "files",
    "filled",
    "finding_reader",
    "freshness",
    "guesses",
    "how_sure",
    "latency_by_day",
    "left_over",
    "moment",
    "narrowed",
    "news",
    "operations",
    "precision_by_week",
    "problem_sections",
    "provenance",
    "read_detection",
    "read_telemetry",
    "read_verdicts",
    "redacted",
    "refusals",
    "review_reader",
    "signals",
    "summary",
    "suspect_tasks",
    "tallies",
    "telemetry_conclusions",
    "telemetry_figures",
    "telemetry_summary",
    "volume_by_day",
    "waiting",
]
