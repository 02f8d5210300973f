"""One answer of an OpenAI-compatible server, read as strictly as what is made of it: text or calls of tools, and usage.

A count of tokens that cannot be is a count that nobody knows. It stays null, and a budget is charged with the most.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.boundaries.llm import read_completion
from workbench.counted import counted
from workbench.errors import RecordError
from workbench.experiments.answer import Answer, error

MAX_CALLS = 32
"""Of tools, in one answer; models make a handful."""


class Wanted(NamedTuple):
    """A call of a tool that the model wants."""

    call_id: str
    """The model's id of it."""
    name: str
    """The tool."""
    arguments: str
    """JSON, as the model wrote it."""


class Said(NamedTuple):
    """What the model says."""

    text: str
    """Empty where it only calls tools."""
    calls: tuple[Wanted, ...]
    """Tools that it calls."""
    finish_reason: str | None
    """Why it stopped, as the server says."""
    input_tokens: int | None
    """As the server says, if that can be."""
    output_tokens: int | None
    """As the server says, if that can be."""
    model: str | None
    """What the server says that answered."""


def said_in(raw: bytes, *, max_output_tokens: int) -> Said | Answer:
    """Return what a server's answer says; an error where it is no completion, or one that says nothing.

    Parameters
    ----------
    raw
        The whole answer.
    max_output_tokens
        What was asked for at most: a count beyond is not believed.
    """
    try:
        said = read_completion(raw)
    except RecordError as fault:
        return error("empty" if fault.reason == "empty" else "bad_answer", fault.what)
    message, finish_reason = said.choices[0].message, said.choices[0].finish_reason
    calls = tuple(Wanted(one.id, one.function.name, one.function.arguments) for one in message.tool_calls or ())
    if len(calls) > MAX_CALLS:
        return error(
            "bad_answer",
            f"the answer has {counted(len(calls), 'call')} of tools at once, at most {MAX_CALLS} are taken",
        )
    text = message.content or message.refusal or ""
    if not text.strip() and not calls:
        return error("empty", "the model says nothing")
    n_in, n_out = _usage(said.usage, max_output_tokens)
    model = said.model if isinstance(said.model, str) else None
    return Said(text, calls, finish_reason, n_in, n_out, model)


def usd_of(price: tuple[float, float] | None, n_in: int | None, n_out: int | None) -> float | None:
    """Return what tokens cost at a price of a million in and of a million out, US dollars; None where one is unknown.

    >>> usd_of((1.0, 4.0), 500_000, 250_000)
    1.5
    """
    if price is None or n_in is None or n_out is None:
        return None
    return (n_in * price[0] + n_out * price[1]) / 1_000_000


def _usage(said: Any, max_output_tokens: int) -> tuple[int | None, int | None]:
    """Return tokens in and out; both null if either cannot be, or they do not add up to what is called their sum."""
    if not isinstance(said, Mapping):
        return None, None
    n_in, n_out, n_all = (said.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if type(n_in) is not int or type(n_out) is not int:
        return None, None
    if n_in < 1 or not 1 <= n_out <= max_output_tokens or (n_all is not None and n_all != n_in + n_out):
        return None, None
    return n_in, n_out
