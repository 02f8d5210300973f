"""All that the runs of an experiment did, as one frame of spans, in whichever form their apps told it.

Detectors judge it as they judge live traffic. It stays with the experiment: the store holds what users did.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from workbench.experiments.outcome import Outcome
from workbench.experiments.run_spans import spans_of
from workbench.loaders import otlp
from workbench.loaders.batch import Context
from workbench.loaders.source import Source


def telemetry_of(
    outcomes: Sequence[Outcome], *, experiment_id: str, day: date, key_user: Callable[[str], str]
) -> pl.DataFrame:
    """Return schemas.SPANS of all runs; what is no span is left out, as a loader would refuse it.

    Parameters
    ----------
    outcomes
        What came of the questions.
    experiment_id
        The experiment, which stands as the spans' source.
    day
        Of spans without a time.
    key_user
        From a user's id, as an app may tell it, to its key.
    """
    lines = [outcome.answer.otlp.replace("\n", " ") for outcome in outcomes if outcome.answer.otlp]
    frames = [spans_of(outcomes, experiment_id=experiment_id, day=day)]
    if lines:
        source = Source("-", lambda: io.BytesIO("\n".join(lines).encode()))
        frames += [batch.spans for batch in otlp.load(source, Context(experiment_id, day, key_user))]
    return pl.concat(frames)
