"""A release candidate as a page: what travels, what leaves each out, and where changes meet."""

from datetime import UTC, datetime
from typing import Any

from tests.loop.on_record import a_change
from workbench import report
from workbench.records import Ablation, FileEdit, ReleaseCandidate
from workbench.releases import Bundle, Conflict, Pain

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def a_candidate(**more: Any) -> ReleaseCandidate:
    usual: dict[str, Any] = {
        "id": "rel_1",
        "at": AT,
        "state": "open",
        "name": "<i>W2</i>",
        "change_ids": ("chg_b", "chg_a"),
        "base": "0" * 40,
        "ledger_head": "",
        "author": "ann",
        "identity": "typed",
    }
    return ReleaseCandidate(**usual | more)


EDITS = (FileEdit("prompts/<b>answer</b>.md", "prompt", None, "2" * 40),)
CHANGES = [a_change("chg_a", edits=EDITS), a_change("chg_b", title="<script>x</script>", edits=EDITS)]


def test_a_frozen_candidate_shows_its_changes_in_their_order_and_what_leaves_each_out() -> None:
    ablations = (Ablation("chg_a", "a" * 40), Ablation("chg_b", "b" * 40))
    frozen = a_candidate(
        state="frozen", commit="c" * 40, frozen_at=AT, ablations=ablations, pain=12.0, pain_low=9.5, pain_high=15.25
    )
    meets = Conflict("tool_in_prompt", "chg_a", "chg_b", "find_court")
    elsewhere = Conflict("same_issue", "chg_a", "chg_z", "iss_1")
    shown = report.candidate_page(frozen, CHANGES, conflicts=[meets, elsewhere])
    assert "<script>" not in shown.html
    assert "<i>W2" not in shown.html
    lines = shown.plain.splitlines()
    assert "2 changes, in commit cccccccccccc, frozen 2026-01-05 08:30 UTC" in lines[0]
    assert "12.0 (9.5 to 15.2)" in lines[0]
    first, second = (line for line in lines if "prompts/" in line)
    assert ("chg_b" in first, "bbbbbbbbbbbb" in first) == (True, True)
    assert ("chg_a" in second, "aaaaaaaaaaaa" in second) == (True, True)
    assert "tool in prompt find_court" in shown.plain
    assert "chg_z" not in shown.plain


def test_an_open_candidate_says_that_nothing_is_merged_and_that_pain_is_not_known() -> None:
    words = report.candidate_page(a_candidate(change_ids=("chg_a", "chg_gone")), CHANGES).plain
    assert "from version 000000000000" in words
    assert "pain in all is not known" in words
    assert words.count("not frozen yet") == 2
    assert "chg_gone" in words


def test_bundles_say_why_changes_belong_together() -> None:
    found = [
        Bundle(("chg_b", "chg_a"), ("iss_1",), ("chg_a, chg_b: for the same issue iss_1",), Pain(3, 1, 6)),
        Bundle(("chg_c",), ("iss_2",), (), None),
    ]
    lines = report.bundles_page(found, CHANGES).plain.splitlines()
    assert "for the same issue iss_1" in lines[2]
    assert "3.0 (1.0 to 6.0)" in lines[2]
    assert "stands alone" in lines[3]
    assert report.bundles_page([], CHANGES).plain == "No change is committed that could be released."


def test_a_release_is_its_candidate_and_without_one_what_could_be_released() -> None:
    assert "What travels together?" in report.release_page(a_candidate(), [], CHANGES).plain
    assert "No change is committed" in report.release_page(None, [], CHANGES).plain
