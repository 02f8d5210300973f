"""Two commits of a real app as the two arms of an experiment, each run from what was checked out of it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.changes.repositories import PROMPT, make_repository, owned
from workbench.changes.repository import open_app
from workbench.changes.work_tree import checked_out
from workbench.experiments.arms.command import command_arm
from workbench.experiments.case import Case
from workbench.experiments.runner import run
from workbench.experiments.schedule import schedule
from workbench.experiments.to_end import to_end
from workbench.loop.refine.app_arms import chat_app_of, files_in

PROGRAM = """
import json, pathlib, sys
asked = json.load(sys.stdin)
prompt = pathlib.Path("prompts/summarise.md").read_text()
print(json.dumps({"output": prompt.splitlines()[0] + " " + asked["input"]["question"]}))
"""


def test_each_arm_answers_by_its_own_commit_and_the_repository_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_DIR", raising=False)
    app = make_repository(tmp_path / "app")
    baseline = app.commit({"run.py": PROGRAM})
    candidate = app.commit({PROMPT: "State the jurisdiction first.\n"})
    app.write(PROMPT, "Work that is not committed.\n")
    before = owned(app.root)
    opened = open_app(app.root)
    cases = [Case(case_id=name, input={"question": name}) for name in ("one", "two")]
    with checked_out(opened, baseline) as old, checked_out(opened, candidate) as new:
        arms = [
            command_arm([sys.executable, "-S", "run.py"], folder, name=name, version=commit)
            for name, folder, commit in (("baseline", old, baseline), ("candidate", new, candidate))
        ]
        noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
        done = to_end(run(schedule(cases, arms, seed=0), tmp_path / "journal", now=lambda: noon))
        assert chat_app_of(files_in(new)).messages[0].text == "State the jurisdiction first."
    assert {(one.version, one.case_id, one.answer.output) for one in done.outcomes} == {
        (baseline, "one", "State the holding. one"),
        (baseline, "two", "State the holding. two"),
        (candidate, "one", "State the jurisdiction first. one"),
        (candidate, "two", "State the jurisdiction first. two"),
    }
    assert owned(app.root) == before
