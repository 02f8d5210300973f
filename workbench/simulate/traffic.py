"""Who asks what, and when: visits of a few requests, on the rhythm of office days in the United States.

Versions follow each other through the weeks with a short overlap, as gradual roll-outs do.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from workbench.ids import digest
from workbench.simulate.draws import around, between, generator, happens, hex_digits, pick, weighted
from workbench.simulate.feedback import OUTCOME_MINUTES
from workbench.simulate.foreign import PHRASES
from workbench.simulate.request import Opinion, Request
from workbench.simulate.words import (
    COMPANIES,
    FEDERAL_REPORTERS,
    ISSUES,
    QUESTIONS,
    STATE_TASKS,
    STATES,
    SURNAMES,
    citation,
    fill,
)
from workbench.simulate.world import Rollout, World

DAY_WEIGHTS = {0: 1.0, 1: 1.1, 2: 1.1, 3: 1.0, 4: 0.85, 5: 0.2, 6: 0.15}
"""Traffic of a weekday, Monday first; arbitrary unit."""
HOUR_WEIGHTS = dict(enumerate((3, 2, 2, 1, 1, 1, 0, 0, 0, 0, 1, 2, 5, 9, 12, 13, 13, 12, 12, 13, 12, 10, 7, 4)))
"""Traffic of an hour, UTC; arbitrary unit."""
TASK_WEIGHTS = {
    **{"state_court": 0.29, "federal_court": 0.27, "bankruptcy": 0.12},
    **{"multi_party": 0.09, "administrative": 0.12, "contract": 0.11},
}
TIER_WEIGHTS = {"free": 0.3, "pro": 0.45, "firm": 0.25}
SMALL_MODEL_SHARES = {"free": 0.8, "pro": 0.25, "firm": 0.1}
"""Share of a tier's requests that the small model answers."""
ROLLOUT = 0.04
"""Part of the time that a roll-out takes."""
REQUESTS_A_USER = 12
"""Requests that a user makes on average."""
LOCALE_WEIGHTS = {"en-US": 0.8, "es-US": 0.13, "fr-CA": 0.07}
"""Languages and countries of the desk's users."""
DOCKET_SHARE, EVALUATED_SHARE = 0.12, 0.3
"""Shares of the desk's requests: for a docket sheet as JSON, with a judge's evaluation."""
N_UNHAPPY = 3
"""Users who thumb everything down."""
LONG_PAGES = 60
"""An opinion of more pages is long."""
LONG_SHARE, OUTCOME_SHARE, ANONYMOUS_SHARE = 0.16, 0.5, 0.02
"""Shares of the requests: on long opinions, with a known outcome, without a user id."""

LATEST_OUTCOME = timedelta(minutes=OUTCOME_MINUTES[1])
"""Of later requests nobody knows yet how they went."""


def requests(world: World) -> Iterator[Request]:
    """Yield the world's requests in the order of time."""
    rng = generator(world.seed, "traffic")
    arrivals: list[tuple[datetime, int, str]] = []
    while len(arrivals) < world.n_traces:
        arrivals += _visit(world, rng)
    arrivals = sorted(arrivals[: world.n_traces])
    last = {session: number for number, (_, _, session) in enumerate(arrivals)}
    for number, (at, user, session) in enumerate(arrivals):
        request = replace(_request(world, number, at, user, session), has_next=number < last[session])
        yield request if world.product == "case_summary" else _at_desk(world, request, user)


def _visit(world: World, rng: random.Random) -> list[tuple[datetime, int, str]]:
    """Return the arrivals of one visit: moment, user's number, session."""
    n_users = _n_users(world)
    user = int(n_users * rng.random() ** 2)  # a few users come often
    session = f"conv-{hex_digits(rng, 12)}"
    at = _moment(world, rng)
    arrivals = [(at, user, session)]
    while happens(rng, 0.45):
        at += timedelta(seconds=between(rng, 60, 600))
        arrivals.append((min(at, world.end - timedelta(minutes=10)), user, session))
    return arrivals


def _n_users(world: World) -> int:
    return world.n_users or max(4 * N_UNHAPPY, world.n_traces // REQUESTS_A_USER)


def _moment(world: World, rng: random.Random) -> datetime:
    days = {day: DAY_WEIGHTS[(world.start + timedelta(days=day)).weekday()] for day in range(7 * world.weeks)}
    midnight = world.start.astimezone(UTC) + timedelta(days=weighted(rng, days))
    return midnight + timedelta(hours=weighted(rng, HOUR_WEIGHTS), microseconds=between(rng, 0, 3_600_000_000 - 1))


def _request(world: World, number: int, at: datetime, user: int, session: str) -> Request:
    rng = generator(world.seed, "request", number)
    elapsed = (at - world.start) / (world.end - world.start)
    tier = weighted(generator(world.seed, "user", user), TIER_WEIGHTS)
    task = weighted(rng, TASK_WEIGHTS)
    state = pick(rng, STATES)
    reporter = state.reporter if task in STATE_TASKS else pick(rng, FEDERAL_REPORTERS)
    is_long, is_known = happens(rng, LONG_SHARE), not happens(rng, ANONYMOUS_SHARE)
    request = Request(
        number=number,
        trace_id=digest("trace", str(world.seed), str(number))[:32],
        at=at,
        user=f"user-{1001 + user}" if is_known else "",
        user_tier=tier,
        is_unhappy=is_known and user in _unhappy(world),
        session=session,
        task=task,
        opinion=_opinion(rng, is_long=is_long, reporter=reporter),
        state=state,
        issue=pick(rng, ISSUES[task]),
        question=pick(rng, QUESTIONS[task]),
        prompt_version=_prompt_version(rng, elapsed, world.rollout),
        model="lex-small-2" if happens(rng, SMALL_MODEL_SHARES[tier]) else "lex-large-2",
        release=_out_at(rng, elapsed, world.rollout.releases),
        is_long=is_long,
        has_outcome=happens(rng, OUTCOME_SHARE) and at + LATEST_OUTCOME < world.end,
    )
    return replace(request, question=fill(rng, request.question, request))


def _at_desk(world: World, request: Request, user: int) -> Request:
    """Return the request as the research desk gets it: in the user's language, some for a docket sheet, some judged."""
    locale = weighted(generator(world.seed, "locale", user), LOCALE_WEIGHTS)
    rng = generator(world.seed, "desk", request.number)
    is_sheet, is_evaluated = happens(rng, DOCKET_SHARE), happens(rng, EVALUATED_SHARE)
    language = "en" if is_sheet else locale.partition("-")[0]
    task = "docket" if is_sheet else request.task
    phrases = PHRASES.get(language)
    placed = replace(
        request,
        task=task,
        locale=locale,
        language=language,
        output_type="json" if is_sheet else "",
        is_evaluated=is_evaluated,
        issue=pick(rng, phrases.issues if phrases else ISSUES[task]),
    )
    return replace(placed, question=fill(rng, pick(rng, phrases.questions if phrases else QUESTIONS[task]), placed))


def _unhappy(world: World) -> range:
    """Return users who come seldom."""
    return range(_n_users(world) - N_UNHAPPY, _n_users(world))


def _opinion(rng: random.Random, *, is_long: bool, reporter: str) -> Opinion:
    defendant = pick(rng, COMPANIES) if happens(rng, 0.7) else pick(rng, SURNAMES[1::2])
    short, long = min(LONG_PAGES, 3 + int(around(rng, 14, spread=0.6))), between(rng, LONG_PAGES + 1, 3 * LONG_PAGES)
    return Opinion(f"{pick(rng, SURNAMES[::2])} v. {defendant}", citation(rng, reporter), long if is_long else short)


def _prompt_version(rng: random.Random, elapsed: float, rollout: Rollout) -> str:
    if elapsed >= rollout.canary_start and happens(rng, rollout.canary_share):
        return rollout.canary_version
    return _out_at(rng, elapsed, rollout.prompt_versions)


def _out_at(rng: random.Random, elapsed: float, schedule: tuple[tuple[float, str], ...]) -> str:
    """Return the version that answers at this part of the time; during a roll-out either of two does."""
    moved = elapsed - ROLLOUT * rng.random()
    return [version for start, version in schedule if start == 0.0 or start <= moved][-1]
