"""A whole cluster judged at once: allowed after a random check sample, and said with how sure that makes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.loop.desk.sitting import Sitting
from workbench.records import SamplingMode, Verdict, verdict_id
from workbench.review import CheckSample, check_sample
from workbench.review.check_sample import LEAST_ALIKE, LEAST_CHECKED


class Whole(NamedTuple):
    """A cluster as one reviewer has it before them."""

    cluster_id: str
    """The cluster."""
    detector: str | None
    """Its detector."""
    labels: Sequence[str | None]
    """What they said of its traces, in the order in which they come; None where nothing."""
    places: Sequence[int]
    """The places of those that are left to judge."""


def judge_whole(sitting: Sitting, place: int, *, label: str, code: str, now: datetime) -> dict[str, Any]:
    """Keep a verdict on the cluster of an item, and return how sure its check sample makes it.

    Raises
    ------
    ConfigError
        If the check sample does not let all the rest have the label; the message says what is missing.
    """
    item = sitting.item(place)
    if sitting.reviewer.is_adjudicating or item.cluster_id is None or item.detector is None:
        raise ConfigError("only a cluster that is reviewed can be judged as a whole", where=f"item {place + 1}")
    whole = _whole(sitting, item.cluster_id, item.detector, now=now)
    sample = check_whole(whole, label=label, mode=sitting.review.mode)
    verdict = _verdict(sitting, whole, sample, label=label, code=code, now=now)
    sitting.append(verdict, sitting.reservations.finishing_all(sitting.seat, whole.places, now=now), now=now)
    words = (
        f"{sample.n_agreed} of {sample.n_checked} judged are {label}: so are at least {sample.low:.0%} of the "
        f"cluster's distinct items (95 %). {counted(len(whole.places), 'more item is', 'more items are')} done."
    )
    return {
        **{"place": place, "verdict_id": verdict.id, "saved_at": now.isoformat(), "label": label},
        **{"n_checked": sample.n_checked, "n_agreed": sample.n_agreed, "low": sample.low},
        **{"n_done": len(whole.places), "words": words},
    }


def check_whole(whole: Whole, *, label: str, mode: SamplingMode) -> CheckSample:
    """Return the check sample that lets all the rest have a label.

    Raises
    ------
    ConfigError
        If it does not: it is too small, too mixed, or not drawn at random; the message says what is missing.
    """
    if label not in {"confirmed", "rejected"}:
        raise ConfigError(f"label == {label!r}, a whole cluster can be confirmed or rejected")
    if mode == "uncertain":
        what = "here the doubtful traces come first, and are no random sample of their cluster"
        raise ConfigError(what, fix="judge one by one")
    if not whole.places:
        raise ConfigError("nothing of this cluster is left to judge", where=whole.cluster_id)
    sample = check_sample(whole.labels, label=label)
    if sample.n_checked < LEAST_CHECKED:
        what = f"{sample.n_checked} of its traces were judged, from the first on without a gap"
        raise ConfigError(what, where=whole.cluster_id, fix=f"judge {LEAST_CHECKED - sample.n_checked} more first")
    if not sample.is_enough:
        what = f"{sample.n_agreed} of {sample.n_checked} judged are {label}, fewer than {LEAST_ALIKE:.0%}"
        raise ConfigError(what, where=whole.cluster_id, fix="judge one by one")
    return sample


def done_at_once(sitting: Sitting, cluster_id: str) -> list[int]:
    """Return the places of a cluster's traces that are done and of which the reviewer said nothing by itself."""
    own = sitting.reservations.left(sitting.seat, now=sitting.look()).own
    return [
        item.place
        for item in sitting.items
        if item.kind == "trace" and item.cluster_id == cluster_id and item.place in own
        if own[item.place].done_at and sitting.own(item) is None
    ]


def _whole(sitting: Sitting, cluster_id: str, detector: str | None, *, now: datetime) -> Whole:
    """Return a cluster as the reviewer has it: without the traces that others have."""
    left = sitting.reservations.left(sitting.seat, now=now)
    queue, mine = set(left.queue), frozenset(sitting.seat.places)
    items = [one for one in sitting.items if one.kind == "trace" and one.cluster_id == cluster_id and one.place in mine]
    said = {item.place: sitting.own(item) for item in items}
    theirs = [place for place, verdict in said.items() if verdict is not None or place in queue]
    labels = [None if (verdict := said[place]) is None else verdict.label for place in theirs]
    return Whole(cluster_id, detector, labels, [place for place in theirs if said[place] is None])


def _verdict(sitting: Sitting, whole: Whole, sample: CheckSample, *, label: str, code: str, now: datetime) -> Verdict:
    reviewer, review_id = sitting.reviewer, sitting.review.id
    return Verdict(
        id=verdict_id("cluster", whole.cluster_id, annotator=reviewer.name, review_id=review_id),
        target_kind="cluster",
        target_id=whole.cluster_id,
        cluster_id=whole.cluster_id,
        detector=whole.detector,
        detector_version=sitting.scene.versions.get(whole.detector or ""),
        label=label,  # type: ignore[arg-type]  # checked
        explanation="",
        code=" ".join(code.split()),
        n_checked=sample.n_checked,
        n_agreed=sample.n_agreed,
        review_id=review_id,
        annotator_kind="HUMAN",
        annotator=reviewer.name,
        identity=reviewer.identity,
        at=now,
    )
