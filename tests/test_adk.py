"""The path of an agent of Google ADK with the framework itself: telemetry in, evalset, both versions run, results.

WORKBENCH_ADK_PYTHON names the Python of an environment that has it; without one an environment is made.
"""

import json
import os
import subprocess
import venv
from pathlib import Path

import polars as pl
import pytest

from tests.changes.repositories import FILES, PROMPT, Repository
from tests.conftest import Shell
from tests.loop.set_apart import ISSUE, set_apart
from tests.loop.under_review import NOON
from tests.test_recipes import pieces
from workbench import loop
from workbench.windows import Window

pytestmark = pytest.mark.slow
RECORDED = Path(__file__).parent / "loaders" / "adk" / "recorded"
CONTENT = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"}
PACKAGES = ("google-adk", "opentelemetry-exporter-otlp-json-common")
BY_ITS_PROMPT = '''

class Shy(Stub):
    """It asks for no tool unless its prompt says so."""

    async def generate_content_async(self, llm_request, stream=False):
        if "Look orders up." in str(llm_request.config.system_instruction):
            async for response in super().generate_content_async(llm_request, stream):
                yield response
        else:
            yield LlmResponse(content=Content(role="model", parts=[Part(text="I do not know.")]))


root_agent.model, root_agent.instruction = Shy(model="stub"), open("prompts/summarise.md").read()
'''
ORDERS = (1, 2, 3)
METRICS = [{"name": "assertions", "role": "target", "mwe": [0.05, False]}]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment that has google-adk."""
    if named := os.environ.get("WORKBENCH_ADK_PYTHON"):
        return named
    made = tmp_path_factory.mktemp("adk")
    venv.create(made, with_pip=True)
    subprocess.run([made / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(made / "bin" / "python")


@pytest.mark.parametrize("schema", [{}, {"ADK_TELEMETRY_SCHEMA_VERSION_OPT_IN": "1"}])
def test_what_it_writes_today_is_what_was_recorded(
    python: str, schema: dict[str, str], shell: Shell, tmp_path: Path
) -> None:
    known = {**os.environ, **CONTENT, **schema, "PYTHONPATH": str(RECORDED), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([python, RECORDED / "record.py", tmp_path / "out"], env=known, check=True)
    workspace, _ = set_apart(tmp_path / "acme")
    acme = shell.at(tmp_path / "acme")
    for name in ("session.json", "spans.json"):
        assert acme.run("ingest", str(tmp_path / "out" / name))[0] == 0
    found = workspace.telemetry.traces(window=Window()).filter(pl.col("session_id") == "s1").collect()
    assert sorted(found.select("input_tokens", "output_tokens").rows()) == [(40, 8)] * 2 + [(80, 16)] * 4
    made = acme.json("holdout", "import", str(tmp_path / "out" / "support.evalset.json"), "--embedder", "static")
    assert made["n_cases"] == 3


def test_both_versions_of_an_agent_run_on_its_evalset(python: str, shell: Shell, tmp_path: Path) -> None:
    (answer,) = pieces("python", of="I use Google ADK")
    (settings,) = pieces("toml", of="I use Google ADK")
    workspace, _ = set_apart(tmp_path / "acme")
    agent = (RECORDED / "support" / "agent.py").read_text() + BY_ITS_PROMPT
    Repository(workspace.app).commit({"answer.py": answer, "support/agent.py": agent})
    draft = loop.begin_change(
        workspace,
        issue_ids=[ISSUE],
        title="Look orders up",
        why="It says that it does not know.",
        development=["a1"],
        now=NOON,
        author="ann",
        identity="typed",
    )
    prompt = FILES[PROMPT] + "Look orders up.\n"
    change = loop.commit_change(workspace, draft.id, {PROMPT: prompt.encode()}, now=NOON)
    known = settings.replace("/opt/adk/bin/python", python).replace('secrets = ["GOOGLE_API_KEY"]\n', "")
    with open(tmp_path / "acme" / "workspace.toml", "a", encoding="utf-8") as file:
        file.write(known)
    turns = [
        {
            "name": f"order_{n}",
            "data": [
                {
                    "query": f"Where is order {n}?",
                    "expected_tool_use": [{"tool_name": "look_up_order", "tool_input": {"order": str(n)}}],
                    "reference": f"Your order {n} is at the depot.",
                }
            ],
        }
        for n in ORDERS
    ]
    (tmp_path / "orders.test.json").write_text(json.dumps(turns))
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS))
    acme = shell.at(tmp_path / "acme")
    held = acme.json("holdout", "import", str(tmp_path / "orders.test.json"), "--embedder", "static", "--by", "eve")
    plan = ("--holdout", held["id"], "--metrics", str(tmp_path / "metrics.json"), "--freeze", "--by", "eve")
    frozen = acme.json("experiment", "plan", change.id, *plan)
    assert json.loads(frozen["adapter"])["interpreter"] == python
    done = acme.json("experiment", "run", frozen["experiment_id"], "--by", "eve")
    assert done["is_done"]
    acme.run("experiment", "export", frozen["experiment_id"], str(tmp_path / "results.jsonl"))
    results = pl.read_ndjson(tmp_path / "results.jsonl").filter(pl.col("metric") == "assertions")
    values = results.group_by("arm").agg(pl.col("value").sort()).sort("arm").rows()
    assert values == [("baseline", [0.0] * 3), ("candidate", [1.0] * 3)]
