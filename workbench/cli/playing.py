"""The options that say how an experiment runs the app; what they leave open, `[app_run]` in workspace.toml says."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from workbench.errors import ConfigError
from workbench.experiments.adapter import Adapter, AppRun, adapter_of
from workbench.loop.validate.playing import make_arm_of
from workbench.loop.validate.running import MakeArm
from workbench.store import Workspace

SampleOption = Annotated[bool, typer.Option("--sample-app", help="The app is the sample's.")]
CommandOption = Annotated[
    str | None, typer.Option(metavar="PROGRAM", help="Run in each version's folder, a case on its standard input.")
]
PythonOption = Annotated[
    str | None, typer.Option(metavar="MODULE:FUNCTION", help="Called in each version's folder: input, seed -> answer.")
]
InterpreterOption = Annotated[
    str | None, typer.Option(metavar="PROGRAM", help="Of --python: the Python of an environment that the app needs.")
]
EndpointOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Your app's server: a POST a case; `{arm}`, `{commit}` in it are the version."),
]
ModelOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="A model that plays the prompt and tools of each version.")
]
AtOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Of a model: an OpenAI-compatible server, up to /v1.")
]
PromptOption = Annotated[
    str | None, typer.Option(metavar="PATH", help="Of a model: which prompt, where the app has several.")
]
ToolsOption = Annotated[
    Literal["replayed", "none", "live"] | None,
    typer.Option(help="Of a model: results as in the case's trace, no tools, or results of --tools-command."),
]
ToolsCommandOption = Annotated[
    str | None, typer.Option(metavar="PROGRAM", help="Of a model: gives a tool's result, a call on its standard input.")
]
APP_OPTIONS = "--model NAME --at URL, --command, --python, --endpoint or --sample-app, or [app_run] in workspace.toml"
"""What says how the app is run, wherever that is still to be said."""


_NAMES = (
    *("command", "python", "interpreter", "endpoint"),
    *("model", "at", "prompt", "tools", "tools_command"),
)


def adapter_for(settings: AppRun, options: Mapping[str, Any], *, where: str) -> Adapter:
    """Return how the app is run, as options or settings say it.

    Raises
    ------
    ConfigError
        If neither does, or they cannot be.
    """
    adapter = adapter_of(settings, options)
    if adapter is None:
        raise ConfigError("nothing says how the app is run", where=where, fix=f"give {APP_OPTIONS}")
    return adapter


def options_of_app(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the options say, as `experiments.adapter.adapter_of` takes it, of all that a command was given."""
    return {name: given[name] for name in _NAMES} | {"sample": given["is_sample"] or None}


def arms_of(workspace: Workspace, adapter: Adapter, *, most: float | None = None) -> MakeArm:
    """Return what makes an arm of a version of the app.

    Parameters
    ----------
    workspace
        Whose settings say how files lie, what an app may take, and what one answer can cost at most.
    adapter
        How the app is run.
    most
        What one answer can cost at most, US dollars; None as the settings say.
    """
    run = workspace.app_run
    return make_arm_of(
        adapter,
        layout=workspace.layout,
        limits=run.limits,
        most=run.most if most is None else run.most._replace(usd=most),
        environment=os.environ,
        now=lambda: datetime.now(UTC),
    )
