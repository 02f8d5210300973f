"""What a request to a model declared: the tools it offered, and the format that the answer must have.

No column holds these; each source keeps them in its own place and spelling. Detectors ask here and need not know which.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.detectors.recorded import MAX_DEPTH, parsed

TOOLS = (
    r"(?i)(?:tools|functions|tool[._]?definitions|function_?declarations|function_?tools|tool_?config|llm\.tools\.\d+\.\w+"
    r'|\.json_schema|functions\.\d+\.\w+|"parameters)\\?"\s*:'
)
"""Where none of these names stands, no tool is declared: what is read before anything is parsed."""
MAX_TOOLS = 2_000
"""Definitions that are read of one request; providers allow 128 to 512."""

_PLACES = (
    *("request", "response", "call", "extra", "invocation_params", "inputs", "metadata", "attributes", "options"),
    *("config", "kwargs", "modelParameters", "model_request_parameters", "llm.invocation_parameters"),
    *("invocation_parameters", "extra_body", "gen_ai.request.parameters", "generation_config", "generationConfig"),
)
"""Objects inside attributes, input or output that hold what was asked for."""
_TOOL_LISTS = (
    *("tools", "functions", "gen_ai.tool.definitions", "mlflow.chat.tools", "ai.prompt.tools", "llm.tools"),
    *("function_tools", "output_tools", "toolDefinitions", "tool_definitions", "llm.request.functions"),
)
_FLAT = ("llm.tools.", "llm.request.functions.")
_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema")
_BUNDLES = ("function_declarations", "functionDeclarations", "tools")
_INNER = ("function", "toolSpec", "tool", "json_schema")


class Tools(NamedTuple):
    """The tools that a request offered."""

    schemas: Mapping[str, Any]
    """JSON Schema of the arguments by name; None where a tool came without."""
    is_complete: bool
    """False where a definition could not be read, or stands for tools that it does not name, as an MCP server's."""


def tools_of(*recorded: str | None) -> Tools | None:
    """Return the tools that any of a span's attributes, input and output declare; None where none does.

    >>> tools_of('{"tools": [{"type": "function", "function": {"name": "add"}}]}')
    Tools(schemas={'add': None}, is_complete=True)
    """
    found: dict[str, Any] = {}
    is_complete = True
    for text in recorded:
        for place in places_in(text):
            for entry in _entries(place):
                if not _add(entry, found, 0):
                    is_complete = False
    return Tools(found, is_complete) if found else None


def places_in(recorded: str | None) -> Iterator[dict[str, Any]]:
    """Yield the objects inside a recorded text where a request's parameters may stand, the outermost first."""
    if recorded is not None:
        yield from _places(parsed(recorded), 0)


def _places(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    value = parsed(value) if isinstance(value, str) and depth else value
    if isinstance(value, list) and depth <= 1:
        # LangChain hands its tools over as messages.
        offered = [item["content"] for item in value if isinstance(item, dict) and _offers(item)]
        yield {"tools": offered} if offered else {}
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return
    yield value
    for name in _PLACES:
        if value.get(name):
            yield from _places(value[name], depth + 1)


def _offers(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return message.get("role") == "tool" and isinstance(content, dict) and isinstance(content.get("function"), dict)


def _entries(place: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the definitions in one place, each as it is written."""
    for name in _TOOL_LISTS:
        listed = place.get(name)
        listed = parsed(listed) if isinstance(listed, str) else listed
        if isinstance(listed, dict):
            # Langfuse: definitions by name.
            listed = [
                {"name": key, **(one if isinstance(one, dict) else {})}
                for key, one in ((key, parsed(one) if isinstance(one, str) else one) for key, one in listed.items())
            ]
        if isinstance(listed, list):
            yield from listed[:MAX_TOOLS]
            if len(listed) > MAX_TOOLS:
                yield None
    config = place.get("toolConfig")
    if isinstance(config, dict) and isinstance(config.get("tools"), list):
        yield from config["tools"][:MAX_TOOLS]
    yield from _flat_entries(place)


def _flat_entries(place: Mapping[str, Any]) -> Iterator[Any]:
    """Yield definitions that are spelled out, one attribute a tool (OpenInference) or a field (Traceloop)."""
    by_index: dict[str, dict[str, Any]] = {}
    for name in place:
        if name.startswith(_FLAT):
            index, _, leaf = name.removeprefix("llm.tools.").removeprefix("llm.request.functions.").partition(".")
            by_index.setdefault(index, {})[leaf] = place[name]
    for leaves in list(by_index.values())[:MAX_TOOLS]:
        yield leaves.get("tool.json_schema", leaves)


def _add(entry: Any, found: dict[str, Any], depth: int) -> bool:
    """Add the definitions in an entry; return whether all that it stands for is known."""
    entry = parsed(entry) if isinstance(entry, str) else entry
    if isinstance(entry, str):
        # A bare name may be a tool, but a list of names is no promise that there are no others.
        found.setdefault(entry, None)
        return False
    if isinstance(entry, list) and depth <= 1:
        return _add_all(entry, found, depth)
    if not isinstance(entry, dict) or depth > MAX_DEPTH:
        return False
    for name in _BUNDLES:
        if isinstance(entry.get(name), list):
            return _add_all(entry[name], found, depth)
    tool = entry.get("name")
    inner = next((entry[key] for key in _INNER if isinstance(entry.get(key), dict | str)), None)
    if not isinstance(tool, str):
        return inner is not None and _add(inner, found, depth + 1)
    written = inner if isinstance(inner, dict) else entry
    schema = next((written[key] for key in _SCHEMAS if written.get(key) is not None), None)
    schema = parsed(schema) if isinstance(schema, str) else schema
    if isinstance(schema, dict) and isinstance(schema.get("json"), dict):
        schema = schema["json"]
    if found.get(tool) is None:
        found[tool] = schema if isinstance(schema, dict) and schema else None
    return True


def _add_all(entries: list[Any], found: dict[str, Any], depth: int) -> bool:
    known = [_add(one, found, depth + 1) for one in entries]
    return all(known)
