"""Why: causes of every kind with the numbers that they have, and what speaks against each beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from workbench.records import Cause, CauseKind
from workbench.report.cause_panel import FOUND_BY, N_CAUSES, cause_panel

HOSTILE = "</q><img src=x onerror=alert(1)>"
Make = Callable[..., Cause]


def plain(*causes: Cause) -> str:
    """Return the panel as words on one line."""
    return " ".join(cause_panel(causes).plain.split())


def bare(cause: Make, kind: CauseKind, statement: str) -> Cause:
    """Return a cause of a kind that has no numbers and no conditions."""
    numbers = ("n_cluster_with", "n_cluster", "n_rest_with", "n_rest", "lift", "lift_low", "lift_high")
    without: dict[str, Any] = dict.fromkeys((*numbers, "p_value", "q_value", "share_explained"))
    return replace(cause(), kind=kind, statement=statement, attributes=(), values=(), **without)


def test_every_kind_has_its_words() -> None:
    assert set(FOUND_BY) == set(get_args(CauseKind))


def test_a_slice_has_its_conditions_its_numbers_examples_and_counter_examples(cause: Make) -> None:
    found = replace(
        cause(), attributes=("prompt_version", "locale"), values=("7", "de"), counter_examples=("t7", "t8", "t9", "t10")
    )
    assert (
        "1 over-represented prompt version 7 and locale de 5 of 6 (83 %) 1 of 10 (10 %) 8.3× (1.9 to 40) 0.012 80 % "
        "t1 t2 +3; elsewhere t7 +3" in plain(found)
    )


def test_what_speaks_against_a_cause_stands_with_its_number(cause: Make) -> None:
    doubtful = replace(cause(), notes=("It cannot be told apart from another: used the model m1",))
    assert "To cause 2: It cannot be told apart from another: used the model m1" in plain(cause(), doubtful)


def test_an_onset_says_since_when_with_its_interval(cause: Make) -> None:
    day = [datetime(2026, 1, at, 12, tzinfo=UTC) for at in (4, 5, 6)]
    onset = replace(cause(kind="onset"), onset_low_at=day[0], onset_at=day[1], onset_high_at=day[2])
    assert "change in time" in plain(onset)
    assert "since 2026-01-05 12:00 UTC (2026-01-04 12:00 UTC to 2026-01-06 12:00 UTC)" in plain(onset)


def test_an_idea_of_a_model_names_the_model_and_its_quotes_and_has_no_numbers(cause: Make) -> None:
    idea = replace(bare(cause, "proposed", "The index is down."), proposer="m1 at localhost", quotes=("index 503",))
    shown = plain(idea)
    assert "1 idea of a model The index is down. by m1 at localhost – – – – – t1" in shown
    assert "cause 1, words of a trace index 503" in shown


def test_a_suspect_check_and_a_blamed_step_are_said_so(cause: Make) -> None:
    shown = plain(bare(cause, "check", "No model passes task 7."), bare(cause, "blame", "search failed first"))
    assert "1 suspect check No model passes task 7." in shown
    assert "2 first failing step search failed first" in shown


def test_more_causes_than_are_shown_are_counted(cause: Make) -> None:
    assert "2 causes more are not shown" in plain(*[cause()] * (N_CAUSES + 2))


def test_hostile_words_stay_text(cause: Make) -> None:
    hostile = replace(
        cause(),
        values=(HOSTILE,),
        statement=HOSTILE,
        notes=(HOSTILE,),
        quotes=(HOSTILE,),
        proposer=HOSTILE,
        counter_examples=(HOSTILE,),
    )
    assert "<img src=x" not in cause_panel([hostile]).html
    assert "<img src=x" in cause_panel([hostile]).plain
