"""The session of a call: as somebody named it, the API's conversation, or the chain of responses that it goes on from.

The Responses API keeps what was said, and the next call names the response that it follows. A chain is one session,
named after its first response; one that follows none begins a chain, unless it says that it is not kept.
"""

from collections.abc import Mapping
from typing import Any

from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.parts import as_object

NAMES = ("session_id", "conversation_id", "thread_id", "sessionId", "conversationId", "threadId")
"""What logs call a session."""
CHAINED = "responses that follow one another are read as a session, named after the first of them"


def session_of(record: Fields, request: Fields, response: Fields, *, first: Mapping[str, str]) -> str | None:
    """Return the session of a call; None where nothing names one.

    Parameters
    ----------
    record, request, response
        The parts of the call.
    first
        First response of the chain, by response.

    Raises
    ------
    RecordError
        If a session is named by something that is no text.
    """
    if (named := record.text(*NAMES, column="session_id")) is not None:
        return named
    for part in (record, request, response):
        metadata = part.record.get("metadata")
        inner = Fields(as_object(metadata), of=f"{part.of}metadata.")
        if (named := inner.text(*NAMES, column="session_id")) is not None:
            part.include(inner)
            return named
    for part in (request, response):
        conversation = part.record.get("conversation")
        named = conversation.get("id") if isinstance(conversation, dict) else conversation
        if isinstance(named, str) and named:
            part.raw("conversation", column="session_id")
            return named
    return _chain(request, response, first)


def previous_of(request: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    """Return the response that a call follows."""
    previous = request.get("previous_response_id") or response.get("previous_response_id")
    return previous if isinstance(previous, str) else None


def first_of_chains(previous: Mapping[str, str]) -> dict[str, str]:
    """Return the first known response of the chain of each response that follows another.

    Linear in the number of responses; a ring, which no API makes, is named after the least id in it.

    Parameters
    ----------
    previous
        By response, the one that it follows.

    >>> first_of_chains({"c": "b", "b": "a"})
    {'c': 'a', 'b': 'a'}
    """
    first: dict[str, str] = {}
    for response_id in previous:
        path: dict[str, None] = {}
        at = response_id
        while at in previous and at not in first and at not in path:
            path[at] = None
            at = previous[at]
        found = first.get(at, at)
        if at in path:
            ring = list(path)
            found = min(ring[ring.index(at) :])
        first.update(dict.fromkeys(path, found))
    return first


def _chain(request: Fields, response: Fields, first: Mapping[str, str]) -> str | None:
    own, previous = response.record.get("id"), previous_of(request.record, response.record)
    if previous is not None:
        response.assume(CHAINED)
        return first.get(own if isinstance(own, str) else "", first.get(previous, previous))
    is_kept = all(part.record.get("store") is not False for part in (request, response))
    if response.record.get("object") != "response" or not isinstance(own, str) or not is_kept:
        return None
    response.assume(CHAINED)
    return own
