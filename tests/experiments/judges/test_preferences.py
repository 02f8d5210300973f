"""A judge of two answers: a preference counts only where it survives the other order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.experiments.judges.a_judge import asked, by_arm, compared, completion, preferring, runs
from workbench.experiments.judges.asking import values_of
from workbench.experiments.judges.preferences import flips_of

Serve = Callable[..., Any]


def longer(first: str, second: str) -> str:
    return "tie" if len(first) == len(second) else "first" if len(first) > len(second) else "second"


def test_the_better_answer_has_one_and_the_other_none(serve: Serve, tmp_path: Path) -> None:
    """Candidate better, worse, as good, the same, broken; and a baseline that broke."""
    served = serve(preferring(longer))
    metric = compared(served.url)
    items, outcomes = runs(["a", "bbb", "cc", "same", "d", None, None], ["aa", "b", "xx", "same", None, "e", None])
    replied = asked(metric, items, outcomes, tmp_path / "j")
    values = by_arm(items, values_of(metric, items, outcomes, replied.replies))
    assert values["candidate"] == [1.0, 0.0, 0.5, 0.5, 0.0, 1.0, None]
    assert values["baseline"] == [0.0, 1.0, 0.5, 0.5, 1.0, 0.0, None]
    assert len(served.asked) == 3 * 2
    assert flips_of(metric, items, outcomes, replied.replies) == (3, 0)


def test_a_judge_that_goes_by_the_order_has_no_preference(serve: Serve, tmp_path: Path) -> None:
    """Asked in one order alone it would call every baseline the better one."""
    served = serve(preferring(lambda first, second: "first"))
    metric, (items, outcomes) = compared(served.url), runs(["a", "b"], ["x", "y"])
    replied = asked(metric, items, outcomes, tmp_path / "j")
    assert set(values_of(metric, items, outcomes, replied.replies).values()) == {0.5}
    assert flips_of(metric, items, outcomes, replied.replies) == (2, 2)


def test_one_order_and_a_tie_are_a_tie_and_no_flip(serve: Serve, tmp_path: Path) -> None:
    served = serve(preferring(lambda first, second: "second" if second == "x" else "tie"))
    metric, (items, outcomes) = compared(served.url), runs(["a"], ["x"])
    replied = asked(metric, items, outcomes, tmp_path / "j")
    assert set(values_of(metric, items, outcomes, replied.replies).values()) == {0.5}
    assert flips_of(metric, items, outcomes, replied.replies) == (1, 0)


def test_a_reply_that_cannot_be_read_leaves_the_pair_without_a_value(serve: Serve, tmp_path: Path) -> None:
    left = [completion({"why": "", "quotes": [], "better": "first"}), completion({"better": "candidate"})]
    served = serve(lambda _: left.pop(0))
    metric, (items, outcomes) = compared(served.url), runs(["a"], ["x"])
    replied = asked(metric, items, outcomes, tmp_path / "j")
    assert values_of(metric, items, outcomes, replied.replies) == {}
    assert flips_of(metric, items, outcomes, replied.replies) == (0, 0)
