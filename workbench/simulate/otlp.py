"""Runs as OTLP/JSON spans with OpenTelemetry's GenAI attributes, as an app's instrumentation would make them.

Some attributes are missing at random and some are nobody's, because a reader of telemetry has to bear both.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from workbench.ids import digest
from workbench.simulate.draws import around, between, generator, happens, hex_digits
from workbench.simulate.run import Chat, Run, ToolCall

USD_A_MILLION_TOKENS = {"lex-small-2": (0.15, 0.6), "lex-large-2": (2.5, 10.0)}
"""Price of a model's tokens in and out, USD."""
MISSING_SHARE = 0.02
"""Share of the chat spans without usage, cost and response id."""
UNKNOWN_SHARE = 0.01
"""Share of the agent spans with attributes that no convention knows."""
PROVIDER, AGENT, PROMPT = "lex", "case-summary", "case-summary"
"""The maker of the models, the agent and its prompt, by name."""

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_STATUS_ERROR = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Recorded(NamedTuple):
    """One span, and the release of the app that made it."""

    release: str
    span: dict[str, Any]


def spans_of(run: Run, *, seed: int) -> Iterator[Recorded]:
    """Yield the spans of a run in the order in which they end; the agent's is the last and encloses the others."""
    rng = generator(seed, "spans", run.request.number)
    started_ns = _nanoseconds(run.request.at)
    at_ns = started_ns + between(rng, 900, 4000) * 1000
    if run.passages:
        ended_ns = at_ns + round(around(rng, 110) * 1000) * 1000
        yield Recorded(run.request.release, _span(run, len(run.steps) + 1, at_ns, ended_ns, _retrieval(run, rng)))
        at_ns = ended_ns + 2_000_000
    for place, step in enumerate(run.steps):
        ended_ns = at_ns + round(step.duration_ms * 1000) * 1000
        body = _chat(run, step, place, rng) if isinstance(step, Chat) else _tool(run, step, place)
        yield Recorded(run.request.release, _span(run, place + 1, at_ns, ended_ns, body))
        at_ns = ended_ns + round(around(rng, 6) * 1000) * 1000
    yield Recorded(run.request.release, _span(run, 0, started_ns, at_ns, _agent(run, rng)))


def cost_of(model: str, *, input_tokens: int, output_tokens: int) -> float | None:
    """Return the price of tokens, USD; None of a model whose price nobody knows."""
    if model not in USD_A_MILLION_TOKENS:
        return None
    usd_in, usd_out = USD_A_MILLION_TOKENS[model]
    return round((input_tokens * usd_in + output_tokens * usd_out) / 1e6, 8)


def attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return OTLP attributes of the values, in their order; empty texts and None are left out."""
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None and value != ""]


def _span(run: Run, place: int, started_ns: int, ended_ns: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "traceId": run.request.trace_id,
        "spanId": _span_id(run, place),
        **({"parentSpanId": _span_id(run, 0)} if place else {}),
        "startTimeUnixNano": str(started_ns),
        "endTimeUnixNano": str(ended_ns),
        **body,
    }


def _agent(run: Run, rng: random.Random) -> dict[str, Any]:
    request = run.request
    values = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.agent.name": AGENT,
        "gen_ai.workflow.name": request.task,
        "gen_ai.conversation.id": request.session,
        "gen_ai.prompt.name": PROMPT,
        "gen_ai.prompt.version": request.prompt_version,
        "gen_ai.request.model": request.model,
        "user.id": request.user,
        "app.user.tier": request.user_tier,
        "app.user.locale": request.locale,
        "app.opinion.pages": request.opinion.pages,
        "gen_ai.output.type": request.output_type,
        "gen_ai.response.finish_reasons": [run.finish_reason],
        "error.type": run.error_type,
        **_content(
            run, request.question, _message("assistant", _text(run.answer), run.finish_reason) if run.answer else None
        ),
        **(_unknown(rng) if happens(rng, UNKNOWN_SHARE) else {}),
    }
    return {
        "name": f"invoke_agent {AGENT}",
        "kind": _SERVER,
        "attributes": attributes(values),
        **_status(run.error_message),
    }


def _chat(run: Run, step: Chat, place: int, rng: random.Random) -> dict[str, Any]:
    request = run.request
    before = run.steps[place - 1] if place else None
    after = run.steps[place + 1] if place + 1 < len(run.steps) else None
    said = _asks(run, after, place + 1) if isinstance(after, ToolCall) else _text(step.reply)
    values = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": request.model,
        "gen_ai.prompt.name": PROMPT,
        "gen_ai.prompt.version": request.prompt_version,
        "gen_ai.output.type": request.output_type if step.reply else "",
        "gen_ai.response.finish_reasons": [step.finish_reason],
        **({} if happens(rng, MISSING_SHARE) else _usage(step, request.model, rng)),
        **_content(
            run,
            _answers(run, before, place - 1) if isinstance(before, ToolCall) else request.question,
            _message("assistant", said, step.finish_reason),
        ),
    }
    return {"name": f"chat {request.model}", "kind": _CLIENT, "attributes": attributes(values)}


def _retrieval(run: Run, rng: random.Random) -> dict[str, Any]:
    documents = [
        {"id": f"op-{hex_digits(rng, 6)}", "score": between(rng, 610, 940) / 1000, "content": passage}
        for passage in run.passages
    ]
    values = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "opinions",
        "gen_ai.retrieval.query.text": run.request.question if run.has_content else None,
        "gen_ai.retrieval.documents": _json(documents) if run.has_content else None,
    }
    return {"name": "retrieval opinions", "kind": _CLIENT, "attributes": attributes(values)}


def _tool(run: Run, step: ToolCall, place: int) -> dict[str, Any]:
    values = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": step.tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": _call_id(run, place),
        "gen_ai.tool.call.arguments": step.arguments if run.has_content else None,
        "gen_ai.tool.call.result": step.result if run.has_content else None,
        "error.type": step.error_type,
    }
    return {
        "name": f"execute_tool {step.tool}",
        "kind": _INTERNAL,
        "attributes": attributes(values),
        **_status(step.error_message),
    }


def _usage(step: Chat, model: str, rng: random.Random) -> dict[str, Any]:
    return {
        "gen_ai.response.id": f"resp-{hex_digits(rng, 10)}",
        "gen_ai.usage.input_tokens": step.input_tokens,
        "gen_ai.usage.output_tokens": step.output_tokens,
        "gen_ai.usage.cost": cost_of(model, input_tokens=step.input_tokens, output_tokens=step.output_tokens),
    }


def _unknown(rng: random.Random) -> dict[str, Any]:
    """Return attributes of the app's own, nested as OTLP allows and as tables do not expect."""
    return {
        "lexdesk.experiment": {"bucket": between(rng, 0, 9), "is_control": happens(rng, 0.5)},
        "lexdesk.cache": ["edge", "opinion"],
        "lexdesk.score": between(rng, 0, 1000) / 1000,
    }


def _content(run: Run, prompt: str | dict[str, Any], reply: dict[str, Any] | None) -> dict[str, str]:
    """Return what went in and came out as JSON messages; nothing where no text may be recorded."""
    if not run.has_content:
        return {}
    asked = _message("tool", prompt) if isinstance(prompt, dict) else _message("user", _text(prompt))
    return {"gen_ai.input.messages": _json([asked])} | ({"gen_ai.output.messages": _json([reply])} if reply else {})


def _message(role: str, part: dict[str, Any], finish_reason: str = "") -> dict[str, Any]:
    return {"role": role, "parts": [part]} | ({"finish_reason": finish_reason} if finish_reason else {})


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


def _asks(run: Run, call: ToolCall, place: int) -> dict[str, Any]:
    return {
        "type": "tool_call",
        "id": _call_id(run, place),
        "name": call.tool,
        "arguments": orjson.loads(call.arguments),
    }


def _answers(run: Run, call: ToolCall, place: int) -> dict[str, Any]:
    said = {"error": call.error_message} if call.error_type else orjson.loads(call.result)
    return {"type": "tool_call_response", "id": _call_id(run, place), "response": said}


def _status(error_message: str) -> dict[str, Any]:
    return {"status": {"code": _STATUS_ERROR, "message": error_message}} if error_message else {}


def _span_id(run: Run, place: int) -> str:
    return digest("span", run.request.trace_id, str(place))[:16]


def _call_id(run: Run, place: int) -> str:
    return f"call_{digest('call', run.request.trace_id, str(place))[:10]}"


def _nanoseconds(moment: datetime) -> int:
    elapsed = moment - _EPOCH
    return ((elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds) * 1000


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(entry) for entry in value]}}
        case dict():
            return {"kvlistValue": {"values": attributes(value)}}
        case _:
            return {"stringValue": value}
