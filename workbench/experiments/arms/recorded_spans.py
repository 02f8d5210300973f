"""What a model and its tools did in one run, as spans: detectors then judge a run as they judge live traffic."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from workbench.experiments.answer import Answer
from workbench.experiments.arms.completion import Said, Wanted
from workbench.experiments.arms.tools import Result
from workbench.ids import digest

TRACE_DIGITS, SPAN_DIGITS = 32, 16
"""As OpenTelemetry has them."""


class Recorder:
    """The spans of one run.

    Parameters
    ----------
    work
        What stands for the run: its ids follow from it.
    given
        The case's input.
    now
        Gives the time, UTC.
    """

    def __init__(self, work: str, given: Mapping[str, Any], *, now: Callable[[], datetime]) -> None:
        self.now = now
        self._trace_id, self._given, self._started_at = digest(work)[:TRACE_DIGITS], given, now()
        self._spans: list[dict[str, Any]] = []

    def said(
        self, said: Said, model: str, started_at: datetime, took_ms: float, *, body: bytes, usd: float | None
    ) -> None:
        """Note an answer of the model."""
        calls = [
            {"type": "tool_call", "id": one.call_id, "name": one.name, "arguments": one.arguments} for one in said.calls
        ]
        parts = [{"type": "text", "content": said.text}] if said.text else []
        self._add(
            "LLM",
            f"chat {model}",
            started_at,
            took_ms,
            {
                "operation": "chat",
                "model": said.model or model,
                "input": _messages(body),
                "output": json.dumps([{"role": "assistant", "parts": [*parts, *calls]}], ensure_ascii=False),
                "finish_reason": said.finish_reason,
                "input_tokens": said.input_tokens,
                "output_tokens": said.output_tokens,
                "cost_usd": usd,
            },
        )

    def failed(self, model: str, started_at: datetime, took_ms: float, *, body: bytes, what: str) -> None:
        """Note a call of the model that has no answer."""
        self._add(
            "LLM",
            f"chat {model}",
            started_at,
            took_ms,
            {
                "operation": "chat",
                "model": model,
                "input": _messages(body),
                "status": "ERROR",
                "error_type": what,
            },
        )

    def called(self, wanted: Wanted, result: Result, started_at: datetime) -> None:
        """Note a call of a tool."""
        said = (
            {"status": "ERROR", "error_type": "tool_error", "error_message": result.output} if result.is_error else {}
        )
        self._add(
            "TOOL",
            f"execute_tool {wanted.name}",
            started_at,
            (self.now() - started_at) / timedelta(milliseconds=1),
            {
                "operation": "execute_tool",
                "tool_name": wanted.name,
                "tool_call_id": wanted.call_id,
                "input": wanted.arguments,
                "output": result.output,
                **said,
            },
        )

    def rows(self, answer: Answer) -> tuple[Mapping[str, Any], ...]:
        """Return the spans of the run, its root last."""
        ended_at = self.now()
        root = {
            "trace_id": self._trace_id,
            "span_id": digest(self._trace_id, "root")[:SPAN_DIGITS],
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": "invoke_agent",
            **_when(self._started_at, (ended_at - self._started_at) / timedelta(milliseconds=1)),
            "status": "OK" if answer.status == "ok" else "ERROR",
            "error_type": answer.error_kind,
            "error_message": answer.error_message or None,
            "input": json.dumps(self._given, ensure_ascii=False),
            "output": answer.output,
            "finish_reason": answer.finish_reason,
        }
        return (*self._spans, root)

    def _add(self, kind: str, name: str, started_at: datetime, took_ms: float, columns: Mapping[str, Any]) -> None:
        self._spans.append(
            {
                "trace_id": self._trace_id,
                "span_id": digest(self._trace_id, str(len(self._spans)))[:SPAN_DIGITS],
                "parent_span_id": digest(self._trace_id, "root")[:SPAN_DIGITS],
                "kind": kind,
                "name": name,
                **_when(started_at, took_ms),
                "status": "OK",
                **columns,
            }
        )


def _when(started_at: datetime, took_ms: float) -> dict[str, Any]:
    """Return the times of a span as rows hold them: microseconds since 1970, UTC."""
    began = round(started_at.timestamp() * 1e6)
    return {
        "started_at": began,
        "ended_at": began + round(took_ms * 1_000),
        "duration_ms": took_ms,
        "time_known": True,
    }


def _messages(body: bytes) -> str:
    return json.dumps(json.loads(body)["messages"], ensure_ascii=False)
