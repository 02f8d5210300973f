"""What a command says: its answer on standard output, as text or JSON; progress and errors on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workbench.boundaries.display import visible
from workbench.loop.feed import IngestProgress

MIN_TABLE_WIDTH = 110
"""Characters: in a narrower terminal lines wrap, rather than words being cut to pieces."""


def answer_with(content: dict[str, Any], text: str | Table, *, as_json: bool) -> None:
    """Print an answer: one JSON object for scripts, or a text or table for people."""
    if as_json:
        sys.stdout.write(json.dumps(content, allow_nan=False) + "\n")
    else:
        print_out(text)


def print_out(text: str | Table) -> None:
    """Print a text or table, whatever strangers wrote in it made visible."""
    if isinstance(text, str):
        sys.stdout.write(visible(text, keep="\n") + "\n")
    else:
        Console(width=max(Console().width, MIN_TABLE_WIDTH)).print(text)


def tell(line: str) -> None:
    """Say one line on standard error."""
    sys.stderr.write(f"workbench: {visible(line)}\n")
    sys.stderr.flush()


def fail(message: str, exit_code: int) -> None:
    """Say on standard error what went wrong, and leave."""
    sys.stderr.write(f"workbench: {visible(message)}\n")
    sys.exit(exit_code)


def new_table(columns: Sequence[str], *, n_text: int) -> Table:
    """Return an empty table; its first `n_text` columns are text, the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    for place, name in enumerate(columns):
        is_text = place < n_text
        table.add_column(name, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    return table


@contextmanager
def progress_bar() -> Iterator[tuple[IngestProgress, Callable[[str], None]]]:
    """Give two callables that move a progress bar on standard error; silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def fed(name: str, n_records: int, share: float | None) -> None:
            said = escape(visible(f"{name}: {n_records:,} records"))
            progress.update(task, description=said, completed=share or 0, total=None if share is None else 1)

        def told(step: str) -> None:
            progress.update(task, description=escape(visible(step)), total=None)

        yield fed, told
