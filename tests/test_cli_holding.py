"""`workbench holdout`: from cases set apart to what leaks of them."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.changes.repositories import PROMPT
from tests.loop.set_apart import ISSUE, TRAFFIC, set_apart
from tests.loop.under_review import NOON
from workbench import loop
from workbench.cli.holding import holdouts
from workbench.experiments.case import from_jsonl, to_jsonl

if TYPE_CHECKING:
    from tests.conftest import Shell

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_cases_are_set_apart_listed_exported_and_found_leaking(shell: "Shell", tmp_path: Path) -> None:
    workspace, change = set_apart(tmp_path / "acme")
    acme = shell.at(tmp_path / "acme")
    given = ("--issue", ISSUE, "--embedder", "static", "--by", "eve")
    _, out, err = acme.run("holdout", "make", "targeted", *given, "--json")
    made = json.loads(out)
    assert "so few cases show large gains alone: --unjudged takes in" in err
    assert (made["kind"], made["n_cases"], made["n_uses"], made["author"]) == ("targeted", 1, 3, "eve")
    random = acme.json("holdout", "make", "random", *given)
    assert (random["n_cases"], random["left_out"]["holdout"]) == (2, 1)
    rest = acme.run("holdout", "make", "random", *given)[1].splitlines()[1:]
    assert (random["n_rest"], random["n_rest_of_issues"], " ".join(rest)) == (
        *(2, 2),
        "2 traces that may be cases are left for targeted ones, of its issues at most 2: half are drawn, 30 to 100, "
        "unless --cases says how many",
    )
    assert acme.json("holdout", "make", "development", *given)["n_cases"] == 1
    assert acme.json("holdout", "make", "targeted", *given, "--unjudged")["basis"] == "found"
    assert [one["n_used"] for one in acme.json("holdout", "list")["holdouts"]] == [0, 0, 0, 0, 0]
    assert "5 holdouts" in acme.run("holdout", "list")[1]
    file = tmp_path / "cases.jsonl"
    assert acme.json("holdout", "export", made["id"], str(file))["n_cases"] == 1
    (case,) = from_jsonl(file.read_bytes())
    assert (case.trace_id, case.input["question"]) == ("b3", TRAFFIC["b3"][2])
    assert acme.run("holdout", "export", made["id"], str(file))[0] == 2
    assert acme.json("holdout", "check", made["id"], "--embedder", "static")["n_overlap"] == 0
    loop.commit_change(workspace, change.id, {PROMPT: f"Be brief.\n\n- {TRAFFIC['b3'][2]}\n".encode()}, now=NOON)
    code, said, _ = acme.run("holdout", "check", made["id"], "--embedder", "static", "--json")
    assert (code, json.loads(said)["n_overlap"]) == (2, 1)
    code, said, _ = acme.run("holdout", "check", made["id"], "--embedder", "static")
    assert code == 2
    assert "1 of 1 case leak" in said
    assert acme.run("holdout", "make", "targeted")[0] == 2
    assert acme.run("holdout", "make", "random", "--window", "soon")[0] == 2


def test_an_evalset_is_brought_in_and_what_it_shares_with_development_stays_out(shell: "Shell", tmp_path: Path) -> None:
    set_apart(tmp_path / "acme")
    acme = shell.at(tmp_path / "acme")
    turns = {"e1": "Who may appeal?", "e2": TRAFFIC["a1"][2]}
    cases = [{"name": name, "data": [{"query": text, "reference": "Anyone."}]} for name, text in turns.items()]
    (tmp_path / "court.evalset.json").write_text(json.dumps(cases))
    given = ("--embedder", "static", "--by", "eve")
    made = acme.json("holdout", "import", str(tmp_path / "court.evalset.json"), *given)
    assert (made["kind"], made["basis"], made["n_cases"], made["left_out"]) == ("random", "given", 1, {"group": 1})
    out = tmp_path / "cases.jsonl"
    acme.json("holdout", "export", made["id"], str(out))
    (case,) = from_jsonl(out.read_bytes())
    assert (case.case_id, case.expected) == ("court/e1", "Anyone.")
    assert (
        acme.run("holdout", "import", str(out), "--kind", "targeted", "--issue", ISSUE, *given)[0] == 4
    )  # a random one
    other = replace(case, case_id="court/e3", input={"question": "Is a juror paid?"}, user_key=None)
    out.write_bytes(to_jsonl([other]))
    again = acme.json("holdout", "import", str(out), "--kind", "targeted", "--issue", ISSUE, *given)
    assert (again["kind"], again["issues"], again["n_cases"]) == ("targeted", [ISSUE], 1)
    assert acme.json("holdout", "check", again["id"], "--embedder", "static")["n_overlap"] == 0
    assert acme.run("holdout", "import", str(out), "--kind", "targeted", *given)[0] == 2
    assert acme.run("holdout", "import", str(tmp_path / "nothing.json"), *given)[0] == 2


def test_each_command_is_in_the_readme_and_has_a_help_page_with_an_example(shell: "Shell") -> None:
    section = README.split("### From change to decision")[1].split("\n### ")[0]
    names = [command.name or command.callback.__name__ for command in holdouts.registered_commands if command.callback]
    assert names == ["make", "import", "check", "list", "export"]
    for name in names:
        assert re.search(rf"\b{name}\b", section)
        code, said, _ = shell.run("holdout", name, "--help")
        assert (code, "Example" in said) == (0, True)
