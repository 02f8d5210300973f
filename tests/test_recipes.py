"""The recipes do what they say, as they stand."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from tests.conftest import Shell
from tests.loop.under_review import append, spans
from workbench import cli
from workbench.experiments.adapter import adapter_of, read_app_run
from workbench.experiments.answer import Answer
from workbench.experiments.arms.module import module_arm
from workbench.experiments.arms.reply import _Reply
from workbench.experiments.case import OF_REQUEST, QUESTION, Case
from workbench.experiments.metrics_file import read_metrics
from workbench.experiments.to_end import to_end
from workbench.loop.holdouts.trace_cases import cases_of
from workbench.records import DetectionRun
from workbench.schemas import SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace

RECIPES = (Path(__file__).parents[1] / "notebooks" / "recipes.md").read_text()


def pieces(language: str, *, of: str) -> list[str]:
    """Return the pieces of a language in one recipe."""
    (recipe,) = [part for part in RECIPES.split("\n## ") if part.startswith(of)]
    return re.findall(rf"```{language}\n(.*?)```", recipe, re.DOTALL)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Make a workspace `acme` in this folder, with two chats of one's own logs in a file beside it."""
    monkeypatch.chdir(tmp_path)
    chats = [
        {"request_id": "r1", "chat": "c1", "at": "2026-03-02T09:00:00Z", "customer": "ann", "question": "Late again!",
         "answer": "We refund the whole order.", "thumb": "down"},
        {"request_id": "r2", "chat": "c2", "at": "2026-03-02T10:00:00Z", "customer": "bob", "question": "When open?",
         "answer": "From nine to five.", "thumb": "up"},
    ]  # fmt: skip
    Path("chats.jsonl").write_text("".join(json.dumps(one) + "\n" for one in chats))
    return init_workspace(Path("acme"), secret=DEMO_SECRET)


def test_logs_of_ones_own_come_in_by_the_mapping(acme: Workspace, shell: Shell) -> None:
    (mapping,), (line,) = (pieces(language, of="I have JSONL logs") for language in ("toml", "sh"))
    Path("my-logs.toml").write_text(mapping)
    program, *words = shlex.split(line)
    assert program == "workbench"
    assert shell.run("ingest", *words[1:])[0] == 0
    spans = open_workspace("acme").telemetry.spans().sort("trace_id").collect()
    assert spans["output"].to_list() == ["We refund the whole order.", "From nine to five."]
    assert spans["user_key"].to_list() == [acme.user_key("ann"), acme.user_key("bob")]
    assert acme.telemetry.scan(SIGNALS).sort("trace_id").collect()["value"].to_list() == [0.0, 1.0]


def test_a_detector_of_ten_lines_finds_what_it_is_for(acme: Workspace, shell: Shell) -> None:
    Path("my-logs.toml").write_text(pieces("toml", of="I have JSONL logs")[0])
    assert shell.run("ingest", "chats.jsonl", "--mapping", "my-logs.toml", "--workspace", "acme")[0] == 0
    made, used = pieces("python", of="A detector in ten lines")
    assert len([line for line in made.split("def ")[1].splitlines() if line.strip()]) <= 10
    known: dict[str, object] = {}
    exec(made, known)
    exec(used, known)
    (run,) = acme.ledger.latest(DetectionRun)
    (tally,) = [one for one in run.tallies if one.detector == "promises_refund"]
    assert (tally.n_found, tally.n_clear) == (1, 1)


def test_every_command_of_a_recipe_is_there_with_its_options() -> None:
    """Each line is parsed by the program itself, and not run."""
    program = typer.main.get_command(cli.app)
    lines = [line for block in re.findall(r"```sh\n(.*?)```", RECIPES, re.DOTALL) for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("workbench ")]
    assert len(commands) > 5
    for _, *words in commands:
        context, found = None, program
        while hasattr(found, "commands"):
            name, found = words[0], found.commands[words[0]]
            context, words = found.context_class(found, info_name=name), words[1:]
        assert context is not None
        found.parse_args(context, words)


def test_a_metric_of_ten_lines_scores_and_says_where_it_cannot_tell(tmp_path: Path) -> None:
    (text,), (made,) = (pieces(language, of="A metric in ten lines") for language in ("toml", "python"))
    (tmp_path / "metrics.toml").write_text(text)
    metrics = read_metrics(tmp_path / "metrics.toml")
    assert [(one.name, one.role) for one in metrics] == [("names_its_court", "target"), ("short_enough", "guardrail")]
    known: dict[str, Any] = {}
    exec(made, known)
    short, case = known["short_enough"], Case(case_id="c", input={})
    assert short(case, Answer(output="yes")) == 1.0
    assert short(case, Answer(output="yes " * 121)) == 0.0
    assert short(Case(case_id="c", input={"channel": "letter"}), Answer(output="yes")) is None


def test_an_agent_of_adk_is_run_by_what_its_settings_say() -> None:
    """That it runs, with the framework itself, is shown in `test_adk.py`."""
    (made,), (settings,) = (pieces(language, of="I use Google ADK") for language in ("python", "toml"))
    compile(made, "answer.py", "exec")
    assert len([line for line in made.split("async def ")[1].splitlines()[1:] if line.strip()]) <= 10
    adapter = adapter_of(read_app_run(tomllib.loads(settings), where="workspace.toml"))
    assert adapter is not None
    assert (adapter.kind, adapter.python, adapter.interpreter) == ("python", "answer:answer", "/opt/adk/bin/python")


def test_an_adapter_of_ten_lines_is_run_in_each_versions_folder(tmp_path: Path) -> None:
    """Its cases are made from telemetry, of a text and of messages, as a holdout makes them."""
    (made,) = pieces("python", of="An app adapter in ten lines")
    for version in ("old", "new"):
        (tmp_path / version / "prompts").mkdir(parents=True)
        (tmp_path / version / "answer.py").write_text(made)
        (tmp_path / version / "prompts" / "support.md").write_text(f"In the {version} way:\n")
    arms = [module_arm("answer:answer", tmp_path / name, name=name, version=name) for name in ("old", "new")]
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is it?"}]
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    traced = spans(["t1", "t2"]).with_columns(
        input=pl.Series(["Where is it?", json.dumps(messages)]), user_tier=pl.lit("pro"), release=pl.lit("v7")
    )
    append(workspace, SPANS, traced)
    cases = cases_of(workspace, ["t1", "t2"]).cases
    assert [dict(case.input) for case in cases] == [
        {"user_tier": "pro", "release": "v7", "question": "Where is it?"} for _ in range(2)
    ]

    async def ask() -> list[Answer]:
        return [await arm.ask(case, 0, 7) for arm, case in zip(arms, cases, strict=True)]

    said = to_end(ask())
    assert [one.output for one in said] == ["In the old way: Where is it?", "In the new way: Where is it?"]
    assert [one.input_tokens for one in said] == [4, 4]


def test_what_an_adapter_is_given_and_may_return_is_said_in_full(shell: Shell) -> None:
    """Every name that the code puts into a case or takes of an answer, in the recipe and in the command's help."""
    (recipe,) = [part for part in RECIPES.split("\n## ") if part.startswith("An app adapter")]
    told = set(re.findall(r"[a-z_]+", " ".join(shell.run("experiment", "plan", "--help")[1].split())))
    for name in (QUESTION, *OF_REQUEST, *_Reply.__struct_fields__):
        assert f"`{name}`" in recipe
        assert name in told
