"""What detectors of talk go by: each place where a user said something, with the facts that they ask of it."""

from collections.abc import Sequence

import polars as pl

from workbench.detectors.conversation import Heard, listen
from workbench.detectors.together import Source

_OF_TURNS = ("talk", "trace_id", "span_id", "is_followed", "last_words")


def _ask(spans: pl.LazyFrame, facts: Sequence[pl.Expr]) -> Heard:
    return listen(spans, *facts)


def _part(heard: Heard, names: Sequence[str]) -> Heard:
    return heard._replace(turns=heard.turns.select(*_OF_TURNS, *names))


TALKS = Source("talks", _ask, _part)
"""What users said: a judgement takes it as `Heard`."""
