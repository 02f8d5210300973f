"""What scores a metric, as it stands in the plan: whoever runs the plan later scores by the same rule.

Without one a metric's name says what measures it. A rule is data, never code: a pattern, a schema, a question to a
model or to people.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from workbench.boundaries.json_schema import read_schema
from workbench.boundaries.patterns import Pattern
from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError

MAX_RUBRIC_CHARACTERS = 4_000
"""Of what judges are told: two pages, and small models read no more with the answer beside it."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="measured"):
    """What another name measures: two metrics may look at one thing, such as the mean and the tail of latency."""

    name: _Text
    """The name: latency_ms, exact, detector:..., signal:..., or one that an installed package offers."""


class Matched(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pattern"):
    """1 where a pattern is found in the answer, 0 where it is not."""

    pattern: _Text
    """In RE2's syntax."""


class Fitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="json_schema"):
    """1 where the answer is JSON that satisfies a schema, 0 where it is not."""

    schema: _Text
    """The JSON Schema, as JSON."""


class Edited(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="edit_distance"):
    """How much of the answer would have to be edited to be the expected one: 0 nothing, 1 all of it."""


Scoring = Measured | Matched | Fitting | Edited
"""By `kind`."""


def fault_of(scoring: Scoring, *, kind: str, bounds: tuple[float, float] | None) -> str:
    """Return why a metric of a kind and range cannot be scored so; empty where it can.

    >>> fault_of(Matched(pattern="(a"), kind="binary", bounds=(0.0, 1.0)).split(":")[0]
    'scorer'
    >>> fault_of(Edited(), kind="binary", bounds=(0.0, 1.0))
    'scorer: edit_distance gives numbers from 0 to 1, write kind = "bounded" and range = [0, 1]'
    """
    if isinstance(scoring, Matched | Fitting) and kind != "binary":
        return 'scorer: gives 0 or 1, write kind = "binary"'
    if isinstance(scoring, Edited) and (kind != "bounded" or bounds != (0, 1)):
        return 'scorer: edit_distance gives numbers from 0 to 1, write kind = "bounded" and range = [0, 1]'
    if isinstance(scoring, Matched):
        return _fault(lambda: Pattern(scoring.pattern))
    if isinstance(scoring, Fitting):
        return _fault(lambda: _checked_schema(scoring.schema))
    return ""


def _fault(read: Callable[[], Any]) -> str:
    try:
        read()
    except ValueError as error:
        return f"scorer: {error}"
    return ""


def _checked_schema(text: str) -> None:
    try:
        schema = read_json(text.encode())
    except RecordError as error:
        raise ValueError(f"the schema {error.what}") from None
    if read_schema(schema) is None:
        raise ValueError("the schema cannot be checked exactly: it is too large, or refers to another file")
