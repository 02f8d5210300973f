"""What was found, in its own words: the text of the trace that is masked to it, with numbers; else the masked one."""

import json
import time
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from workbench.detectors.mask import mask
from workbench.report.detection import DetectionReport
from workbench.report.explored import explored
from workbench.report.own_words import own_words, words_reader
from workbench.report.remarks import Remark

Spans = Callable[..., pl.LazyFrame]
SAID = "You have 30 days to appeal, says rule 14."
ASKED = '[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "May I appeal after 30 days?"}]'


def shown(spans: pl.LazyFrame, text: str, *remarks: Remark, **finding: Any) -> str:
    row = {"finding_id": "f", "trace_id": "t1", "session_id": None, "text": text, **finding}
    return own_words([row], spans.collect(), remarks)["f"]


@pytest.mark.parametrize(
    ("recorded", "text", "words"),
    [
        ({"output": SAID}, mask(SAID), SAID),
        ({"input": ASKED}, mask("May I appeal after 30 days?"), "May I appeal after 30 days?"),
        ({"error_message": "case 7 not found"}, "lookup: case <number> not found", "lookup: case 7 not found"),
        ({"error_message": '{"error": "case 7 not found"}'}, "error : case <number> not found", None),
        ({"output": "Something else in 30 days."}, mask(SAID), mask(SAID)),
        ({}, mask(SAID), mask(SAID)),
        ({"output": SAID}, "a text without any mask", "a text without any mask"),
        ({"output": "a <b> " + SAID}, "a <b> with no such words", "a <b> with no such words"),
    ],
)
def test_a_text_is_shown_as_it_was_recorded_or_as_it_is(
    spans: Spans, recorded: dict[str, str], text: str, words: str | None
) -> None:
    found = shown(spans(recorded), text)
    assert found == words if words is not None else "case 7 not found" in found


def test_a_long_session_costs_no_minutes(spans: Spans) -> None:
    """Each example masked each text of its session anew: one of 500 spans took a page of 20 a minute."""
    texts = [json.dumps({"content": f"order {number} of 30 days " * 60}) for number in range(500)]
    rows = spans(*({"span_id": str(place), "output": text} for place, text in enumerate(texts))).collect()
    findings = [
        {"finding_id": str(place), "trace_id": "t1", "session_id": None, "text": f"a: b: order <number> {word}"}
        for place, word in enumerate(["content", "of", *["late"] * 18])
    ]
    began = time.process_time()
    own_words(findings, rows)
    assert time.process_time() - began < 10


def test_a_remark_is_a_text_of_its_trace_and_of_its_session_alone(spans: Spans) -> None:
    said = "30 days, not 14"
    rows = spans({"session_id": "s1"})
    assert shown(rows, mask(said), Remark("t1", "", None, said)) == said
    assert shown(rows, mask(said), Remark("s1", "", None, said), trace_id=None, session_id="s1") == said
    assert shown(rows, mask(said), Remark("t2", "", None, said)) == mask(said)


def test_a_view_reads_what_was_recorded_of_the_rows_that_it_shows(detection: Callable[..., DetectionReport]) -> None:
    noise = [{"trace_id": trace, "text": mask("no case 8")} for trace in ("t1", "t2")]
    told = detection(noise, span_rows=[{"trace_id": trace, "error_message": "no case 8"} for trace in ("t1", "t2")])
    findings = explored(told, recent_days=7).findings
    assert words_reader(told)(findings.filter(trace_id="t2")) == {"fnd_1": "no case 8"}
