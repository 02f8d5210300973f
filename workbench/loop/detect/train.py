"""Teach the trained detector: what reviewers confirmed and rejected, beside traces that nobody has judged.

The next detection runs it beside the others. It learns from verdicts on traces, whatever detector had found them.
"""

from collections.abc import Callable

import polars as pl

from workbench import clustering
from workbench.clustering import Embed
from workbench.detectors import scorecard, suspect_check, trained, trained_file, training
from workbench.detectors.training import Trained
from workbench.errors import InsufficientDataError, StoreError
from workbench.loop.detect.assembly import embedder_name
from workbench.records import Verdict
from workbench.schemas import FINDINGS
from workbench.store import Workspace
from workbench.store.durability import write_durably


def train(
    workspace: Workspace, *, embed: Embed = clustering.embed, progress: Callable[[str], None] | None = None
) -> Trained:
    """Train on all verdicts of a workspace, keep what was learned in it, and return that; deterministic.

    Parameters
    ----------
    workspace
        Its verdicts, telemetry and findings are read; `trained.npz` is written.
    embed
        Texts to vectors; detection has to be run with the same.
    progress
        Told the name of each step as it begins.

    Raises
    ------
    InsufficientDataError
        If no trace has a verdict.
    StoreError
        If a user was erased while this ran: nothing was written.
    """
    told = progress or _silent
    erased = workspace.erasures.all()
    told("reading verdicts")
    labels = _labels(workspace)
    if labels.is_empty():
        fix = "have findings reviewed first"
        raise InsufficientDataError("no trace has a verdict yet", where=str(workspace.root), fix=fix)
    told("reading traces")
    spans = workspace.telemetry.spans()
    unjudged = _unjudged(workspace, spans, labels)
    sample = unjudged.sort(pl.col("trace_id").hash(), "trace_id").head(training.N_UNJUDGED)
    wanted = pl.concat([labels, sample.with_columns(label=pl.lit(None, pl.String))])
    texts = trained.trace_texts(spans.join(wanted.lazy().select("trace_id"), on="trace_id", how="semi"))
    told("training")
    examples = texts.join(wanted, on="trace_id")
    learned = training.train(examples, n_traffic=unjudged.height, embed=embed, embedder=embedder_name(embed))
    with workspace.writing():
        if workspace.erasures.all() != erased:
            raise StoreError("a user was erased meanwhile", where=str(workspace.root), fix="train again")
        write_durably(workspace.root / trained_file.TRAINED, trained_file.to_bytes(learned))
    return learned


def _labels(workspace: Workspace) -> pl.DataFrame:
    """Return one row a trace: confirmed if any finding of it is, else rejected if any is; nobody sure is none.

    A suspect check is a fault of a check and not of the trace, so that its verdicts teach nothing about traces.
    """
    settled = scorecard.settled(scorecard.verdict_frame(workspace.ledger.latest(Verdict)))
    about_trace = pl.col("detector").ne_missing(suspect_check.DETECTOR.code)
    sure = settled.filter(about_trace, pl.col("label") != "uncertain")
    return sure.group_by("trace_id").agg(pl.col("label").min()).sort("trace_id")


def _unjudged(workspace: Workspace, spans: pl.LazyFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the trace ids that have neither a verdict nor a finding."""
    found = workspace.telemetry.scan(FINDINGS).select("trace_id").drop_nulls().unique()
    traces = spans.select("trace_id").unique().join(found, on="trace_id", how="anti")
    return traces.join(labels.lazy(), on="trace_id", how="anti").collect(engine="streaming")


def _silent(_step: str) -> None:
    """Say nothing."""
