"""What the files of the sample app make it do: instructions, tools, guardrails and settings as one value.

The app reads its files as any app does; what they mean for planted faults is said in `causes`, and for everything else
in `effects`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.changes.app_files import Prompt, kind_of, read_prompt, read_settings, read_tool
from workbench.errors import ConfigError, RecordError
from workbench.simulate.app.instructions import instructions_in
from workbench.simulate.run import MAX_OUTPUT_TOKENS, MAX_STEPS

MODELS = ("by_tier", "lex-small-2", "lex-large-2")
"""What the setting `model` may say."""
TIMEOUT_MS = 3000
"""What holds where the settings say nothing, as MAX_STEPS and MAX_OUTPUT_TOKENS do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What one version of the app does."""

    version: str = ""
    """The version that its prompt's front matter says; empty where it says none."""
    instructions: frozenset[str] = frozenset()
    """What its prompts ask for, by the names of `instructions.INSTRUCTIONS`."""
    tools: frozenset[str] = frozenset()
    """Tools that the model may call."""
    required_tools: frozenset[str] = frozenset()
    """Tools that are called in every run where they apply."""
    model: str = "by_tier"
    """The model that answers, or by_tier."""
    max_steps: int = MAX_STEPS
    """Calls of tools after which it gives up."""
    max_output_tokens: int = MAX_OUTPUT_TOKENS
    """Tokens after which an answer is cut off."""
    search_timeout_ms: int = TIMEOUT_MS
    """How long it waits for the index."""
    max_identical_calls: int | None = None
    """Calls of a tool with the same arguments that the guardrail lets through; None where it is off."""
    keeps_plain_tone: bool = False
    """Whether the guardrail on tone is on."""

    @property
    def looks_up_jurisdiction(self) -> bool:
        """Whether it asks the table of courts in every run on a court's law."""
        return self._always_calls("jurisdiction_lookup", "looks_up_jurisdiction")

    @property
    def confirms_citations(self) -> bool:
        """Whether it has every citation checked, and gives no other."""
        return self._always_calls("check_citation", "confirms_citations")

    def _always_calls(self, tool: str, instruction: str) -> bool:
        return tool in self.tools and (tool in self.required_tools or instruction in self.instructions)


def read_behaviour(files: Mapping[str, str]) -> Behaviour:
    """Return what the files make the app do.

    Parameters
    ----------
    files
        Texts by path, with `/`; what is none of the app's files is passed over.

    Raises
    ------
    ConfigError
        If there is no prompt, or a file cannot be read or says what cannot be: the app does not start.
    """
    prompts: list[Prompt] = []
    tools: list[str] = []
    guardrails: dict[str, Mapping[str, Any]] = {}
    settings: dict[str, Any] = {}
    for path, text in sorted(files.items()):
        try:
            match kind_of(path):
                case "prompt":
                    prompts.append(read_prompt(text))
                case "tool":
                    tools.append(read_tool(text).name)
                case "guardrail":
                    said = read_settings(text)
                    guardrails[str(said.get("name", path))] = said
                case "settings":
                    settings.update(read_settings(text))
        except RecordError as error:
            raise _no_start(f"cannot be read: {error}", path) from error
    if not prompts:
        raise _no_start("there is no prompt", "prompts")
    return Behaviour(
        version=str(prompts[0].meta.get("version", "")),
        instructions=frozenset[str]().union(*(instructions_in(prompt.body) for prompt in prompts)),
        tools=frozenset(tools),
        required_tools=_required(settings, tools),
        model=_model(settings),
        max_steps=_positive(settings, "max_steps", MAX_STEPS),
        max_output_tokens=_positive(settings, "max_output_tokens", MAX_OUTPUT_TOKENS),
        search_timeout_ms=_positive(_section(settings, "search"), "timeout_ms", TIMEOUT_MS),
        max_identical_calls=(
            _positive(guardrails["repeated_calls"], "max_identical_calls", 2)
            if _is_on(guardrails, "repeated_calls")
            else None
        ),
        keeps_plain_tone=_is_on(guardrails, "plain_tone"),
    )


def _is_on(guardrails: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    said = guardrails.get(name, {"enabled": False}).get("enabled", True)
    if not isinstance(said, bool):
        raise _no_start(f"enabled == {said!r}, must be true or false", f"guardrail {name}")
    return said


def _required(settings: Mapping[str, Any], tools: list[str]) -> frozenset[str]:
    named = settings.get("required_tools") or []
    if not isinstance(named, list) or not set(map(str, named)) <= set(tools):
        raise _no_start(f"required_tools == {named!r}, must be tools of the app", "settings")
    return frozenset(map(str, named))


def _model(settings: Mapping[str, Any]) -> str:
    model = settings.get("model", MODELS[0])
    if model not in MODELS:
        raise _no_start(f"model == {model!r}, must be one of {', '.join(MODELS)}", "settings")
    return str(model)


def _section(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = settings.get(name, {})
    if not isinstance(section, dict):
        raise _no_start(f"{name} must be a mapping", "settings")
    return section


def _positive(section: Mapping[str, Any], name: str, default: int) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _no_start(f"{name} == {value!r}, must be a whole number of at least 1", "settings")
    return value


def _no_start(what: str, where: str) -> ConfigError:
    return ConfigError(what, where=where, fix="mend the file: the app does not start with it")
