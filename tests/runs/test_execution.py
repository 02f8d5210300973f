"""A run: executed by this interpreter, kept whole, kept when it fails, and listed."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from workbench import runs
from workbench.errors import ConfigError, InsufficientDataError, ReportError
from workbench.records import DetectionRun
from workbench.runs.run import Run, read_runs
from workbench.store import Workspace

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
Notebook = Callable[..., Path]
DETECTION = DetectionRun(
    id="run_1",
    at=NOW,
    window="all",
    table_versions={},
    tallies=(),
    n_findings=0,
    n_clusters=0,
    noise_share=None,
    seed=0,
    embedder="static",
    supersedes=None,
)


def outputs(run: Run) -> str:
    """Return all text that the executed notebook printed or showed."""
    executed = nbformat.read(run.ipynb, as_version=4)  # type: ignore[no-untyped-call]
    shown = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in shown)


def test_a_run_leaves_a_notebook_a_page_and_a_record(workspace: Workspace, notebook: Notebook) -> None:
    run = runs.execute(notebook("print(top_n * 14)"), parameters={"top_n": 3}, workspace=workspace, now=NOW)
    assert (run.state, run.notebook, run.title) == ("done", "9_probe", "Does it work?")
    assert run.ipynb == workspace.reports / "9_probe" / "20260107T120000Z.ipynb"
    assert outputs(run).strip() == "42"
    assert "42" in run.html.read_text("utf-8")
    assert read_runs(workspace.reports) == [run]
    assert not list(workspace.reports.rglob("*.part*"))


def test_the_workspace_of_the_run_is_the_notebooks_and_its_folder(workspace: Workspace, notebook: Notebook) -> None:
    probe = notebook("import os\nprint(os.path.samefile(workspace, os.getcwd()))")
    assert outputs(runs.execute(probe, parameters={}, workspace=workspace, now=NOW)).strip() == "True"


def test_a_run_shows_pictures_where_a_notebook_has_views_unless_it_is_told(
    workspace: Workspace, notebook: Notebook
) -> None:
    probe = notebook("print(is_live)", parameters="is_live: bool = True  # views")
    said = [
        outputs(runs.execute(probe, parameters=given, workspace=workspace, now=NOW)).strip()
        for given in ({}, {"is_live": True})
    ]
    assert said == ["False", "True"]


def test_another_workspace_is_no_parameter(workspace: Workspace, notebook: Notebook) -> None:
    with pytest.raises(ConfigError, match="--workspace"):
        runs.execute(notebook("1"), parameters={"workspace": "/other"}, workspace=workspace, now=NOW)


def test_nothing_is_imported_from_the_folder_of_the_data(workspace: Workspace, notebook: Notebook) -> None:
    """A workspace comes from elsewhere: a file in it named like a module must not run."""
    (workspace.root / "colorsys.py").write_text("print('hacked')")
    run = runs.execute(notebook("import colorsys"), parameters={}, workspace=workspace, now=NOW)
    assert "hacked" not in outputs(run)


def test_the_kernel_is_this_interpreter_whatever_is_installed(
    workspace: Workspace, notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/bin/false"], "display_name": "Another", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    run = runs.execute(notebook("import sys\nprint(sys.executable)"), parameters={}, workspace=workspace, now=NOW)
    assert outputs(run).strip() == sys.executable


def test_a_failure_is_kept_with_what_was_shown_before_it(workspace: Workspace, notebook: Notebook) -> None:
    failing = notebook("print('before')", "raise ValueError('<img src=x onerror=alert(1)>')", "print('after')")
    with pytest.raises(ReportError, match=r"ValueError.*its report is kept: .*20260107T120000Z\.html"):
        runs.execute(failing, parameters={}, workspace=workspace, now=NOW)
    (run,) = read_runs(workspace.reports)
    page = run.html.read_text("utf-8")
    assert run.state == "failed"
    assert "This report is incomplete" in page
    assert "before" in outputs(run)
    assert "after" not in outputs(run)
    assert "<img src=x" not in page + (workspace.reports / "index.html").read_text("utf-8")


def test_too_little_data_is_its_own_state_and_error(workspace: Workspace, notebook: Notebook) -> None:
    refusing = notebook("from workbench.errors import InsufficientDataError\nraise InsufficientDataError('no spans')")
    with pytest.raises(InsufficientDataError, match="no spans"):
        runs.execute(refusing, parameters={}, workspace=workspace, now=NOW)
    assert read_runs(workspace.reports)[0].state == "insufficient"


def test_a_kernel_that_dies_is_a_failed_run(workspace: Workspace, notebook: Notebook) -> None:
    with pytest.raises(ReportError, match="the kernel stopped"):
        runs.execute(notebook("import os\nos._exit(1)"), parameters={}, workspace=workspace, now=NOW)
    assert read_runs(workspace.reports)[0].state == "failed"


def test_a_stopped_page_shows_its_sentence_and_nothing_that_never_ran(workspace: Workspace, notebook: Notebook) -> None:
    refusing = notebook(
        "print('before')",
        "from workbench.errors import InsufficientDataError\n"
        "raise InsufficientDataError('no spans', fix='run `workbench ingest`')",
        "print('after')",
    )
    whole = nbformat.read(refusing, as_version=4)  # type: ignore[no-untyped-call]
    whole.cells.append(nbformat.v4.new_markdown_cell("## Last part"))  # type: ignore[no-untyped-call]
    nbformat.write(whole, refusing)  # type: ignore[no-untyped-call]
    with pytest.raises(InsufficientDataError, match="stopped: no spans; run `workbench ingest`"):
        runs.execute(refusing, parameters={}, workspace=workspace, now=NOW)
    (run,) = read_runs(workspace.reports)
    page = run.html.read_text("utf-8")
    assert run.error == "no spans; run `workbench ingest`"
    assert "There is too little to report.</strong> no spans; run `workbench ingest`" in page
    assert "before" in page
    for hidden in ("InsufficientDataError", "Last part", "Where it stopped", "Traceback"):
        assert hidden not in page
    assert "Last part" in run.ipynb.read_text("utf-8")


def test_a_failed_page_ends_where_it_stopped(workspace: Workspace, notebook: Notebook) -> None:
    with pytest.raises(ReportError):
        runs.execute(notebook("1 / 0", "print('after')"), parameters={}, workspace=workspace, now=NOW)
    page = read_runs(workspace.reports)[0].html.read_text("utf-8")
    assert "ZeroDivisionError: division by zero" in page
    assert "Where it stopped" in page
    assert "papermill" not in page


def test_the_headline_is_the_first_line_of_the_cell_tagged_so(workspace: Workspace, notebook: Notebook) -> None:
    probe = notebook(
        "'not this'", "from workbench.report.blocks import sentences\nsentences('34 problems.', 'The first.')"
    )
    whole = nbformat.read(probe, as_version=4)  # type: ignore[no-untyped-call]
    whole.cells[-1].metadata.tags = ["headline"]
    nbformat.write(whole, probe)  # type: ignore[no-untyped-call]
    run = runs.execute(probe, parameters={}, workspace=workspace, now=NOW)
    assert run.headline == "34 problems."
    assert "34 problems." in (workspace.reports / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("notebook_name", "given", "said"),
    [
        ("2_detect", {"run_id": "run_wrong"}, "there is no such run"),
        ("2_detect", {"top_n": 0}, "top_n == 0, must be 1 to 20"),
        ("2_detect", {"top_n": -3}, "top_n == -3, must be 1 to 20"),
        ("1_telemetry", {"top_n": 21}, "top_n == 21, must be 1 to 20"),
        ("1_telemetry", {"window": "yesterday"}, "window"),
        ("2_detect", {"days": "yesterday"}, "window"),
        ("2_detect", {"severity": "huge"}, "low, medium or high"),
        ("2_detect", {"where": "release=7"}, "attributes are"),
        ("1_telemetry", {"as_of": "yesterday"}, "as_of"),
    ],
)
def test_a_shipped_notebook_with_a_wrong_value_is_not_started(
    workspace: Workspace, notebook_name: str, given: dict[str, object], said: str
) -> None:
    workspace.ledger.append([DETECTION], now=NOW)
    with pytest.raises(ConfigError, match=said):
        runs.execute(notebook_name, parameters=given, workspace=workspace, now=NOW)
    assert not (workspace.reports / notebook_name).exists()


def test_a_wrong_call_runs_nothing(workspace: Workspace, notebook: Notebook) -> None:
    with pytest.raises(ConfigError):
        runs.execute(notebook("1"), parameters={"unknown": 1}, workspace=workspace, now=NOW)
    assert not (workspace.reports / "9_probe").exists()


def test_two_runs_of_one_second_are_both_kept(workspace: Workspace, notebook: Notebook) -> None:
    made = [runs.execute(notebook("1"), parameters={}, workspace=workspace, now=NOW) for _ in range(2)]
    assert [run.html.name for run in made] == ["20260107T120000Z.html", "20260107T120000Z-2.html"]
    assert len({run.id for run in read_runs(workspace.reports)}) == 2


def test_a_path_with_braces_is_a_path(workspace: Workspace, notebook: Notebook) -> None:
    run = runs.execute(notebook("1", name="a{0}b"), parameters={}, workspace=workspace, now=NOW)
    assert run.state == "done"


def test_widget_state_is_not_kept(workspace: Workspace, notebook: Notebook) -> None:
    pytest.importorskip("ipywidgets")
    run = runs.execute(
        notebook("import ipywidgets\nipywidgets.HTML('</script>secret')"), parameters={}, workspace=workspace, now=NOW
    )
    assert "widgets" not in nbformat.read(run.ipynb, as_version=4).metadata  # type: ignore[no-untyped-call]
    assert "</script>" not in run.html.read_text("utf-8")


@pytest.mark.filterwarnings("ignore:Your element with mimetype")
def test_scripts_and_foreign_formats_of_a_notebook_are_not_shown(workspace: Workspace, notebook: Notebook) -> None:
    source = """from IPython.display import display
display({kind: 'alert(1)' for kind in ('application/javascript', 'text/markdown', 'image/svg+xml', 'text/vnd.mermaid')},
        raw=True)"""
    run = runs.execute(notebook(source), parameters={}, workspace=workspace, now=NOW)
    page = run.html.read_text("utf-8")
    assert "alert(1)" not in page
    assert "<script" not in page


def test_the_page_names_no_address_but_its_own(workspace: Workspace, notebook: Notebook) -> None:
    page = runs.execute(notebook("1"), parameters={}, workspace=workspace, now=NOW).html.read_text("utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert "//" not in page.replace("<!DOCTYPE html>", "")
    assert "default-src 'none'" in page


def test_inputs_are_hidden(workspace: Workspace, notebook: Notebook) -> None:
    probe = notebook("secret_name = 1\nprint('shown')")
    page = runs.execute(probe, parameters={}, workspace=workspace, now=NOW).html.read_text("utf-8")
    assert "shown" in page
    assert "secret_name" not in page


def test_the_page_lists_its_parts(workspace: Workspace, notebook: Notebook) -> None:
    page = runs.execute(notebook("1"), parameters={}, workspace=workspace, now=NOW).html.read_text("utf-8")
    assert '<a href="#First-part">First part</a>' in page
    assert 'id="First-part"' in page
