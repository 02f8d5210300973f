"""What scores a metric, as it stands in the plan: whoever runs the plan later scores by the same rule.

Without one a metric's name says what measures it. A rule is data, never code: a pattern, a schema, a question to a
model or to people.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from workbench.boundaries.json_schema import read_schema
from workbench.boundaries.patterns import Pattern
from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError

MAX_RUBRIC_CHARACTERS = 4_000
"""Of what judges are told: two pages, and small models read no more with the answer beside it."""
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Rubric = Annotated[str, msgspec.Meta(max_length=MAX_RUBRIC_CHARACTERS)]
_Price = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Temperature = Annotated[float, msgspec.Meta(ge=0, le=2)] | Literal["default"]
_Tokens = Annotated[int, msgspec.Meta(ge=100, le=100_000)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=3_600)]
DETECTOR, SIGNAL = "detector:", "signal:"
"""What a name begins with that a detector measures, and one that the app tells itself."""
LimitName = Literal["max_tokens", "max_completion_tokens"]
"""What a server calls the limit of a reply."""
REPLY_TOKENS = 800
"""Of a judge's reply: two sentences, and some quotes of an answer."""


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


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="judge"):
    """A whole number that a model gives the answer, from the least to the greatest of the metric's range."""

    model: _Text
    """As the server calls it."""
    url: _Text
    """An OpenAI-compatible server, up to `/v1`."""
    rubric: _Rubric = ""
    """What the greatest number stands for; where it is empty, that all that the case `states` is true."""
    shows_expected: bool = False
    """Whether the judge is shown the expected answer."""
    n_labelled: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Cases, drawn at random, of which people judge both arms' answers too: the gain is then what people would say."""
    price: tuple[_Price, _Price] | None = None
    """US dollars a million tokens, in and out; None where nobody knows."""
    temperature: _Temperature = 0.0
    """How freely it chooses; models that reason first refuse any but their own, which is `default`: none is sent."""
    max_output_tokens: _Tokens = REPLY_TOKENS
    """Of a reply; of models that reason first, with what they reason."""
    limit_name: LimitName = "max_tokens"
    """What the server calls that limit; newer models of OpenAI want max_completion_tokens."""
    time_limit_s: _Seconds = 120.0
    """Until a whole reply is there; one that is late has no value, and is not asked for again."""


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pairwise"):
    """Which of a case's two answers a model prefers, shown in both orders: 1 the better, 0 the other, 1/2 a tie."""

    model: _Text
    """As the server calls it."""
    url: _Text
    """An OpenAI-compatible server, up to `/v1`."""
    rubric: _Rubric
    """What makes an answer the better one."""
    shows_expected: bool = False
    """Whether the judge is shown the expected answer."""
    price: tuple[_Price, _Price] | None = None
    """US dollars a million tokens, in and out; None where nobody knows."""
    temperature: _Temperature = 0.0
    """How freely it chooses; models that reason first refuse any but their own, which is `default`: none is sent."""
    max_output_tokens: _Tokens = REPLY_TOKENS
    """Of a reply; of models that reason first, with what they reason."""
    limit_name: LimitName = "max_tokens"
    """What the server calls that limit; newer models of OpenAI want max_completion_tokens."""
    time_limit_s: _Seconds = 120.0
    """Until a whole reply is there; one that is late has no value, and is not asked for again."""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="human"):
    """A whole number that people give the answer, without being told which arm it is of."""

    rubric: _Rubric = ""
    """What the greatest number stands for; where it is empty, that all that the case `states` is true."""


Scoring = Measured | Matched | Fitting | Edited | Judged | Compared | Asked
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
    if isinstance(scoring, Compared) and (kind != "bounded" or bounds != (0, 1)):
        return 'scorer: pairwise gives 0, 1/2 or 1, write kind = "bounded" and range = [0, 1]'
    if isinstance(scoring, Judged | Asked):
        is_whole = bounds is not None and all(float(end).is_integer() for end in bounds)
        fits = is_whole and kind in ("binary", "ordinal", "bounded")
        return "" if fits else "scorer: gives whole numbers, write kind and a range of whole numbers"
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
