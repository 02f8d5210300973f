"""What a judge replies, checked to the letter: who invents a quote has not read the answer."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from workbench.boundaries.llm import checked
from workbench.errors import RecordError
from workbench.experiments.judges.prompt import MAX_QUOTE, MAX_QUOTES, MAX_WHY
from workbench.experiments.metric import Metric
from workbench.experiments.scoring import Compared

Better = Literal["first", "second", "tie"]
_Why = Annotated[str, msgspec.Meta(max_length=MAX_WHY)]
_Quotes = Annotated[list[Annotated[str, msgspec.Meta(max_length=MAX_QUOTE)]], msgspec.Meta(max_length=MAX_QUOTES)]


class Grade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a judge says of one answer."""

    why: _Why
    quotes: _Quotes
    score: int


class Preference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a judge says of two answers."""

    why: _Why
    quotes: _Quotes
    better: Better


def read_judgement(text: str, texts: Mapping[str, str], metric: Metric) -> Grade | Preference:
    """Return what a judge's reply says.

    Parameters
    ----------
    text
        The reply.
    texts
        What it was shown; quotes must stand there, but for white space.
    metric
        What it was asked for.

    Raises
    ------
    RecordError
        If it does not fit the schema, gives a number out of range, or quotes what stands nowhere.
    """
    is_of_two = isinstance(metric.scorer, Compared)
    said: Grade | Preference = checked(text, Preference) if is_of_two else checked(text, Grade)
    if isinstance(said, Grade) and not (metric.bounds and metric.bounds[0] <= said.score <= metric.bounds[1]):
        raise RecordError("the judge's score is out of range", reason="wrong_type")
    shown = [_plain(one) for one in texts.values()]
    if not all(any(_plain(quote) in one for one in shown) for quote in said.quotes):
        raise RecordError("the judge quotes what stands nowhere", reason="not_quoted")
    return said


def _plain(text: str) -> str:
    return " ".join(text.split())
