"""What a command says: its answer on standard output, as text or JSON; progress and errors on standard error."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workbench.boundaries.display import visible
from workbench.counted import counted
from workbench.loop.feed.files import IngestProgress

MIN_TABLE_WIDTH, PIPED_WIDTH = 110, 10_000
"""Characters. In a narrower terminal lines wrap, rather than words being cut to pieces; what goes into a file or a
program does not wrap at all: an id in two pieces is found by nobody."""
LONGEST_WORD = 40
"""Characters of a word that is kept whole: our ids have thirty or so, those of strangers any number."""
FIRST_S, LONGEST_S = 5.0, 60.0
"""Seconds until a first line of progress where there is no terminal; then twice as long each time, up to a minute."""


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
        console = Console()
        width = max(console.width, MIN_TABLE_WIDTH) if console.is_terminal else PIPED_WIDTH
        _keep_words_whole(text)
        Console(width=width).print(text, crop=False)


def _keep_words_whole(table: Table) -> None:
    """Let columns break between words alone: half an id cannot be pasted. A very long word is still folded."""
    for column in table.columns:
        cells = [str(cell) for cell in column.cells]
        longest = max((len(word) for cell in cells for word in cell.split()), default=0)
        column.min_width = min(longest, LONGEST_WORD)
        column.no_wrap = column.no_wrap or (longest <= LONGEST_WORD and not any(" " in cell for cell in cells))


def finite(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures as JSON has them: null where one is undefined or unbounded, which it has no number for."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value for name, value in figures.items()
    }


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
def progress_bar(*, is_long: bool = False) -> Iterator[tuple[IngestProgress, Callable[[str], None]]]:
    """Give two callables that move a bar on standard error; where no terminal is, what is long says a line at times."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task, line = progress.add_task("", total=None), now_and_then(tell)

        def fed(name: str, n_records: int, share: float | None) -> None:
            said = escape(visible(f"{name}: {counted(n_records, 'record')}"))
            progress.update(task, description=said, completed=share or 0, total=None if share is None else 1)

        def told(step: str) -> None:
            if is_long and not console.is_terminal:
                line(step)
            progress.update(task, description=escape(visible(step)), total=None)

        yield fed, told


def now_and_then(
    say: Callable[[str], None], *, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[str], None]:
    """Return what says a line only once some time has gone by since the last, more each time."""
    last, pause = monotonic(), FIRST_S

    def line(words: str) -> None:
        nonlocal last, pause
        if monotonic() - last >= pause:
            last, pause = monotonic(), min(2 * pause, LONGEST_S)
            say(words)

    return line
