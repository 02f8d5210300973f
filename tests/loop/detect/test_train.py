"""Verdicts in the ledger teach a workspace's detector; the next run uses it, and a broken file stops nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench import loop
from workbench.detectors import DETECTORS
from workbench.errors import InsufficientDataError, StoreError
from workbench.records import Verdict, verdict_id
from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.windows import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = ("court", "wrong", "weather", "late", "seat", "please")
SAID = {"c": "wrong court", "r": "late weather", "u": "seat please", "n": "wrong court again"}
N = {"c": 40, "r": 40, "u": 60, "n": 6}
"""Traces confirmed, rejected, of other traffic, and of the confirmed kind that nobody has judged."""


def words(texts: Sequence[str], /) -> NDArray[np.float32]:
    """Return which of six words a text has, in rows of length 1."""
    has = np.array([[word in text.split() for word in WORDS] for text in texts], dtype=np.float32).reshape(-1, 6)
    return np.asarray(has / np.maximum(np.linalg.norm(has, axis=1, keepdims=True), 1), dtype=np.float32)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    rows = [
        {
            **{"trace_id": f"{kind}{number}", "span_id": "s", "kind": "LLM", "status": "OK", "name": "chat"},
            **{"started_at": NOON, "time_known": True, "content_digest": f"{kind}{number}", "day": NOON.date()},
            **{"input": f"{said} no{number}", "output": "done"},
        }
        for kind, said in SAID.items()
        for number in range(N[kind])
    ]
    frame = pl.DataFrame([{name: row.get(name) for name in SPANS.schema} for row in rows], schema=SPANS.schema)
    made.telemetry.append(SPANS, frame, source="src_a", offset=1)
    return made


def verdict(
    trace_id: str, label: Literal["confirmed", "rejected"], *, annotator: str = "ann", detector: str | None = None
) -> Verdict:
    return Verdict(
        id=verdict_id("trace", trace_id, annotator=annotator),
        target_kind="trace",
        target_id=trace_id,
        label=label,
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator=annotator,
        identity="typed",
        detector=detector,
        detector_version=None if detector is None else 1,
        at=NOON,
    )


def judge(workspace: Workspace) -> None:
    confirmed = [verdict(f"c{number}", "confirmed") for number in range(N["c"])]
    rejected = [verdict(f"r{number}", "rejected") for number in range(N["r"])]
    workspace.ledger.append([*confirmed, *rejected], now=NOON)


def test_what_verdicts_teach_is_found_by_the_next_run_in_traces_that_nobody_judged(workspace: Workspace) -> None:
    judge(workspace)
    learned = loop.train(workspace, embed=words)
    assert (learned.n_confirmed, learned.n_rejected, learned.reason) == (40, 40, None)
    detection = loop.detect(workspace, window=Window(), now=NOON, embed=words)
    found = detection.findings.filter(pl.col("detector") == "trained")["trace_id"]
    assert set(found) == {f"{kind}{number}" for kind in "cn" for number in range(N[kind])}
    assert {issue.category for issue in detection.issues if issue.detector == "trained"} == {"answer_poor"}


def test_what_an_erasure_overtook_is_not_kept(workspace: Workspace) -> None:
    judge(workspace)

    def erased_meanwhile(texts: Sequence[str]) -> NDArray[np.float32]:
        workspace.erasures.begin("usr_ann", ["c1"], now=NOON)
        return words(texts)

    with pytest.raises(StoreError, match="a user was erased meanwhile"):
        loop.train(workspace, embed=erased_meanwhile)
    assert not (workspace.root / "trained.npz").exists()


def test_other_vectors_than_it_was_trained_on_make_it_abstain(workspace: Workspace) -> None:
    judge(workspace)
    loop.train(workspace, embed=words)
    tallies = {tally.detector: tally for tally in loop.detect(workspace, window=Window(), now=NOON).run.tallies}
    assert tallies["trained"].state == "not_applicable"
    assert list(tallies["trained"].not_applicable) == ["trained on vectors of words, these are of minilm-static-256"]


@pytest.mark.parametrize("label", ["confirmed", "rejected"])
def test_whether_a_check_is_wrong_says_nothing_of_the_trace(
    workspace: Workspace, label: Literal["confirmed", "rejected"]
) -> None:
    """Confirmed, the app was right after all; rejected, some other detector's finding stands."""
    judge(workspace)
    traces = [f"{kind}{number}" for kind in "cru" for number in range(10)]
    verdicts = [verdict(trace_id, label, annotator="ben", detector="suspect_check") for trace_id in traces]
    workspace.ledger.append(verdicts, now=NOON)
    learned = loop.train(workspace, embed=words)
    assert (learned.n_confirmed, learned.n_rejected) == (40, 40)


def test_without_a_verdict_there_is_nothing_to_learn(workspace: Workspace) -> None:
    with pytest.raises(InsufficientDataError, match="no trace has a verdict yet"):
        loop.train(workspace, embed=words)
    assert not (workspace.root / "trained.npz").exists()


def test_a_broken_file_is_one_failed_detector_and_the_doctor_names_it(workspace: Workspace) -> None:
    (workspace.root / "trained.npz").write_bytes(b"\x80\x04broken")
    run = loop.detect(workspace, window=Window(), now=NOON, embed=words).run
    failed = [tally for tally in run.tallies if tally.state == "failed"]
    assert [tally.detector for tally in failed] == ["trained"]
    assert "trained.npz: cannot be read" in str(failed[0].error)
    assert len(run.tallies) == len(DETECTORS) + 1
    (fault,) = loop.check_own_files(workspace.root)
    assert (fault.kind, fault.where) == ("trained", "trained")
