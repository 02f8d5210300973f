"""Detectors that read calls together answer as each would alone, and the calls' texts are read once for all of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest

from workbench.detectors import DETECTORS, Detector, examine, goes_by, ignored_result, tool_error
from workbench.detectors.together import Asking, together

Frame = Callable[..., pl.LazyFrame]
NOW = datetime(2026, 2, 3, tzinfo=UTC)
OF_TOOLS, OF_MODELS = ([one for one in DETECTORS if goes_by(one) == kind] for kind in ("TOOL", "LLM"))
REFUSED = {"tool_name": "pay", "input": '{"amount": 1}', "status": "ERROR", "error_message": "card 17 was refused"}
TRIES = [{**REFUSED, "trace_id": "guesses", "input": f'{{"card": "visa-{n}"}}', "started_at": n} for n in range(3)]
LOOP = [{**REFUSED, "trace_id": "loop", "started_at": n} for n in range(4)]
AGAIN = [{**REFUSED, "trace_id": "again", "started_at": n, "ended_at": n + 0.5} for n in range(2)]
SAID = [
    {"kind": "LLM", "trace_id": f"said{place}", "output": output}
    for place, output in enumerate(["I cannot help with that.", "", "Here you are.", None])
]
CALLED = {
    "kind": "LLM",
    "trace_id": "called",
    "output": '[{"role": "assistant", "tool_calls": [{"function": {"name": "fly", "arguments": "{}"}}]}]',
    "attributes": '{"tools": [{"type": "function", "function": {"name": "walk"}}]}',
}


def spans_of_all(span_frame: Frame) -> pl.LazyFrame:
    return span_frame([*TRIES, *LOOP, *AGAIN, *SAID, CALLED, {"kind": "AGENT", "trace_id": "again"}])


def reads(detectors: list[Detector], spans: pl.LazyFrame, signals: pl.LazyFrame) -> tuple[int, list[int]]:
    """Return how many outputs were read to begin with, and how many anew by each of the detectors."""
    read = [0]

    def note(texts: pl.Series) -> pl.Series:
        read.append(len(texts))
        return texts

    noted = spans.with_columns(pl.col("output").map_batches(note, return_dtype=pl.String, is_elementwise=True))
    known, first = together(detectors, noted), sum(read)
    each = []
    for one in known:
        before = sum(read)
        assert examine(one, noted, signals, run_id="run_1", now=NOW).tally.error is None
        each.append(sum(read) - before)
    return first, each


def test_seven_detectors_read_calls() -> None:
    assert [one.code for one in OF_TOOLS] == ["tool_error", "repeated_call", "retry_storm", "ignored_result"]
    assert [one.code for one in OF_MODELS] == ["invalid_tool_call", "incomplete_answer", "refusal"]


def test_together_they_say_what_each_says_alone(span_frame: Frame, signal_frame: Frame) -> None:
    spans, signals = spans_of_all(span_frame), signal_frame([])
    alone, at_once = (
        [examine(one, spans, signals, run_id="run_1", now=NOW) for one in detectors]
        for detectors in ([*OF_TOOLS, *OF_MODELS], together([*OF_TOOLS, *OF_MODELS], spans))
    )
    found = [one.tally.n_found for one in alone]
    # Nine refusals; one loop; one storm; one repeat; one tool that was not offered; one empty answer; one refusal.
    assert found == [9, 1, 1, 1, 1, 1, 1]
    assert [one.tally for one in at_once] == [one.tally for one in alone]
    assert pl.concat([one.findings for one in at_once]).equals(pl.concat([one.findings for one in alone]))


@pytest.mark.parametrize(("detectors", "kind"), [(OF_TOOLS, "TOOL"), (OF_MODELS, "LLM")], ids=["tools", "models"])
def test_texts_are_read_once_for_all(
    span_frame: Frame, signal_frame: Frame, detectors: list[Detector], kind: str
) -> None:
    fine = {"tool_name": "pay", "input": "{}", "status": "OK", "output": "done"}
    spans = span_frame([{**fine, "kind": kind, "trace_id": f"t{n}"} for n in range(5)])
    first, anew = reads(detectors, spans, signal_frame([]))
    assert first > 0
    assert anew == [0] * len(detectors)


def test_two_facts_of_one_name_and_another_meaning_are_told_apart(span_frame: Frame, signal_frame: Frame) -> None:
    """A third-party detector that took a name for something else would have been given ours."""
    facts = (pl.lit(value=True).alias("has_failed"), *tool_error.FACTS[:1], *tool_error.FACTS[2:])
    reading = tool_error.DETECTOR.detect
    assert isinstance(reading, Asking)
    other = replace(tool_error.DETECTOR, code="other", detect=reading._replace(facts=facts))
    spans = span_frame([{"status": "OK"}, {"status": "ERROR"}])
    n_found = [
        examine(one, spans, signal_frame([]), run_id="run_1", now=NOW).tally.n_found
        for one in together([tool_error.DETECTOR, other], spans)
    ]
    assert n_found == [1, 2]


def test_a_question_that_cannot_be_answered_fails_its_own_detector_alone(
    span_frame: Frame, signal_frame: Frame
) -> None:
    reading = ignored_result.DETECTOR.detect
    assert isinstance(reading, Asking)
    odd = replace(ignored_result.DETECTOR, code="odd", detect=reading._replace(facts=(pl.col("no_such_column"),)))
    spans = span_frame([{"status": "ERROR"}])
    states = [
        examine(one, spans, signal_frame([]), run_id="run_1", now=NOW).tally.state
        for one in together([odd, tool_error.DETECTOR], spans)
    ]
    assert states == ["failed", "found"]
