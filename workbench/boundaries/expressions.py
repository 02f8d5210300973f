"""Rule to query engine: a condition that a user writes in SQL becomes a Polars expression over known columns alone.

Polars' parser opens files that a sub-query names while it parses. So what is handed to it is looked at word by word
first: columns, and words that compare and combine the values of one row. It is never run as code.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl

MAX_CHARACTERS = 2_000
"""Far more than a person writes and reads again, and too few to overflow the parser's stack."""
MAX_ERROR_CHARACTERS = 200
"""Of what the parser says; polars repeats the whole query after it."""
WORDS = {
    *("and", "or", "not", "is", "null", "true", "false", "in", "like", "ilike", "between"),
    *("case", "when", "then", "else", "end", "cast", "as"),
    *("bigint", "integer", "int", "double", "float", "real", "varchar", "text", "string", "boolean", "date"),
    *("length", "lower", "upper", "trim", "ltrim", "rtrim", "left", "right", "substr", "replace", "concat"),
    *("strpos", "starts_with", "ends_with", "regexp_like", "coalesce", "nullif", "ifnull", "greatest", "least"),
    *("abs", "ceil", "floor", "round", "sign", "sqrt", "ln", "log10", "mod"),
}
"""What an expression may say besides columns, values and operators: none of it reads another row, table or file."""

_TOKEN = re.compile(
    r"""(?P<space>\s+) | (?P<value>'(?:[^']|'')*') | "(?P<name>[^"]*)" | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) | (?P<comment>--|/\*) | (?P<operator>[-+*/%<>=!~|(),])""",
    re.VERBOSE | re.ASCII,
)


class Condition(NamedTuple):
    """A condition on one row."""

    expression: pl.Expr
    """True, false, or null where a value that it needs is not recorded."""
    columns: tuple[str, ...]
    """The columns that it reads, sorted."""


def condition(text: str, *, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> Condition:
    """Return the condition that a SQL expression states.

    Parameters
    ----------
    text
        As after WHERE: `cost_usd > 0.5 AND tool_name = 'search'`; WORDS has what it may say.
    schema
        The columns that it may read.

    Raises
    ------
    ValueError
        If it says anything else, cannot be parsed, reads no column, or is neither true nor false.

    >>> rows = pl.DataFrame({"n_errors": [0, 3, None]})
    >>> rows.select(condition("n_errors > 1", schema=rows.schema).expression).to_series().to_list()
    [False, True, None]
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"the expression has {len(text):,} characters, must have at most {MAX_CHARACTERS:,}")
    columns = tuple(sorted(set(_columns(text, schema))))
    if not columns:
        raise ValueError(f"the expression reads no column; there are {', '.join(sorted(schema))}")
    try:
        expression = pl.sql_expr(text)
        answer = pl.DataFrame(schema=schema).select(expression).to_series()
    # What a parser makes of any text is not for us to know, and polars' panics are no Exception.
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001
        said = (str(error).splitlines() or [""])[0][:MAX_ERROR_CHARACTERS]
        raise ValueError(f"the expression cannot be read: {said}") from None
    if answer.dtype != pl.Boolean:
        raise ValueError(f"the answer is {answer.dtype}, must be true or false: compare it with something")
    return Condition(expression, columns)


def _columns(text: str, schema: Mapping[str, object]) -> Iterator[str]:
    """Yield the columns that an expression names, and raise at the first thing that it may not say."""
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup == "comment":
            raise ValueError(f"{text[at : at + 10]!r} at character {at + 1} is none of columns, values and operators")
        name = token["name"] if token["name"] is not None else token["word"]
        if name is not None and name in schema:
            yield name
        elif name is not None and (token["word"] is None or name.lower() not in WORDS):
            raise ValueError(f"{name} is no column and no word that is known; columns are {', '.join(sorted(schema))}")
        at = token.end()
