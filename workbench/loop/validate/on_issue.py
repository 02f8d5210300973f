"""Whether a plan's metrics see what they are for: on the traces of the issue, as they were answered.

A target that finds nothing wrong there measures another problem. It would be shown better on whatever that is, or never
be shown at all, and the change would be judged by something that it is not for. A detector that can tell of none of
them lacks what such traces do not record, and most likely answers of the same app will not either.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from workbench.counted import counted
from workbench.experiments.metric import Metric
from workbench.experiments.result_rows import Scorer
from workbench.experiments.scoring import Asked, Compared, Edited, Judged
from workbench.loop.exposures.told import answers_told, found_of, reads_answers
from workbench.loop.exposures.traffic import Told, told_of
from workbench.loop.holdouts.pool import traces_of_issues
from workbench.loop.scoring.detected import code_of, detectors_for
from workbench.loop.scoring.scorers import OF_CASES
from workbench.records import Issue
from workbench.store import Workspace

MOST_TRACES = 200
"""Of an issue: so many that have nothing wrong leave, at 95 %, less than 1.5 % of such as have."""


def blind_metrics(
    workspace: Workspace,
    metrics: Sequence[Metric],
    issues: Sequence[Issue],
    *,
    own: Mapping[str, Scorer],
    now: datetime,
) -> tuple[str, ...]:
    """Return a sentence for each target that finds nothing wrong with an issue's traces, and each blind detector.

    Blind is one that can tell of none of them, whatever it measures. Nothing is said of a metric that is no matter of
    yes or no, or that needs a judge, a person or an expected answer. Read-only.

    Parameters
    ----------
    workspace
        Where the traces lie.
    metrics
        The metrics of a plan.
    issues
        The issues of what it tests.
    own
        Scorers of the app's own, by the metric's name.
    now
        The time, UTC.
    """
    asked = [one for one in metrics if _is_told(one) and (one.role == "target" or code_of(one))]
    if not asked:
        return ()
    traces = traces_of_issues(workspace, issues, basis="confirmed", now=now)
    traces = traces or traces_of_issues(workspace, issues, basis="found", now=now)
    told = told_of(workspace, traces[:MOST_TRACES])
    return tuple(_blind(workspace, asked, told, names=[one.id for one in issues], own=own, now=now))


def _is_told(metric: Metric) -> bool:
    is_asked = isinstance(metric.scorer, Judged | Compared | Asked | Edited)
    return metric.kind == "binary" and not is_asked and metric.measured not in OF_CASES


def _blind(
    workspace: Workspace,
    metrics: Sequence[Metric],
    told: Told,
    *,
    names: Sequence[str],
    own: Mapping[str, Scorer],
    now: datetime,
) -> Iterator[str]:
    cases = answers_told(workspace, told) if any(reads_answers(one, own) for one in metrics) else {}
    find = partial(found_of, own=own, detectors=detectors_for(workspace, metrics), now=now, key_user=workspace.user_key)
    of = f"of {', '.join(names)}"
    for metric in metrics:
        found = find(metric, told, cases)
        values = [value for _, (value, _) in found if value is not None]
        if told.traces.height and code_of(metric) and not values:
            traces = counted(told.traces.height, "trace")
            yield (
                f"{metric.name} can tell of none of {traces} {of}: what it goes by is not recorded there, and an "
                "experiment is invalid if the app's answers lack it too; take it out of metrics.toml, or try one answer"
            )
        elif metric.role == "target" and values and not any((one > 0) == (metric.direction < 0) for one in values):
            yield (
                f"{metric.name} finds nothing wrong with any of {counted(len(values), 'trace')} {of}: it "
                "measures another problem, or these traces do not show it"
            )
