"""A metric that says what cannot be is refused before anything runs, with the value and what it must be."""

from typing import Any

import pytest

from workbench.experiments.metric import Amount, Metric, Source

GUARD = {"role": "guardrail", "margin": Amount(0.05)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "name is empty"),
        ({"role": "goal"}, "must be one of 'target', 'guardrail'"),
        ({"direction": 0}, "must be one of 1, -1"),
        ({"mwe": None}, "a target without mwe"),
        ({"mwe": Amount(float("nan"))}, "mwe == nan"),
        ({"mwe": Amount(-0.1)}, "mwe == -0.1"),
        ({"mwe": Amount(1.0)}, "below the width of its range"),
        ({"role": "guardrail"}, "a guardrail without a margin"),
        ({**GUARD, "margin": Amount(0.0)}, "margin == 0"),
        ({"on_worse": "allow_within_margin"}, "only a guardrail can have it"),
        ({"kind": "bounded"}, "without a range"),
        ({"kind": "bounded", "range": (5.0, 1.0)}, "the lower first"),
        ({"range": (0.0, 2.0)}, "binary is 0 to 1"),
        ({"estimand": "geometric_ratio"}, "binary has"),
        ({"kind": "positive", "mwe": Amount(5.0)}, "must be relative"),
        ({**GUARD, "kind": "positive", "margin": Amount(1.0, is_relative=True)}, "nothing falls by more than all"),
        ({"source": Source("judge")}, "a judge without a version"),
        ({"unit_chain": ("session", "trace")}, "must rise through"),
        ({"unit_chain": ()}, "must rise through"),
        ({"unit_chain": ("trace", "session")}, "must not be smaller than the session"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Metric(**{"name": "right", "role": "target", "mwe": Amount(0.02), **given})


def test_the_usual_estimand_follows_from_the_kind() -> None:
    latency = Metric(
        name="latency",
        role="guardrail",
        direction=-1,
        kind="positive",
        margin=Amount(0.1, is_relative=True),
        unit_chain=("turn", "trace"),
        randomised_by="user",
    )
    assert (latency.estimated, latency.is_ratio, latency.bounds) == ("geometric_ratio", True, None)
    right = Metric(name="right", role="target", mwe=Amount(0.02))
    assert (right.estimated, right.is_ratio, right.bounds) == ("mean_difference", False, (0, 1))
