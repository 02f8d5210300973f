"""The Python side of scoring: the next answer comes once the last one is kept, and what was not kept says so."""

from typing import Any

import pytest

from tests.widgets.label_desk import Desk
from workbench import widgets
from workbench.widgets.label_widget import LabelWidget


def ask(view: LabelWidget, kind: Any, **more: Any) -> tuple[str, str]:
    view._asked(None, {"kind": kind, **more}, None)
    return view.answer.get("kind", ""), view.answer.get("words", "")


def test_a_score_is_kept_and_the_next_answer_without_one_comes() -> None:
    desk = Desk()
    view = widgets.label(desk)
    assert (view.item["place"], view.item["answer"]) == (0, "One.")
    ask(view, "skip", place=0)
    assert ask(view, "score", place=1, score=1) == ("saved", "Saved: 1.")
    assert ask(view, "score", place=2, score=0) == ("saved", "Saved: 0.")
    assert (view.item["place"], view.about["n_scored"]) == (0, 2)
    ask(view, "score", place=0, score=1)
    assert (view.item, desk.said) == ({}, [(1, 1), (2, 0), (0, 1)])


def test_one_that_was_scored_is_gone_back_to_and_scored_anew() -> None:
    desk = Desk()
    view = widgets.label(desk)
    ask(view, "score", place=0, score=1)
    ask(view, "go", place=0)
    assert (view.item["place"], view.item["own"]) == (0, 1)
    ask(view, "score", place=0, score=0)
    assert dict(desk.said) == {0: 0}
    ask(view, "go", place=99)
    assert view.item["place"] == 2


def test_what_is_not_kept_says_so_and_the_answer_stays() -> None:
    view = widgets.label(Desk(refuses="its run has ended"))
    kind, words = ask(view, "score", place=0, score=1)
    assert (kind, "its run has ended" in words, view.item["place"]) == ("failed", True, 0)


@pytest.mark.parametrize(
    "content", [None, [], {"kind": "score"}, {"kind": "score", "place": 0, "score": True}, {"kind": "x", "place": 0}]
)
def test_a_message_without_sense_keeps_nothing(content: Any) -> None:
    desk = Desk()
    view = widgets.label(desk)
    view._asked(None, content, None)
    assert (desk.said, view.item["place"]) == ([], 0)


def test_where_nothing_waits_the_view_is_empty() -> None:
    view = widgets.label(Desk(()))
    ask(view, "go", place=1)
    assert (view.item, view.about["n_items"]) == ({}, 0)
