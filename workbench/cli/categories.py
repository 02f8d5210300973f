"""The command that makes categories of what reviewers call problems in their own words."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from workbench import loop
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.output import answer_with, new_table
from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.store import open_workspace, read_taxonomy

SHOWN_CHARACTERS = 80
"""What is shown of a code."""


@app.command()
def taxonomy(
    workspace: WorkspaceOption = Path(),
    make: Annotated[
        str | None, typer.Option("--make", metavar="NAME", help="Make a category of this name, and add it to the file.")
    ] = None,
    about: Annotated[
        str, typer.Option(metavar="TEXT", help="With --make: when a problem is of this kind, in a sentence.")
    ] = "",
    code: Annotated[
        list[str] | None, typer.Option("--code", metavar="WORDS", help="With --make: an open code that means it.")
    ] = None,
    detector: Annotated[
        list[str] | None,
        typer.Option("--detector", metavar="CODE", help="With --make: a detector whose problems are of its kind."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the codes that reviewers gave in their own words and no category takes in; with `--make`, make one of them.

    A category is written at the end of the workspace's `taxonomy.toml`; what stands there stays.

    Example: `workbench taxonomy --make "Wrong court" --about "Cites a court of another state." --code "bad court"`
    """
    opened = open_workspace(workspace)
    if make is None and (about or code or detector):
        raise ConfigError("--about, --code and --detector are of --make", fix="give the category's name with --make")
    if make is not None and not about:
        raise ConfigError("a category without --about", fix="say in a sentence when a problem is of this kind")
    if make is not None:
        made = loop.make_category(opened, name=make, about=about, codes=code or (), detectors=detector or ())
        text = f"Made the category {made.code}; it is at the end of {opened.root / 'taxonomy.toml'}."
        answer_with({"made": msgspec.to_builtins(made)}, text, as_json=as_json)
        return
    codes, categories = loop.open_codes(opened), read_taxonomy(opened.root).categories
    table = new_table(("code", "verdicts", "reviewers"), n_text=1)
    for one in codes:
        words = shorten(visible(one.words), SHOWN_CHARACTERS)
        table.add_row(escape(words), f"{one.n_verdicts:,}", f"{one.n_annotators:,}")
    n = counted(len(categories), "category", "categories")
    table.caption = f"{counted(len(codes), 'code')} that no category takes in; {n}."
    answer: dict[str, Any] = {
        "open_codes": [one._asdict() for one in codes],
        "categories": [msgspec.to_builtins(one) for one in categories],
    }
    answer_with(answer, table, as_json=as_json)
