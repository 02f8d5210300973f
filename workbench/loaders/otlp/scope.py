"""What the spans of one resource and instrumentation scope share: columns that the resource fills, and attributes.

A line names its resource once for hundreds of spans; so does the reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from workbench.errors import RecordError
from workbench.loaders.conventions import CANDIDATES, RESOURCE_COLUMNS
from workbench.loaders.otlp.exact import count_members, parse
from workbench.loaders.otlp.plan import RESERVED, Keyed, text
from workbench.loaders.otlp.wire import plain_attributes
from workbench.loaders.users import keyed

SPAN_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
"""OpenTelemetry's span kinds by their number; protobuf's JSON names them SPAN_KIND_INTERNAL and so on."""
_CACHED_ENDS = 64
"""Pairs of kind and flags whose JSON is kept: in practice there are fewer than ten."""


@dataclass(slots=True, eq=False)
class Scope:
    """Resource and instrumentation scope of a group of spans."""

    columns: Mapping[str, str | None]
    """RESOURCE_COLUMNS, the user keyed."""
    shared: Mapping[str, Any]
    """Members of `attributes.otlp` that all its spans have: resource, scope, schema_url."""
    mapped: tuple[str, ...]
    """`resource attribute -> column`, for the load report."""
    n_members: int
    """JSON members of resource and scope."""
    n_bytes: int
    """Of `shared` as JSON, which stands in the attributes of each span."""
    ends: dict[tuple[Any, Any], str] = field(default_factory=dict)

    def end(self, kind: int | str | None, flags: int | None) -> str:
        """Return the end of a span's attributes: the reserved member, with kind and flags."""
        key = (kind, flags)
        if (known := self.ends.get(key)) is None:
            known = self.end_with(kind, flags, {})
            if len(self.ends) < _CACHED_ENDS:
                self.ends[key] = known
        return known

    def end_with(self, kind: int | str | None, flags: int | None, extras: Mapping[str, Any]) -> str:
        """Return the end of a span's attributes with what only this span has."""
        of_span = {name: value for name, value in (("kind", span_kind(kind)), ("flags", flags)) if value}
        return orjson.dumps({RESERVED: {**of_span, **extras, **self.shared}}).decode()[1:]


def read_scope(resource: bytes, scope: bytes, schema_urls: tuple[str | None, str | None], key_user: Keyed) -> Scope:
    """Return what a resource and a scope, given as JSON, say about their spans.

    Raises
    ------
    RecordError
        If either is no valid object of the protocol.
    """
    of_resource, n_resource = _object(resource)
    of_scope, n_scope = _object(scope)
    attributes = plain_attributes(of_resource.pop("attributes", None))
    names = {column: _first(attributes, CANDIDATES[column]) for column in RESOURCE_COLUMNS}
    columns = {column: text(attributes[name]) if name else None for column, name in names.items()}
    if (user := columns["user_key"]) is not None:
        columns["user_key"] = key_user(user)
    shared = {
        "resource": keyed(attributes, key_user),
        "resource_more": keyed(of_resource, key_user),
        "scope": _scope(of_scope, key_user),
        "resource_schema_url": schema_urls[0],
        "schema_url": schema_urls[1],
    }
    said = {name: value for name, value in shared.items() if value}
    return Scope(
        columns=columns,
        shared=said,
        mapped=tuple(f"resource {name} -> {column}" for column, name in names.items() if name),
        n_members=n_resource + n_scope,
        n_bytes=len(orjson.dumps(said)),
    )


def span_kind(kind: int | str | None) -> str | None:
    """Return the name of a span kind that came as a number or a name; None if it is not said."""
    if kind is None:
        return None
    if isinstance(kind, str):
        kind_name = kind.removeprefix("SPAN_KIND_")
    else:
        kind_name = SPAN_KINDS[kind] if 0 <= kind < len(SPAN_KINDS) else ""
    if kind_name not in SPAN_KINDS:
        raise RecordError("a span kind that OpenTelemetry does not have", reason="wrong_type")
    return None if kind_name == "UNSPECIFIED" else kind_name


def _object(raw: bytes) -> tuple[dict[str, Any], int]:
    value = parse(raw).value if raw else {}
    if value is None:
        return {}, 0
    if not isinstance(value, dict):
        raise RecordError("a resource or scope is no object", reason="wrong_type")
    return value, count_members(value)


def _scope(of_scope: dict[str, Any], key_user: Keyed) -> dict[str, Any]:
    attributes = plain_attributes(of_scope.pop("attributes", None))
    whole: dict[str, Any] = keyed({**of_scope, "attributes": attributes} if attributes else of_scope, key_user)
    return whole


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if attributes.get(name) not in (None, "")), "")
