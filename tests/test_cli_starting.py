"""The first hour on the command line: three questions, what to do next, and JupyterLab at the right notebook."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.filemanager import FileContentsManager
from traitlets.config import Config

from tests.conftest import Shell
from tests.loop.on_record import a_decision, an_experiment
from tests.loop.people import ANN, on_issue
from tests.loop.under_review import NOON, an_issue
from workbench import runs
from workbench.loop.sample_app.app import make_app
from workbench.records import Decision, Issue
from workbench.runs.own_notebooks import without_outputs
from workbench.store import DEMO_SECRET, Workspace, init_workspace


@pytest.fixture
def acme(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def answered(folder: Path, keys: bytes) -> str:
    """Return what `workbench init` says on a terminal on which somebody types."""
    own, its = pty.openpty()
    os.write(own, keys)
    env = os.environ | {"XDG_CONFIG_HOME": str(folder / "config"), "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "init"], cwd=folder, env=env, stdin=its, capture_output=True, timeout=60
    )
    os.close(own)
    os.close(its)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_on_a_terminal_three_questions_make_a_workspace_and_what_is_no_answer_is_asked_again(tmp_path: Path) -> None:
    make_app(tmp_path / "app", now=NOON)
    said = answered(tmp_path, b"acme\nnowhere\napp\n9\n2\n")
    assert (said.count("1. "), said.count("2. "), said.count("3. ")) == (1, 2, 1)
    assert "9 is none of them" in said
    assert said.endswith("Next: workbench pull phoenix http://localhost:6006 --workspace acme\n")
    assert f'app = "{tmp_path / "app"}"' in (tmp_path / "acme" / "workspace.toml").read_text()


def test_enter_three_times_is_an_answer(tmp_path: Path) -> None:
    assert answered(tmp_path, b"\n\n\n").endswith("Next: workbench run PATH... --workspace feedback\n")
    for name in ("workspace.toml", "metrics.toml"):
        assert (tmp_path / "feedback" / name).is_file()


def test_a_script_is_asked_nothing(shell: Shell) -> None:
    code, _, err = shell.run("init")
    assert (code, "no folder is named" in err) == (2, True)


def step_of(shell: Shell, workspace: Workspace) -> tuple[str, str]:
    code, out, _ = shell.run("next", "--json", "--workspace", workspace.root)
    assert code == 0
    said = json.loads(out)
    return said["notebook"], said["command"].split(" --workspace")[0]


def test_what_is_nearest_to_its_end_goes_first(shell: Shell, acme: Workspace) -> None:
    assert step_of(shell, acme) == ("1_telemetry", "workbench run PATH...")
    proposed = an_issue("clu_a", 9)
    keep(acme, proposed)
    assert step_of(shell, acme) == ("3_review", "workbench review")
    other = an_issue("clu_b", 9)
    keep(acme, replaced(other, state="confirmed"), on_issue(other.id))
    assert step_of(shell, acme) == ("4_backlog", f"workbench change begin {other.id} --title TEXT")
    experiment = an_experiment()
    keep(acme, experiment, replaced(other, state="validating", evidence=(experiment.id,)))
    assert step_of(shell, acme) == ("6_validate", f"workbench experiment run {experiment.id}")
    decision = a_decision()
    keep(acme, decision)
    assert step_of(shell, acme) == ("6_validate", f"workbench experiment sign {experiment.id} --by NAME")
    keep(acme, replaced(decision, signer="eve", identity="typed"), replaced(other, state="shipped"))
    assert step_of(shell, acme) == ("7_watch", f"workbench watch start {other.id}")
    keep(acme, replaced(other, state="watching"))
    assert step_of(shell, acme) == ("3_review", "workbench review")


def test_next_says_one_thing_first_and_then_how_much_waits_beside_it(shell: Shell, acme: Workspace) -> None:
    keep(acme, an_issue("clu_a", 9), an_issue("clu_c", 9))
    keep(acme, replaced(an_issue("clu_b", 9), state="confirmed"), on_issue("iss_clu_b"))
    code, out, _ = shell.run("next", "--workspace", acme.root)
    review = f"workbench review --workspace {acme.root}"
    assert (code, out.splitlines()[3:]) == (0, ["Also waiting:", f"  2 problems to review: {review}"])
    also = json.loads(shell.run("next", "--json", "--workspace", acme.root)[1])["also"]
    assert also == [{"n": 2, "what": "problems to review", "command": review}]


def read(notebook: Path) -> Any:
    return json.loads(notebook.read_text())


def source_of(cell: Any) -> str:
    return "".join(cell["source"])


def test_notebooks_are_laid_out_for_the_workspace_and_what_people_changed_stays(acme: Workspace) -> None:
    folder = acme.root / "notebooks"
    assert runs.lay_out(folder, workspace=acme.root) == ()
    first = read(folder / "1_telemetry.ipynb")
    (parameters,) = [cell for cell in first["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert f"workspace: str = {str(acme.root)!r}  #" in source_of(parameters)
    assert len(list(folder.glob("*.ipynb"))) == len(list(Path("notebooks").glob("*.ipynb")))

    mine, theirs = folder / "2_detect.ipynb", folder / "3_review.ipynb"
    for path, code in ((mine, "print(1)"), (theirs, "")):
        of_last_year = read(path)
        of_last_year["metadata"]["feedback_workbench"]["shipped"] = "an older version"
        of_last_year["cells"][-1]["source"] = code or of_last_year["cells"][-1]["source"]
        path.write_text(json.dumps(of_last_year))
    assert runs.lay_out(folder, workspace=acme.root) == ("2_detect.ipynb",)
    assert source_of(read(mine)["cells"][-1]) == "print(1)"
    assert read(theirs)["metadata"]["feedback_workbench"]["shipped"] != "an older version"


def test_what_cells_show_never_reaches_the_disk(tmp_path: Path) -> None:
    """Jupyter's own contents manager saves, with the hook that the server is started with."""
    hook = f"{without_outputs.__module__}.{without_outputs.__name__}"
    manager: Any = FileContentsManager(config=Config(ContentsManager={"pre_save_hook": hook}), root_dir=str(tmp_path))
    shown = {"output_type": "stream", "name": "stdout", "text": "I am Ann Smith"}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "ask()", "outputs": [shown], "execution_count": 1}
    manager.save(
        {"type": "notebook", "content": {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}},
        "mine.ipynb",
    )
    saved = (tmp_path / "mine.ipynb").read_text()
    assert ("ask()" in saved, "Ann Smith" in saved) == (True, False)


def keep(workspace: Workspace, *records: object) -> None:
    workspace.ledger.append(list(records), now=NOON, actor=ANN)  # type: ignore[arg-type]


def replaced(record: Issue | Decision, **fields: object) -> Issue | Decision:
    return replace(record, **fields)  # type: ignore[arg-type]
