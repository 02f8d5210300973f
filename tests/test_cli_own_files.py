"""The command line on what people write: a wrong rule is named by the doctor, and nobody teaches nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench import cli
from workbench.store.secret import ENVIRONMENT_VARIABLE

RULE = '[[rule]]\ncode = "own"\nseverity = "low"\nunit = "trace"\nquestion = "So?"\nwhere = "nosuch > 1"\n'


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "a secret of the tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run(monkeypatch, "init", tmp_path / "acme") == 0
    capsys.readouterr()
    return tmp_path / "acme"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["workbench", *map(str, arguments)])
    with pytest.raises(SystemExit) as leave:
        cli.main()
    return int(leave.value.code or 0)


def test_the_doctor_names_a_wrong_rule_with_its_file_and_calls_it_no_damage(
    acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (acme / "rules.toml").write_text(RULE)
    assert run(monkeypatch, "doctor", "--workspace", acme, "--json") == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    (fault,) = [fault for fault in answer["faults"] if fault["kind"] == "rules"]
    assert "rules.toml, rule 1 (own): nosuch is no column" in fault["what"]
    assert not fault["is_damage"]


def test_train_without_a_verdict_is_not_enough_data(
    acme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "train", "--workspace", acme) == 4
    assert "no trace has a verdict yet" in capsys.readouterr().err
