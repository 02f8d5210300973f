"""Weeks after the sample: the app in whatever version is live then, run on traffic of its own.

Whoever ships a change of the sample's app can see what becomes of it: its behaviour follows from its files.
"""

from collections.abc import Mapping
from datetime import datetime

from workbench.simulate.world import Rollout, World


def later_weeks(
    files: Mapping[str, str], *, version: str, start: datetime, seed: int, weeks: int = 4, traces_a_week: int = 400
) -> World:
    """Return the world of some weeks in which one version of the sample's app answers everything.

    Parameters
    ----------
    files
        The version's files, each text by path, such as those of a commit of the app.
    version
        What the telemetry calls it, as prompt version.
    start
        First moment, UTC; a Monday gives whole weeks.
    seed
        What every random choice follows from: another one than that of weeks before, or their traces come again.
    weeks
        How many.
    traces_a_week
        Traffic; the sample has 400.

    Raises
    ------
    ValueError
        As of `World`.

    >>> from datetime import UTC
    >>> from workbench.simulate.app import versions
    >>> live = versions()[-1]
    >>> later_weeks(live.files, version="9", start=datetime(2026, 10, 26, tzinfo=UTC), seed=47).n_traces
    1600
    """
    rollout = Rollout(
        releases=((0.0, f"2026.{version}"),),
        prompt_versions=((0.0, version),),
        canary_version=version,
        canary_share=0.0,
    )
    return World(
        n_traces=weeks * traces_a_week,
        weeks=weeks,
        seed=seed,
        start=start,
        rollout=rollout,
        app={version: dict(files)},
    )
