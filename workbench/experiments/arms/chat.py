"""An arm that is a model with the app's prompt files: any OpenAI-compatible server plays one version of the app.

Only the files differ between two such arms. Each call of the model is made within the provider's limits and never a
second time once it was answered; the loop over tools is bounded in turns and in tokens.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from workbench.boundaries.asking import Line
from workbench.boundaries.llm import Exchange
from workbench.counted import counted
from workbench.errors import RecordError
from workbench.experiments.answer import NOT_SENT, Answer, error
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.arms.chat_app import ChatApp
from workbench.experiments.arms.completion import Said, said_in, usd_of
from workbench.experiments.arms.question import work_id
from workbench.experiments.arms.recorded_spans import Recorder
from workbench.experiments.arms.tools import Call, Tools
from workbench.experiments.arms.turn import call_tools
from workbench.experiments.case import Case
from workbench.experiments.provider import Provider
from workbench.ids import digest

MAX_TURNS = 8
"""Answers of the model in one run: what agents of this size take, and what the sample's settings say."""
MAX_OUTPUT_TOKENS = 1024
"""Of one answer of the model, where neither caller nor files say."""
MAX_TOKENS = 64_000
"""In and out, of one run with all its turns."""
_TOKENS_A_MESSAGE = 16
"""What servers put around a message; a token is at least one byte of the text."""


class Price(NamedTuple):
    """What a model costs, US dollars a million tokens."""

    input_usd: float
    """In."""
    output_usd: float
    """Out."""


class Model(NamedTuple):
    """Who plays the app."""

    name: str
    """As the server calls it."""
    price: Price | None = None
    """None where it costs nothing that anybody counts, or nobody knows."""
    max_output_tokens: int | None = None
    """Of one answer; None as the app's files say."""
    limit_name: str = "max_tokens"
    """What the server calls that limit; newer models of OpenAI want max_completion_tokens."""


def chat_arm(
    app: ChatApp,
    line: Line,
    *,
    name: str,
    version: str,
    model: Model,
    tools: Tools,
    tools_version: str,
    provider: Provider,
    now: Callable[[], datetime],
    max_turns: int = MAX_TURNS,
    max_tokens: int = MAX_TOKENS,
    monotonic: Callable[[], float] = time.monotonic,
) -> Arm:
    """Return an arm whose app a model plays.

    Parameters
    ----------
    app
        The app's files of the version under test.
    line
        Open connections to the server, up to `/v1`.
    name
        The arm's name.
    version
        The commit of the files.
    model
        Who plays it.
    tools
        Where results of tools come from.
    tools_version
        What stands for these: `replayed`, or the version of what simulates them.
    provider
        Its limits.
    now
        Gives the time, UTC, for spans.
    max_turns
        Answers of the model in one run; one that goes on is an error.
    max_tokens
        Of one run: a turn that could pass them is not asked for, and the run is an error.
    monotonic
        Gives seconds, for how long tools took.
    """
    limit = model.max_output_tokens or app.max_output_tokens or MAX_OUTPUT_TOKENS
    player = _Player(
        app, line, model, provider, tools, limit, f"{name} {version}", max_turns, max_tokens, now, monotonic
    )
    settings = [app, str(line.address), line.answer_s, line.max_bytes, model, limit, tools_version]
    adapter = digest("chat", msgspec.json.encode([*settings, max_turns, max_tokens], order="sorted"))
    n_out = min(max_turns * limit, max_tokens)
    usd = usd_of(model.price, max_tokens - n_out, n_out)
    return Arm(name=name, version=version, adapter=adapter, ask=player.ask, most=Spend(usd, max_tokens))


@dataclass(slots=True)
class _Told:
    """What one run has taken so far."""

    n_tokens: int = 0
    """The most that it can have taken."""
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    latency_ms: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)

    def add(self, said: Said, most: int) -> None:
        """Count a turn that was answered."""
        is_known = said.input_tokens is not None and said.output_tokens is not None
        self.n_tokens += (said.input_tokens or 0) + (said.output_tokens or 0) if is_known else most
        self.input_tokens = _both(self.input_tokens, said.input_tokens)
        self.output_tokens = _both(self.output_tokens, said.output_tokens)


@dataclass(frozen=True, slots=True)
class _Player:
    app: ChatApp
    line: Line
    model: Model
    provider: Provider
    tools: Tools
    max_output_tokens: int
    arm: str
    max_turns: int
    max_tokens: int
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    async def ask(self, case: Case, trial: int, seed: int) -> Answer:
        """Return what becomes of one case."""
        try:
            messages = self.app.opening(case.input)
        except RecordError as fault:
            return error("not_asked", fault.what)
        work, told = work_id(case, trial, seed, self.arm), _Told()
        spans = Recorder(work, case.input, now=self.now)
        call = self.tools(case, seed)
        for turn in range(self.max_turns):
            body = self._body(messages, seed)
            most = len(body) + _TOKENS_A_MESSAGE * len(messages) + self.max_output_tokens
            if told.n_tokens + most > self.max_tokens:
                return self._ended(
                    error("no_end", f"the next turn could pass {counted(self.max_tokens, 'token')}"), told, spans
                )
            said = await self._said(body, f"{work}-{turn}", most=most, told=told, spans=spans)
            if isinstance(said, Answer):
                return self._ended(said, told, spans)
            if not said.calls:
                answer = Answer(output=said.text, finish_reason=said.finish_reason)
                return self._ended(answer, told, spans)
            missed = await self._called(said, messages, call=call, told=told, spans=spans)
            if missed is not None:
                return self._ended(missed, told, spans)
        return self._ended(error("no_end", f"it still calls tools after {self.max_turns} turns"), told, spans)

    def _body(self, messages: list[dict[str, Any]], seed: int) -> bytes:
        asked = {"model": self.model.name, "messages": messages, "seed": seed, "stream": False, **self.app.parameters}
        if self.app.tools:
            asked["tools"] = [{"type": "function", "function": tool} for tool in self.app.tools]
        return msgspec.json.encode({**asked, self.model.limit_name: self.max_output_tokens})

    async def _said(self, body: bytes, work: str, *, most: int, told: _Told, spans: Recorder) -> Said | Answer:
        async def once() -> Said | Answer:
            started_at = self.now()
            got = await self.line.post("chat/completions", body, work_id=work)
            if got.fault is not None:
                spans.failed(self.model.name, started_at, got.took_ms, body=body, what=got.fault)
                return error(got.fault, got.what, retry_after_s=got.retry_after_s)
            told.exchanges.append(Exchange(digest(body), digest(got.body)))
            told.latency_ms += got.took_ms
            said = said_in(got.body, max_output_tokens=self.max_output_tokens)
            if isinstance(said, Answer):
                spans.failed(self.model.name, started_at, got.took_ms, body=body, what=said.error_kind or "failed")
                return said
            told.add(said, most)
            usd = usd_of(self.model.price, said.input_tokens, said.output_tokens)
            spans.said(said, self.model.name, started_at, got.took_ms, body=body, usd=usd)
            return said

        return await self.provider.patiently(once, most_tokens=most, tokens_of=_tokens)

    async def _called(
        self, said: Said, messages: list[dict[str, Any]], *, call: Call, told: _Told, spans: Recorder
    ) -> Answer | None:
        began = self.monotonic()
        missed = await call_tools(said, messages, call=call, offered=self.app.tool_names, spans=spans)
        told.latency_ms += (self.monotonic() - began) * 1_000
        return missed

    def _ended(self, answer: Answer, told: _Told, spans: Recorder) -> Answer:
        """Return the answer with what the run took; tokens of a call that may have been answered are not known."""
        n_in, n_out = told.input_tokens, told.output_tokens
        if not told.exchanges or (answer.error_kind is not None and answer.error_kind not in NOT_SENT):
            n_in = n_out = None
        return replace(
            answer,
            latency_ms=told.latency_ms if answer.status == "ok" else None,
            input_tokens=n_in,
            output_tokens=n_out,
            cost_usd=usd_of(self.model.price, n_in, n_out),
            spans=spans.rows(answer),
            exchanges=tuple(told.exchanges),
        )


def _tokens(said: Said) -> int | None:
    if said.input_tokens is None or said.output_tokens is None:
        return None
    return said.input_tokens + said.output_tokens


def _both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
