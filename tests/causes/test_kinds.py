"""Kinds of causes that are planted are found first, with what else shares their effect; each by a count of hands."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.causes import propose
from workbench.causes.attributes import trace_attributes
from workbench.causes.propose import Proposal
from workbench.records import Cause
from workbench.schemas import SPANS

START = datetime(2026, 3, 1, tzinfo=UTC)
N = 600


def world(seed: int = 0) -> list[dict[str, Any]]:
    """Return 600 traces over ten days, each one span, with values drawn at random and independently."""
    rng = np.random.default_rng(seed)
    return [
        {
            "trace_id": f"t{number:03}",
            "span_id": "1",
            "kind": "LLM",
            "name": "chat",
            "started_at": START + timedelta(minutes=24 * number),
            "prompt_version": str(rng.integers(5, 8)),
            "model": f"m{rng.integers(0, 3)}",
            "user_tier": ("free", "pro")[rng.integers(0, 2)],
            "attributes": f'{{"app.user.locale":"{("en-US", "es-US", "fr-CA")[rng.integers(0, 3)]}"}}',
        }
        for number in range(N)
    ]


def causes_of(spans: list[dict[str, Any]], failing: set[str]) -> tuple[Cause, ...]:
    """Return the causes of the one cluster of the failing traces."""
    return proposal_of(spans, failing).causes


def proposal_of(spans: list[dict[str, Any]], failing: set[str]) -> Proposal:
    """Propose causes for one cluster of the failing traces."""
    found = pl.DataFrame({"trace_id": sorted(failing)}).with_columns(
        run_id=pl.lit("run_1"),
        finding_id=pl.col("trace_id"),
        detector=pl.lit("negative_feedback"),
        session_id=pl.lit(None, pl.String),
        cluster_id=pl.lit("clu_1"),
    )
    memberships = found.select("run_id", "finding_id", "cluster_id")
    return propose(found, memberships, pl.DataFrame(spans, schema=SPANS.schema).lazy(), run_id="run_1")


def locale(span: dict[str, Any]) -> str:
    """Return the locale of a span."""
    return str(span["attributes"]).split('"')[3]


def test_a_slice_of_three_values_is_first_and_its_parts_are_not_proposed_beside_it() -> None:
    spans = world()
    failing = {
        span["trace_id"]
        for span in spans
        if (span["prompt_version"], span["model"], locale(span)) == ("7", "m1", "es-US")
    }
    assert len(failing) >= 10
    first, *others = causes_of(spans, failing)
    assert set(first.conditions) == {("prompt_version", "7"), ("model", "m1"), ("locale", "es-US")}
    assert (first.n_cluster_with, first.n_cluster, first.n_rest_with) == (len(failing), len(failing), 0)
    assert [cause.kind for cause in others if cause.kind == "contrast"] == []


def test_a_pair_is_first_and_its_counter_examples_are_named() -> None:
    spans = world()
    having = [span["trace_id"] for span in spans if span["prompt_version"] == "7" and locale(span) == "es-US"]
    first = causes_of(spans, set(having[5:]))[0]
    assert set(first.conditions) == {("prompt_version", "7"), ("locale", "es-US")}
    assert first.counter_examples == tuple(having[:5])
    assert first.n_rest_with == 5


def test_a_single_value_is_not_dressed_up_as_a_conjunction() -> None:
    spans = world()
    failing = {span["trace_id"] for span in spans if span["prompt_version"] == "7"}
    contrasts = [cause.conditions for cause in causes_of(spans, failing) if cause.kind == "contrast"]
    assert contrasts == [(("prompt_version", "7"),)]


def test_a_value_whose_effect_vanishes_inside_another_says_so_and_comes_after_it() -> None:
    """Firms use version 7 nine times in ten; version 7 fails in half of its traces, whoever uses it."""
    rng = np.random.default_rng(1)
    spans = world()
    for span in spans:
        is_firm = rng.random() < 0.3
        span["user_tier"] = "firm" if is_firm else "free"
        span["prompt_version"] = "7" if rng.random() < (0.9 if is_firm else 0.2) else "6"
    failing = {span["trace_id"] for span in spans if span["prompt_version"] == "7" and rng.random() < 0.5}
    causes = [cause for cause in causes_of(spans, failing) if cause.kind == "contrast"]
    assert [cause.conditions for cause in causes] == [(("prompt_version", "7"),), (("user_tier", "firm"),)]
    assert causes[0].notes == ()
    assert "Nothing of it is left" in causes[1].notes[0]
    assert "used prompt version 7" in causes[1].notes[0]


def test_an_onset_is_matched_to_the_release_that_came_with_it() -> None:
    """From trace 400 on every request runs on release 2, and a third of them fail; before, one in twenty did."""
    spans = world()
    for number, span in enumerate(spans):
        span["release"] = "2" if number >= 400 else "1"
    failing = {f"t{number:03}" for number in range(400, N, 3)} | {f"t{number:03}" for number in range(0, 400, 20)}
    onset = next(cause for cause in causes_of(spans, failing) if cause.kind == "onset")
    assert onset.conditions == (("release", "2"),)
    assert onset.onset_at is not None
    assert onset.onset_low_at is not None
    assert onset.onset_high_at is not None
    assert abs(onset.onset_at - (START + timedelta(minutes=24 * 400))) <= timedelta(hours=6)
    assert onset.onset_low_at <= onset.onset_at <= onset.onset_high_at
    assert "the first that ran on release 2 began at" in onset.statement


def test_an_onset_that_no_change_explains_says_so() -> None:
    spans = world()
    onset = next(
        cause for cause in causes_of(spans, {f"t{number:03}" for number in range(450, N, 2)}) if cause.kind == "onset"
    )
    assert onset.attributes == ("since",)
    assert "no change of version is known near it" in onset.statement


def test_what_users_ask_for_is_a_cause_with_its_quote() -> None:
    spans = world()
    for number, span in enumerate(spans):
        span["input"] = "please summarise the bankruptcy docket" if number % 9 == 0 else "please summarise the verdict"
    causes = causes_of(spans, {f"t{number:03}" for number in range(0, N, 9)})
    phrase = next(cause for cause in causes if cause.kind == "phrase")
    assert phrase.attributes == ("input_phrase",)
    assert "bankruptcy" in phrase.quotes[0]
    assert phrase.statement.startswith("24 of 24 traces read were asked with")


def test_the_step_that_went_wrong_first_is_a_cause_with_its_spans() -> None:
    spans = world()
    for number in range(0, N, 10):
        refused = {"kind": "TOOL", "name": "pay", "tool_name": "pay", "status": "ERROR", "span_id": "2"}
        spans.append({**spans[number], **refused, "parent_span_id": "1", "model": None, "prompt_version": None})
    causes = causes_of(spans, {f"t{number:03}" for number in range(0, N, 10)})
    blamed = next(cause for cause in causes if cause.kind == "blame")
    assert blamed.values == ("refused_act: pay",)
    assert blamed.spans == ("2",) * len(blamed.evidence)
    assert "first had a change refused in pay" in blamed.statement


def test_traces_of_one_user_are_no_sixty_witnesses() -> None:
    """One user has sixty traces, all of them on one model, and all fail."""
    spans = world()
    for number, span in enumerate(spans):
        span["user_key"] = "usr_one" if number % 10 == 0 else f"usr_{number}"
        span["model"] = "m9" if number % 10 == 0 else "m1"
    proposal = proposal_of(spans, {f"t{number:03}" for number in range(0, N, 10)})
    assert proposal.causes == ()
    assert proposal.without == {"clu_1": "too_few_users"}


def test_a_locale_and_a_flag_of_the_root_are_attributes_and_an_id_is_none() -> None:
    spans = [
        {
            "trace_id": f"t{number}",
            "attributes": json.dumps(
                {
                    "user.locale": f"l{number % 2}",
                    "otlp": {"resource": {"host.name": f"h{number % 3}", "service.version": f"{number % 2}"}},
                    "request.id": f"r{number % 2}",
                    "beta": number % 2 == 1,
                }
            ),
        }
        for number in range(12)
    ]
    told = trace_attributes(pl.DataFrame(spans, schema=SPANS.schema).lazy())
    assert set(told["attribute"]) == {"locale", "host.name", "beta"}
    assert told.filter(trace_id="t1", attribute="beta")["value"].item() == "true"


@pytest.mark.parametrize("attributes", ["[" * 5000, "not json", '{"a":' * 2000, "{}", None])
def test_attributes_that_are_no_json_are_passed_over(attributes: str | None) -> None:
    spans = [{"trace_id": f"t{number}", "attributes": attributes, "model": "m"} for number in range(5)]
    assert set(trace_attributes(pl.DataFrame(spans, schema=SPANS.schema).lazy())["attribute"]) == {"model"}


def test_the_words_of_wrong_answers_do_not_crowd_out_where_they_are_given() -> None:
    """A dozen words that only wrong answers have left no room for the version that gave all of them."""
    rng = np.random.default_rng(2)
    spans = world()
    failing = {span["trace_id"] for span in spans if span["prompt_version"] == "7" and rng.random() < 0.4}
    words = [f"{first}{last}" for first in ("kald", "lomb", "mirt") for last in ("aster", "ivo", "ulen", "oquet")]
    for span in spans:
        said = rng.choice(words, 10, replace=False) if span["trace_id"] in failing else ["holding", "reasons"]
        span["output"] = " and ".join(said)
    causes = causes_of(spans, failing)
    assert [cause.conditions for cause in causes if cause.kind == "contrast"] == [(("prompt_version", "7"),)]
    assert [cause.kind for cause in causes].count("phrase") == 2


def test_a_value_that_is_needed_and_no_more_stands_back_behind_the_slice_that_does_it() -> None:
    """Only who writes Spanish can be answered in English: 80 % are with prompt 7, and one in thirty without it."""
    spans, failing = world(), set()
    spanish = [span for span in spans if locale(span) == "es-US"]
    for prompt, every in (("7", 5), ("6", 30), ("5", 30)):
        having = [span["trace_id"] for span in spanish if span["prompt_version"] == prompt]
        failing |= {one for place, one in enumerate(having) if (place % every != 0) == (prompt == "7")}
    contrasts = [set(cause.conditions) for cause in causes_of(spans, failing) if cause.kind == "contrast"]
    assert contrasts == [{("prompt_version", "7"), ("locale", "es-US")}]
