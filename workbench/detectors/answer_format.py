"""The format that a request declared for the answer of the model: JSON, JSON of a schema, or a pattern.

Providers, frameworks and servers each have their own parameter for it; a detector asks here and need not know which.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.detectors.declared import places_in
from workbench.detectors.recorded import parsed

DECLARES = (
    r"response_(?:format|mime|schema|json)|response(?:Format|Mime|Schema|Json)|output[._](?:type|mode|format|config)"
    r'|structured_output|guided_(?:json|regex)|(?:generate|stream)Object\.do|"format\\?"\s*:'
)
"""Where none of these words stands, no format is declared: what is read before anything is parsed."""

_PARAMETERS = ("response_format", "responseFormat", "output_format", "format")
_MIME_TYPES = ("response_mime_type", "responseMimeType", "gen_ai.request.response_mime_type")
_SCHEMAS = (
    *("response_schema", "responseSchema", "response_json_schema", "responseJsonSchema"),
    *("gen_ai.request.structured_output_schema", "llm.request.structured_output_schema", "guided_json"),
)
_OBJECT_CALLS = ("ai.generateObject.doGenerate", "ai.streamObject.doStream")
_JSON_WORDS = ("json", "json_object", "application/json")


class Format(NamedTuple):
    """What an answer must be."""

    schema: Mapping[str, Any] | None = None
    """The JSON Schema that it must satisfy; None where any JSON will do, or a pattern is declared."""
    pattern: str | None = None
    """The pattern that all of it must match."""


def format_of(*recorded: str | None) -> Format | None:
    """Return the format that a span's attributes, input or output declare; None where none does.

    A schema says more than that it is JSON, so that one in any place is taken before that.

    >>> format_of('{"request": {"response_format": {"type": "json_object"}}}')
    Format(schema=None, pattern=None)
    """
    found = [one for text in recorded for place in places_in(text) if (one := _declared(place)) is not None]
    says_more = (one for one in found if one.schema is not None or one.pattern is not None)
    return next(says_more, found[0] if found else None)


def _declared(place: Mapping[str, Any]) -> Format | None:
    """Return what one object of parameters declares."""
    for name in _SCHEMAS:
        if (schema := _object(place.get(name))) is not None:
            return Format(schema)
    # vLLM, before and after version 0.11.
    constraints = _object(place.get("structured_outputs")) or {"regex": place.get("guided_regex")}
    if isinstance(pattern := constraints.get("regex"), str) and pattern:
        return Format(pattern=pattern)
    if (schema := _object(constraints.get("json"))) is not None:
        return Format(schema)
    inner = [place[name] for name in _PARAMETERS if name in place]
    for outer in ("text", "output_config"):
        if isinstance(nested := place.get(outer), dict):
            inner.append(nested.get("format"))
    for parameter in inner:
        if (declared := _read(parameter)) is not None:
            return declared
    return _by_mode(place)


def _by_mode(place: Mapping[str, Any]) -> Format | None:
    """Return what words say that stand apart from a schema: a mime type, a type of output, the name of a call."""
    says_json = (
        any(str(place.get(name)).lower() in _JSON_WORDS for name in (*_MIME_TYPES, "gen_ai.output.type"))
        or place.get("ai.operationId") in _OBJECT_CALLS
    )
    # pydantic-ai; in its mode `tool` the answer is a call.
    if place.get("output_mode") in ("native", "prompted"):
        declared = _object(place.get("output_object"))
        return Format(_object((declared or {}).get("json_schema")))
    return Format() if says_json else None


def _read(parameter: Any) -> Format | None:
    """Return what a parameter such as `response_format` declares."""
    parameter = parsed(parameter) if isinstance(parameter, str) else parameter
    if isinstance(parameter, str):
        return Format() if parameter.lower() in _JSON_WORDS else None
    if not isinstance(parameter, dict):
        return None
    kind = parameter.get("type")
    if kind == "json_object":
        return Format(_object(parameter.get("schema")))
    if kind in ("json_schema", "json"):
        wrapped = _object(parameter.get("json_schema")) or parameter
        return Format(_object(wrapped.get("schema")))
    if kind == "regex" and isinstance(parameter.get("pattern"), str):
        return Format(pattern=parameter["pattern"])
    is_schema = kind == "object" and isinstance(parameter.get("properties"), dict)
    return Format(parameter) if is_schema else None


def _object(value: Any) -> dict[str, Any] | None:
    value = parsed(value) if isinstance(value, str) else value
    return value if isinstance(value, dict) and value else None
