"""Worlds whose faults are drawn: which twelve, how often, and in which slice, all from a seed.

Slices are drawn anew for each world, so that no detector, grouping or cause can be made for the ones that are written
down in the simulator.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import NamedTuple, TypeVar

from workbench.simulate import FAULTS, MORE_FAULTS, Fault, World, desk
from workbench.simulate.draws import generator
from workbench.simulate.run import Run
from workbench.simulate.traffic import requests

N_TRACES = 5_000
N_FAULTS = 12
LEAST, MOST = 0.0055, 0.08
"""Prevalence of the rarest and of the most frequent fault, as a share of all traces; the others lie evenly between on a
logarithmic scale. Chance takes a few from the rarest, which still has some 0.5 %."""
ELSEWHERE_SHARE = 0.05
"""Share of a fault's traces that lie outside its slice."""
NO_SLICE = 3
"""Faults of each world that are everywhere, except where their nature gives them a slice."""
MOST_IN_SLICE = 0.8
"""Greatest share of a slice's requests that have the fault."""
BROADEST = 0.5
"""Greatest share of the requests that a slice holds: most of the traffic is no place."""
NARROWS = 0.7
"""Each value of a slice leaves at most this share of what the others hold: else it would say nothing."""
TOLD = {"jurisdiction_confusion": 0.41 * 0.97}
"""Faults that show only where a user complains in words, and how often one does."""
NATURAL: Mapping[str, Mapping[str, str]] = {
    "jurisdiction_confusion": {"task": "state_court"},
    "wrong_language": {"locale": "es-US"},
    "failed_outcome": {"task": "bankruptcy"},
}
"""Values that a fault cannot be without; they are part of its slice."""
ATTRIBUTES = ("prompt_version", "task", "model", "release", "user_tier", "locale")
"""Attributes of which slices are made."""
GIVEN = {"broken_json": ("task",)}
"""Attributes that are no part of a fault's slice, since all that its detector can judge agree in them: only docket
sheets are declared to be JSON."""


_Option = TypeVar("_Option")


class Slice(NamedTuple):
    """Where a fault may concentrate."""

    values: Mapping[str, str]
    n_possible: int
    """Requests of the slice that can have the fault."""
    n_elsewhere: int
    """Other requests that can."""


def draw_world(seed: int, *, n_traces: int = N_TRACES) -> World:
    """Return a world of the research desk with twelve faults, each with its own prevalence and slice."""
    empty = World(seed=seed, n_traces=n_traces, product="research_desk", faults=())
    rng = generator("planted", seed)
    runs = [desk.ordinary(request, generator(seed, "run", request.number)) for request in requests(empty)]
    chosen = _shuffled(rng, (*FAULTS, *MORE_FAULTS))[:N_FAULTS]
    without_slice = set(_shuffled(rng, [fault.name for fault in chosen])[:NO_SLICE])
    placed = [
        _placed(fault, prevalence, runs, rng, is_everywhere=fault.name in without_slice)
        for fault, prevalence in _prevalences(chosen, runs, rng)
    ]
    return replace(empty, faults=tuple(_one_after_the_other(placed, runs)))


def is_told_only(fault: str) -> bool:
    """Return whether a fault shows only where a user complains."""
    return fault in TOLD


def _prevalences(faults: Sequence[Fault], runs: Sequence[Run], rng: random.Random) -> Iterator[tuple[Fault, float]]:
    """Yield each fault with its share of all traces: the greatest first, to one of those that can have so many."""
    left = list(faults)
    step = (LEAST / MOST) ** (1 / (len(left) - 1))
    for place in range(len(faults)):
        wanted = MOST * step**place
        able = [fault for fault in left if _capacity(fault, runs) >= wanted] or [
            max(left, key=lambda fault: _capacity(fault, runs))
        ]
        fault = able[int(rng.random() * len(able))]
        left.remove(fault)
        yield fault, min(wanted, _capacity(fault, runs))


def _capacity(fault: Fault, runs: Sequence[Run]) -> float:
    values = {**fault.scope, **NATURAL.get(fault.name, {})}
    n = sum(run.matches(values) for run in runs)
    return 0.6 * MOST_IN_SLICE * TOLD.get(fault.name, 1.0) * n / len(runs)


def _placed(fault: Fault, prevalence: float, runs: Sequence[Run], rng: random.Random, *, is_everywhere: bool) -> Fault:
    n = prevalence * len(runs) / TOLD.get(fault.name, 1.0)
    natural = NATURAL.get(fault.name, {})
    n_values = len(natural) if is_everywhere else len(natural) + int(rng.random() * (3 - len(natural))) + 1
    slice_ = _slice(fault, n, runs, rng, n_values=min(n_values, 3))
    if not slice_.values:
        return replace(fault, slice={}, prevalence=n / slice_.n_possible, elsewhere=0.0)
    share = ELSEWHERE_SHARE if slice_.n_elsewhere else 0.0
    return replace(
        fault,
        slice=slice_.values,
        prevalence=(1 - share) * n / slice_.n_possible,
        elsewhere=share * n / max(slice_.n_elsewhere, 1),
    )


def _slice(fault: Fault, n: float, runs: Sequence[Run], rng: random.Random, *, n_values: int) -> Slice:
    """Return a slice of so many values that can have n of the fault; of fewer values where none can."""
    natural = NATURAL.get(fault.name, {})
    for size in range(n_values, len(natural), -1):
        free = [name for name in ATTRIBUTES if name not in (*natural, *GIVEN.get(fault.name, ()))]
        for values in _shuffled(rng, list(_conjunctions(runs, natural, free, size))):
            held = [run for run in runs if run.matches(values)]
            n_possible = sum(run.matches(fault.scope) for run in held)
            if n / MOST_IN_SLICE <= n_possible and len(held) <= BROADEST * len(runs) and _narrows(values, runs):
                n_all = sum(run.matches(fault.scope) for run in runs)
                return Slice(values, n_possible, n_all - n_possible)
    n_possible = sum(run.matches({**natural, **fault.scope}) for run in runs)
    return Slice(natural, n_possible, sum(run.matches(fault.scope) for run in runs) - n_possible)


def _conjunctions(
    runs: Sequence[Run], natural: Mapping[str, str], free: Sequence[str], size: int
) -> Iterator[dict[str, str]]:
    seen = {name: sorted({getattr(run.request, name) for run in runs}) for name in ATTRIBUTES}
    for names in combinations(free, size - len(natural)):
        for values in product(*(seen[name] for name in names)):
            yield {**natural, **dict(zip(names, values, strict=True))}


def _narrows(values: Mapping[str, str], runs: Sequence[Run]) -> bool:
    n = sum(run.matches(values) for run in runs)
    wider = ({name: value for name, value in values.items() if name != left_out} for left_out in values)
    return all(n <= NARROWS * sum(run.matches(fewer) for run in runs) for fewer in wider)


def _one_after_the_other(faults: Sequence[Fault], runs: Sequence[Run]) -> Iterator[Fault]:
    """Yield the faults with their probabilities among the runs that no earlier one takes."""
    free = [1.0] * len(runs)
    for fault in faults:
        wanted = [fault.probability(run) for run in runs]
        n_wanted, n_left = sum(wanted), sum(p * share for p, share in zip(wanted, free, strict=True))
        factor = n_wanted / n_left
        raised = replace(
            fault, prevalence=min(fault.prevalence * factor, 0.97), elsewhere=min(fault.elsewhere * factor, 0.97)
        )
        free = [share * (1 - raised.probability(run)) for share, run in zip(free, runs, strict=True)]
        yield raised


def _shuffled(rng: random.Random, options: Sequence[_Option]) -> list[_Option]:
    return sorted(options, key=lambda _: rng.random())
