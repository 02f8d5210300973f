"""The program and the options that several commands share."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from workbench import clustering, loop
from workbench.cli.in_steps import InSteps
from workbench.clustering import Embed, minilm
from workbench.errors import ConfigError
from workbench.records import Actor

app = typer.Typer(
    cls=InSteps,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Turn what production tells you about an LLM app into reviewed, versioned, tested changes.",
)
NOT_SHIP, NOT_DONE = 1, 3
"""What a command exits with that has decided otherwise, and one that went as far as it could."""


def group(name: str, words: str) -> typer.Typer:
    """Return a new group of commands, with what its help says of it."""
    made = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help=words)
    app.add_typer(made, name=name)
    return made


changes = group(
    "change", "Write, compare, commit and take back changes of the app's prompts, tools, guardrails and settings."
)
"""The commands of `workbench change`."""
ChangeArgument = Annotated[str, typer.Argument(metavar="CHG", help="The change (chg_...), or a beginning of its id.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it: `me` is the user of this computer.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a sentence; it stays with it.")]
WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", metavar="DIR", help="The workspace's folder.", show_default="this folder")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, for scripts.")]
WindowOption = Annotated[
    str, typer.Option(metavar="WINDOW", help="Spans to look at: `all`, `7d`, or `2026-01-05..2026-01-12` (UTC).")
]
MappingOption = Annotated[
    Path | None, typer.Option(metavar="TOML", help="How a chat log of your own maps to spans; known formats need none.")
]
SeedOption = Annotated[int, typer.Option(help="Seed of the grouping: the same seed gives the same clusters.")]
_PATHS = typer.Argument(metavar="PATH...", help="Files, folders, archives, patterns, URLs; - is standard input.")
PathsArgument = Annotated[list[str], _PATHS]
OptionalPathsArgument = Annotated[list[str] | None, _PATHS]
EmbedderOption = Annotated[
    Literal["auto", "static", "minilm"],
    typer.Option(help="What texts are compared by: the shipped table, the extra `minilm`, or it where installed."),
]


def embedder_of(name: Literal["auto", "static", "minilm"], *, told: Callable[[str], None]) -> tuple[Embed, str]:
    """Return the embedder that an option names, and the name that is recorded."""
    if name == "static" or (name == "auto" and not minilm.is_installed()):
        return clustering.embed, clustering.NAME
    if not minilm.is_installed():
        raise ConfigError("the embedder minilm is not installed", fix=minilm.FIX)
    return minilm.telling(told), minilm.NAME


def in_workspace(command: str, workspace: Path) -> str:
    """Return a command with the option that names its workspace, so that it can be pasted as it is printed.

    >>> in_workspace("workbench next", Path("our acme")), in_workspace("workbench next", Path())
    ("workbench next --workspace 'our acme'", 'workbench next')
    """
    return command if workspace == Path() else f"{command} --workspace {shlex.quote(str(workspace))}"


def person_of(by: str) -> Actor:
    """Return who does it, as the ledger names a person.

    Raises
    ------
    ConfigError
        If the name is none.
    GateError
        If it is a program's.
    """
    who = loop.who_reviews(by)
    return loop.a_person(who.name, who.identity)
