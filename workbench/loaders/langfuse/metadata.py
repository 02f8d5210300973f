"""What Langfuse's metadata says about a span in the words of other conventions.

Frameworks reach Langfuse through OpenTelemetry, so that much of what a span is stands in `metadata.attributes` alone.
"""

from collections.abc import Mapping
from typing import Any

from workbench.loaders.conventions import CANDIDATES
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.quoting import unpacked

_OTHER_HINTS = {"provider": ("ls_provider",), "agent": ("agent_name",), "kind": ("langsmith.span.kind",)}
"""What frameworks write into metadata without a convention: LangChain, Pydantic AI, LangSmith."""
_UNKNOWN_SERVICE = "unknown_service"
"""What OpenTelemetry's SDKs write where nobody named the service."""


class Hints:
    """What the metadata says about columns, in the words of OpenTelemetry, OpenInference and the frameworks."""

    def __init__(self, fields: Fields) -> None:
        metadata = fields.record["metadata"]
        self._fields = fields
        self._metadata = as_object(metadata)
        self._attributes = self._object("attributes")
        self._resource = self._object("resourceAttributes")

    def take(self, column: str) -> str | None:
        """Return the first attribute that fills the column, and count it."""
        names = (*CANDIDATES[column], *_OTHER_HINTS.get(column, ()))
        return self._first(self._attributes, names, column, "metadata.attributes.") or self._first(
            self._metadata, names, column, "metadata."
        )

    def resource(self, column: str) -> str | None:
        """Return what the resource says about the column, and count it."""
        return self._first(self._resource, CANDIDATES[column], column, "metadata.resourceAttributes.")

    def service(self) -> str | None:
        """Return the service, unless the SDK made its name up."""
        service = self._resource.get("service.name")
        if isinstance(service, str) and service.startswith(_UNKNOWN_SERVICE):
            return None
        return self.resource("service")

    def _object(self, name: str) -> Mapping[str, Any]:
        value = unpacked(self._metadata.get(name))
        return as_object(value)

    def _first(self, record: Mapping[str, Any], names: tuple[str, ...], column: str, of: str) -> str | None:
        inner = Fields(record, of=of)
        for name in names:
            value = unpacked(record.get(name))
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                inner.raw(name, column=column)
                self._fields.include(inner)
                return str(value)
        return None
