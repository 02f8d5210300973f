"""Detectors that listen together answer as each would alone, and inputs are read once for all of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from workbench.detectors import DETECTORS, examine, goes_by, user_corrects
from workbench.detectors.conversation import COLUMNS
from workbench.detectors.listening import TALKS
from workbench.detectors.together import Asking, together

Frame = Callable[..., pl.LazyFrame]
Rows = Callable[..., list[dict[str, Any]]]
NOW = datetime(2026, 2, 3, tzinfo=UTC)
LISTENING = [one for one in DETECTORS if goes_by(one) == "talks"]
SAID = (
    *("Cancel my booking for the flight to Rome", "No, I meant the flight to Paris"),
    *("Please cancel the booking for my flight to Rome", "Let me talk to a human, please", "Never mind, I give up"),
)


def test_five_detectors_listen() -> None:
    codes = ["user_corrects", "user_repeats", "asks_for_person", "abandons", "language_mismatch"]
    assert [one.code for one in LISTENING] == codes


def test_together_they_say_what_each_says_alone(span_frame: Frame, signal_frame: Frame, visit: Rows) -> None:
    spans, signals = span_frame(visit(*SAID)), signal_frame([])
    alone, at_once = (
        [examine(one, spans, signals, run_id="run_1", now=NOW) for one in detectors]
        for detectors in (DETECTORS, together(DETECTORS, spans))
    )
    assert [one.tally for one in at_once] == [one.tally for one in alone]
    assert pl.concat([one.findings for one in at_once]).equals(pl.concat([one.findings for one in alone]))
    found = {one.tally.detector for one in at_once if one.tally.n_found}
    assert {"user_corrects", "asks_for_person", "abandons"} <= found


def test_inputs_are_read_once_for_all(span_frame: Frame, signal_frame: Frame, visit: Rows) -> None:
    read: list[int] = []

    def note(inputs: pl.Series) -> pl.Series:
        read.append(len(inputs))
        return inputs

    spans = span_frame(visit("Thank you", "Good", "Fine")).with_columns(
        pl.col("input").map_batches(note, return_dtype=pl.String, is_elementwise=True)
    )
    at_once = together(LISTENING, spans)
    n_listening = len(read)
    assert n_listening > 0
    # None of these words is a hint of anything: no input is read again.
    assert examine(at_once[0], spans, signal_frame([]), run_id="run_1", now=NOW).tally.n_clear == 2
    assert examine(at_once[2], spans, signal_frame([]), run_id="run_1", now=NOW).tally.n_clear == 3
    assert len(read) == n_listening


def test_a_question_that_cannot_be_answered_fails_its_own_detector_alone(
    span_frame: Frame, signal_frame: Frame, visit: Rows
) -> None:
    """One third-party detector with a wrong column would silence all that listen."""
    asking = Asking(TALKS, (pl.col("no_such_column"),), user_corrects.judge, COLUMNS)
    asks_wrongly = replace(user_corrects.DETECTOR, code="odd", detect=asking)
    spans = span_frame(visit(*SAID))
    odd, corrects = (
        examine(one, spans, signal_frame([]), run_id="run_1", now=NOW).tally
        for one in together([asks_wrongly, user_corrects.DETECTOR], spans)
    )
    assert (odd.state, corrects.state) == ("failed", "found")


def test_a_missing_column_is_a_failure_that_names_it(span_frame: Frame, signal_frame: Frame, visit: Rows) -> None:
    spans = span_frame(visit("Hi")).drop("output")
    failed = {
        one.code
        for one in LISTENING
        if "output" in (examine(one, spans, signal_frame([]), run_id="run_1", now=NOW).tally.error or "")
    }
    assert failed == {"abandons", "language_mismatch"}


def test_evidence_is_the_same_json_together_and_alone(span_frame: Frame, signal_frame: Frame, visit: Rows) -> None:
    spans = span_frame(visit(*SAID))
    (found,) = (
        examine(together(LISTENING, spans)[0], spans, signal_frame([]), run_id="run_1", now=NOW)
        .findings["evidence"]
        .to_list()
    )
    assert json.loads(found)["asked"] == SAID[0]
