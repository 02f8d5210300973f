"""Spans as the lines of a Collector's file exporter: one ExportTraceServiceRequest a line, several spans a line.

Delivery is as unreliable as in life: some spans come late, some twice, and one line is broken off.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from workbench.simulate.draws import between, generator, happens
from workbench.simulate.otlp import Recorded, attributes, spans_of
from workbench.simulate.run import Run

SPANS_A_LINE = (24, 64)
"""Least number of spans after which a line is written: drawn between these for each line."""
LATE_SHARE = 0.004
"""Share of the spans that come some lines late."""
TWICE_SHARE = 0.003
"""Share of the spans that come again some lines later, as after a retried export."""
LATE_LINES = (2, 15)
"""By how many lines."""
BROKEN_AFTER = 60
"""The line after which a broken copy of it follows; the last one of a shorter export."""


class ExportLine(NamedTuple):
    """One line, and the ISO week whose file it belongs to, such as `2026-W40`."""

    week: str
    raw: bytes


@dataclass(slots=True)
class _Exporter:
    """What waits to be written."""

    ready: list[Recorded] = field(default_factory=list)
    held: list[tuple[int, Recorded]] = field(default_factory=list)
    """Spans that come late or again, each with the number of the line from which on it may go."""
    n_lines: int = 0

    def line(self, week: str) -> ExportLine:
        """Return the next line: what is ready, and what was held long enough."""
        due = [recorded for number, recorded in self.held if number <= self.n_lines]
        self.held = [entry for entry in self.held if entry[0] > self.n_lines]
        spans, self.ready = [*self.ready, *due], []
        self.n_lines += 1
        return ExportLine(week, line_of(spans))


def lines(runs: Iterable[Run], *, seed: int) -> Iterator[ExportLine]:
    """Yield the export of the runs, which come in the order of time; each line without its newline."""
    number, line = 0, None
    for number, line in enumerate(_whole_lines(runs, seed=seed), start=1):
        yield line
        if number == BROKEN_AFTER:
            yield _broken(line)
    if line and number < BROKEN_AFTER:
        yield _broken(line)


def _broken(line: ExportLine) -> ExportLine:
    return line._replace(raw=line.raw[: len(line.raw) // 2])


def _whole_lines(runs: Iterable[Run], *, seed: int) -> Iterator[ExportLine]:
    rng = generator(seed, "export")
    exporter, week, size = _Exporter(), "", between(rng, *SPANS_A_LINE)
    for run in runs:
        if exporter.ready and (len(exporter.ready) >= size or week != _week(run)):
            yield exporter.line(week)
            size = between(rng, *SPANS_A_LINE)
        week = _week(run)
        for recorded in spans_of(run, seed=seed):
            is_late, is_twice = happens(rng, LATE_SHARE), happens(rng, TWICE_SHARE)
            if is_late or is_twice:
                exporter.held.append((exporter.n_lines + between(rng, *LATE_LINES), recorded))
            if not is_late:
                exporter.ready.append(recorded)
    exporter.n_lines += LATE_LINES[1]  # so that nothing is held back for good
    yield exporter.line(week)


def _week(run: Run) -> str:
    year, week, _ = run.request.at.isocalendar()
    return f"{year}-W{week:02d}"


def line_of(spans: Iterable[Recorded]) -> bytes:
    """Return spans as one line of OTLP/JSON, without its newline, in a group for each release."""
    by_release: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for release, span in spans:
        by_release[release].append(span)
    return orjson.dumps({"resourceSpans": [_resource(release, group) for release, group in by_release.items()]})


def _resource(release: str, spans: list[dict[str, Any]]) -> dict[str, Any]:
    resource = {
        "service.name": "case-research",
        "service.version": release,
        "deployment.environment.name": "production",
        "telemetry.sdk.language": "python",
    }
    scope = {"name": "lexdesk.tracing", "version": "1.4.0"}
    return {"resource": {"attributes": attributes(resource)}, "scopeSpans": [{"scope": scope, "spans": spans}]}
