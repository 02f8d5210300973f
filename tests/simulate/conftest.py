"""The committed sample as it lies in its files, read with the standard library alone.

The tests count on these records by hand, so that neither the generator's variables nor a loader vouches for itself.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


class Emitted(NamedTuple):
    """What lies in the sample's files."""

    lines: list[bytes]
    """Lines of telemetry, in the order of the files."""
    records: list[dict[str, Any]]
    """Spans in the order of the lines, attributes as a plain mapping, with the release of their resource."""
    traces: dict[str, dict[str, dict[str, Any]]]
    """Spans by trace id and span id."""
    signals: list[dict[str, Any]]
    """Signals, in the order of the file."""
    truth: dict[str, dict[str, Any]]
    """Rows of the truth by trace id."""
    faults: list[dict[str, Any]]
    """The list of planted faults."""
    n_broken: int
    """Lines that are no JSON."""

    def root(self, trace_id: str) -> dict[str, Any]:
        (root,) = [span for span in self.traces[trace_id].values() if "parentSpanId" not in span]
        return root

    def facts(self, trace_id: str) -> dict[str, str]:
        """Read what the trace's agent span says under the names of the truth's slices."""
        root = self.root(trace_id)
        return {
            "task": root["attributes"]["gen_ai.workflow.name"],
            "prompt_version": root["attributes"]["gen_ai.prompt.version"],
            "model": root["attributes"]["gen_ai.request.model"],
            "release": root["release"],
        }

    def planted(self, fault: str) -> set[str]:
        return {trace_id for trace_id, row in self.truth.items() if row["fault"] == fault}

    def tool_calls(self, trace_id: str, tool: str) -> list[dict[str, Any]]:
        spans = self.traces[trace_id].values()
        return [span for span in spans if span["attributes"].get("gen_ai.tool.name") == tool]

    def downs(self) -> dict[str, list[str]]:
        """Return the comments of thumbs down by trace; a thumb that came twice counts once."""
        said = {
            (signal["trace_id"], signal["comment"])
            for signal in self.signals
            if signal["name"] == "thumb" and signal["value"] == 0
        }
        return {trace_id: [words for other, words in said if other == trace_id and words] for trace_id, _ in said}


def plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "intValue":
            return int(content)
        case "arrayValue":
            return [plain(entry) for entry in content["values"]]
        case "kvlistValue":
            return {entry["key"]: plain(entry["value"]) for entry in content["values"]}
    return content


def spans_of(export: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in export["resourceSpans"]:
        resource = {entry["key"]: plain(entry["value"]) for entry in group["resource"]["attributes"]}
        for span in group["scopeSpans"][0]["spans"]:
            named = {entry["key"]: plain(entry["value"]) for entry in span["attributes"]}
            yield span | {"attributes": named, "release": resource["service.version"]}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def export_of(line: bytes) -> dict[str, Any] | None:
    try:
        export: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return export


@pytest.fixture(scope="session")
def sample() -> Path:
    return SAMPLE


@pytest.fixture(scope="session")
def emitted(sample: Path) -> Emitted:
    weeks = sorted((sample / "telemetry").glob("*.jsonl.gz"))
    lines = [line for path in weeks for line in gzip.decompress(path.read_bytes()).splitlines()]
    exports = [export for line in lines if (export := export_of(line)) is not None]
    records = [span for export in exports for span in spans_of(export)]
    traces: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for span in records:
        traces[span["traceId"]][span["spanId"]] = span
    signals, truth, faults = (read_lines(sample / f"{name}.jsonl") for name in ("signals", "truth", "faults"))
    assert len(truth) == len({row["trace_id"] for row in truth})
    n_broken = len(lines) - len(exports)
    return Emitted(lines, records, traces, signals, {row["trace_id"]: row for row in truth}, faults, n_broken)
