"""Tokens and costs of MLflow spans, none of them counted twice.

Frameworks write the usage of a whole run on the span of the run as well as on its model calls. A usage that encloses
others stays in the attributes, where all of it is kept anyway.
"""

from collections.abc import Sequence
from typing import Any

from workbench.loaders.conventions import CANDIDATES
from workbench.loaders.reading.contents import About
from workbench.loaders.reading.fields import Fields, count, number
from workbench.loaders.reading.parts import as_object

_USAGE, _COST = "mlflow.chat.tokenUsage", "mlflow.llm.cost"
_TOKENS = ("input_tokens", "output_tokens")
ENCLOSING = "tokens or cost of a span that encloses spans with theirs are sums: they stay in the attributes"


def tokens_of(said: Fields, answer: About | None) -> dict[str, int | None]:
    """Return the tokens of a span by its attributes, or else by its answer; the attributes are left as they are.

    Raises
    ------
    RecordError
        If an attribute is no count.
    """
    usage = said.record.get(_USAGE)
    inner = Fields(as_object(usage), of=f"attributes.{_USAGE}.")
    others = Fields(said.record, of="attributes.")
    answered = Fields(answer._asdict() if answer is not None else {}, of="outputs.")
    tokens = {}
    for column in _TOKENS:
        found = inner.raw(column, column=column)
        found = others.raw(*CANDIDATES[column], column=column) if found is None and not inner.record else found
        tokens[column] = count(found, column)
    if all(value is None for value in tokens.values()):
        tokens = {column: answered.raw(column, column=column) for column in _TOKENS}
    for fields in (inner, others, answered):
        said.include(fields)
    return tokens


def cost_of(said: Fields) -> float | None:
    """Return the cost of a span in USD by its attributes, which are left as they are.

    Raises
    ------
    RecordError
        If it is no number.
    """
    cost = said.record.get(_COST)
    inner = Fields(as_object(cost), of=f"attributes.{_COST}.")
    others = Fields(said.record, of="attributes.")
    found = inner.raw("total_cost", column="cost_usd")
    found = others.raw(*CANDIDATES["cost_usd"], column="cost_usd") if found is None else found
    for fields in (inner, others):
        said.include(fields)
    return number(found, "cost")


def leave_sums(spans: Sequence[tuple[dict[str, Any], Fields]]) -> None:
    """Take tokens and costs out of the columns of every span of a trace that encloses another span with some.

    Parameters
    ----------
    spans
        The columns of each span, which are changed, and its fields, which count that.
    """
    parents = {columns["span_id"]: columns["parent_span_id"] for columns, _ in spans}
    for names in (_TOKENS, ("cost_usd",)):
        enclosing: set[str] = set()
        for columns, _ in spans:
            if all(columns[name] is None for name in names):
                continue
            above = parents.get(columns["span_id"])
            while above is not None and above not in enclosing:
                enclosing.add(above)
                above = parents.get(above)
        for columns, fields in spans:
            if columns["span_id"] in enclosing and any(columns[name] is not None for name in names):
                columns.update(dict.fromkeys(names))
                fields.assume(ENCLOSING)
