"""The sample app with a real language model as its responder: the same files, cases and answers.

The tools answer from the case, so that nothing but the model is asked. What it makes of the prompt is its own; the
truth of what is wrong with an answer is not known here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from workbench.boundaries.chat import ToolRequest, Turn
from workbench.changes.app_files import kind_of, read_prompt
from workbench.errors import RecordError
from workbench.ids import digest
from workbench.simulate.app.behaviour import read_behaviour
from workbench.simulate.app.cases import request_of
from workbench.simulate.app.response import Response, response_of
from workbench.simulate.draws import generator, pick
from workbench.simulate.request import Request
from workbench.simulate.run import Chat, Run, Step, ToolCall
from workbench.simulate.words import HOLDINGS, REASONS, STATE_TASKS, fill

Message = Mapping[str, Any]
ChatWith = Callable[[Sequence[Message], Sequence[Message], int], Turn]
"""Takes messages, tools and a seed, and returns the model's next message; see `boundaries.chat.next_turn`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelApp:
    """One version of the app, answered by a model."""

    files: Mapping[str, str]
    """Texts by path, as of `SampleApp`."""
    chat: ChatWith
    """The model."""
    model: str
    """Its name, for telemetry."""
    clock: Callable[[], float]
    """Seconds from any start, such as `time.perf_counter`."""

    def respond(self, case: Mapping[str, Any], *, seed: int) -> Response:
        """Return what the model makes of a request; the same as far as the model heeds the seed.

        Parameters
        ----------
        case
            What is asked; see `cases.case_of`.
        seed
            Of the trial.

        Raises
        ------
        ValueError
            If the case tells no question.
        ConfigError
            If the app does not start with its files.
        ServerError
            If the model does not answer.
        RecordError
            If its answer cannot be read, or does not say how many tokens it took.
        """
        behaviour = read_behaviour(self.files)
        trace_id = digest("model", *map(str, (self.model, sorted(self.files.items()), sorted(case.items()), seed)))[:32]
        asked = request_of(case, trace_id=trace_id, prompt_version=behaviour.version)
        request = replace(asked, model=self.model)
        messages: list[Message] = [*rendered(self._prompt(), question=request.question)]
        tools = [orjson.loads(text) for path, text in sorted(self.files.items()) if kind_of(path) == "tool"]
        steps: list[Step] = []
        for _ in range(behaviour.max_steps):
            turn, chat = self._next(messages, tools, seed)
            steps.append(chat)
            if not turn.calls:
                return response_of(Run(request=request, steps=tuple(steps), finish_reason=chat.finish_reason))
            done = [self._call(call, request) for call in turn.calls]
            steps += done
            messages += _exchanged(turn, done)
        return response_of(
            Run(
                request=request,
                steps=tuple(steps),
                finish_reason="max_steps",
                error_type="max_steps",
                error_message=f"stopped after {behaviour.max_steps} steps without a final answer",
            )
        )

    def _prompt(self) -> str:
        return next(read_prompt(text).body for path, text in sorted(self.files.items()) if kind_of(path) == "prompt")

    def _next(self, messages: Sequence[Message], tools: Sequence[Message], seed: int) -> tuple[Turn, Chat]:
        began = self.clock()
        turn = self.chat(messages, tools, seed)
        if turn.input_tokens is None or turn.output_tokens is None:
            raise RecordError("the server does not say how many tokens an answer took", reason="no_usage")
        return turn, Chat(
            duration_ms=round((self.clock() - began) * 1000, 3),
            input_tokens=turn.input_tokens,
            output_tokens=turn.output_tokens,
            reply="" if turn.calls else turn.text,
            finish_reason=turn.finish_reason or "stop",
        )

    def _call(self, call: ToolRequest, request: Request) -> ToolCall:
        began = self.clock()
        said, error_type = answered(call, request)
        arguments = call.arguments if _object(call.arguments) is not None else orjson.dumps({"text": call.arguments})
        return ToolCall(
            tool=call.name[:200] or "unnamed",
            arguments=arguments if isinstance(arguments, str) else arguments.decode(),
            duration_ms=round((self.clock() - began) * 1000, 3),
            result="" if error_type else said,
            error_type=error_type,
            error_message=said if error_type else "",
        )


def rendered(prompt: str, *, question: str) -> list[Message]:
    r"""Return a prompt's body as messages: a line `system:` or `user:` begins one, and the question fills its slot.

    >>> rendered("system:\nBe brief.\nuser:\n{{question}}", question="Who won?")[1]
    {'role': 'user', 'content': 'Who won?'}
    """
    messages: list[dict[str, str]] = []
    for line in prompt.splitlines():
        role = line.strip().removesuffix(":")
        if line.strip().endswith(":") and role in ("system", "user", "assistant"):
            messages.append({"role": role, "content": ""})
        elif messages or line.strip():
            if not messages:
                messages.append({"role": "system", "content": ""})
            messages[-1]["content"] += line + "\n"
    filled = [{**one, "content": one["content"].strip().replace("{{question}}", question)} for one in messages]
    asks = any("{{question}}" in one["content"] for one in messages)
    return [*filled] if asks else [*filled, {"role": "user", "content": question}]


def answered(call: ToolRequest, request: Request) -> tuple[str, str]:
    """Return what a tool says of the case, as JSON, and no error; or what is wrong, and one word for it."""
    arguments = _object(call.arguments)
    if arguments is None:
        return "the arguments are no JSON object", "validation_error"
    opinion = request.case
    match call.name:
        case "search_cases":
            return _json({"hits": [{"case": opinion.caption, "citation": opinion.citation}], "total": 1}), ""
        case "get_opinion":
            if arguments.get("citation") != opinion.citation:
                return "there is no such opinion", "not_found"
            rng = generator("opinion", request.question)
            excerpt = " ".join(fill(rng, pick(rng, pool), request) for pool in (HOLDINGS, REASONS))
            return _json({"pages": opinion.pages, "court": request.facts["court"], "excerpt": excerpt}), ""
        case "check_citation":
            if arguments.get("citation") != opinion.citation:
                return "citation not found", "citation_not_found"
            return _json({"valid": True, "treatment": "none negative"}), ""
        case "jurisdiction_lookup":
            system = "state" if request.task in STATE_TASKS else "federal"
            return _json({"court": request.state.court, "system": system}), ""
    return "unknown tool", "unknown_tool"


def _exchanged(turn: Turn, done: Sequence[ToolCall]) -> list[Message]:
    """Return the model's calls and the tools' answers as the messages that it is told next."""
    asked = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in turn.calls
    ]
    said = [
        {"role": "tool", "tool_call_id": call.id, "content": step.result or step.error_message}
        for call, step in zip(turn.calls, done, strict=True)
    ]
    return [{"role": "assistant", "content": turn.text, "tool_calls": asked}, *said]


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
