"""Since when a cluster is more frequent, and which change of version came with it.

A problem that began with a release is most often the release's; the day says so even where the new version soon serves
every request, so that nothing is left to compare it with.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.causes.candidate import SINCE, Candidate, Step
from workbench.causes.coded import Coded, Places
from workbench.records import Condition
from workbench.stats.onset import find_onset

N_BINS = 48
"""Bins of equal traffic: the moment is known to a fiftieth of it, and the search costs p a factor of 47."""
MIN_TRACES = 5
"""Traces with a time that a cluster needs: of four, no order is rarer than one in twenty-four."""
MIN_USES = 3
"""Traces that use a version before it counts as a change."""
VERSIONS = ("prompt_version", "release", "model", "prompt_name", "agent", "service")
"""Attributes whose new values are changes that somebody made, the smallest change first."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SETTLED = 0.02
"""Share of the traffic after which a value that is seen for the first time is new, and not just rare at the start."""


class Change(NamedTuple):
    """A value that was used for the first time within the window."""

    condition: Condition
    """The attribute and its new value."""
    first_us: int
    """Its first use, microseconds since 1970 UTC."""


def find_changes(coded: Coded, started_us: NDArray[np.int64]) -> list[Change]:
    """Return the changes of version that the traces show, the earliest first."""
    known = np.sort(started_us[started_us >= 0])
    if not known.size:
        return []
    settled = known[int(_SETTLED * (known.size - 1))]
    changes = []
    for attribute in VERSIONS:
        for item, value in coded.items_of(attribute):
            used = started_us[coded.having(item)]
            used = used[used >= 0]
            if value is not None and used.size >= MIN_USES and used.min() > settled:
                changes.append(Change(Condition(attribute, value), int(used.min())))
    return sorted(changes, key=lambda change: (change.first_us, VERSIONS.index(change.condition.attribute)))


class Timeline:
    """The traces that clusters are compared with, in bins of equal traffic."""

    def __init__(self, started_us: NDArray[np.int64]) -> None:
        self._times = np.sort(started_us[started_us >= 0])
        places = np.linspace(0, self._times.size, min(N_BINS, self._times.size) + 1).astype(int)[:-1]
        self.starts: NDArray[np.int64] = np.unique(self._times[places]) if self._times.size else self._times
        """The first moment of each bin."""
        self.n = self.counts(self._times)
        """Traces in each bin."""

    def counts(self, times: NDArray[np.int64]) -> Places:
        """Return how many of some moments lie in each bin."""
        if not self.starts.size:
            return np.zeros(0, np.int64)
        return np.bincount(np.searchsorted(self.starts, times, side="right") - 1, minlength=self.starts.size)

    def end_of(self, place: int) -> int:
        """Return the last moment of a bin."""
        return int(self.starts[place + 1] if place + 1 < self.starts.size else self._times[-1])


def find_onset_of(
    cluster_id: str,
    detector: str,
    times: NDArray[np.int64],
    *,
    timeline: Timeline,
    changes: Sequence[Change],
) -> Candidate | None:
    """Return the onset of a cluster as a candidate, matched to the nearest change; None if it has none.

    Parameters
    ----------
    cluster_id, detector
        The cluster.
    times
        Starts of its traces, microseconds since 1970 UTC, unknown ones left out; at least `MIN_TRACES`.
    timeline
        All traces that its detector could judge, its own included.
    changes
        As of `find_changes`. A change matches if the version was first used within the interval of the onset, or no
        more than a bin away from it.
    """
    hits = timeline.counts(times)
    onset = find_onset(hits, timeline.n)
    if onset is None:
        return None
    low, high = timeline.starts[max(0, onset.low - 1)], timeline.end_of(onset.high)
    at = int(timeline.starts[onset.at])
    near = [change for change in changes if low <= change.first_us <= high]
    change = min(near, key=lambda one: abs(one.first_us - at), default=None)
    n_after, n_all, mine_after = int(timeline.n[onset.at :].sum()), int(timeline.n.sum()), int(hits[onset.at :].sum())
    moment = _moment(at)
    return Candidate(
        cluster_id=cluster_id,
        detector=detector,
        kind="onset",
        search="onset",
        conditions=(change.condition,) if change else (Condition(SINCE, f"{moment:%Y-%m-%d %H:%M} UTC"),),
        hits=mine_after,
        n=int(times.size),
        other_hits=n_after - mine_after,
        other_n=n_all - int(times.size),
        p_value=onset.p_value,
        step=Step(
            at=moment,
            low_at=_moment(int(timeline.starts[onset.low])),
            high_at=_moment(timeline.end_of(onset.high)),
            first_used_at=_moment(change.first_us) if change else None,
        ),
    )


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
