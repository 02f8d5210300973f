"""What files make of the app: defaults, what they change, and files with which it does not start."""

import json

import pytest

from tests.simulate.app.under_test import FILES, app_with, cases
from workbench.errors import ConfigError
from workbench.simulate.app.behaviour import read_behaviour

PROMPT = {"prompts/p.md": "Summarise."}


def tool(name: str) -> dict[str, str]:
    return {f"tools/{name}.json": json.dumps({"type": "function", "function": {"name": name}})}


def test_a_prompt_alone_is_an_app_with_the_defaults() -> None:
    app = read_behaviour({**PROMPT, "README.md": "passed over"})
    assert (app.max_steps, app.max_output_tokens, app.search_timeout_ms) == (8, 1024, 3000)
    assert (app.model, app.version, app.max_identical_calls) == ("by_tier", "", None)
    assert app.tools == app.instructions == frozenset()


def test_settings_and_guardrails_say_what_they_say() -> None:
    app = read_behaviour(
        {
            **PROMPT,
            **tool("check_citation"),
            "settings.yaml": "model: lex-small-2\nmax_steps: 12\nrequired_tools: [check_citation]\n"
            "search: {timeout_ms: 7000}\n",
            "guardrails/loops.yaml": "name: repeated_calls\nmax_identical_calls: 3\n",
            "guardrails/tone.yaml": "name: plain_tone\nenabled: true\n",
        }
    )
    assert (app.model, app.max_steps, app.search_timeout_ms) == ("lex-small-2", 12, 7000)
    assert (app.max_identical_calls, app.keeps_plain_tone) == (3, True)
    assert app.confirms_citations
    assert not app.looks_up_jurisdiction


def test_a_tool_must_be_offered_to_be_called() -> None:
    asks = {"prompts/p.md": "Always call jurisdiction_lookup first."}
    assert not read_behaviour(asks).looks_up_jurisdiction
    assert read_behaviour({**asks, **tool("jurisdiction_lookup")}).looks_up_jurisdiction


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("prompts/p.md", "---\nname: x\n", "front matter"),
        ("tools/t.json", "{", "no JSON"),
        ("settings.yaml", "max_steps: 0", "at least 1"),
        ("settings.yaml", "max_steps: true", "at least 1"),
        ("settings.yaml", "model: gpt", "must be one of"),
        ("settings.yaml", "search: 3", "mapping"),
        ("settings.yaml", "required_tools: [t]", "tools of the app"),
        ("settings.yaml", "- a", "mapping"),
        ("guardrails/g.yaml", "name: plain_tone\nenabled: maybe", "true or false"),
    ],
)
def test_an_app_with_a_broken_file_does_not_start(path: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_behaviour({**PROMPT, path: text})


def test_an_app_without_a_prompt_does_not_start() -> None:
    with pytest.raises(ConfigError, match="no prompt"):
        read_behaviour(tool("search_cases"))


def test_limits_end_what_the_model_wants() -> None:
    asked = [case for case in cases(60, seed=8) if case["task"] != "multi_party"]
    settings = FILES["7"]["settings.yaml"]
    short = type(app_with())({**FILES["7"], "settings.yaml": settings.replace("max_steps: 8", "max_steps: 1")})
    brief = type(app_with())({**FILES["7"], "settings.yaml": settings.replace("1024", "16")})
    ended, cut = short.respond(asked[0], seed=0), brief.respond(asked[0], seed=0)
    assert (ended.output, ended.error_type, ended.finish_reason) == ("", "max_steps", "max_steps")
    assert ended.n_tool_calls == 1
    assert (cut.finish_reason, cut.error_type) == ("length", None)


def test_a_model_that_is_set_answers_everybody() -> None:
    asked = cases(60, seed=8)
    settings = FILES["7"]["settings.yaml"].replace("by_tier", "lex-small-2")
    small = type(app_with())({**FILES["7"], "settings.yaml": settings})
    assert all(b"lex-large-2" not in small.respond(case, seed=0).otlp for case in asked[:10])
