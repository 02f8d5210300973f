"""Cases: what a stored trace tells of its request comes back whole, whatever the answer was."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.simulate.app.under_test import app_with, cases
from workbench import loaders
from workbench.loaders.batch import Context
from workbench.loaders.source import Source
from workbench.schemas import SPANS
from workbench.simulate import World, simulate
from workbench.simulate.app import case_of
from workbench.simulate.traffic import requests

WORLD = World(n_traces=250, weeks=1, seed=9)


def stored(lines: Iterable[bytes], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each trace, as the loader of OTLP reads them."""
    (folder / "spans.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    (source,) = [Source(place) for place in loaders.expand([folder / "spans.jsonl"])]
    name, load = loaders.choose(source)
    assert name == "otlp"
    spans = pl.concat(batch.spans for batch in load(source, Context("src_x", date(2026, 10, 26), lambda user: user)))
    assert spans.schema == SPANS.schema
    return {str(key[0]): rows.rows(named=True) for key, rows in spans.group_by("trace_id")}


def comparable(case: Mapping[str, Any] | None) -> dict[str, Any]:
    assert case is not None
    return {**case, "at": datetime.fromisoformat(case["at"])}


def test_a_responses_spans_tell_the_case_that_was_asked(tmp_path: Path) -> None:
    asked = cases(80, seed=4)
    app = app_with()
    responses = [app.respond(case, seed=1) for case in asked]
    rows = stored([response.otlp for response in responses], tmp_path)
    n_ended = 0
    for case, response in zip(asked, responses, strict=True):
        told = comparable(case_of(rows[response.trace_id]))
        expected = comparable(case)
        if not response.output:  # it never read the opinion, so that nobody knows the court
            n_ended += 1
            expected.pop("state")
        assert told == expected
    assert n_ended < len(asked) / 4


def test_the_traces_of_a_world_tell_their_requests_and_those_without_text_none(tmp_path: Path) -> None:
    simulation = simulate(WORLD)
    lines = [line.raw for line in simulation.telemetry() if line.raw.endswith(b"}]}]}")]
    rows = stored(lines, tmp_path)
    asked = {request.trace_id: request for request in requests(WORLD)}
    noise = dict(simulation.truth.select("trace_id", "noise").iter_rows())
    told = {trace_id: case_of(spans) for trace_id, spans in rows.items()}
    assert {trace_id for trace_id, case in told.items() if case is None} == {
        trace_id for trace_id in rows if noise[trace_id] == "no_content"
    }
    for trace_id, case in told.items():
        request = asked[trace_id]
        if case is not None:
            assert (case["question"], case["citation"]) == (request.question, request.case.citation)
            assert (case["caption"], case["pages"]) == (request.case.caption, request.case.pages)
    assert len(told) > 200


def test_a_bare_question_is_enough_of_a_case() -> None:
    app = app_with()
    said = app.respond({"question": "What did the Ohio Court of Appeals hold on defamation in Ames v. Boyle?"}, seed=1)
    assert said.output.startswith("Ames v. Boyle")
    assert "defamation" in said.output or said.finish_reason == "length"


@pytest.mark.parametrize("case", [{}, {"question": ""}, {"question": None}, {"question": "q", "pages": "many"}])
def test_a_case_without_a_question_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="=="):
        app_with().respond(case, seed=1)


def test_same_case_and_seed_is_the_same_answer_and_another_seed_is_not() -> None:
    asked, app = cases(30, seed=5), app_with()
    first = [app.respond(case, seed=1) for case in asked]
    assert first == [app_with().respond({**case}, seed=1) for case in asked]
    others = [app.respond(case, seed=2) for case in asked]
    assert all(one.otlp != other.otlp for one, other in zip(first, others, strict=True))
    assert len({one.trace_id for one in (*first, *others)}) == 2 * len(asked)


def test_a_request_that_failed_once_fails_more_often_when_it_is_asked_again() -> None:
    """Of prone requests .62 fail, of others .12; so after one failure .62 x .62 + .38 x .12 = .43 do."""
    asked = [case for case in cases(3_000, seed=6) if case["task"] == "state_court"]
    app = app_with()
    fails = [["Fed. R. Civ. P." in app.respond(case, seed=seed).output for seed in (1, 2)] for case in asked]
    after_failure = [second for first, second in fails if first]
    after_none = [second for first, second in fails if not first]
    assert sum(after_failure) / len(after_failure) > 1.5 * sum(after_none) / len(after_none)
