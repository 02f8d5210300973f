"""The world of `data/sample`: twelve weeks of the sample app, in the three versions that were out."""

from datetime import UTC, datetime

from workbench.simulate.app.versions import CANARY, versions
from workbench.simulate.world import Rollout, World

SEED = 46
"""Chosen among others so that 47 users complain of confused jurisdictions in words."""
ROLLOUT = Rollout(
    releases=((0.0, "2026.8.1"), (0.3, "2026.9.0"), (0.56, "2026.9.4"), (0.76, "2026.10.0"), (0.88, "2026.10.1")),
    prompt_versions=((0.0, "6"), (0.62, "7")),
    canary_version=CANARY,
    canary_start=0.86,
)
"""Version 7 of the prompt is out for the last four weeks and a half, the canary for the last twelve days."""


def sample_world() -> World:
    """Return the world of the sample; its app is read from `data/sample`."""
    return World(
        n_traces=4_800,
        weeks=12,
        seed=SEED,
        start=datetime(2026, 8, 3, tzinfo=UTC),
        rollout=ROLLOUT,
        app={version.name: version.files for version in versions()},
    )
