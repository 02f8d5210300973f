"""Causes of problems in recorded runs of an airline agent, against what their README counts."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from workbench.causes.propose import Proposal, propose
from workbench.detectors import examine, premature_end, tool_error
from workbench.detectors.detector import Detector
from workbench.loaders import tau2_bench
from workbench.loaders.batch import Context
from workbench.loaders.source import Source
from workbench.records import Cause

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RUN = "run_1"


@pytest.fixture(scope="module")
def telemetry(shared_data: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Return spans and signals of all 190 runs."""
    batches = []
    for path in sorted((shared_data / "tau2-airline").glob("*.json.gz")):
        source = Source(path)
        context = Context(source.id(), NOW.date(), lambda user_id: f"usr_{user_id}", 0)
        batches += list(tau2_bench.load(source, context))
    return pl.concat([batch.spans for batch in batches]).lazy(), pl.concat([batch.signals for batch in batches]).lazy()


def proposed(detector: Detector, telemetry: tuple[pl.LazyFrame, pl.LazyFrame], *, words: str = "") -> Proposal:
    """Propose causes for one cluster: the detector's findings that have the words."""
    spans, signals = telemetry
    findings = examine(detector, spans, signals, run_id=RUN, now=NOW).findings
    of_cluster = findings.filter(pl.col("text").str.contains(words, literal=True))
    memberships = of_cluster.select("run_id", "finding_id", pl.lit("clu_1").alias("cluster_id"))
    return propose(findings, memberships, spans, run_id=RUN)


def named(proposal: Proposal, attribute: str) -> Cause:
    """Return the best cause of an attribute."""
    return next(cause for cause in proposal.causes if cause.attributes == (attribute,))


def test_runs_with_tool_errors_concentrate_on_the_local_model(telemetry: tuple[pl.LazyFrame, pl.LazyFrame]) -> None:
    """5, 1, 26, 1 and 1 of 50, 50, 50, 20 and 20 runs have a tool error; the 26 are qwen's."""
    cause = named(proposed(tool_error.DETECTOR, telemetry), "model")
    assert "qwen2.5:7b" in cause.values[0]
    assert (cause.n_cluster_with, cause.n_cluster, cause.n_rest_with, cause.n_rest) == (26, 34, 24, 156)


def test_runs_that_end_early_are_all_of_the_local_model(telemetry: tuple[pl.LazyFrame, pl.LazyFrame]) -> None:
    """Nine runs of qwen end by agent_error and one by too_many_errors; all others end as the user wants."""
    proposal = proposed(premature_end.DETECTOR, telemetry)
    model, reason = named(proposal, "model"), named(proposal, "finish_reason")
    assert (model.n_cluster_with, model.n_cluster, model.n_rest_with, model.n_rest) == (10, 10, 40, 180)
    assert (reason.values, reason.n_cluster_with, reason.n_rest_with) == (("agent_error",), 9, 0)


def test_payments_that_do_not_add_up_concentrate_on_one_tool(telemetry: tuple[pl.LazyFrame, pl.LazyFrame]) -> None:
    proposal = proposed(tool_error.DETECTOR, telemetry, words="Payment amount does not add up")
    assert named(proposal, "tool_name").values == named(proposal, "failing_tool").values == ("book_reservation",)
    assert named(proposal, "failing_tool").n_cluster_with == named(proposal, "failing_tool").n_cluster
