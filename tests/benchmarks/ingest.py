"""What an ingest of OTLP lines costs, against the least that any reader must do with the same file.

The floor is simdjson's tape: every byte parsed, no value looked at. The ingest is measured in a fresh process, its CPU
time with that of its children, and its peak of resident memory, set up as the command line sets itself up. With
`--repeat` the readers take turns, and medians are compared.

Usage::

    python tests/benchmarks/ingest.py make spans.jsonl --spans 1000000   # 1.7 GB, about a minute
    python tests/benchmarks/ingest.py measure spans.jsonl                # floor, loader alone, whole ingest
    python tests/benchmarks/ingest.py measure spans.jsonl --only loader --repeat 3

`measure` prints one line for each: CPU seconds, spans a second, times the floor, MB at the peak, and what became of the
records. The goal is at most 16 times the floor and below 1 GB for the whole ingest.
"""

import argparse
import gc
import importlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from workbench.__main__ import ENVIRONMENT

SPANS_A_LINE = 512
"""What the Collector's batch processor sends by default, rounded to its file exporter's lines."""
DUPLICATE_SHARE = 0.01
"""Spans that come a second time, as after a retry of an exporter."""
ODD_SHARE = 0.0005
"""Spans with a legal but rare spelling: numbers for strings, upper-case ids, no time, an unknown field."""
BAD_SHARE = 0.0002
"""Spans that no reader can take: no id, a time that is no number."""
BAD_LINES = 3
"""Lines that are no JSON, in the whole file."""
START_NS = 1_767_225_600_000_000_000
_MODULES = {
    "floor": ("simdjson",),
    "loader": ("workbench.loaders.otlp",),
    "ingest": ("workbench.loaders.otlp", "workbench.loop", "workbench.store"),
}
"""Imported before the clock starts: half a second that a short file would be charged for."""
SECRET = "the secret of a benchmark, public"
PARTS = ("floor", "loader", "ingest")

_PROSE = (
    "the court held that claim may proceed because filing was timely and notice had been given to both parties under "
    "section rule order case appeal judge motion denied granted résumé naïve § 1983 “quoted” summary key holding"
)
_WORDS = _PROSE.split()


def main() -> None:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make_command = commands.add_parser("make", help="write a file of generated spans")
    make_command.add_argument("path", type=Path)
    make_command.add_argument("--spans", type=int, default=1_000_000)
    make_command.add_argument("--seed", type=int, default=0)
    measure_command = commands.add_parser("measure", help="time the readers on a file")
    measure_command.add_argument("path", type=Path)
    measure_command.add_argument("--only", choices=PARTS, action="append")
    measure_command.add_argument("--repeat", type=int, default=1)
    one_command = commands.add_parser("one", help="run one reader in this process and print its figures as JSON")
    one_command.add_argument("part", choices=PARTS)
    one_command.add_argument("path", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "make":
        make(arguments.path, n_spans=arguments.spans, seed=arguments.seed)
    elif arguments.command == "measure":
        measure(arguments.path, parts=arguments.only or PARTS, repeat=arguments.repeat)
    else:
        print(json.dumps(_one(arguments.part, arguments.path)))  # noqa: T201


def make(path: Path, *, n_spans: int, seed: int = 0) -> None:
    """Write `n_spans` spans of agent runs as Collector lines; the same seed writes the same bytes."""
    rng = random.Random(seed)
    n_lines = -(-n_spans // SPANS_A_LINE)
    bad_lines = set(rng.sample(range(1, n_lines), min(BAD_LINES, n_lines - 1)))
    spans = _spans(rng)
    with path.open("wb") as file:
        for line in range(n_lines):
            n_here = min(SPANS_A_LINE, n_spans - line * SPANS_A_LINE)
            file.write(orjson.dumps(envelope([next(spans) for _ in range(n_here)])))
            file.write(b"\n")
            if line in bad_lines:
                file.write(b'{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":[{"traceId":\n')


def measure(path: Path, *, parts: tuple[str, ...] | list[str] = PARTS, repeat: int = 1) -> None:
    """Print what each reader costs; each run is a fresh process."""
    names = tuple(dict.fromkeys(("floor", *parts)))
    rounds = [{name: _fresh(name, path) for name in names} for _ in range(repeat)]
    floor = statistics.median(one["floor"]["cpu_s"] for one in rounds)
    for name in names:
        cpu_s = statistics.median(one[name]["cpu_s"] for one in rounds)
        last = rounds[-1][name]
        speed = last.get("records", 0) / cpu_s
        print(  # noqa: T201
            f"{name:7} {cpu_s:7.2f} CPU s {speed:9,.0f} records/s {cpu_s / floor:6.1f} x floor "
            f"{max(one[name]['peak_mb'] for one in rounds):6.0f} MB  {last.get('note', '')}"
        )


def _fresh(part: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "one", part, str(path)]
    environment = {**ENVIRONMENT, **os.environ}
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures


def _one(part: str, path: Path) -> dict[str, Any]:
    reader = {"floor": _floor, "loader": _loader, "ingest": _ingest}[part]
    for module in _MODULES[part]:
        importlib.import_module(module)
    before = os.times()
    figures = reader(path)
    after = os.times()
    peak_kb = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"cpu_s": sum(after[:4]) - sum(before[:4]), "peak_mb": peak_kb / 1024, **figures}


def _floor(path: Path) -> dict[str, Any]:
    import simdjson

    parser = simdjson.Parser()
    n_lines = 0
    with path.open("rb") as file:
        for line in file:
            try:
                parser.parse(line)
            except ValueError:
                continue
            n_lines += 1
    return {"note": f"{n_lines:,} lines, {path.stat().st_size / 1e6:,.0f} MB"}


def _loader(path: Path) -> dict[str, Any]:
    from workbench.loaders import otlp
    from workbench.loaders.batch import Context
    from workbench.loaders.source import Source

    gc.disable()
    n_spans = n_signals = n_refused = 0
    for batch in otlp.load(Source(path), Context("src_benchmark", date(2026, 1, 1), _key_user)):
        n_spans += batch.spans.height
        n_signals += batch.signals.height
        n_refused += len(batch.refused)
    note = f"{n_spans:,} spans, {n_signals:,} signals, {n_refused:,} refused"
    return {"records": n_spans + n_signals + n_refused, "note": note}


def _key_user(user_id: str) -> str:
    return f"usr_{user_id}"


def _ingest(path: Path) -> dict[str, Any]:
    from workbench.loop import feed
    from workbench.store import init_workspace
    from workbench.store.secret import load_secret

    os.environ["WORKBENCH_SECRET"] = SECRET
    with tempfile.TemporaryDirectory() as folder:
        workspace = init_workspace(Path(folder) / "workspace", secret=load_secret())
        (report,) = feed(workspace, [path], now=datetime(2026, 3, 1, tzinfo=UTC))
    note = (
        f"{report.n_in:,} in = {report.n_stored:,} stored + {report.n_duplicate:,} duplicate "
        f"+ {report.n_quarantined:,} quarantined"
    )
    return {"records": report.n_in, "note": note}


def envelope(spans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return spans as one line of the Collector's file exporter."""
    resource_attributes = {
        "service.name": "case-summary",
        "service.version": "2026.1.3",
        "deployment.environment.name": "production",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python",
        "host.name": "worker-7",
    }
    scope = {"name": "opentelemetry.instrumentation.openai_v2", "version": "2.1b0"}
    scope_spans = {"scope": scope, "spans": spans, "schemaUrl": "https://opentelemetry.io/schemas/1.37.0"}
    return {
        "resourceSpans": [{"resource": {"attributes": _attributes(resource_attributes)}, "scopeSpans": [scope_spans]}]
    }


def _spans(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield spans for ever: agent runs of three to seven spans, some twice, some odd, some bad."""
    at = START_NS
    while True:
        at += rng.randrange(20_000_000, 200_000_000)
        for span in agent_run(rng, at):
            draw = rng.random()
            if draw < BAD_SHARE:
                _spoil(span, rng)
            elif draw < BAD_SHARE + ODD_SHARE:
                _make_odd(span, rng)
            yield span
            if draw > 1 - DUPLICATE_SHARE:
                yield span


def agent_run(rng: random.Random, at: int) -> Iterator[dict[str, Any]]:
    """Yield the spans of one agent run that starts at `at` (ns since 1970): an agent, its chats and its tools."""
    trace_id, root_id = f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(64):016x}"
    session, user = f"session-{rng.randrange(50_000)}", f"user-{rng.randrange(5_000)}@example.com"
    common = {
        "session.id": session,
        "user.id": user,
        "gen_ai.conversation.id": session,
        "user.tier": rng.choice(("free", "pro")),
    }
    question, history = _text(rng, 35), _text(rng, 40)
    n_turns = rng.randrange(1, 4)
    answer = _text(rng, 35)
    yield _span(trace_id, root_id, "", "invoke_agent case_summary", 1, at, rng.randrange(10**9, 2 * 10**10), {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.name": "case_summary",
        "gen_ai.agent.id": "agent_7",
        **common,
        "gen_ai.input.messages": _messages(("user", question)),
        "gen_ai.output.messages": _messages(("assistant", answer)),
        "app.route": "/summaries",
        "app.attempt": 1,
    })  # fmt: skip
    for turn in range(n_turns):
        started, duration = at + turn * 10**9, rng.randrange(3 * 10**8, 5 * 10**9)
        yield _span(trace_id, f"{rng.getrandbits(64):016x}", root_id, "chat gpt-4o", 3, started, duration, {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-11-20",
            "gen_ai.request.temperature": 0.2,
            "gen_ai.response.id": f"chatcmpl-{rng.getrandbits(64):x}",
            "gen_ai.response.finish_reasons": [rng.choice(("stop", "tool_calls"))],
            "gen_ai.usage.input_tokens": rng.randrange(200, 4000),
            "gen_ai.usage.output_tokens": rng.randrange(10, 900),
            "gen_ai.prompt.name": "summary",
            "gen_ai.prompt.version": str(rng.randrange(5, 8)),
            **common,
            "server.address": "api.openai.com",
            "server.port": 443,
            "gen_ai.input.messages": _messages(("system", history), ("user", question)),
            "gen_ai.output.messages": _messages(("assistant", _text(rng, 30))),
        })  # fmt: skip
        if rng.random() < 0.7:
            yield _tool_span(rng, trace_id, root_id, started, common)


def _tool_span(rng: random.Random, trace_id: str, root_id: str, at: int, common: dict[str, Any]) -> dict[str, Any]:
    tool = rng.choice(("search_cases", "fetch_opinion", "lookup_court"))
    arguments = {"query": _text(rng, 8), "limit": rng.randrange(1, 20)}
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": f"call_{rng.getrandbits(64):x}",
        "gen_ai.tool.call.arguments": orjson.dumps(arguments).decode(),
        "gen_ai.tool.call.result": orjson.dumps({"hits": [_text(rng, 30), _text(rng, 20)]}).decode(),
        **common,
    }
    span = _span(
        trace_id,
        f"{rng.getrandbits(64):016x}",
        root_id,
        f"execute_tool {tool}",
        1,
        at,
        rng.randrange(10**7, 10**9),
        attributes,
    )
    if rng.random() < 0.06:
        span["attributes"].extend(_attributes({"error.type": "TimeoutError"}))
        span["status"] = {"code": 2, "message": f"no answer after {rng.randrange(1, 30)} s"}
        exception = {
            "exception.type": "TimeoutError",
            "exception.message": "timed out",
            "exception.stacktrace": _text(rng, 40),
        }
        span["events"] = [{"timeUnixNano": str(at), "name": "exception", "attributes": _attributes(exception)}]
    return span


def _span(
    trace_id: str,
    span_id: str,
    parent_id: str,
    name: str,
    kind: int,
    at: int,
    duration: int,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "flags": 256,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + duration),
        "attributes": _attributes(attributes),
        "status": {},
    }


def _spoil(span: dict[str, Any], rng: random.Random) -> None:
    field, value = rng.choice((("traceId", ""), ("spanId", "no hex"), ("startTimeUnixNano", "yesterday"), ("name", 7)))
    span[field] = value


def _make_odd(span: dict[str, Any], rng: random.Random) -> None:
    odd = rng.randrange(5)
    if odd == 0:
        span["startTimeUnixNano"], span["endTimeUnixNano"] = (
            int(span["startTimeUnixNano"]),
            int(span["endTimeUnixNano"]),
        )
    elif odd == 1:
        span["traceId"] = span["traceId"].upper()
    elif odd == 2:
        span["startTimeUnixNano"] = span["endTimeUnixNano"] = "0"
    elif odd == 3:
        span["aFieldOfTomorrow"] = {"is": "kept"}
    else:
        span["attributes"].append(
            {"key": "app.options", "value": {"kvlistValue": {"values": _attributes({"depth": 2, "fast": True})}}}
        )


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in values.items()]


def _any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(entry) for entry in value]}}
    return {"stringValue": value}


def _messages(*messages: tuple[str, str]) -> str:
    return orjson.dumps(
        [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in messages]
    ).decode()


def _text(rng: random.Random, n_words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=n_words))


if __name__ == "__main__":
    main()
