"""The worked examples of `data/schedules`: each is read by what would read it, and each command is one of ours.

Airflow needs an environment of its own, with the workbench in it:

    python -m venv airflow-env && airflow-env/bin/pip install . apache-airflow apache-airflow-providers-papermill
    WORKBENCH_AIRFLOW=$PWD/airflow-env/bin/airflow pytest -m slow tests/test_schedules.py
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import nbformat
import papermill
import pytest
import typer
import yaml

from tests.loop.under_review import make_workspace
from workbench import cli
from workbench.store import DEMO_SECRET, init_workspace
from workbench.store.profiles import read_profiles

if TYPE_CHECKING:
    from tests.conftest import Shell

FOLDER = Path(__file__).parents[1] / "data" / "schedules"
FIELD = r"(?:\*|\d+)(?:[-/,]\d+)*"
COMMAND = re.compile(r"(?:[\w/]*/)?workbench (run [^|\n]*)")


def check(command: str) -> dict[str, Any]:
    """Return what the command line makes of a command; it fails as the program would."""
    group: Any = typer.main.get_command(cli.app)
    name, *words = shlex.split(command)
    return dict(group.commands[name].make_context(name, words).params)


def commands() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.iterdir()):
        lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
        for line in lines:
            for found in COMMAND.findall(line.replace("{WORKSPACE}", "/srv/acme")):
                yield path.name, found.strip().strip('"').strip()


def test_every_example_runs_a_profile_that_a_new_workspace_has(tmp_path: Path) -> None:
    profiles = read_profiles(tmp_path).profiles
    found = list(commands())
    assert {name for name, _ in found} == {"crontab", "workbench.service", "github-actions.yml", "airflow_dag.py"}
    for name, command in found:
        given = check(command)
        assert given["profile"] in profiles, name
        assert "acme" in str(given["workspace"]), name


def test_the_crontab_has_five_fields_a_line() -> None:
    lines = [line for line in (FOLDER / "crontab").read_text().splitlines() if line and line[0] not in "#M"]
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(rf"(?:{FIELD} ){{5}}/\S+ .*", line), line


@pytest.mark.parametrize("unit", ["workbench.service", "workbench.timer"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for name in ("workbench.service", "workbench.timer"):
        text = (FOLDER / name).read_text()
        text = text.replace("/srv/workbench/bin/workbench", sys.executable).replace("/srv/acme", str(tmp_path))
        (tmp_path / name).write_text(text.replace("User=workbench", "User=root"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, unit in verified.stderr) == (0, False), verified.stderr


def test_the_service_gives_the_profile_more_time_than_it_gives_itself(tmp_path: Path) -> None:
    text = (FOLDER / "workbench.service").read_text()
    hours = int(re.findall(r"TimeoutStartSec=(\d+)h", text)[0])
    assert hours * 60 > read_profiles(tmp_path).named("nightly").limit_minutes
    assert "SuccessExitStatus=4\n" in text


def test_the_workflow_is_one_and_its_scripts_are_shell() -> None:
    workflow = yaml.safe_load((FOLDER / "github-actions.yml").read_text())
    assert re.fullmatch(rf"(?:{FIELD} ){{4}}{FIELD}", workflow[True]["schedule"][0]["cron"])  # YAML reads `on` as true
    (job,) = workflow["jobs"].values()
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert len(scripts) == 3
    for script in scripts:
        assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0, script
    assert {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step} == {
        *("actions/checkout", "actions/setup-python", "actions/upload-artifact"),
    }


@pytest.mark.parametrize(("code", "left_with"), [(0, 0), (4, 0), (3, 1), (2, 1)])
def test_the_workflow_fails_unless_there_is_too_little_data(tmp_path: Path, code: int, left_with: int) -> None:
    workflow = yaml.safe_load((FOLDER / "github-actions.yml").read_text())
    (script,) = [step["run"] for step in workflow["jobs"]["nightly"]["steps"] if step.get("name") == "run the profile"]
    (tmp_path / "workbench").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "workbench").chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    assert subprocess.run(["bash", "-e", "-c", script], env={"PATH": path}, check=False).returncode == left_with


class Operator:
    """Airflow's operators, as far as the example has to do with them: they keep what they are given."""

    made: list[dict[str, Any]] = []  # noqa: RUF012

    def __init__(self, **given: Any) -> None:
        Operator.made.append(given)

    def __rshift__(self, other: object) -> object:
        return other


class Dag:
    """Airflow's DAG, likewise."""

    def __init__(self, dag_id: str, **given: Any) -> None:
        self.dag_id, self.given = dag_id, given

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what the operators of the example are given, in order."""
    names = ["airflow", "airflow.providers.papermill.operators.papermill", "airflow.providers.standard.operators.bash"]
    for name in names:
        module = ModuleType(name)
        module.DAG, module.PapermillOperator, module.BashOperator = Dag, Operator, Operator  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(Operator, "made", [])
    source = (FOLDER / "airflow_dag.py").read_text()
    exec(compile(ast.parse(source), "airflow_dag.py", "exec"), {})
    return Operator.made


def test_the_dag_runs_the_profile_and_then_a_notebook_with_its_own_parameters(dag: list[dict[str, Any]]) -> None:
    run, backlog = dag
    assert check(run["bash_command"].partition(" || ")[0].removeprefix("workbench "))["profile"] == "nightly"
    declared = set(papermill.inspect_notebook(backlog["input_nb"]))
    assert backlog["parameters"].keys() <= declared


def test_papermill_runs_the_notebook_as_the_operator_does(dag: list[dict[str, Any]], tmp_path: Path) -> None:
    """The operator renders its templates and calls `papermill.execute_notebook` with what it was given."""
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    given = dag[1]
    rendered = {"{{ ts }}": "2026-01-07T03:15:00+00:00", "{{ ds }}": "2026-01-07"}
    parameters = {name: rendered.get(value, value) for name, value in given["parameters"].items()}
    output = tmp_path / Path(given["output_nb"].replace("{{ ds }}", rendered["{{ ds }}"])).name
    with pytest.raises(papermill.PapermillExecutionError, match="no issue was proposed yet"):
        papermill.execute_notebook(
            given["input_nb"],
            str(output),
            parameters=parameters | {"workspace": str(workspace.root)},
            kernel_name=given["kernel_name"],
            progress_bar=False,
        )
    assert "2026-01-07T03:15:00+00:00" in "".join(cell.source for cell in nbformat.read(output, as_version=4).cells)  # type: ignore[no-untyped-call]


@pytest.mark.slow
def test_airflow_itself_plays_the_dag_to_its_end(tmp_path: Path) -> None:
    named = os.environ.get("WORKBENCH_AIRFLOW")
    if named is None:
        pytest.skip("WORKBENCH_AIRFLOW names no program `airflow`; the head of this file says how to have one")
    workspace = make_workspace(tmp_path / "acme", {"clu_a": 12})
    home, out = tmp_path / "airflow", tmp_path / "out"
    (home / "dags").mkdir(parents=True)
    out.mkdir()
    source = (FOLDER / "airflow_dag.py").read_text()
    source = source.replace("/srv/acme", str(workspace.root)).replace("/srv/reports", str(out))
    (home / "dags" / "acme.py").write_text(source)
    path = f"{Path(named).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PATH": path}
    for words in (("db", "migrate"), ("dags", "test", "feedback_workbench", "2026-01-07T03:15:00+00:00")):
        run = subprocess.run([named, *words], env=os.environ | settings, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert [one.name for one in out.iterdir()] == ["4_backlog-2026-01-07.ipynb"]
    assert [one.suffix for one in (workspace.root / "reports" / "digests").glob("*-nightly.html")] == [".html"]


def test_run_takes_files_or_a_profile_and_leaves_with_its_code(shell: "Shell", tmp_path: Path) -> None:
    root = init_workspace(tmp_path / "acme", secret=DEMO_SECRET).root
    acme = shell.at(root)
    assert acme.run("run")[0] == 2
    assert acme.run("run", "x.jsonl", "--profile", "nightly")[0] == 2
    code, _, err = acme.run("run", "--profile", "daily")
    assert (code, "there are: nightly, weekly" in err) == (2, True)
    (root / "profiles.toml").write_text(
        "[profile.nightly]\nsteps = ['train']\nstep_minutes = 1e-9\n[profile.calm]\nsteps = ['detect']\n"
    )
    code, out, err = acme.run("run", "--profile", "calm", "--quiet")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert err.startswith("workbench: calm leaves with 4: detect: ")
    assert "profiles.toml" in err
    code, out, err = acme.run("run", "--profile", "nightly", "--quiet")
    assert (code, "1 of 1 step failed" in out, "train: over time after 0 s" in err) == (3, True, True)
    assert err.isascii()
    assert "\x1b" not in out + err
