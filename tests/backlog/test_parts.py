"""What people put together or took apart stays so, whatever later runs find."""

from dataclasses import replace

import polars as pl
import pytest

from tests.backlog.issues import NOON, cause, issue
from workbench.backlog import goes_on, held_by, merge, propose, share_of, split, take_out
from workbench.errors import GateError
from workbench.records import Issue
from workbench.schemas import CLUSTERS

A = issue(cause_ids=("cau_seats_clu_a", "cau_meals_clu_a"))
B = issue("confirmed", id="iss_2", cluster_id="clu_b")


def clusters(*ids: str) -> pl.DataFrame:
    """Return clusters of a later run, ten traces each."""
    rows = [
        {
            **dict.fromkeys(CLUSTERS.schema.names()),
            "run_id": "run_2",
            "cluster_id": cluster_id,
            "cluster": number,
            "detector": "tool_error",
            "phrases": ["seat"],
            **dict.fromkeys(("n_findings", "n_traces", "n_sessions", "n_users"), 10),
            "first_at": NOON,
            "last_at": NOON,
        }
        for number, cluster_id in enumerate(ids)
    ]
    return pl.DataFrame(rows, schema=CLUSTERS.schema)


def again(known: list[Issue], *, returned: frozenset[str] = frozenset()) -> dict[str, Issue]:
    """Return the issues after a run that finds both clusters again, by id."""
    same_as = {"clu_a2": "clu_a", "clu_b2": "clu_b"}
    now = [cause(name, cluster_id="clu_a2") for name in ("seats", "meals", "bags")]
    proposed = propose(
        clusters("clu_a2", "clu_b2"),
        now,
        known=known,
        same_as=same_as,
        severities={"tool_error": "low"},
        returned=returned,
        causes_before=[cause("seats"), cause("meals")],
    )
    return {one.id: one for one in proposed}


def test_a_merged_issue_stays_merged_in_later_runs_and_counts_for_what_goes_on() -> None:
    """A run that made it an issue of its own again would have it judged twice."""
    merged = merge(A, B, reason="the same seat map")
    later = again([merged, B])
    assert (later["iss_1"].state, later["iss_1"].merged_into) == ("merged", "iss_2")
    assert (later["iss_1"].cluster_id, later["iss_1"].reason) == ("clu_a2", "the same seat map")
    assert goes_on(later["iss_1"], later).id == "iss_2"
    assert {owner: [one.id for one in parts] for owner, parts in held_by(later.values()).items()} == {
        "iss_2": ["iss_2", "iss_1"]
    }


def test_merging_is_followed_over_several_steps() -> None:
    c = issue(id="iss_3", cluster_id="clu_c")
    one, two = merge(A, B, reason="same"), merge(B, c, reason="same")
    assert set(held_by([one, two, c])) == {"iss_3"}
    assert len(held_by([one, two, c])["iss_3"]) == 3


def test_a_merged_part_that_comes_back_reopens_what_went_on_for_it() -> None:
    """A fault that came back in its other form would have been taken for resolved."""
    merged = merge(A, B, reason="same")
    later = again([merged, replace(B, state="resolved")], returned=frozenset({"clu_a2"}))
    assert (later["iss_2"].state, later["iss_2"].evidence) == ("reopened", ("run_2",))
    assert later["iss_1"].state == "merged"


def test_what_comes_up_of_a_resolved_problem_is_merged_into_it() -> None:
    """What was left of a resolved problem came up as an issue of its own, and nobody could say that it was the same."""
    merged = merge(A, replace(B, state="resolved"), reason="same")
    assert (merged.state, merged.merged_into) == ("merged", "iss_2")


def test_what_was_merged_by_mistake_is_taken_out_again() -> None:
    out = take_out(merge(A, B, reason="same"), reason="it is another map")
    assert (out.state, out.merged_into, out.evidence) == ("proposed", None, ("iss_2",))
    with pytest.raises(GateError, match="proposed cannot become proposed"):
        take_out(out, reason="again")


@pytest.mark.parametrize("state", ["rejected", "merged"])
def test_nothing_is_merged_into_what_is_decided_away(state: str) -> None:
    with pytest.raises(GateError, match="takes nothing in"):
        merge(A, replace(B, state=state), reason="same")  # type: ignore[arg-type]


def test_nothing_is_merged_into_itself_or_while_it_is_changed() -> None:
    with pytest.raises(GateError, match="into itself"):
        merge(A, A, reason="same")
    with pytest.raises(GateError, match="changing cannot become merged"):
        merge(replace(A, state="changing"), B, reason="same")


def test_a_part_that_is_split_off_keeps_its_identity_and_its_cause_in_later_runs() -> None:
    """A run that forgot the part would put it back into the issue that people took it out of."""
    rest, part = split(A, [cause("meals")], title="no meal left", reason="another team's")
    assert (rest.cause_ids, part.cause_ids) == (("cau_seats_clu_a",), ("cau_meals_clu_a",))
    assert (part.state, part.split_from, part.title, part.cluster_id) == ("proposed", "iss_1", "no meal left", "clu_a")
    later = again([rest, B, part])
    assert later[part.id].cause_ids == ("cau_meals_clu_a2",)
    assert later["iss_1"].cause_ids == ("cau_seats_clu_a2", "cau_bags_clu_a2")
    assert (later[part.id].cluster_id, later[part.id].split_from, later[part.id].title) == (
        "clu_a2",
        "iss_1",
        "no meal left",
    )
    assert list(later) == ["iss_1", part.id, "iss_2"], "the issue that the cluster became comes first"


def test_a_split_needs_some_causes_that_say_what_they_hold() -> None:
    for causes in ([], [cause("seats"), cause("meals")], [cause("bags")]):
        with pytest.raises(GateError, match="must be named"):
            split(A, causes, title="t", reason="r")
    with pytest.raises(GateError, match="does not say how many"):
        split(A, [cause("meals", n_with=None)], title="t", reason="r")
    with pytest.raises(GateError, match="it is changing"):
        split(replace(A, state="changing"), [cause("meals")], title="t", reason="r")


def test_a_part_holds_the_share_of_its_largest_cause() -> None:
    assert share_of([cause("meals"), cause("bags", n_with=4)]) == 4 / 8
    assert share_of([cause("meals"), cause("bags", n_with=None)]) is None
