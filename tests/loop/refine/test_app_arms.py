"""The files of one version as what a model plays."""

from pathlib import Path

import pytest

from workbench.boundaries.filling import Message
from workbench.errors import ConfigError
from workbench.loop.refine.app_arms import chat_app_of, files_in, version_of

FILES = {
    "README.md": "no file of the app's",
    "prompts/summary.prompty": (
        "---\nname: summary\nmodel:\n  api: chat\n  parameters:\n    temperature: 0.2\n    max_tokens: 300\n---\n"
        "system:\nSummarise.\n\nuser:\n{{question}}\n"
    ),
    "settings.yaml": "temperature: 0.9\ntop_p: 0.5\nmax_output_tokens: 700\nmax_steps: 8\n",
    "tools/search.json": '{"type": "function", "function": {"name": "search", "strict": true, "parameters": {}}}',
}


def test_prompt_tools_and_parameters_are_those_of_the_files() -> None:
    app = chat_app_of(FILES)
    assert app.messages == (Message("system", "Summarise."), Message("user", "{{question}}"))
    assert app.tools == ({"strict": True, "name": "search", "description": "", "parameters": {}},)
    assert app.parameters == {"temperature": 0.2, "top_p": 0.5}
    assert app.max_output_tokens == 300
    assert chat_app_of({**FILES, "prompts/summary.prompty": "Be brief."}).max_output_tokens == 700


def test_of_several_prompts_one_must_be_named() -> None:
    two = {**FILES, "prompts/other.md": "Be brief."}
    with pytest.raises(ConfigError, match="2 prompts"):
        chat_app_of(two)
    assert chat_app_of(two, prompt="prompts/other.md").messages == (Message("system", "Be brief."),)
    with pytest.raises(ConfigError, match="is no prompt"):
        chat_app_of(two, prompt="README.md")


def test_a_folder_has_the_files_that_were_checked_out_and_no_links(tmp_path: Path) -> None:
    for path, text in FILES.items():
        (tmp_path / "app" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / path).write_text(text)
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "app" / "tools" / "link.json").symlink_to(tmp_path / "secret.json")
    found = files_in(tmp_path / "app")
    assert found == {path: text for path, text in FILES.items() if path != "README.md"}
    assert version_of(found) == version_of(dict(reversed(found.items())))
    assert version_of(found) != version_of({**found, "settings.yaml": "top_p: 0.4\n"})
