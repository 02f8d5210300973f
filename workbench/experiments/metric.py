"""What is measured of every case, and what would count as better, worse, or not worse enough to matter.

It is stated before anything runs: a margin that is chosen once the numbers are known always fits them.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple, get_args

from workbench.experiments.scoring import Judged, Measured, Scoring, fault_of

Role = Literal["target", "guardrail", "watch", "quality"]
"""target: what the change is for. guardrail: what must be shown not to get worse beyond a margin. watch: looked at for
harm alone. quality: a measure of the experiment itself, such as answers that the judge could not read; as watch."""
Kind = Literal["binary", "bounded", "ordinal", "count", "positive", "ratio"]
"""binary: 0 or 1. bounded, ordinal: numbers within `range`. count: whole numbers from 0. positive: above 0, such as
latency and cost. ratio: 0 or more, compared by the ratio of the means."""
Estimand = Literal["mean_difference", "geometric_ratio", "ratio_of_means", "quantile"]
"""quantile is the ratio of the 95th percentiles."""
OnWorse = Literal["block", "allow_within_margin"]
Missing = Literal["fail", "invalid"]
Unit = Literal["turn", "trace", "session", "user"]
SourceKind = Literal["code", "judge", "human", "feedback"]

UNITS: tuple[Unit, ...] = get_args(Unit)
"""From the smallest on: what is randomised must not be smaller than what is analysed."""
ESTIMANDS: dict[Kind, tuple[Estimand, ...]] = {
    "binary": ("mean_difference",),
    "bounded": ("mean_difference", "ratio_of_means"),
    "ordinal": ("mean_difference",),
    "count": ("mean_difference", "ratio_of_means"),
    "positive": ("geometric_ratio", "ratio_of_means", "quantile", "mean_difference"),
    "ratio": ("ratio_of_means",),
}
"""What can be estimated of each kind, the usual one first."""


class Amount(NamedTuple):
    """How much: in the metric's own unit, or as a share of the baseline's mean."""

    value: float
    """At least 0."""
    is_relative: bool = False
    """Whether it is a share of the baseline: .1 is a tenth more or less."""


class Source(NamedTuple):
    """Where the values come from."""

    kind: SourceKind
    """code, a judge (a model), a person, or users' feedback."""
    version: str = ""
    """Of a judge: model and prompt, as it must be in both arms. Of an installed package: its name and version."""
    calibration: str = ""
    """Of a judge: the set of people's verdicts that it was held against; empty where it was not."""


BY_CODE = Source("code")
"""A value that the program works out by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of a plan."""

    name: str
    """Its name in results and reports."""
    role: Role
    """What it decides."""
    direction: Literal[1, -1] = 1
    """1 where more is better, -1 where less is."""
    kind: Kind = "binary"
    """What values it has."""
    range: tuple[float, float] | None = None
    """Least and greatest value; of a binary metric always 0 and 1. bounded and ordinal ones must have it."""
    estimand: Estimand | None = None
    """What is estimated; None is the usual one of its kind, first in ESTIMANDS."""
    margin: Amount | None = None
    """The loss that is still accepted; a guardrail must have it."""
    mwe: Amount | None = None
    """Minimum worthwhile effect: a smaller gain is not worth a change; a target must have it, 0 is any gain."""
    on_worse: OnWorse = "block"
    """block: shown worse, nothing ships. allow_within_margin: a loss that is shown to lie inside the margin is a known
    cost, as of latency and money."""
    missing: Missing = "invalid"
    """fail: a run without a value counts as a failure of its arm. invalid: its pair is left out, and too many make the
    experiment invalid."""
    unit_chain: tuple[Unit, ...] = ("trace",)
    """From what has a value to what is one case, smallest first."""
    randomised_by: Unit = "trace"
    """What arms were assigned by; never smaller than the last of `unit_chain`."""
    source: Source = BY_CODE
    """Where the values come from."""
    scorer: Scoring | None = None
    """What scores an answer; None where the metric's name says it."""
    slices: tuple[str, ...] = ()
    """Attributes by which it is also shown; they flag and decide nothing."""

    def __post_init__(self) -> None:
        _check_words(self)
        _check_range(self)
        _check_amounts(self)
        _check_units(self)
        _check_scorer(self)

    @property
    def estimated(self) -> Estimand:
        """What is estimated."""
        return self.estimand or ESTIMANDS[self.kind][0]

    @property
    def is_ratio(self) -> bool:
        """Whether arms are compared by a ratio; margin and mwe are relative then."""
        return self.estimated != "mean_difference"

    @property
    def measured(self) -> str:
        """The name that says what measures it; empty where its scorer says so."""
        if self.scorer is None:
            return self.name
        return self.scorer.name if isinstance(self.scorer, Measured) else ""

    @property
    def people(self) -> str:
        """The name under which people's values stand beside a judge's; empty where they judge none of its cases."""
        has_labels = isinstance(self.scorer, Judged) and self.scorer.n_labelled > 0
        return f"{self.name} (people)" if has_labels else ""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Least and greatest value; None where no greatest is known."""
        return (0.0, 1.0) if self.kind == "binary" else self.range


def _check_words(metric: Metric) -> None:
    if not metric.name.strip():
        raise ValueError("name is empty, a metric must have one")
    for given, known in (
        (metric.role, Role),
        (metric.kind, Kind),
        (metric.on_worse, OnWorse),
        (metric.missing, Missing),
        (metric.source.kind, SourceKind),
        (metric.direction, Literal[1, -1]),
    ):
        if given not in get_args(known):
            raise ValueError(f"{metric.name}: {given!r}, must be one of {', '.join(map(repr, get_args(known)))}")
    if metric.estimated not in ESTIMANDS[metric.kind]:
        estimands = ", ".join(ESTIMANDS[metric.kind])
        raise ValueError(f"{metric.name}: estimand == {metric.estimand!r}, {metric.kind} has {estimands}")
    if metric.source.kind == "judge" and not metric.source.version:
        raise ValueError(f"{metric.name}: a judge without a version, must say model and prompt")


def _check_range(metric: Metric) -> None:
    if metric.kind in ("bounded", "ordinal") and metric.range is None:
        raise ValueError(f"{metric.name}: {metric.kind} without a range, must have one")
    if metric.range is not None:
        low, high = metric.range
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ValueError(f"{metric.name}: range == {metric.range}, must be two finite numbers, the lower first")
        if metric.kind == "binary" and metric.range != (0, 1):
            raise ValueError(f"{metric.name}: range == {metric.range}, binary is 0 to 1")


def _check_amounts(metric: Metric) -> None:
    if metric.role == "guardrail" and metric.margin is None:
        raise ValueError(f"{metric.name}: a guardrail without a margin, must say which loss is accepted")
    if metric.role == "target" and metric.mwe is None:
        raise ValueError(f"{metric.name}: a target without mwe, must say which gain is worth a change")
    if metric.on_worse == "allow_within_margin" and metric.role != "guardrail":
        raise ValueError(f"{metric.name}: allow_within_margin of a {metric.role}, only a guardrail can have it")
    for word, amount in (("margin", metric.margin), ("mwe", metric.mwe)):
        if amount is None:
            continue
        if not (isfinite(amount.value) and amount.value >= 0):
            raise ValueError(f"{metric.name}: {word} == {amount.value}, must be a number from 0")
        if word == "margin" and amount.value == 0:
            raise ValueError(f"{metric.name}: margin == 0, no number of cases shows that nothing at all is lost")
        if metric.is_ratio and not amount.is_relative:
            raise ValueError(f"{metric.name}: {word} is absolute, must be relative as {metric.estimated} is")
        if metric.is_ratio and metric.direction == 1 and word == "margin" and amount.value >= 1:
            raise ValueError(
                f"{metric.name}: margin == {amount.value}, must be below 1: nothing falls by more than all"
            )
        if not amount.is_relative and metric.bounds and amount.value >= metric.bounds[1] - metric.bounds[0]:
            raise ValueError(f"{metric.name}: {word} == {amount.value}, must be below the width of its range")


def _check_units(metric: Metric) -> None:
    places = [UNITS.index(unit) for unit in (*metric.unit_chain, metric.randomised_by)]
    if not metric.unit_chain or sorted(set(places[:-1])) != places[:-1]:
        raise ValueError(f"{metric.name}: unit_chain == {metric.unit_chain}, must rise through {', '.join(UNITS)}")
    if places[-1] < places[-2]:
        raise ValueError(
            f"{metric.name}: randomised_by == {metric.randomised_by!r}, must not be smaller than the "
            f"{metric.unit_chain[-1]} that is analysed"
        )


def _check_scorer(metric: Metric) -> None:
    fault = "" if metric.scorer is None else fault_of(metric.scorer, kind=metric.kind, bounds=metric.bounds)
    if fault:
        raise ValueError(f"{metric.name}: {fault}")
