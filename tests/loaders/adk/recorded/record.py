"""Writes what google-adk makes of one session of three turns: `python record.py FOLDER`, in an environment that has it.

session.json           the session, as its services dump it
spans.json             its spans as OTLP/JSON
support.evalset.json   the session's second turn and two more cases, by the framework's own manager of evalsets
"""
# mypy: ignore-errors

import asyncio
import shutil
import sys
from pathlib import Path

from google.adk.evaluation.eval_case import EvalCase, IntermediateData, Invocation, SessionInput
from google.adk.evaluation.local_eval_sets_manager import LocalEvalSetsManager
from google.adk.runners import InMemoryRunner
from google.genai.types import Content, FunctionCall, FunctionResponse, Part
from opentelemetry import trace
from opentelemetry.exporter.otlp.json.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.agent import root_agent

ASKED = ("Hello", "Where is order 7?", "Where is order 9?")


def said(role: str, text: str) -> Content:
    """Return words as the framework has them."""
    return Content(role=role, parts=[Part(text=text)])


async def record(folder: Path) -> None:
    """Write session and spans."""
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    runner = InMemoryRunner(agent=root_agent, app_name="shop")
    await runner.session_service.create_session(app_name="shop", user_id="ann", session_id="s1")
    for text in ASKED:
        async for _ in runner.run_async(user_id="ann", session_id="s1", new_message=said("user", text)):
            pass
    session = await runner.session_service.get_session(app_name="shop", user_id="ann", session_id="s1")
    (folder / "session.json").write_text(session.model_dump_json(by_alias=True, exclude_none=True) + "\n")
    (folder / "spans.json").write_text(encode_spans(spans.get_finished_spans()).to_json() + "\n")


def write_evalset(folder: Path) -> None:
    """Write an evalset of three cases: one turn with a tool, two turns, and a greeting in a state."""
    sets = LocalEvalSetsManager(agents_dir=str(folder))
    sets.create_eval_set("shop", "support")
    use = FunctionCall(id="c1", name="look_up_order", args={"order": "7"})
    answered = FunctionResponse(
        id="c1", name="look_up_order", response={"status": "success", "where": "order 7 is at the depot"}
    )
    done = IntermediateData(tool_uses=[use], tool_responses=[answered])
    asked = Invocation(
        user_content=said("user", ASKED[1]),
        final_response=said("model", "Your order 7 is at the depot."),
        intermediate_data=done,
    )
    hello = Invocation(user_content=said("user", ASKED[0]), final_response=said("model", "How can I help?"))
    session = SessionInput(app_name="shop", user_id="ann", state={"shop": "north"})
    for case in (
        EvalCase(eval_id="where_is_7", conversation=[asked]),
        EvalCase(eval_id="hello_then_7", conversation=[hello, asked]),
        EvalCase(eval_id="hello", conversation=[hello], session_input=session),
    ):
        sets.add_eval_case("shop", "support", case)
    shutil.copy(folder / "shop" / "support.evalset.json", folder / "support.evalset.json")
    shutil.rmtree(folder / "shop")


if __name__ == "__main__":
    (folder := Path(sys.argv[1])).mkdir(exist_ok=True)
    asyncio.run(record(folder))
    write_evalset(folder)
