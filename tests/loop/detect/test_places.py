"""Findings of which nothing is known say where they lie, where many lie together; those with words keep them."""

import polars as pl
import pytest

from workbench.loop.detect.places import with_places
from workbench.schemas import FINDINGS, SPANS

BARE = {"failed_outcome": "failed without an error", "heavy_edit": "rewritten before it was kept"}


@pytest.mark.parametrize("detector", BARE)
def test_findings_in_one_slice_get_its_words_and_no_others_do(detector: str) -> None:
    """Of 300 traces 40 used version 7: 30 of them are found, and 20 of the others; three more with an error."""
    bare = BARE[detector]
    spans = [{"trace_id": f"t{at:03}", "span_id": "1", "prompt_version": "7" if at < 40 else "6"} for at in range(300)]
    found = [*range(30), *range(40, 60)]
    words = {**dict.fromkeys(found, bare), **dict.fromkeys((37, 38, 39), "pay: no money")}
    findings = pl.DataFrame(
        [
            {"finding_id": f"f{at:03}", "detector": detector, "trace_id": f"t{at:03}", "text": text}
            for at, text in words.items()
        ],
        schema=FINDINGS.schema,
    )
    placed = with_places(
        findings,
        pl.DataFrame(spans, schema=SPANS.schema).lazy(),
        examined=pl.DataFrame(
            {"detector": detector, "trace_id": [span["trace_id"] for span in spans], "session_id": None},
            schema_overrides={"session_id": pl.String},
        ),
        circular={},
    )
    assert placed.drop("text").equals(findings.drop("text"))
    texts = dict(zip(words, placed["text"], strict=True))
    assert {texts[at] for at in range(30)} == {f"{bare}: used prompt version 7"}
    assert {texts[at] for at in range(40, 60)} == {bare}
    assert {texts[at] for at in (37, 38, 39)} == {"pay: no money"}
