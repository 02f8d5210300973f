"""What is collected of a request, or of a sub-agent's part of it, until the file ends: its answers and tool calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.claude.lines import Entry
from workbench.loaders.claude.parts import AnswerLine, Asked, Ending, Result

MAX_OTHER_BYTES = 8 << 20
"""Of lines that are no part of a span a request keeps this much: progress and snapshots can outgrow all the rest."""


@dataclass(slots=True)
class Answer:
    """One answer of the model, which may come on one line a block."""

    heard: list[Mapping[str, Any]]
    """Messages since the answer before it."""
    columns: dict[str, Any] = field(default_factory=dict)
    """Of the last line that fills them: what earlier lines say of tokens and the reason is not final."""
    blocks: list[Any] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What each line has no column for."""
    times: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ToolCall:
    """One tool call and, once it has come, its result."""

    asked: Asked
    started_at: int | None = None
    ended_at: int | None = None
    result: Result | None = None
    later: list[dict[str, Any]] = field(default_factory=list)
    """Results after the first."""


@dataclass(slots=True)
class Failure:
    """A call of the API that failed."""

    span_id: str
    at: int | None
    told: Ending


@dataclass(slots=True)
class Run:
    """A request, or the part of it that a sub-agent did: an AGENT span, and what hangs below it."""

    span_id: str
    session_id: str | None
    own_trace_id: str
    above: "Run | None" = None
    """Of a sub-agent: the run that started it."""
    parent_span_id: str | None = None
    agent: str | None = None
    release: str | None = None
    is_sub: bool = False
    assumed: str | None = None
    input: str | None = None
    started_at: int | None = None
    ended_at: int | None = None
    ending: dict[str, Any] = field(default_factory=dict)
    """Columns that say how it ended."""
    attributes: dict[str, Any] = field(default_factory=dict)
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    calls: dict[str, ToolCall] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    others: list[Mapping[str, Any]] = field(default_factory=list)
    """Lines that are no part of a span."""
    n_other_bytes: int = 0
    n_lines: int = 0

    @property
    def trace_id(self) -> str:
        """The trace of the request that it is, or is part of."""
        run, below = self, []
        while run.above is not None:
            below.append(run)
            run = run.above
        # The way up is made short for the next time: sub-agents may be nested as deep as a file is long.
        for passed in below:
            passed.above = run
        return run.own_trace_id

    def is_in(self, other: "Run") -> bool:
        """Return whether this is the other, or a sub-agent of it, however deep."""
        run: Run | None = self
        while run is not None and run is not other:
            run = run.above
        return run is other

    def touch(self, entry: Entry) -> None:
        """Let it last until this line."""
        self.n_lines += 1
        self.release = self.release or entry.release
        if entry.at is None:
            return
        if self.started_at is None:
            self.started_at = entry.at
        elif entry.at > (self.started_at if self.ended_at is None else self.ended_at):
            self.ended_at = entry.at

    def hear(self, entry: Entry) -> None:
        """Add a message that the next answer is given to."""
        self.heard.append({"role": "user", "content": entry.content})
        self.touch(entry)

    def add_answer(self, entry: Entry, line: AnswerLine, span_id: str) -> list[ToolCall]:
        """Add a line of an answer, and return the tool calls in it that are new."""
        answer = self.answers.get(span_id)
        if answer is None:
            answer = self.answers[span_id] = Answer(self.heard)
            self.heard = []
        answer.columns |= line.columns
        answer.blocks += line.blocks
        answer.lines.append(line.left)
        answer.times += [] if entry.at is None else [entry.at]
        self.ending = {
            name: line.columns[name] for name in line.columns if name in ("status", "error_type", "error_message")
        }
        self.touch(entry)
        calls = [ToolCall(asked, entry.at) for asked in line.calls if asked.call_id not in self.calls]
        self.calls |= {call.asked.call_id: call for call in calls}
        return calls

    def add_result(self, entry: Entry, result: Result) -> None:
        """Add a tool's result; without its call the name of the tool is not known."""
        call = self.calls.setdefault(result.call_id, ToolCall(Asked(result.call_id, None, None, None, None, {})))
        if call.result is not None:
            call.later.append({**result.columns, **result.left})
            return
        call.result, call.ended_at = result, entry.at

    def keep(self, value: Mapping[str, Any], n_bytes: int) -> None:
        """Keep a line that is no part of a span.

        Raises
        ------
        RecordError
            If those kept so far leave no room for it.
        """
        if self.n_other_bytes + n_bytes > MAX_OTHER_BYTES:
            raise RecordError("other lines fill what a request keeps of them", reason="too_large")
        self.others.append(value)
        self.n_other_bytes += n_bytes
        self.n_lines += 1
