"""The README's examples do what they say."""

import json
import re
import shlex
import tomllib
from datetime import date
from pathlib import Path

import pytest
import typer

from workbench import cli
from workbench.ids import key_user
from workbench.loaders import mapped
from workbench.loaders.batch import Context
from workbench.loaders.mapped.mapping import mapping_of
from workbench.loaders.source import Source
from workbench.schemas import SIGNALS, SPANS

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


LINES = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("workbench ")]
LINES += re.findall(r"`(workbench [a-z]+ [^`]*)`", README)


def test_the_mapping_reads_a_record_of_the_log_that_it_describes(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    record = {
        "request_id": "r1",
        "created": 1_772_323_200_000,
        "customer": {"id": "ann"},
        "messages": [{"role": "user", "content": "Where is my order?"}],
        "reply": "On its way.",
        "feedback": {"thumb": "down"},
        "shop": "north",
    }
    (tmp_path / "log.jsonl").write_text(json.dumps(record) + "\n")
    load = mapped.loader(mapping_of(tomllib.loads(text)))
    context = Context("src_x", date(2026, 3, 2), lambda user: key_user(b"secret", user))
    (batch,) = load(Source(tmp_path / "log.jsonl"), context)
    (span,) = batch.spans.rows(named=True)
    (signal,) = batch.signals.rows(named=True)
    assert (span["trace_id"], span["input"], span["output"]) == ("r1", "Where is my order?", "On its way.")
    assert (span["service"], span["user_key"]) == ("support-bot", key_user(b"secret", "ann"))
    assert span["started_at"].isoformat() == "2026-03-01T00:00:00+00:00"
    assert json.loads(span["attributes"])["shop"] == "north"
    assert (signal["name"], signal["value"], signal["trace_id"]) == ("thumb", 0.0, "r1")
    assert set(span) == set(SPANS.schema)
    assert set(signal) == set(SIGNALS.schema)


def test_every_command_is_named_and_has_a_help_page_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = {
        command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback
    }
    assert set(re.findall(r"workbench ([a-z]+)\b", README)) >= commands
    for command in commands:
        monkeypatch.setattr("sys.argv", ["workbench", command, "--help"])
        with pytest.raises(SystemExit) as leave:
            cli.main()
        assert leave.value.code == 0
        assert "Example" in capsys.readouterr().out, command


@pytest.mark.parametrize("line", sorted(set(LINES)))
def test_every_line_of_a_shell_is_a_command_with_the_options_that_it_has(line: str) -> None:
    """What the commands do is tested where they are; here, that nothing was renamed since it was written down."""
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(cli.app)
    while words and words[0] in (known := getattr(command, "commands", {})):
        command = known[words.pop(0)]
    assert not getattr(command, "commands", {}), f"{words[:1]} is no command"
    context = typer.Context(command)
    given, more, _ = command.make_parser(context).parse_args(words)
    assert more == []
    assert [one.name for one in command.params if one.required and not given.get(one.name or "")] == []


def test_pictures_and_files_that_are_named_are_there() -> None:
    for path in re.findall(r"\]\((\.github/[^)]+)\)", README):
        assert (Path(__file__).parents[1] / path).is_file(), path
