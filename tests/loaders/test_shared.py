"""A long part that many records share stands on one of them: no file makes more of itself than the memory holds."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.loaders import claude, inspect_log, openai_agents, tau2_bench
from workbench.loaders.batch import Load
from workbench.loaders.reading.shared import MAX_REPEATED_CHARACTERS

MARK = "a remarkable word"


def _tau2(said: str) -> Any:
    simulations = [{"id": f"r{n}", "task_id": "1", "messages": []} for n in range(3)]
    return {"info": {"policy": said}, "tasks": [{"id": "1"}], "simulations": simulations}


def _tau2_task(said: str) -> Any:
    return {**_tau2(""), "tasks": [{"id": "1", "purpose": said}]}


def _inspect(said: str) -> Any:
    samples = [{"id": n, "epoch": 1} for n in range(3)]
    return {"version": 2, "status": "success", "eval": {"task": "t", "model": "m", "more": said}, "samples": samples}


def _agents(said: str) -> Any:
    trace = {"object": "trace", "id": "t", "workflow_name": "w", "metadata": {"notes": said}}
    return [trace, *({"object": "trace.span", "id": f"s{n}", "trace_id": "t", "span_data": {}} for n in range(3))]


def _claude(said: str) -> Any:
    results = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": "x"} for n in range(3)]
    line = {"type": "user", "uuid": "u", "parentUuid": None, "isSidechain": False, "sessionId": "s"}
    return [{**line, "message": {"content": results}, "toolUseResult": {"stdout": said}}]


@pytest.mark.parametrize(
    ("load", "document"),
    [
        (tau2_bench.load, _tau2),
        (tau2_bench.load, _tau2_task),
        (inspect_log.load, _inspect),
        (openai_agents.load, _agents),
        (claude.load, _claude),
    ],
)
def test_a_short_part_stands_on_every_record_and_a_long_one_on_the_first(
    read: Callable[..., Any], load: Load, document: Callable[[str], Any]
) -> None:
    """Half a file in one part and the other half in records that share it made terabytes of some megabytes."""
    for said, n_expected in ((MARK, 3), (MARK + "x" * MAX_REPEATED_CHARACTERS, 1)):
        attributes = read(load, document(said)).spans["attributes"]
        assert sum(MARK in text for text in attributes) == n_expected
