"""Verdicts to and from files on the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.backlog.issues import issue
from tests.conftest import Shell
from tests.loop.under_review import append, spans
from workbench import cli
from workbench.records import Issue, Verdict, verdict_id
from workbench.schemas import SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return with_t1(tmp_path / "workspace")


def with_t1(root: Path) -> Workspace:
    """Return a workspace with one trace."""
    workspace = init_workspace(root, secret=DEMO_SECRET)
    append(workspace, SPANS, spans(["t1"]))
    return workspace


def test_verdicts_go_out_and_in_with_every_row_accounted_for(
    workspace: Workspace, tmp_path: Path, shell: Shell
) -> None:
    verdict = Verdict(
        id=verdict_id("trace", "t1", annotator="Ann"),
        target_kind="trace",
        target_id="t1",
        label="confirmed",
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator="Ann",
        identity="os_user",
        at=AT,
    )
    workspace.ledger.append([verdict], now=AT)
    file = tmp_path / "verdicts.jsonl"
    here, there = shell.at(workspace.root), shell.at(with_t1(tmp_path / "there").root)
    told = here.json("verdicts", "export", file)
    assert told == {"file": str(file), "format": "verdicts", "written": 1, "left_out": 0, "erased": 0}
    with open(file, "a") as more:
        more.write(json.dumps({**json.loads(file.read_text()), "label": "maybe"}) + "\n")
    told = there.json("verdicts", "import", file)
    counted = {name: told[name] for name in ("in", "stored", "duplicate", "refused", "reasons")}
    assert counted == {
        "in": 2,
        "stored": 1,
        "duplicate": 0,
        "refused": 1,
        "reasons": {"wrong_type": 1},
    }
    code, out, err = there.run("verdicts", "import", file)
    assert code == 0
    assert [line.split() for line in out.splitlines()][-1] == ["verdicts", "2", "0", "1", "1", "1"]
    assert "1 of 2 records refused (wrong_type 1)" in err
    said = "label is not what a verdict has there, one of confirmed, rejected, uncertain"
    assert f"{file}, line 2: {said}" in err


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("annotator", "annotator must be text"),
        ("target_kind", "target_kind must be text, one of trace, cause, issue, cluster"),
        ("label", "label is missing, one of confirmed"),
        ("annotator_kind", "annotator_kind is missing, one of HUMAN, LLM, CODE"),
    ],
)
def test_a_line_that_is_refused_is_told_with_its_field_and_what_it_may_be(
    workspace: Workspace, tmp_path: Path, shell: Shell, without: str, said: str
) -> None:
    """Whoever wrote a line by hand was told `wrong_type 1`, and had to guess."""
    row = {"target_kind": "trace", "target_id": "t1", "label": "confirmed", "annotator": "Ann"}
    row |= {"annotator_kind": "HUMAN"}
    file = tmp_path / "verdicts.jsonl"
    lines = [row, {name: value for name, value in row.items() if name != without}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = shell.at(workspace.root).json("verdicts", "import", file, "--format", "verdicts")
    (fault,) = told["faults"]
    assert fault.startswith("line 2: ")
    assert said in fault


def test_an_imported_verdict_on_an_issue_passes_the_gate_as_a_typed_name_does_and_is_told(
    workspace: Workspace, tmp_path: Path, shell: Shell
) -> None:
    workspace.ledger.append([issue()], now=AT)
    row = {"target_kind": "issue", "target_id": "iss_1", "label": "confirmed", "annotator": "Ann"}
    file = tmp_path / "verdicts.jsonl"
    for kind, wanted in (("LLM", {}), ("HUMAN", {"iss_1": "confirmed"})):
        file.write_text(json.dumps({**row, "annotator": kind, "annotator_kind": kind, "at": AT.isoformat()}))
        _, out, err = shell.at(workspace.root).run("verdicts", "import", file, "--json")
        assert json.loads(out)["issues"] == wanted
        assert ("iss_1 is confirmed, on 1 verdict by HUMAN" in err) == bool(wanted)
    assert workspace.ledger.latest(Issue)[0].state == "confirmed"


def test_an_import_that_leaves_an_issue_confirmed_of_which_all_traces_are_rejected_says_so(
    workspace: Workspace, tmp_path: Path, shell: Shell
) -> None:
    """A review warned of it, and an import passed it over: a change was begun for what nobody had seen once."""
    workspace.ledger.append([issue(cluster_id="clu_a"), issue(cluster_id="clu_b")], now=AT)
    append(workspace, SPANS, spans(["t2"]), offset=2)
    who = {"annotator": "Ann", "annotator_kind": "HUMAN", "at": AT.isoformat()}
    of_issue = {**who, "target_kind": "issue", "target_id": "iss_1", "label": "confirmed"}
    of_trace = {**who, "target_kind": "trace", "target_id": "t1", "cluster_id": "clu_a", "label": "rejected"}
    another = {**of_trace, "target_id": "t2", "cluster_id": "clu_b"}
    file, acme = tmp_path / "verdicts.jsonl", shell.at(workspace.root)
    told = []
    for row in (of_trace, of_issue, another, {**another, "annotator": "Ben", "label": "confirmed"}):
        file.write_text(json.dumps(row))
        _, out, err = acme.run("verdicts", "import", file, "--json")
        told.append((json.loads(out)["contradicted"], [line for line in err.splitlines() if ", but " in line]))
    said = "workbench: iss_1 is confirmed, but {} of it that people judged {} rejected: judge one of the two again"
    assert told == [
        ([], []),
        (["iss_1"], [said.format("the one trace", "was")]),
        (["iss_1"], [said.format("all 2 traces", "were")]),
        ([], []),
    ]


def test_a_file_of_nothing_readable_is_not_enough_data(workspace: Workspace, tmp_path: Path, shell: Shell) -> None:
    file = tmp_path / "labels.json"
    file.write_text(json.dumps([{"trace_id": "t1", "name": "verdict", "annotator_kind": "HUMAN", "label": "great"}]))
    code, _, err = shell.at(workspace.root).run("verdicts", "import", file)
    assert code == 4
    assert "no_annotator 1" in err
    toml = tmp_path / "labels.toml"
    toml.write_text('[labels]\nconfirmed = ["great"]\nbest = ["x"]\n')
    code, _, err = shell.at(workspace.root).run("verdicts", "import", file, "--mapping", toml)
    assert code == 2
    assert "unknown key 'best'" in err


def test_every_command_of_the_group_is_named_in_the_readme_and_has_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    names = [command.name for command in cli.exchanging.verdicts.registered_commands if command.name]
    assert sorted(names) == ["export", "import", "push"]
    for name in names:
        assert f"workbench verdicts {name}" in readme
        monkeypatch.setattr("sys.argv", ["workbench", "verdicts", name, "--help"])
        with pytest.raises(SystemExit) as leave:
            cli.main()
        assert leave.value.code == 0
        assert "Example" in capsys.readouterr().out
