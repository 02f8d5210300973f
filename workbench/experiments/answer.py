"""What came of asking one arm about one case once: an answer, or the kind of error that stood in its place.

An error is an outcome like any other. It has no output that could be scored, and what is not known of an answer, its
tokens or its price, stays null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.boundaries.llm import Exchange

ErrorKind = Literal[
    "timeout",
    "rate_limited",
    "server_error",
    "unreachable",
    "broken_off",
    "redirected",
    "too_large",
    "refused",
    "empty",
    "bad_answer",
    "failed",
    "not_recorded",
    "no_end",
    "not_asked",
]
"""timeout: no whole answer in time. rate_limited: 429. server_error: 500, 502, 503. unreachable: no connection, nothing
was sent. broken_off: the connection ended before the answer did. redirected, too_large, refused: by the server, in any
other status. empty: an answer that says nothing. bad_answer: one that cannot be read. failed: the app itself, or its
program. not_recorded: it called a tool in a way that the trace does not hold. no_end: it went on calling tools.
not_asked: it wants what the case does not have."""

ASKED_AGAIN: frozenset[ErrorKind] = frozenset({"rate_limited", "server_error", "unreachable"})
"""What is asked again: the server said that it did not do the work, or was not reached. After a timeout or a broken
connection it may have done it, and charged for it."""
NOT_SENT: frozenset[ErrorKind] = frozenset({*ASKED_AGAIN, "not_recorded", "no_end", "not_asked"})
"""Errors whose last question cost nothing; earlier ones of the same run, which have an exchange, did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking once."""

    output: str | None = None
    """What the app answers: text, or the JSON of anything else; None of an error."""
    status: Literal["ok", "error"] = "ok"
    """Whether there is an answer."""
    error_kind: ErrorKind | None = None
    """Of an error: which."""
    error_message: str = ""
    """Of an error: what is known of it; a server's own words are shortened."""
    latency_ms: float | None = None
    """From the question to the answer, waits for tools included; None where it was not measured."""
    input_tokens: int | None = None
    """Tokens in, all calls of a model together; None where any of them is not known."""
    output_tokens: int | None = None
    """Tokens out, as above."""
    cost_usd: float | None = None
    """What it cost; None where the tokens or the price are not known."""
    finish_reason: str | None = None
    """Why the model stopped, as it says."""
    retry_after_s: float | None = None
    """Of an error: the pause that the server asks for."""
    spans: tuple[Mapping[str, Any], ...] = ()
    """What was done, as rows of schemas.SPANS; columns that are not known may be absent."""
    otlp: str = ""
    """What was done as one line of OTLP/JSON, where the app tells it so; `spans` is empty then."""
    trace_id: str | None = None
    """The trace that the run is, where the app says; otherwise that of `spans`."""
    signals: Mapping[str, float] = field(default_factory=dict)
    """What the app tells of how it went, such as a task's success, by name; as trustworthy as the app."""
    exchanges: tuple[Exchange, ...] = ()
    """Digests of what was sent and came back, a pair a call."""

    def __post_init__(self) -> None:
        if (self.status == "ok") != (self.error_kind is None):
            raise ValueError(f"status == {self.status!r}, error_kind == {self.error_kind!r}: only an error has a kind")
        if (self.status == "ok") != (self.output is not None):
            raise ValueError(f"status == {self.status!r}: an answer has an output, an error has none")


def error(kind: ErrorKind, message: str = "", *, retry_after_s: float | None = None) -> Answer:
    """Return an error as the outcome that it is.

    >>> error("timeout", "no answer within 30 s").output is None
    True
    """
    return Answer(status="error", error_kind=kind, error_message=message, retry_after_s=retry_after_s)
