"""An agent of Google ADK with one tool; a stub in the place of its model asks for it and says what it answered."""
# mypy: ignore-errors

from collections.abc import AsyncIterator

from google.adk.agents import Agent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai.types import Content, FunctionCall, GenerateContentResponseUsageMetadata, Part


def look_up_order(order: str) -> dict:
    """Say where an order is."""
    if order == "9":
        return {"status": "error", "error_message": "no such order"}
    return {"status": "success", "where": f"order {order} is at the depot"}


class Stub(BaseLlm):
    """A model that takes 40 tokens and gives 8, whatever it is asked."""

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncIterator[LlmResponse]:
        """Yield one response."""
        last = llm_request.contents[-1].parts[-1]
        if last.function_response:
            where = last.function_response.response.get("where")
            part = Part(text=f"Your {where}." if where else "I cannot find it.")
        elif "order" in last.text:
            part = Part(
                function_call=FunctionCall(name="look_up_order", args={"order": last.text.rstrip("?").split()[-1]})
            )
        else:
            part = Part(text="How can I help?")
        usage = GenerateContentResponseUsageMetadata(prompt_token_count=40, candidates_token_count=8)
        content = Content(role="model", parts=[part])
        yield LlmResponse(content=content, usage_metadata=usage, finish_reason="STOP", model_version="stub-1")


root_agent = Agent(name="support", model=Stub(model="stub"), instruction="Be brief.", tools=[look_up_order])
