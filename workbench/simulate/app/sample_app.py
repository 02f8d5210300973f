"""The sample app: a seeded responder whose behaviour follows its files.

It is the agent that the sample's telemetry is of. The simulation runs it for the requests of a world, an experiment for
those of stored traces; in both a change of a file changes what comes out only as far as the app heeds that file.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from workbench.ids import digest
from workbench.simulate.app.averted import AVERTED, bare
from workbench.simulate.app.behaviour import Behaviour, read_behaviour
from workbench.simulate.app.cases import request_of
from workbench.simulate.app.causes import chance
from workbench.simulate.app.effects import shaped
from workbench.simulate.app.response import Response, as_taken, response_of
from workbench.simulate.draws import generator
from workbench.simulate.faults import FAULTS, Fault
from workbench.simulate.request import Request
from workbench.simulate.run import Run, ordinary


@dataclass(frozen=True, slots=True)
class SampleApp:
    """One version of the app, as its files say.

    Parameters
    ----------
    files
        Texts by path, with `/`.

    Raises
    ------
    ConfigError
        If the app does not start with them.
    """

    files: Mapping[str, str]
    """Its files."""
    behaviour: Behaviour = field(init=False, repr=False)
    """What they make of it."""
    version: str = field(init=False)
    """Eight digits that follow from the files."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "behaviour", read_behaviour(self.files))
        object.__setattr__(self, "version", digest(*(part for one in sorted(self.files.items()) for part in one))[:8])

    def respond(self, case: Mapping[str, Any], *, seed: int, faults: tuple[Fault, ...] = FAULTS) -> Response:
        """Return what comes of a request; the same for the same files, case and seed.

        Two versions answer one request independently of each other, as a model does whose prompt has changed.

        Parameters
        ----------
        case
            What is asked, by whom, and where the product stood then; see `cases.request_of`.
        seed
            Of the trial.
        faults
            What can go wrong, as of `run`.

        Raises
        ------
        ValueError
            If the case tells no question.
        """
        said = orjson.dumps(dict(case), option=orjson.OPT_SORT_KEYS, default=str)
        of_run = (self.version, digest(said), str(seed))
        trace_id, version = digest(*of_run)[:32], self.behaviour.version
        run = self.run(request_of(case, trace_id=trace_id, prompt_version=version), seed=of_run, faults=faults)
        return as_taken(response_of(run), run, rng=generator(*of_run, "taken"))

    def run(self, request: Request, *, seed: Sequence[object], faults: tuple[Fault, ...] = FAULTS) -> Run:
        """Return a run of the app on a request, before any noise; `fault` is the truth about it.

        Parameters
        ----------
        request
            What is asked.
        seed
            What the run's chance follows from.
        faults
            What can go wrong, in the order in which it is drawn; a run has at most one.
        """
        rng = generator(*seed)
        served = request if self.behaviour.model == "by_tier" else replace(request, model=self.behaviour.model)
        run = drawn(ordinary(served, rng), rng, behaviour=self.behaviour, faults=faults)
        return shaped(run, self.behaviour, generator(*seed, "shape"))


def drawn(run: Run, rng: random.Random, *, behaviour: Behaviour, faults: tuple[Fault, ...]) -> Run:
    """Return the run with the first of the faults that chance gives it, or with what averting one costs.

    Parameters
    ----------
    run
        A run in order.
    rng
        Chance.
    behaviour
        What the app does.
    faults
        What can go wrong.
    """
    without_limits = bare(behaviour)
    for fault in faults:
        at, share = rng.random(), chance(fault, run, behaviour)
        if at < share:
            return replace(fault.plant(run, rng), fault=fault.name)
        if fault.name in AVERTED and at < chance(fault, run, without_limits):
            return AVERTED[fault.name](run, behaviour, rng)
    return run
