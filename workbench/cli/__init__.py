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
    categories,
    changing,
    comparing,
    detecting,
    exchanging,
    experimenting,
    feeding,
    grouping,
    holding,
    judging,
    privacy,
    releasing,
    reviewing,
    "starting",
