"""The table of moves: no state is reached on anything but its evidence, nor by whom it is not for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backlog.issues import issue
from workbench.backlog import MOVES, OPEN, merge, move
from workbench.errors import GateError
from workbench.records import Issue, IssueState

RESTS_ON: dict[IssueState, set[str]] = {
    "confirmed": {"ver", "chg"},
    "rejected": {"ver"},
    "changing": {"chg", "dec", "rel", "exp"},
    "validating": {"rel", "exp"},
    "shipped": {"dec"},
    "watching": {"wch"},
    "resolved": {"wch"},
    "reopened": {"run", "wch", "chg"},
    "merged": {"iss"},
}
"""What each state must rest on, as the design has it; `proposed` rests on nothing."""
COMES_AFTER: dict[IssueState, set[IssueState]] = {
    "changing": {"confirmed"},
    "validating": {"changing"},
    "shipped": {"validating"},
    "watching": {"shipped", "resolved"},
    "resolved": {"watching"},
}
"""What an issue must have been before it can be this."""
KINDS = ("ver", "chg", "rel", "exp", "dec", "wch", "run", "iss", "trace")
STATES: tuple[IssueState, ...] = ("proposed", *RESTS_ON)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(STATES),
            st.lists(st.sampled_from(KINDS), max_size=2),
            st.sampled_from(["person", "program"]),
        ),
        max_size=40,
    )
)
def test_no_sequence_of_calls_reaches_a_state_without_its_evidence(
    calls: list[tuple[IssueState, list[str], str]],
) -> None:
    """A way round the table would ship what nobody confirmed."""
    now, been = issue(), {"proposed"}
    for to, kinds, by in calls:
        evidence = [f"{kind}_{at}" for at, kind in enumerate(kinds)]
        try:
            now = move(now, to, evidence=evidence, reason="because", by=by)  # type: ignore[arg-type]
        except GateError:
            continue
        assert now.state == to
        held = {one.partition("_")[0] for one in now.evidence}
        assert (held <= RESTS_ON[to] and held) if to in RESTS_ON else not held
        assert now.reason == "because"
        assert (now.merged_into is not None) == (to == "merged")
        if by == "program":
            assert to not in ("rejected", "merged"), "people alone decide that"
            assert to != "confirmed" or held == {"chg"}, "a program only gives back what people had confirmed"
        if to == "changing":
            assert been & {"confirmed", "reopened"}
        elif to in COMES_AFTER:
            assert been & COMES_AFTER[to]
        been.add(to)


def test_the_whole_way_is_walked_in_order() -> None:
    way: list[tuple[IssueState, str]] = [
        ("confirmed", "ver_1"),
        ("changing", "chg_1"),
        ("validating", "rel_1"),
        ("shipped", "dec_1"),
        ("watching", "wch_1"),
        ("resolved", "wch_1"),
        ("watching", "wch_1"),
        ("resolved", "wch_1"),
        ("reopened", "run_2"),
        ("changing", "chg_2"),
    ]
    now = issue()
    for to, evidence in way:
        now = move(now, to, evidence=[evidence], reason=f"by {evidence}", by="person")
    assert (now.state, now.evidence, now.reason) == ("changing", ("chg_2",), "by chg_2")


def refused(one: Issue, to: IssueState, *evidence: str, by: str = "person") -> str:
    """Return what is said of a move that is refused."""
    with pytest.raises(GateError) as error:
        move(one, to, evidence=evidence, reason="because", by=by)  # type: ignore[arg-type]
    return str(error.value)


def test_a_refusal_says_what_has_to_come_before() -> None:
    assert "workbench review" in refused(issue(), "changing", "chg_1")
    assert "on verdicts of people, not on run_1" in refused(issue(), "confirmed", "run_1")
    assert "not on nothing" in refused(issue(), "confirmed")
    assert "no program may make it confirmed" in refused(issue(), "confirmed", "ver_1", by="program")
    assert "not on ver_1, iss_2" in refused(issue(), "confirmed", "ver_1", "iss_2"), "one false id spoils all"
    assert "becomes watching on a watch, not on run_1" in refused(issue("resolved"), "watching", "run_1")
    assert "resolved cannot become changing" in refused(issue("resolved"), "changing", "chg_1")


def test_a_move_without_a_reason_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="must say why"):
        move(issue(), "confirmed", evidence=["ver_1"], reason=" ", by="person")


def test_a_change_given_up_leaves_what_people_confirmed() -> None:
    changing = issue("changing", evidence=("chg_1",))
    assert move(changing, "confirmed", evidence=["chg_1"], reason="abandoned", by="program").state == "confirmed"


def test_every_state_but_the_last_can_be_left() -> None:
    """An issue in a state without a way on would stay there for ever."""
    assert {state for one in MOVES for state in one.sources} == set(STATES)
    assert set(OPEN) <= {one.to for one in MOVES}


def test_what_is_merged_names_what_goes_on() -> None:
    into = issue("confirmed", id="iss_2")
    merged = merge(issue(), into, reason="the same seat map")
    assert (merged.state, merged.merged_into, merged.evidence) == ("merged", "iss_2", ("iss_2",))
