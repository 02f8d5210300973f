"""From how an experiment runs the app to the arms that do: each version, checked out, by the adapter that was frozen.

Keys come from the environment at the last moment and stand in no record: `WORKBENCH_APP_KEY` with `WORKBENCH_APP_URL`
of the app's own server, `WORKBENCH_LLM_KEY` with `WORKBENCH_LLM_URL` of a model's, and by name what programs get.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import bearer_key
from workbench.boundaries.llm import llm_key
from workbench.boundaries.urls import read_address
from workbench.changes.app_files import Layout
from workbench.errors import ConfigError
from workbench.experiments.adapter import Adapter, Kind
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.arms.chat import Model, chat_arm
from workbench.experiments.arms.chat_app import ChatApp
from workbench.experiments.arms.command import command_arm
from workbench.experiments.arms.endpoint import endpoint_arm
from workbench.experiments.arms.module import module_arm
from workbench.experiments.arms.tool_program import tool_program
from workbench.experiments.arms.tools import Tools, replayed
from workbench.experiments.provider import Limits, Provider
from workbench.ids import digest
from workbench.loop.refine.app_arms import chat_app_of, files_in
from workbench.loop.sample_app.arm import sample_arm
from workbench.loop.validate.running import MakeArm

APP_KEY, APP_KEY_URL = "WORKBENCH_APP_KEY", "WORKBENCH_APP_URL"
"""Environment variables: the key of the app's own server, and the server that it belongs to."""
_OF_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
"""Parameters that a server refuses where no tools are offered."""


def make_arm_of(
    adapter: Adapter,
    *,
    layout: Layout,
    limits: Limits,
    most: Spend,
    environment: Mapping[str, str],
    now: Callable[[], datetime],
) -> MakeArm:
    """Return what makes an arm of a version that is checked out in a folder; all arms share the provider's limits.

    Parameters
    ----------
    adapter
        How the app is run.
    layout
        Which of its files are what, where a model plays them.
    limits
        What the provider allows.
    most
        What one answer can cost at most; of a model it follows from its limits and price.
    environment
        Where keys are.
    now
        Gives the time, UTC, for spans.

    Raises
    ------
    ConfigError
        If a variable that a program is to get is not set, or a key is set and not whose it is.
    """
    where = adapter.at or adapter.endpoint or adapter.kind
    secrets = _secrets(adapter, environment)
    player = _Player(adapter, layout, environment, secrets, Provider(where, limits), most, now)
    of_kind: Mapping[Kind, MakeArm] = {
        "sample": player.of_sample,
        "command": player.of_command,
        "python": player.of_module,
        "endpoint": player.of_endpoint,
        "model": player.of_model,
    }
    return of_kind[adapter.kind]


@dataclass(frozen=True, slots=True)
class _Player:
    adapter: Adapter
    layout: Layout
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    provider: Provider
    most: Spend
    now: Callable[[], datetime]

    def of_sample(self, folder: Path, name: str, commit: str) -> Arm:
        """Return the sample's app."""
        return sample_arm(files_in(folder, layout=self.layout), name=name, version=commit)

    def of_command(self, folder: Path, name: str, commit: str) -> Arm:
        """Return a program."""
        return command_arm(
            self.adapter.command,
            folder,
            name=name,
            version=commit,
            environment=self.adapter.environment,
            secrets=self.secrets,
            most=self.most,
            time_limit_s=self.adapter.time_limit_s,
            provider=self.provider,
        )

    def of_module(self, folder: Path, name: str, commit: str) -> Arm:
        """Return a function of the app's own code."""
        return module_arm(
            self.adapter.python,
            folder,
            name=name,
            version=commit,
            interpreter=self.adapter.interpreter,
            environment=self.adapter.environment,
            secrets=self.secrets,
            most=self.most,
            time_limit_s=self.adapter.time_limit_s,
            provider=self.provider,
        )

    def of_endpoint(self, _: Path, name: str, commit: str) -> Arm:
        """Return the app's own server."""
        url = self.adapter.endpoint.replace("{arm}", name).replace("{commit}", commit)
        key = bearer_key(self.environment, key=APP_KEY, url=APP_KEY_URL)
        line = Line(read_address(url), key, answer_s=self.adapter.time_limit_s)
        arm = endpoint_arm(line, name=name, version=commit, provider=self.provider, most=self.most)
        return replace(arm, line=line)

    def of_model(self, folder: Path, name: str, commit: str) -> Arm:
        """Return a model that plays the prompt and tools of the version."""
        adapter = self.adapter
        line = Line(read_address(adapter.at), llm_key(self.environment), answer_s=adapter.time_limit_s)
        arm = chat_arm(
            _chat_app(adapter, folder, self.layout),
            line,
            name=name,
            version=commit,
            model=Model(adapter.model, adapter.price, adapter.max_output_tokens, adapter.limit_name),
            tools=_tools(adapter, folder, self.secrets),
            tools_version=_tools_version(adapter),
            provider=self.provider,
            now=self.now,
            max_turns=adapter.max_turns,
            max_tokens=adapter.max_tokens,
        )
        return replace(arm, line=line)


def _secrets(adapter: Adapter, environment: Mapping[str, str]) -> Mapping[str, str]:
    if missing := [name for name in adapter.secrets if name not in environment]:
        raise ConfigError(f"{', '.join(missing)} is not set", where="the environment", fix="set it, and run again")
    return {name: environment[name] for name in adapter.secrets}


def _chat_app(adapter: Adapter, folder: Path, layout: Layout) -> ChatApp:
    app = chat_app_of(files_in(folder, layout=layout), prompt=adapter.prompt or None, layout=layout)
    if adapter.tools != "none":
        return app
    return replace(app, tools=(), parameters={k: v for k, v in app.parameters.items() if k not in _OF_TOOLS})


def _tools(adapter: Adapter, folder: Path, secrets: Mapping[str, str]) -> Tools:
    if not adapter.tools_command:
        return replayed()
    environment = {**adapter.environment, **secrets}
    live = tool_program(adapter.tools_command, folder, environment=environment, time_limit_s=adapter.time_limit_s)
    return live if adapter.tools == "live" else replayed(live)


def _tools_version(adapter: Adapter) -> str:
    if not adapter.tools_command:
        return adapter.tools
    return digest(adapter.tools, msgspec.json.encode([adapter.tools_command, adapter.environment], order="sorted"))
