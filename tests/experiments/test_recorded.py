"""Two recorded sets made comparable: repeated rows, missing pairs, other cases and odd times are told."""

from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.experiments.recorded import Recorded, Wanted, pair_recorded
from workbench.experiments.scores import Scored, frame
from workbench.experiments.times import clocks

Row = tuple[str, float | None, str | None]


def scored(*rows: Row, **more: Any) -> Scored:
    """Return a set of cases, values and trials; a value of None is missing."""
    return Scored(
        frame(
            [
                {
                    "case_id": case,
                    "metric": "score",
                    "value": value,
                    "status": "ok" if value is not None else "missing",
                    "trial": trial,
                    "row": repr((case, value, trial)),
                    **more,
                }
                for case, value, trial in rows
            ]
        ),
        (),
    )


def single(values: str) -> Scored:
    """Return one run a case: `1` and `0` are values, `-` is missing."""
    return scored(*((f"c{place:03}", None if sign == "-" else float(sign), None) for place, sign in enumerate(values)))


def paired(baseline: Scored, candidate: Scored, **wanted: Any) -> Recorded:
    return pair_recorded(baseline, candidate, wanted=Wanted(**wanted))


def test_two_sound_sets_have_no_fault_and_only_say_that_no_time_is_known() -> None:
    found = paired(single("1100"), single("1010"))
    assert found.faults == ()
    assert found.notes == ("when they ran is not known of both: whether at the same time cannot be told",)
    assert found.counts == ((4, 4), (0, 0), (4, 4), ((), ()))
    assert (found.plan.n_cases, found.plan.n_trials, found.plan.metrics[0].kind) == (4, 1, "binary")


def test_rows_that_are_there_again_word_for_word_count_once_and_are_told() -> None:
    again = scored(("c000", 1.0, None), ("c000", 1.0, None), ("c001", 0.0, None))
    found = paired(again, single("11"))
    assert (found.counts.n_repeated, found.faults, found.plan.n_trials) == ((1, 0), (), 1)
    assert found.notes[0] == "baseline: 1 row is there again, word for word, counted once"


def test_a_case_with_two_different_scores_and_no_trial_is_a_fault() -> None:
    found = paired(scored(("c000", 1.0, None), ("c000", 0.0, None), ("c001", 0.0, None)), single("11"))
    (fault,) = found.faults
    assert fault.startswith("baseline: 1 case ('c000') stand there more than once")


def test_as_many_different_rows_of_each_case_are_trials_and_that_is_told() -> None:
    twice = scored(*((case, value, None) for case in ("a", "b") for value in (1.0, 0.0)))
    found = paired(twice, twice)
    assert (found.plan.n_trials, found.results.height, found.faults) == (2, 8, ())
    assert found.results["trial"].unique().sort().to_list() == [0, 1]
    assert "2 rows of each case, taken for trials" in found.notes[0]


def test_a_file_that_holds_every_row_twice_has_no_trials() -> None:
    doubled = scored(*((case, 1.0, None) for case in ("a", "b") for _ in range(2)))
    found = paired(doubled, doubled)
    assert (found.plan.n_trials, found.counts.n_repeated) == (1, (2, 2))


def test_trials_with_a_name_may_differ_and_the_same_one_twice_may_not() -> None:
    tries = scored(("a", 1.0, "1"), ("a", 0.0, "2"), ("b", 1.0, "1"), ("b", 1.0, "2"))
    assert paired(tries, tries).faults == ()
    twice = scored(("a", 1.0, "1"), ("a", 0.0, "1"), ("b", 1.0, "1"))
    assert "more than once" in paired(tries, twice).faults[0]


def test_other_cases_are_named_and_too_many_of_them_are_a_fault() -> None:
    found = paired(single("1" * 100), single("1" * 98))
    assert (found.counts.only, found.faults) == ((("c098", "c099"), ()), ())
    assert found.notes[0] == "2 cases ('c098', 'c099') are in the baseline only"
    (fault,) = paired(single("1" * 100), single("1" * 97)).faults
    assert fault == "score: 3 of 100 pairs are missing (3.0%), more than 2%"


def test_a_case_without_a_score_is_a_missing_pair() -> None:
    (fault,) = paired(single("11-1"), single("1111")).faults
    assert fault.startswith("score: 1 of 4 pairs are missing (25.0%)")


def test_cases_with_more_trials_in_one_arm_are_told() -> None:
    tries = scored(("a", 1.0, "1"), ("a", 0.0, "2"), ("b", 1.0, "1"), ("b", 1.0, "2"))
    found = paired(tries, scored(("a", 1.0, "1"), ("b", 1.0, "1")))
    assert found.notes[0].startswith("cases have 2 trials in the baseline and 1 in the candidate; the mean of those")


def test_another_judge_in_one_arm_is_a_fault() -> None:
    (fault,) = paired(scored(("a", 1.0, None), judge="m1"), scored(("a", 1.0, None), judge="m2")).faults
    assert "the judge or its version differs" in fault


def test_nothing_in_common_is_a_fault() -> None:
    other = Scored(single("11").rows.with_columns(metric=single("11").rows["case_id"]), ())
    assert paired(single("11"), other).faults == ("the two have no score in common",)


def test_a_score_of_another_range_is_told_and_a_margin_beyond_it_is_refused() -> None:
    stars = scored(("a", 1.0, None), ("b", 5.0, None))
    found = paired(stars, stars)
    assert (found.plan.metrics[0].kind, found.plan.metrics[0].range) == ("bounded", (1.0, 5.0))
    assert "score: its range is taken to be what was seen, 1 to 5" in found.notes
    with pytest.raises(ConfigError, match=r"margin == 4.0, must be from 0 and below 4"):
        paired(stars, stars, margin=4.0)


@pytest.mark.parametrize(
    ("baseline", "candidate", "told"),
    [
        (["2026-01-05T10:00:00Z", "2026-01-05T11:00:00"], ["1767609000", "1767610800000"], []),
        (
            ["1970-01-01T00:00:00", "0"],
            ["2026-01-05"],
            ["baseline: 2 times are placeholders, before 2000", "not known"],
        ),
        (["2026-01-05"] * 3, ["2026-01-04", "2026-01-06"], ["baseline: all 3 rows have the same time, a placeholder"]),
        (["soon", "2026-01-05"], ["2026-01-05", "2026-01-05T01:00"], ["baseline: 1 time cannot be read"]),
        (["2026-01-05T10:00", "2026-01-05T11:00"], ["2026-02-05", "2026-02-06"], ["did not run at the same time"]),
        ([None], ["2026-01-05"], ["not known of both"]),
    ],
)
def test_times_that_are_none_or_apart_are_told(baseline: Any, candidate: Any, told: list[str]) -> None:
    """1767609000 is 2026-01-05 10:30 UTC."""
    notes = clocks(baseline, candidate)
    assert len(notes) == len(told)
    assert all(words in note for words, note in zip(told, notes, strict=True))
