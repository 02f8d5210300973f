"""What a report is made of besides charts: tables, key figures, sentences and sections, as escaped HTML.

They are values that display themselves; nothing here prints, and nothing here knows what the numbers mean.
"""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from workbench.boundaries.display import visible
from workbench.report import markup
from workbench.report.formats import counted
from workbench.report.markup import Html

MAX_ROWS = 20
"""Rows of a table in a report: more are not read."""

_TAG = re.compile(r"<[^>]*>")
_CELL_END = re.compile(r"</t[dh]>")
_BLOCK_END = re.compile(r"</(?:p|h3|tr|li|div|caption|blockquote|table|summary)>|(?=<blockquote)")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page that displays itself: a sentence, a table, several pieces together."""

    html: Html
    """Escaped markup."""

    @property
    def plain(self) -> str:
        """The same words without markup, for a terminal."""
        without_tags = _TAG.sub("", _BLOCK_END.sub("\n", _CELL_END.sub("  ", self.html)))
        lines = html.unescape(without_tags).splitlines()
        return "\n".join(visible(" ".join(line.split())) for line in lines if line.strip())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": str(self.html), "text/plain": self.plain}


class Column(NamedTuple):
    """One column of a table: its heading, and how it is set."""

    title: str
    align: Literal["left", "right"] = "left"


class Figure(NamedTuple):
    """One key figure: a number, what it counts, and what puts it in proportion."""

    value: str
    name: str
    note: str = ""


def numbers(*titles: str) -> tuple[Column, ...]:
    """Return right-aligned columns."""
    return tuple(Column(title, "right") for title in titles)


def words(*titles: str) -> tuple[Column, ...]:
    """Return left-aligned columns."""
    return tuple(Column(title) for title in titles)


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Html | str]],
    *,
    caption: str,
    top_n: int = MAX_ROWS,
    of: str = "row",
    rest: str = "",
    note: str = "",
) -> Block:
    """Return a table of at most MAX_ROWS rows that says how many it leaves out, and where they are.

    Parameters
    ----------
    columns
        Headings, one a cell.
    rows
        Cells: a string is the tool's own words; words of a trace come as `markup.said`.
    caption
        What the table shows, above it.
    top_n
        Rows to show, 1 to MAX_ROWS.
    of
        The noun of a row.
    rest
        Where the rows are that are left out; else that a larger `top_n` shows more, where one does.
    note
        How to read it, below.

    Raises
    ------
    ValueError
        If a row has not one cell a column, or `top_n` is out of its bounds.
    """
    every = [tuple(row) for row in rows]
    shown = every[: check_top_n(top_n)]
    left_out = len(every) - len(shown)
    where = rest or (f"top_n shows up to {MAX_ROWS}" if top_n < MAX_ROWS else "")
    verb = "is" if left_out == 1 else "are"
    more = f"{counted(left_out, of)} more {verb} not shown{where and ': '}{where}." if left_out else ""
    return Block(
        markup.table(
            [(column.title, column.align) for column in columns],
            shown,
            caption=caption,
            foot=" ".join(part for part in (more, note) if part),
        )
    )


def complete_table(
    columns: Sequence[Column], rows: Iterable[Sequence[Html | str]], *, caption: str, of: str = "row", note: str = ""
) -> Block:
    """Return a table of all rows: the first MAX_ROWS at once, the others where the reader opens them.

    Parameters
    ----------
    columns, rows, caption, note
        As of `table`.
    of
        The noun of a row.
    """
    every = [tuple(row) for row in rows]
    first, others = every[:MAX_ROWS], every[MAX_ROWS:]
    shown = table(columns, first, caption=caption, note=note)
    if not others:
        return shown
    named = [(column.title, column.align) for column in columns]
    whole = markup.table(named, others, caption=f"{caption}, from {MAX_ROWS + 1} on")
    return stack(shown, Block(markup.folded(f"{counted(len(others), of)} more", whole)), name="complete")


def check_top_n(top_n: int) -> int:
    """Return how many rows or parts to show, if it is 1 to MAX_ROWS.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not 1 <= top_n <= MAX_ROWS:
        raise ValueError(f"top_n == {top_n}, must be 1 to {MAX_ROWS}")
    return top_n


def key_figures(figures: Iterable[Figure]) -> Block:
    """Return the numbers that a reader takes away, side by side."""
    return Block(markup.tiles(figures))


def sentences(*lines: Html | str) -> Block:
    """Return one paragraph a line; a string is the tool's own words."""
    return Block(markup.join(markup.paragraph(line) for line in lines))


def bullets(*lines: Html | str) -> Block:
    """Return a list."""
    return Block(markup.bullets(lines))


def stack(*blocks: Block, name: str = "stack") -> Block:
    """Return several blocks as one, in a section with a class name."""
    return Block(markup.section(markup.join(block.html for block in blocks), name=name))
