"""Which attribute of which semantic convention fills which column: the whole mapping, as data.

Instrumentations name the same thing in different ways: OpenTelemetry's GenAI conventions, their earlier names,
OpenInference, Traceloop's indexed attributes, the Vercel AI SDK, Langfuse's OpenTelemetry attributes, Google ADK's own
before version 2. A new spelling is a new line here and nowhere else.

For each column the first attribute that is present and has a usable value fills it. The others stay in `attributes`,
so a doubt about the order can be settled later from what is stored.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "session_id": (
        "session.id",
        "gen_ai.conversation.id",
        "langfuse.session.id",
        "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "gcp.vertex.agent.session_id",
    ),
    "user_key": (
        "user.id",
        "enduser.id",
        "gen_ai.user.id",
        "gen_ai.request.user",
        "llm.user",
        "langfuse.user.id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "enduser.pseudo.id",
    ),
    "user_tier": (
        "user.tier",
        "enduser.tier",
        "app.user.tier",
        "user.plan",
        "traceloop.association.properties.user_tier",
    ),
    "kind": ("openinference.span.kind", "traceloop.span.kind"),
    "operation": ("gen_ai.operation.name", "llm.request.type", "ai.operationId"),
    "agent": ("gen_ai.agent.name", "agent.name"),
    "model": (
        "gen_ai.response.model",
        "llm.response.model_name",
        "ai.response.model",
        "llm.model_name",
        "gen_ai.request.model",
        "llm.request.model_name",
        "ai.model.id",
        "embedding.model_name",
        "reranker.model_name",
    ),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    "prompt_name": (
        "gen_ai.prompt.name",
        "traceloop.prompt.key",
        "langfuse.observation.prompt.name",
        "prompt.name",
        "prompt.id",
    ),
    "prompt_version": (
        "gen_ai.prompt.version",
        "traceloop.prompt.version",
        "langfuse.observation.prompt.version",
        "llm.prompt_template.version",
        "prompt.version",
    ),
    "tool_name": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name"),
    "tool_call_id": ("gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id"),
    "input": (
        "gen_ai.input.messages",
        "llm.input_messages",
        "gen_ai.prompt.*",
        "gen_ai.prompt",
        "ai.prompt.messages",
        "ai.prompt",
        "gen_ai.tool.call.arguments",
        "ai.toolCall.args",
        "gcp.vertex.agent.tool_call_args",
        "gcp.vertex.agent.llm_request",
        "gen_ai.retrieval.query.text",
        "input.value",
        "traceloop.entity.input",
        "llm.prompts",
        "ai.value",
        "ai.values",
        "input",
    ),
    "output": (
        "gen_ai.output.messages",
        "llm.output_messages",
        "gen_ai.completion.*",
        "gen_ai.completion",
        "ai.response.text",
        "ai.response.object",
        "ai.response.toolCalls",
        "gen_ai.tool.call.result",
        "ai.toolCall.result",
        "gcp.vertex.agent.tool_response",
        "gcp.vertex.agent.llm_response",
        "gen_ai.retrieval.documents",
        "retrieval.documents",
        "output.value",
        "traceloop.entity.output",
        "llm.choices",
        "output",
    ),
    "finish_reason": (
        "gen_ai.response.finish_reasons",
        "gen_ai.response.finish_reason",
        "llm.finish_reason",
        "ai.response.finishReason",
    ),
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ),
    "cost_usd": ("llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "operation.cost"),
    "task": (
        "gen_ai.workflow.name",
        "traceloop.workflow.name",
        "ai.telemetry.functionId",
        "task.id",
        "task",
        "http.route",
    ),
    "error_type": ("error.type", "exception.type"),
    "error_message": ("error.message", "exception.message"),
    "service": ("service.name",),
    "environment": ("deployment.environment.name", "deployment.environment", "langfuse.environment"),
    "release": ("service.version", "langfuse.release"),
}
"""Column: attributes, best first. A name that INDEXED lists stands for all attributes below it."""

RESOURCE_COLUMNS = ("service", "environment", "release", "session_id", "user_key", "user_tier")
"""Columns that the resource fills where the span itself does not."""

CONTENT_COLUMNS = frozenset({"input", "output"})
"""Columns where an empty text says something; elsewhere an empty text is an absent value."""

INDEXED: Mapping[str, re.Pattern[str]] = {
    "llm.input_messages": re.compile(r"llm\.input_messages\.(\d{1,6})\.message\.(.+)"),
    "llm.output_messages": re.compile(r"llm\.output_messages\.(\d{1,6})\.message\.(.+)"),
    "gen_ai.prompt.*": re.compile(r"gen_ai\.prompt\.(\d{1,6})\.(.+)"),
    "gen_ai.completion.*": re.compile(r"gen_ai\.completion\.(\d{1,6})\.(.+)"),
    "llm.prompts": re.compile(r"llm\.prompts\.(\d{1,6})\.prompt\.(.+)"),
    "llm.choices": re.compile(r"llm\.choices\.(\d{1,6})\.completion\.(.+)"),
    "retrieval.documents": re.compile(r"retrieval\.documents\.(\d{1,6})\.document\.(.+)"),
}
"""Attributes that spell a list out, one attribute a leaf: name of the list, and index and path of a leaf."""

STATEMENT = re.compile(r"(?:(trace|session)\.)?(annotations|evaluations)\.(\d{1,6})\.(?:annotation|evaluation)\.(\w+)")
"""OpenInference: a statement about a span, its trace or its session, one attribute a field."""

ELIDED: Mapping[str, str] = {
    f"gcp.vertex.agent.{name}": "{}" for name in ("llm_request", "llm_response", "tool_call_args", "tool_response")
}
"""What Google ADK writes in the place of content that it was told not to record, or that a span does not have; of a
call without arguments it writes the same, and nobody can tell which it is."""

KEPT = frozenset({"llm.request.type", "ai.operationId", "traceloop.span.kind"})
"""Attributes whose value is translated on its way into a column: they stay in `attributes` as well."""


class Operation(NamedTuple):
    """What a recorded operation is called in OpenTelemetry's words, and the OpenInference kind that it implies."""

    name: str
    kind: str


_IMPLIED = {
    "chat": "LLM",
    "generate_content": "LLM",
    "text_completion": "LLM",
    "embeddings": "EMBEDDING",
    "execute_tool": "TOOL",
    "create_agent": "AGENT",
    "invoke_agent": "AGENT",
    "invoke_workflow": "CHAIN",
    "plan": "CHAIN",
    "retrieval": "RETRIEVER",
}

OPERATIONS: Mapping[str, Operation] = {
    **{name: Operation(name, kind) for name, kind in _IMPLIED.items()},
    # Traceloop's llm.request.type
    "completion": Operation("text_completion", "LLM"),
    "embedding": Operation("embeddings", "EMBEDDING"),
    "rerank": Operation("rerank", "RERANKER"),
    # The Vercel AI SDK's ai.operationId; kinds as OpenInference's own instrumentation of it gives them
    "ai.toolCall": Operation("execute_tool", "TOOL"),
    "ai.embed": Operation("embeddings", "CHAIN"),
    "ai.embedMany": Operation("embeddings", "CHAIN"),
    "ai.embed.doEmbed": Operation("embeddings", "EMBEDDING"),
    "ai.embedMany.doEmbed": Operation("embeddings", "EMBEDDING"),
    **{
        f"ai.{name}": Operation("invoke_agent", "AGENT")
        for name in ("generateText", "generateObject", "streamText", "streamObject")
    },
    **{f"ai.generate{what}.doGenerate": Operation("chat", "LLM") for what in ("Text", "Object")},
    **{f"ai.stream{what}.doStream": Operation("chat", "LLM") for what in ("Text", "Object")},
}
"""Recorded operation: its name and the kind that it implies where none is recorded."""

OPERATION_OF: Mapping[str, str] = {
    "LLM": "chat",
    "TOOL": "execute_tool",
    "AGENT": "invoke_agent",
    "EMBEDDING": "embeddings",
    "RETRIEVER": "retrieval",
}
"""Kind of a span: its operation where the source names none."""

KINDS: Mapping[str, str] = {"workflow": "CHAIN", "task": "CHAIN", "agent": "AGENT", "tool": "TOOL"}
"""Traceloop's span kinds in OpenInference's words; any other kind is taken in upper case."""

MESSAGE_EVENTS: Mapping[str, tuple[str, str]] = {
    "gen_ai.system.message": ("input", "system"),
    "gen_ai.user.message": ("input", "user"),
    "gen_ai.assistant.message": ("input", "assistant"),
    "gen_ai.tool.message": ("input", "tool"),
    "gen_ai.choice": ("output", "assistant"),
}
"""Earlier GenAI conventions: the event that carries one message, the column it belongs to, the role it implies."""

CONTENT_EVENTS = frozenset(
    {"gen_ai.content.prompt", "gen_ai.content.completion", "gen_ai.client.inference.operation.details"}
)
"""Events whose attributes are content attributes of their span."""

EVALUATION_EVENT = "gen_ai.evaluation.result"
"""The event that states a score about a span; on the span itself, or as a log record."""
FLAG_EVENTS = ("feature_flag.evaluation", "feature_flag")
"""The event that a feature flag was evaluated, and its name before version 1.32 of the conventions."""
