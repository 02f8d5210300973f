"""`workbench trace`: the chain of an id as a tree for people and as JSON for scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.loop.under_review import NOON, an_issue, make_workspace, trace_of

if TYPE_CHECKING:
    from tests.conftest import Shell

HOSTILE = "\x1b[31mred\nissue iss_forged"


@pytest.fixture
def acme(shell: "Shell", tmp_path: Path) -> "Shell":
    made = make_workspace(tmp_path / "acme", {"slow": 4, HOSTILE: 1})
    made.ledger.append([an_issue("slow", 4)], now=NOON)
    return shell.at(tmp_path / "acme")


def test_a_tree_leads_back_to_production_and_says_what_it_leaves_out(acme: "Shell") -> None:
    code, out, err = acme.run("trace", "iss_slow", "--top", "2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "issue iss_slow [proposed] 2026-03-02 12:00  tool error: voucher, slow"
    assert lines[2] == "Back to production:"
    first = trace_of("slow", 0)
    assert lines[4].startswith(f"    finding fnd-slow-{first} [medium]")
    assert lines[5] == f"      trace {first} 2026-03-02 12:00  chat: what of {first}"
    assert lines[8] == "    ... and 2 more findings"
    assert lines[-1] == "In all: 4 traces, 4 findings, 1 cluster, 1 cause, 1 issue."


def test_a_script_gets_nodes_links_and_counts(acme: "Shell") -> None:
    answer = acme.json("trace", "cau_slow", "--top", "1")
    assert answer["start"] == {"kind": "cause", "id": "cau_slow_0"}
    assert answer["n"] == {"trace": 4, "finding": 4, "cluster": 1, "cause": 1, "issue": 1}
    cluster = next(node for node in answer["nodes"] if node["kind"] == "cluster")
    assert cluster["comes_from"] == {
        "links": [{"kind": "finding", "id": f"fnd-slow-{trace_of('slow', 0)}"}],
        "more": {"finding": 3},
    }
    assert {"kind": "issue", "id": "iss_slow"} in cluster["leads_to"]["links"]


def test_names_that_strangers_chose_add_no_line_and_no_colour(acme: "Shell") -> None:
    code, out, _ = acme.run("trace", f"cau_{HOSTILE}_0")
    assert code == 0
    assert "\x1b" not in out
    assert not [line for line in out.splitlines() if line.strip().startswith("issue iss_forged")]


def test_an_id_that_is_not_there_says_what_to_give(acme: "Shell") -> None:
    code, _, err = acme.run("trace", "iss_nobody")
    assert code == 2
    assert "give the id of a trace, session, finding" in err
