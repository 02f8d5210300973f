"""A namer's answer is a stranger's text: what is kept of it, and what is not."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from workbench.clustering import ToName, embed, group
from workbench.clustering.naming import MAX_NAME_CHARACTERS, MAX_SEEN_CHARACTERS, clean_name

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Findings = Callable[..., pl.DataFrame]


def named(findings: pl.DataFrame, namer: Callable[[ToName], str]) -> tuple[dict[str, object], tuple[str, ...]]:
    grouping = group(findings, embed=embed, run_id="run_1", now=NOON, namer=namer)
    (row,) = grouping.clusters.to_dicts()
    return row, grouping.notes


def test_what_the_namer_saw_and_who_it_is_are_kept(findings_of: Findings) -> None:
    seen: list[ToName] = []

    def careful(one: ToName) -> str:
        seen.append(one)
        return "Cards refused"

    row, _ = named(findings_of(["the gift card was refused " + "x" * 500] * 6), careful)
    assert (row["name"], row["named_by"]) == ("Cards refused", "careful")
    assert row["named_from"] == row["exemplars"] == [f"fnd_{place:03d}" for place in range(5)]
    (one,) = seen
    assert (one.detector, one.n_findings, len(one.texts)) == ("tool_error", 6, 5)
    assert {len(text) for text in one.texts} == {MAX_SEEN_CHARACTERS}
    assert list(one.phrases) == row["phrases"]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ('"Gift card refused"', "Gift card refused"),
        ("\n\n  **Gift card**  \nHere is why", "Gift card"),
        ("a\x1b[31mb\u202ec\u200bd", "a [31mbcd"),
        ("word " * 50, ("word " * 50)[: MAX_NAME_CHARACTERS - 1] + "…"),
        ("12 -- 34", None),
        ("", None),
        (None, None),
        (["a"], None),
    ],
)
def test_an_answer_is_one_short_line_of_words_or_none(answer: object, name: str | None) -> None:
    assert clean_name(answer) == name


def test_a_namer_that_fails_leaves_the_phrases_and_it_is_said(findings_of: Findings) -> None:
    def broken(_: ToName) -> str:
        raise TimeoutError("<b>secret</b>")

    row, notes = named(findings_of(["the gift card was refused"] * 6), broken)
    assert row["name"] is None
    assert row["phrases"] == ["gift card", "refused"]
    assert notes[-1] == "cluster 0: not named, the namer failed with TimeoutError"


def test_an_answer_that_is_no_name_is_said(findings_of: Findings) -> None:
    row, notes = named(findings_of(["the gift card was refused"] * 6), lambda _: "???")
    assert row["name"] is None
    assert notes[-1] == "cluster 0: not named, the namer answered no words"
