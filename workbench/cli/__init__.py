"""The command line: thin commands over the loop, for people, for scripts (`--json`) and for schedulers (exit codes).

0 done, 2 wrong call or setting, 3 a run failed, 4 not enough data. Results go to standard output, progress and errors
to standard error.
"""

from typing import Annotated

import typer
from polars.exceptions import PolarsError

from workbench import __version__
from workbench.cli import (
    backlog,
    by_hand,
    categories,
    changing,
    comparing,
    deciding,
    demo,
    detecting,
    diffing,
    exchanging,
    experimenting,
    feeding,
    grouping,
    holding,
    judging,
    labelling,
    looking,
    privacy,
    releasing,
    reviewing,
    running,
    starting,
    tracing,
    upkeep,
    watching,
)
from workbench.cli.app import app
from workbench.cli.output import fail, print_out
from workbench.errors import StoreError, WorkbenchError, first_line

__all__ = [
    "app",
    "backlog",
    "by_hand",
    "categories",
    "changing",
    "comparing",
    "deciding",
    "demo",
    "detecting",
    "diffing",
    "exchanging",
    "experimenting",
    "feeding",
    "grouping",
    "holding",
    "judging",
    "labelling",
    "looking",
    "main",
    "privacy",
    "releasing",
    "reviewing",
    "running",
    "starting",
    "tracing",
    "upkeep",
    "watching",
]


@app.callback(invoke_without_command=True)
def about(
    is_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version, if that is asked for."""
    if is_version:
        print_out(f"workbench {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; an error becomes one line that says what to do."""
    try:
        app()
    except WorkbenchError as error:
        fail(str(error), error.exit_code)
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}", WorkbenchError.exit_code)
    except PolarsError as error:  # of a table's own files, which are read lazily
        fail(f"the tables cannot be read: {first_line(error)}; run `workbench doctor`", StoreError.exit_code)
