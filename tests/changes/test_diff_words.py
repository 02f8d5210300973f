"""How one text became another: the two texts are in the pieces, and a reader sees an edit as the edit that it was."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from workbench.changes.diff_words import diff_words, is_changed
from workbench.changes.difference import Op, Piece

texts = st.text(alphabet="ab. \n\r\té漢", max_size=60) | st.text(max_size=30)


def side(pieces: tuple[Piece, ...], *, without: Op) -> str:
    return "".join(piece.text for piece in pieces if piece.op != without)


@given(texts, texts)
def test_a_diff_applied_to_one_text_gives_the_other(before: str, after: str) -> None:
    pieces = diff_words(before, after)
    assert side(pieces, without="added") == before
    assert side(pieces, without="removed") == after


@given(texts, texts)
def test_neighbours_differ_and_none_is_empty(before: str, after: str) -> None:
    pieces = diff_words(before, after)
    assert all(one.op != other.op for one, other in itertools.pairwise(pieces))
    assert all(piece.text for piece in pieces)
    assert is_changed(pieces) == (before != after)


def test_an_inserted_sentence_is_one_addition() -> None:
    before = "You summarise cases.\nState the holding.\n"
    after = "You summarise cases.\nState the jurisdiction first.\nState the holding.\n"
    assert diff_words(before, after) == (
        ("same", "You summarise cases.\n"),
        ("added", "State the jurisdiction first.\n"),
        ("same", "State the holding.\n"),
    )


def test_a_word_is_replaced_in_its_line() -> None:
    assert diff_words("Be warm.\nBe brief.\n", "Be neutral.\nBe brief.\n") == (
        ("same", "Be "),
        ("removed", "warm"),
        ("added", "neutral"),
        ("same", ".\nBe brief.\n"),
    )


def test_a_rewritten_sentence_is_not_torn_into_crumbs() -> None:
    """The two share "of the" and nothing else: one removal and one addition are what happened."""
    pieces = diff_words("Mention every judge of the bench by name", "Quote four short passages of the opinion exactly")
    assert [piece.op for piece in pieces] == ["removed", "added"]


def test_texts_too_long_to_compare_differ_as_a_whole() -> None:
    before, after = "a " * 20_001, "b " * 20_001
    assert [piece.op for piece in diff_words(f"{before}\nend", f"{after}\nend")] == ["removed", "added", "same"]
