"""Limits and retries, on a clock that only moves when somebody waits."""

import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from workbench.errors import ServerError
from workbench.experiments.answer import Answer, ErrorKind, error
from workbench.experiments.provider import FIRST_ATTEMPTS, LONGEST_PAUSE_S, MAX_ATTEMPTS, Limits, Provider
from workbench.experiments.to_end import to_end


class Clock:
    """A time that moves by being waited for."""

    def __init__(self) -> None:
        self.at = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


def provider(clock: Clock, requests: int | None = None, tokens: int | None = None) -> Provider:
    return Provider("p", Limits(requests, tokens), sleep=clock.sleep, monotonic=clock, rng=random.Random(0))


def in_turn(*answers: Answer) -> Callable[[], Coroutine[Any, Any, Answer]]:
    left = list(answers)

    async def once() -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return once


OK = Answer(output="yes")


def moments(limits: tuple[int | None, int | None], *tokens: int) -> list[float]:
    """Return when each of some questions was asked."""
    clock = Clock()
    limited = provider(clock, *limits)
    asked: list[float] = []

    async def once() -> Answer:
        asked.append(clock.at)
        return OK

    async def all_of_them() -> None:
        for one in tokens:
            await limited.patiently(once, most_tokens=one)

    to_end(all_of_them())
    return asked


def test_no_minute_has_more_questions_than_allowed() -> None:
    assert moments((2, None), 0, 0, 0, 0, 0) == [0, 0, 60, 60, 120]


def test_no_minute_has_more_tokens_than_allowed() -> None:
    assert moments((None, 100), 60, 40, 1, 100, 100) == [0, 0, 60, 120, 180]


def test_a_question_larger_than_a_minute_is_asked_alone() -> None:
    assert moments((None, 100), 50, 500, 50) == [0, 60, 120]


def test_tokens_that_were_not_taken_are_given_back() -> None:
    clock = Clock()
    limited = provider(clock, tokens=100)

    async def once() -> int:
        return 10

    async def all_of_them() -> None:
        for _ in range(2):
            await limited.patiently(once, most_tokens=90, tokens_of=lambda told: told)

    to_end(all_of_them())
    assert clock.at == 0


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "unreachable"])
def test_work_that_was_not_done_is_asked_for_again(kind: ErrorKind) -> None:
    clock = Clock()
    assert to_end(provider(clock).patiently(in_turn(error(kind), error(kind), OK))) == OK
    assert len(clock.pauses) == 2
    assert 0 <= clock.pauses[0] <= 1
    assert 0 <= clock.pauses[1] <= 2


@pytest.mark.parametrize("kind", ["timeout", "broken_off", "bad_answer", "empty", "refused", "too_large", "failed"])
def test_work_that_may_have_been_done_is_not_paid_for_again(kind: ErrorKind) -> None:
    clock = Clock()
    got = to_end(provider(clock).patiently(in_turn(error(kind), OK)))
    assert isinstance(got, Answer)
    assert got.error_kind == kind
    assert clock.pauses == []


def test_it_gives_up_and_the_error_is_the_outcome() -> None:
    clock = Clock()
    n_asked = 0

    async def once() -> Answer:
        nonlocal n_asked
        n_asked += 1
        return error("server_error")

    got = to_end(provider(clock).patiently(once))
    assert isinstance(got, Answer)
    assert (got.error_kind, n_asked, len(clock.pauses)) == ("server_error", MAX_ATTEMPTS, MAX_ATTEMPTS - 1)


def test_a_pause_that_is_asked_for_holds_for_all_who_ask() -> None:
    clock = Clock()
    limited = provider(clock)
    asked: list[float] = []

    async def other() -> Answer:
        asked.append(clock.at)
        return OK

    async def both() -> None:
        await limited.patiently(in_turn(error("rate_limited", retry_after_s=30), OK))
        assert 30 <= clock.at <= 31
        clock.at = 10
        await limited.patiently(other)

    to_end(both())
    assert asked == [30]


def test_a_pause_of_hours_stops_the_run_and_is_no_failure_of_the_arm() -> None:
    with pytest.raises(ServerError, match="pause of 3,600 s"):
        to_end(provider(Clock()).patiently(in_turn(error("rate_limited", retry_after_s=3600))))
    assert LONGEST_PAUSE_S < 3600


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Provider("p", Limits(0))


def test_a_provider_that_was_never_reached_ends_the_run_and_is_nobodys_outcome() -> None:
    """Nothing listened at the address: six attempts of each question were an error of each arm, after minutes."""
    clock = Clock()
    n_asked = 0

    async def once() -> Answer:
        nonlocal n_asked
        n_asked += 1
        return error("unreachable", "cannot be reached (connection refused)")

    with pytest.raises(ServerError, match=r"p: cannot be reached .*refused.*; is it running there"):
        to_end(provider(clock).patiently(once))
    assert (n_asked, clock.at <= 3) == (FIRST_ATTEMPTS, True)


def test_once_a_provider_was_reached_what_is_unreachable_is_an_outcome() -> None:
    limited = provider(Clock())
    assert to_end(limited.patiently(in_turn(OK))) == OK
    got = to_end(limited.patiently(in_turn(error("unreachable"))))
    assert isinstance(got, Answer)
    assert got.error_kind == "unreachable"
