"""A simulated world: its telemetry, what was said about it, and the truth of what is wrong in it.

Telemetry is made line by line while it is read, so that a world of any size fits in memory.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import orjson
import polars as pl

from workbench.simulate import desk
from workbench.simulate.app.sample_app import SampleApp
from workbench.simulate.comments import complaint
from workbench.simulate.draws import generator, happens
from workbench.simulate.export import ExportLine, lines
from workbench.simulate.feedback import signals_of
from workbench.simulate.noise import disturb
from workbench.simulate.request import Request
from workbench.simulate.run import Run, ordinary
from workbench.simulate.traffic import requests
from workbench.simulate.world import World

TRUTH_SCHEMA = pl.Schema({"trace_id": pl.String, "fault": pl.String, "in_slice": pl.Boolean, "noise": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What one world looks like from outside, and the truth about it."""

    world: World
    """What was simulated."""
    signals: tuple[dict[str, Any], ...]
    """Records of the signals format until the world's end, in the order of time; a few come twice."""
    truth: pl.DataFrame
    """One row a trace, in the order of time: fault and noise (`none` without one), in_slice (null without a fault)."""
    faults: pl.DataFrame
    """One row a planted fault: what it is, where it lives, and in how many traces it came out."""

    def telemetry(self) -> Iterator[ExportLine]:
        """Yield the lines of telemetry, made anew each time and each time the same."""
        return lines(_runs(self.world), seed=self.world.seed)


def simulate(world: World) -> Simulation:
    """Return the simulated world; deterministic given the world.

    >>> simulate(World(n_traces=3)).truth.columns
    ['trace_id', 'fault', 'in_slice', 'noise']
    """
    signals: list[dict[str, Any]] = []
    rows = []
    n_in_slice = dict.fromkeys((fault.name for fault in world.faults), 0)
    for run in _runs(world):
        signals += signals_of(run, generator(world.seed, "signals", run.request.number))
        planted = next((fault for fault in world.faults if fault.name == run.fault), None)
        rows.append((run.request.trace_id, run.fault, run.matches(planted.slice) if planted else None, run.noise))
        for fault in world.faults:
            n_in_slice[fault.name] += run.matches(fault.slice)
    truth = pl.DataFrame(rows, schema=TRUTH_SCHEMA, orient="row")
    return Simulation(
        world=world,
        signals=_until(f"{world.end.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z", signals),
        truth=truth,
        faults=_summary(world, truth, n_in_slice),
    )


def _runs(world: World) -> Iterator[Run]:
    """Yield the world's runs, each with at most one fault, and with noise only where there is no fault."""
    make = ordinary if world.product == "case_summary" else desk.ordinary
    apps = {version: SampleApp(files) for version, files in world.app.items()}
    waiting: dict[str, Run] = {}
    for request in requests(world):
        rng = generator(world.seed, "run", request.number)
        if request.session in waiting:
            yield make(_next_request(waiting.pop(request.session), request, rng), rng)
            continue
        if apps:
            run = _served(apps[request.prompt_version], request, world=world)
        else:
            run = _planted(make(request, rng), rng, world=world)
        if run.says_next:
            waiting[request.session] = run
        yield run


def _served(app: SampleApp, request: Request, *, world: World) -> Run:
    """Return what the app makes of a request, with noise where it has no fault."""
    run = app.run(request, seed=(world.seed, "run", request.number), faults=world.faults)
    return disturb(run, generator(world.seed, "noise", request.number)) if run.fault == "none" else run


def _planted(run: Run, rng: random.Random, *, world: World) -> Run:
    for fault in world.faults:
        if happens(rng, fault.probability(run)):
            return replace(fault.plant(run, rng), fault=fault.name)
    return disturb(run, rng)


def _next_request(before: Run, request: Request, rng: random.Random) -> Request:
    """Return what the user asks after a run that did not serve: the same matter, in the place of the next request."""
    said = complaint(rng, before.says_next, before.request)
    same = {name: getattr(request, name) for name in ("number", "trace_id", "at", "has_next", "has_outcome")}
    # Who does not ask the same again writes English, whatever the language of the first question.
    language = before.request.language if "{question}" in "".join(before.says_next) else "en"
    return replace(before.request, **same, language=language, question=said)


def _until(end: str, signals: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the signals before the end, in the order of time; their times are ISO texts of one form, which sort."""
    known = (signal for signal in signals if signal["at"] < end)
    return tuple(sorted(known, key=lambda signal: (signal["at"], signal["target_id"], signal["name"])))


def _summary(world: World, truth: pl.DataFrame, n_in_slice: dict[str, int]) -> pl.DataFrame:
    """Return one row a planted fault: its description, and the traces that have it, in the slice and in all."""
    return pl.DataFrame(
        [
            {
                "fault": fault.name,
                "shows": fault.shows,
                "slice": orjson.dumps(fault.slice).decode(),
                "n_slice": n_in_slice[fault.name],
                "n_traces": (truth["fault"] == fault.name).sum(),
                "n_traces_in_slice": truth.filter(pl.col("fault") == fault.name)["in_slice"].sum(),
            }
            for fault in world.faults
        ],
        schema={
            **dict.fromkeys(("fault", "shows", "slice"), pl.String),
            **dict.fromkeys(("n_slice", "n_traces", "n_traces_in_slice"), pl.Int64),
        },
    )
