"""From how an experiment runs the app to arms that do: each version by its own files, each key to its own server."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Asked, Served
from workbench.changes.app_files import DEFAULT_LAYOUT
from workbench.errors import ConfigError
from workbench.experiments.adapter import Adapter
from workbench.experiments.answer import Answer as Answered
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.arms.chat import Price
from workbench.experiments.case import Case, ToolCall
from workbench.experiments.provider import Limits
from workbench.experiments.runner import run
from workbench.experiments.schedule import schedule
from workbench.experiments.to_end import to_end
from workbench.loop.validate.playing import APP_KEY, APP_KEY_URL, make_arm_of

Serve = Callable[[Callable[[Asked], Answer]], Served]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
CASE = Case(case_id="c1", input={"question": "Is it binding?"}, tools=(ToolCall("look", {"n": 1}, "replayed"),))
LOOK = '{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}'


def arm_of(adapter: Adapter, folder: Path, **environment: str) -> Arm:
    make = make_arm_of(
        adapter,
        layout=DEFAULT_LAYOUT,
        limits=Limits(),
        most=Spend(),
        environment=environment,
        now=lambda: NOON,
    )
    return make(folder, "candidate", "c0ffee")


def answered(arm: Arm, folder: Path) -> Answered:
    """Ask an arm as a run does, which opens and closes its connections."""
    (outcome,) = to_end(run(schedule([CASE], [arm], seed=1), folder / "journal", now=lambda: NOON)).outcomes
    return outcome.answer


def app(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def completion(message: Mapping[str, Any]) -> Answer:
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    choice = {"message": {"role": "assistant", "content": None, **message}, "finish_reason": "stop"}
    return Answer(body=json.dumps({"choices": [choice], "usage": usage}).encode())


def a_model(serve: Serve) -> Served:
    """Start a model that calls the tool that it is offered, and then says what it was told."""

    def answer(asked: Asked) -> Answer:
        body = json.loads(asked.body)
        last = body["messages"][-1]
        if last["role"] == "tool" or "tools" not in body:
            return completion({"content": f"told {last['content']}"})
        function = {"name": "look", "arguments": '{"n": 1}'}
        return completion({"tool_calls": [{"id": "t1", "type": "function", "function": function}]})

    return serve(answer)


@pytest.mark.parametrize(
    ("tools", "command", "said", "n_calls"),
    [
        ("replayed", (), "told replayed", 2),
        ("none", (), "told Is it binding?", 1),
        ("live", (sys.executable, "-S", "tools.py"), "told live\n", 2),
    ],
)
def test_a_model_plays_prompt_and_tools_of_the_version(
    serve: Serve, tmp_path: Path, tools: Any, command: tuple[str, ...], said: str, n_calls: int
) -> None:
    served = a_model(serve)
    files = {
        "prompts/a.md": "Be brief.",
        "tools/look.json": LOOK,
        "settings.yaml": "tool_choice: auto\n",
        "tools.py": "print('live')",
    }
    adapter = Adapter(model="m1", at=f"{served.url}/v1", tools=tools, tools_command=command, price=Price(1.0, 4.0))
    answer = answered(
        arm_of(adapter, app(tmp_path, files), WORKBENCH_LLM_KEY="k", WORKBENCH_LLM_URL=served.url), tmp_path
    )
    assert (answer.output, answer.cost_usd) == (said, n_calls * (20 * 1 + 5 * 4) / 1e6)
    bodies = [json.loads(asked.body) for asked in served.asked]
    assert bodies[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [("tools" in body, "tool_choice" in body) for body in bodies] == [(tools != "none",) * 2] * n_calls
    assert {asked.headers["authorization"] for asked in served.asked} == {"Bearer k"}


def test_a_model_without_a_price_costs_what_nobody_knows(serve: Serve, tmp_path: Path) -> None:
    served = a_model(serve)
    adapter = Adapter(model="m1", at=f"{served.url}/v1", tools="none")
    answer = answered(arm_of(adapter, app(tmp_path, {"prompts/a.md": "Be brief."})), tmp_path)
    assert (answer.input_tokens, answer.output_tokens, answer.cost_usd) == (20, 5, None)


def test_a_server_is_asked_where_the_version_is_and_told_which_it_is(serve: Serve, tmp_path: Path) -> None:
    served = serve(lambda _: Answer(body=b'{"output": "yes"}'))
    adapter = Adapter(endpoint=f"{served.url}/{{arm}}/{{commit}}/answer")
    arm = arm_of(adapter, tmp_path, **{APP_KEY: "secret", APP_KEY_URL: f"{served.url}/anywhere"})
    assert answered(arm, tmp_path).output == "yes"
    (asked,) = served.asked
    assert (asked.path, asked.headers["authorization"]) == ("/candidate/c0ffee/answer", "Bearer secret")
    assert json.loads(asked.body)["version"] == "c0ffee"


def test_a_key_goes_to_no_other_server_and_stands_in_nothing_that_is_kept(tmp_path: Path) -> None:
    adapter = Adapter(endpoint="https://app.example/answer")
    with pytest.raises(ConfigError, match=r"belongs to https://other\.example"):
        arm_of(adapter, tmp_path, **{APP_KEY: "secret", APP_KEY_URL: "https://other.example"})
    with pytest.raises(ConfigError, match="not which server"):
        arm_of(adapter, tmp_path, **{APP_KEY: "secret"})
    program = Adapter(command=("./answer",), secrets=("APP_KEY",))
    with pytest.raises(ConfigError, match="APP_KEY is not set"):
        arm_of(program, tmp_path)
    arms = (arm_of(program, tmp_path, APP_KEY=key) for key in ("secret", "another"))
    assert len({arm.adapter for arm in arms}) == 1


def test_a_program_and_a_function_run_in_the_folder_of_the_version(tmp_path: Path) -> None:
    code = "import json, os\ndef answer(given, seed):\n    return os.environ['KEY'] + given['question']\n"
    app(
        tmp_path,
        {
            "core.py": code,
            "run.py": "import core, json, sys\nasked = json.load(sys.stdin)\n"
            "print(json.dumps({'output': core.answer(asked['input'], asked['seed'])}))",
        },
    )
    for number, adapter in enumerate(
        (Adapter(python="core:answer", secrets=("KEY",)), Adapter(command=(sys.executable, "run.py"), secrets=("KEY",)))
    ):
        (tmp_path / f"{number}").mkdir()
        assert answered(arm_of(adapter, tmp_path, KEY="k "), tmp_path / f"{number}").output == "k Is it binding?"
