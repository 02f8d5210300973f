"""Blame: the step that went wrong first, by rules without a model; better than the last step on labelled runs."""

import time
from pathlib import Path
from typing import Any

from tests.benchmarks.blame import is_agent, is_near, is_step, runs_of, score
from workbench.causes.blame import COLUMNS, Blame, blame
from workbench.loaders import agentrx, who_and_when


def span(number: int, kind: str, name: str, **columns: Any) -> dict[str, Any]:
    """Return one span; without a time, spans stand by number."""
    tool = {"tool_name": name} if kind == "TOOL" else {"agent": name}
    return (
        dict.fromkeys(COLUMNS)
        | {"trace_id": "t", "span_id": f"t:{number}", "kind": kind, "name": name}
        | tool
        | columns
    )


def decided(*spans: dict[str, Any]) -> tuple[str, str]:
    """Return the rule that decides, and the span it blames."""
    one = blame(spans)
    assert one is not None
    return one.rule, one.span_id


ASKED = span(1, "LLM", "shop", output="What may I do?")


def test_the_deepest_failure_that_broke_the_request_is_blamed() -> None:
    """An error travels up: the request, its chain and its tool failed; an earlier failure beside it was caught."""
    broken = [
        span(1, "AGENT", "root", status="ERROR"),
        span(2, "TOOL", "lookup", parent_span_id="t:9", status="ERROR"),
        span(3, "CHAIN", "chain", parent_span_id="t:1", status="ERROR"),
        span(4, "TOOL", "pay", parent_span_id="t:3", status="ERROR"),
        span(5, "TOOL", "log", parent_span_id="t:3", status="ERROR"),
        span(9, "CHAIN", "caught", parent_span_id="t:1", status="OK"),
    ]
    assert decided(*broken) == ("failed_through", "t:4")


def test_a_loop_of_parents_ends() -> None:
    loop = [
        span(1, "CHAIN", "a", parent_span_id="t:2", status="ERROR"),
        span(2, "CHAIN", "b", parent_span_id="t:1", status="ERROR"),
        span(3, "AGENT", "root", status="ERROR"),
    ]
    assert decided(*loop) == ("failed_through", "t:3")


def test_a_refused_change_comes_before_an_earlier_accepted_one() -> None:
    accepted = span(2, "TOOL", "modify_order", output="done")
    refused = span(3, "TOOL", "exchange_items", output="Error: no such item")
    assert decided(ASKED, accepted, refused) == ("refused_act", "t:3")
    assert decided(ASKED, accepted) == ("first_act", "t:2")


def test_a_look_up_is_no_act_and_a_mended_failure_no_fault() -> None:
    failed = span(2, "TOOL", "get_user", output="Error: user not found")
    found = span(3, "TOOL", "get_user", output="ann")
    answer = span(4, "LLM", "shop", output="Hello Ann")
    assert decided(ASKED, failed, answer) == ("unmended_failure", "t:2")
    assert decided(ASKED, failed, found, answer) == ("last_answer", "t:4")


def test_a_long_run_is_judged_in_time_that_grows_with_it_alone() -> None:
    """Of each failure all later calls were looked at, and of each figure all that is known: 17 s and more."""
    n = 10_000
    failed = [span(at, "TOOL", f"get_{at}", output="Error: none") for at in range(2, n)]
    mended = [span(n + at, "TOOL", f"get_{at}", output="ann") for at in range(2, n)]
    listed = [span(3 * n + at, "TOOL", "list", output=f"{at}.5 " * 2) for at in range(1_000, n)]
    stated = "Found: " + " ".join(f"{at}.50" for at in range(1_000, 3_000))
    answer = span(5 * n, "LLM", "shop", output=stated)
    began = time.process_time()
    assert decided(ASKED, *failed, *mended, *listed, answer) == ("last_answer", f"t:{5 * n}")
    assert time.process_time() - began < 5


def test_code_that_is_run_next_is_an_act_and_code_that_is_only_shown_is_none() -> None:
    code = span(2, "LLM", "coder", output="```python\nprint(1)\n```")
    ran = span(3, "TOOL", "Computer_terminal", output="exitcode: 1")
    assert decided(ASKED, code, ran) == ("first_act", "t:2")
    assert decided(ASKED, code) == ("last_answer", "t:2")


def test_a_figure_that_nothing_bears_out_is_blamed() -> None:
    """Ten options are listed and 11 are claimed; ten, a price seen, and a difference of two prices are borne out."""
    listed = span(2, "TOOL", "list_options", output='{"options": [1,2,3,4,5,6,7,8,9,0], "price": 48.10, "old": 50.00}')
    assert decided(ASKED, listed, span(3, "LLM", "shop", output="There are 11 options")) == ("unborne_figure", "t:3")
    for said in ("There are 10 options", "It costs $48.10", "You save $1.90", "1. first\n12. second", "```\n99\n```"):
        assert decided(ASKED, listed, span(3, "LLM", "shop", output=said))[0] == "last_answer", said


def test_an_agent_that_says_it_is_stuck_or_gives_up_is_blamed_there() -> None:
    stuck = span(3, "LLM", "lead", output="Stalled.... Replanning")
    gives_up = span(2, "LLM", "lead", output="Unfortunately there is no data")
    assert decided(ASKED, gives_up, stuck) == ("stuck", "t:3")
    assert decided(ASKED, gives_up) == ("gives_up", "t:2")


def test_no_span_blames_nobody_and_text_that_is_no_text_does_no_harm() -> None:
    assert blame([]) is None
    odd = span(2, "LLM", "shop", output='{"role":"assistant","content":' + "[" * 5000)
    assert decided(ASKED, odd)[1] == "t:2"


def test_a_message_is_read_by_its_content() -> None:
    told = span(2, "LLM", "shop", output='{"role":"assistant","content":"I cannot do that","tool_calls":[]}')
    assert blame([ASKED, told]) == Blame("t:2", "shop", "shop", "gives_up")


def test_labelled_retail_runs_are_blamed_better_than_by_chance_or_by_the_last_step(shared_data: Path) -> None:
    folder = shared_data / "agentrx-tau-retail"
    files = [folder / "tau_dataset_failed.json.gz", folder / "tau_ground_truth.json"]
    near = score(runs_of(agentrx, files, "failure"), is_near)
    assert near.n == 29
    assert near.rules > near.last > near.random


def test_labelled_team_runs_are_blamed_better_than_by_chance_or_by_the_last_step(shared_data: Path) -> None:
    runs = runs_of(who_and_when, sorted((shared_data / "who-and-when").glob("*/*.json")), "decisive_step")
    step, agent = score(runs, is_step), score(runs, is_agent)
    assert step.n == agent.n == 77
    assert step.rules > 2 * max(step.last, step.random)
    assert agent.rules > max(agent.last, agent.random)
