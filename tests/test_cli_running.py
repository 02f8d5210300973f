"""`workbench experiment run`, `list` and `export`: how the app is run is said once, frozen, and held to."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.conftest import Answer, Asked, Served
from tests.loop.validated import make_validated
from workbench.boundaries.loopback import free_port
from workbench.loop.validate.erased import erase_of_runs, of_runs
from workbench.records import ExperimentRun
from workbench.store import open_workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

Serve = Callable[[Callable[[Asked], Answer]], Served]
N = 6
METRICS = [{"name": "signal:right", "role": "target", "mwe": [0.05, False]}]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Return a workspace's folder, its change and its holdout."""
    root = tmp_path_factory.mktemp("running") / "acme"
    _, change, holdout_id = make_validated(root, example="state_jurisdiction_first", n=N)
    (root / "metrics.json").write_text(json.dumps(METRICS))
    return root, change.id, holdout_id


@pytest.fixture
def acme(made: tuple[Path, str, str], tmp_path: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a copy of the folder, and the command that plans and freezes."""
    shutil.copytree(made[0], tmp_path / "acme", symlinks=True)
    plan = ("experiment", "plan", made[1], "--holdout", made[2], "--metrics", str(tmp_path / "acme" / "metrics.json"))
    return tmp_path / "acme", (*plan, "--freeze", "--by", "eve")


def write(root: Path, text: str) -> None:
    with open(root / "workspace.toml", "a", encoding="utf-8") as settings:
        settings.write(text)


def test_how_the_app_is_run_stands_in_the_settings_and_another_way_is_refused(
    shell: "Shell", serve: Serve, acme: tuple[Path, tuple[str, ...]]
) -> None:
    """Who could take another model for the arms than the plan says would run until one of them pleases."""
    (root, plan), served = acme, serve(lambda _: Answer(body=b'{"output": "yes", "signals": {"right": 1}}'))
    write(root, f'[app_run]\nendpoint = "{served.url}/answer"\ncache = "../answers"\n')
    at = shell.at(root)
    frozen = at.json(*plan)
    assert json.loads(frozen["adapter"]) == {"endpoint": f"{served.url}/answer"}
    run = ("experiment", "run", frozen["experiment_id"], "--by", "eve")
    code, _, err = at.run(*run, "--command", "./answer")
    assert (code, "it was frozen to be run by" in err, served.asked) == (2, True, [])
    done = at.json(*run)
    assert (done["is_done"], len(served.asked), json.loads(done["run"]["adapter"])["endpoint"]) == (
        *(True, 2 * N),
        f"{served.url}/answer",
    )
    assert len(list((root.parent / "answers").glob("*.json"))) == 2 * N
    workspace = open_workspace(root)
    found = of_runs(workspace, ["t3"])
    assert (found.n_answers, found.n_cached) == (2, 2 * N)
    erase_of_runs(workspace, found)
    assert list((root.parent / "answers").iterdir()) == []


def test_what_is_not_frozen_is_said_by_the_run_and_kept_with_it(
    shell: "Shell", acme: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    root, plan = acme
    at = shell.at(root)
    frozen = at.json(*plan)["experiment_id"]
    assert at.run("experiment", "run", frozen, "--by", "eve")[0] == 2
    assert at.run("experiment", "export", frozen, tmp_path / "none.jsonl")[0] == 2
    at.json("experiment", "run", frozen, "--sample-app", "--by", "eve")
    (ran,) = open_workspace(root).ledger.latest(ExperimentRun)
    assert json.loads(ran.adapter) == {"sample": True}
    (listed,) = at.json("experiment", "list")["experiments"]
    assert (listed["id"], listed["adapter"]) == (frozen, "")
    assert "1 experiment" in at.run("experiment", "list")[1]
    for name in ("results.jsonl", "results.parquet"):
        assert at.json("experiment", "export", frozen, tmp_path / name)["n_results"] == 2 * N
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert {(one["experiment_id"], one["metric"]) for one in lines} == {(frozen, "signal:right")}
    assert [one["case_id"] for one in lines] == pl.read_parquet(tmp_path / "results.parquet")["case_id"].to_list()
    assert at.run("experiment", "export", frozen, tmp_path / "results.jsonl")[0] == 2


def test_a_budget_that_cannot_be_kept_is_refused_before_anything_is_asked(
    shell: "Shell", serve: Serve, acme: tuple[Path, tuple[str, ...]]
) -> None:
    (root, plan), served = acme, serve(lambda _: Answer(body=b'{"output": "yes", "cost_usd": 0.5}'))
    at = shell.at(root)
    frozen = at.json(*plan, "--endpoint", f"{served.url}/answer")["experiment_id"]
    run = ("experiment", "run", frozen, "--by", "eve", "--budget", "2")
    assert (at.run(*run)[0], served.asked) == (2, [])
    code, out, _ = at.run(*run, "--most", "1")
    assert (code, "has no room" in out, len(served.asked)) == (3, True, 3)


def test_a_server_that_is_not_there_ends_the_run_within_seconds_and_counts_for_nothing(
    shell: "Shell", serve: Serve, acme: tuple[Path, tuple[str, ...]]
) -> None:
    """It said nothing for a minute, and then that every answer of both versions was an error."""
    (root, plan), port = acme, free_port()
    at = shell.at(root)
    frozen = at.json(*plan, "--endpoint", f"http://127.0.0.1:{port}/answer")["experiment_id"]
    code, out, _ = at.run("experiment", "run", frozen, "--by", "eve")
    assert (code, f":{port}/answer: cannot be reached (connection refused); is it running there?" in out) == (3, True)
    assert f"{2 * N} answers are missing" in out
