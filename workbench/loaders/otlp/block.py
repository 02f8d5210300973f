"""The spans of one scope as columns: ids and times checked, and the few that have events, links or rarities noted.

A column at a time costs a fraction of a span at a time. What is wrong with one span is noted by its place, and costs
its neighbours nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import astuple

from workbench.errors import RecordError
from workbench.loaders.otlp.events import Events, read_events
from workbench.loaders.otlp.exact import Fault, count_members, parse
from workbench.loaders.otlp.plan import Keyed
from workbench.loaders.otlp.scope import Scope
from workbench.loaders.otlp.times import Bad, identity_column, nanosecond_column, parent_column
from workbench.loaders.otlp.wire import Span, plain_attributes
from workbench.loaders.users import keyed

STATUSES: Mapping[int | str | None, str] = {
    0: "UNSET",
    1: "OK",
    2: "ERROR",
    None: "UNSET",
    **{f"STATUS_CODE_{name}": name for name in ("UNSET", "OK", "ERROR")},
}
_FIELDS = msgspec.structs.fields(Span)
_RARE = (
    "trace_state", "dropped_attributes_count", "events", "dropped_events_count", "links", "dropped_links_count",
)  # fmt: skip

Column = Sequence[Any]


@dataclass(slots=True)
class Extra:
    """What only this span has, besides its attributes."""

    said: Events
    """What its events say."""
    members: dict[str, Any]
    """Its own members of `attributes.otlp`, but for its events."""


@dataclass(slots=True)
class Block:
    """The spans of one scope, as far as they can be told without their attributes."""

    scope: Scope
    columns: dict[str, Column]
    """By the names of batch.SPAN_FIELDS."""
    attributes: Column
    """KeyValues of each span, or None."""
    kinds: Column
    """OpenTelemetry's span kind of each, as it came."""
    flags: Column
    n_members: list[int]
    """JSON members that were understood, of each span."""
    bad: Bad
    extras: dict[int, Extra]
    """By place, of the few spans that have any."""


def read_block(spans: Sequence[Span[str]], scope: Scope, key_user: Keyed) -> Block:
    """Return the spans as columns; nothing is raised, what is wrong with a span is in `bad`."""
    rows = list(map(astuple, spans))
    of_field = dict(zip((entry.name for entry in _FIELDS), zip(*rows, strict=True), strict=True))
    bad: Bad = {}
    start = nanosecond_column(of_field["start_time_unix_nano"], bad)
    end = nanosecond_column(of_field["end_time_unix_nano"], bad)
    codes, messages = _status_columns(of_field["status"], bad)
    columns = {
        "trace_id": identity_column(of_field["trace_id"], 16, bad),
        "span_id": identity_column(of_field["span_id"], 8, bad),
        "parent_span_id": parent_column(of_field["parent_span_id"], bad),
        "name": of_field["name"],
        "started_at": [moment // 1000 or None for moment in start],
        "ended_at": [moment // 1000 or None for moment in end],
        "duration_ms": [
            (last - first) / 1e6 if first and last else None for first, last in zip(start, end, strict=True)
        ],
        "time_known": [moment > 0 for moment in start],
        "status": codes,
        "error_message": messages,
    }
    block = Block(
        scope=scope,
        columns=columns,
        attributes=of_field["attributes"],
        kinds=of_field["kind"],
        flags=of_field["flags"],
        n_members=[len(_FIELDS) - row.count(None) for row in rows],
        bad=bad,
        extras={},
    )
    _count_status(block, of_field["status"])
    for place in _places_with(of_field):
        _note(block, place, lambda place: _add_extra(block, place, of_field, key_user))
    return block


def _status_columns(statuses: Column, bad: Bad) -> tuple[list[str], list[str | None]]:
    codes = [None if status is None else status.code for status in statuses]
    messages = [None if status is None else status.message or None for status in statuses]
    if not all(code in STATUSES for code in set(codes)):
        for place, code in enumerate(codes):
            if code not in STATUSES:
                bad[place] = Fault("a status code that OpenTelemetry does not have", reason="wrong_type")
    return [STATUSES.get(code, "") for code in codes], messages


def _count_status(block: Block, statuses: Column) -> None:
    for place, status in enumerate(statuses):
        if status is not None and (status.code is not None or status.message is not None):
            block.n_members[place] += (status.code is not None) + (status.message is not None)


def _places_with(of_field: Mapping[str, Column]) -> list[int]:
    """Return the places of spans that have any of the rare fields."""
    rare = [of_field[name] for name in _RARE if any(of_field[name])]
    return [place for place, values in enumerate(zip(*rare, strict=True)) if any(values)]


def _add_extra(block: Block, place: int, of_field: Mapping[str, Column], key_user: Keyed) -> None:
    said = read_events(of_field["events"][place] or (), key_user)
    links, n_links = _links(of_field["links"][place] or (), key_user)
    own = {name: of_field[name][place] for name in _RARE} | {"events": (), "links": links}
    block.extras[place] = Extra(said, {name: value for name, value in own.items() if value})
    block.n_members[place] += said.n_members + n_links


def _links(links: Sequence[Raw], key_user: Keyed) -> tuple[list[dict[str, Any]], int]:
    """Return links to other spans, their attributes plain, and how many JSON members they held."""
    plain_links, n_members = [], 0
    for raw in links:
        link = parse(bytes(raw)).value
        if not isinstance(link, dict):
            raise RecordError("a link is no object", reason="wrong_type")
        n_members += count_members(link)
        if "attributes" in link:
            link["attributes"] = plain_attributes(link["attributes"])
        plain_links.append(keyed(link, key_user))
    return plain_links, n_members


def _note(block: Block, place: int, read: Callable[[int], None]) -> None:
    try:
        read(place)
    except RecordError as error:
        block.bad.setdefault(place, Fault.of(error))
