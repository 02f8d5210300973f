"""People judge answers of an experiment in a file: each answer once, in an order of its own, and no arm is named.

What they say is in the ledger, a record each; a file is taken whole or not at all.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec

from workbench.boundaries.plain_json import read_json
from workbench.errors import ConfigError, GateError, RecordError
from workbench.experiments.case import Case
from workbench.experiments.judges.grades import ANSWER, questions_of
from workbench.experiments.judges.prompt import rubric_of
from workbench.experiments.judging import Judging
from workbench.experiments.metric import Metric
from workbench.experiments.outcome import Outcome
from workbench.experiments.plan import Plan
from workbench.experiments.schedule import Item
from workbench.experiments.scoring import Asked, Judged
from workbench.ids import content_id, digest
from workbench.loop.people import a_person
from workbench.loop.validate.cases import judging
from workbench.loop.validate.run_records import run_of
from workbench.records import Experiment, Identity, Judgement
from workbench.store import Workspace, mark
from workbench.store.ledger import Appended


class Wanted(NamedTuple):
    """One answer that people are asked about."""

    metric: Metric
    """By which metric."""
    question: Case
    """What is shown, by label."""
    key: str
    """What stands for it in files and in the ledger."""


class _Line(msgspec.Struct):
    """What is read of a line; the rest of it is what was shown."""

    key: str
    metric: str
    score: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] | None = None


def labelled_items(metric: Metric, items: Sequence[Item], *, by: Judging, seed: str) -> tuple[Item, ...]:
    """Return the runs that people judge: all of a metric that people score, else those of cases drawn at random.

    They are of cases that the metric counts on: of two holdouts of both for a target, otherwise of the random one.
    Cases are drawn of each.

    Parameters
    ----------
    metric
        The metric.
    items
        All runs.
    by
        Which cases are of which holdout.
    seed
        What the draw follows from: the plan's digest, so that nobody picks the cases.
    """
    if isinstance(metric.scorer, Asked):
        counts_on = by.every if metric.role == "target" else by.case_ids
        return tuple(item for item in items if item.case.case_id in counts_on)
    if not isinstance(metric.scorer, Judged):
        return ()
    drawn = _drawn(items, by.case_ids, n=metric.scorer.n_labelled, seed=seed)
    if metric.role == "target":
        drawn |= _drawn(items, by.targeted, n=metric.scorer.n_labelled, seed=seed)
    return tuple(item for item in items if item.case.case_id in drawn)


def wanted_of(
    workspace: Workspace,
    experiment: Experiment,
    plan: Plan,
    items: Sequence[Item],
    outcomes: Sequence[Outcome],
) -> tuple[Wanted, ...]:
    """Return the answers that people are asked about, in an order that tells nothing of arms or cases."""
    found, by = [], judging(workspace, plan, look=1.0)
    for metric in plan.metrics:
        chosen = labelled_items(metric, items, by=by, seed=experiment.plan_digest)
        for question in questions_of(metric, chosen, outcomes) if chosen else ():
            found.append(Wanted(metric, question, key_of(workspace, experiment, metric, question)))
    return tuple(sorted(found, key=lambda one: one.key))


def key_of(workspace: Workspace, experiment: Experiment, metric: Metric, question: Case) -> str:
    """Return what stands for an answer: the same whichever arm gave it, and nothing that can be guessed from it."""
    return mark(digest(experiment.id, metric.name, question.asked_digest), workspace.user_key)


def to_file(wanted: Sequence[Wanted]) -> bytes:
    """Return the answers as JSONL, one a line, each with an empty score for people to fill in."""
    lines = []
    for metric, question, key in wanted:
        assert isinstance(metric.scorer, Judged | Asked)
        assert metric.bounds is not None
        shown = {label: text for label, text in question.input.items() if label != ANSWER}
        low, high = (int(end) for end in metric.bounds)
        line = {
            "key": key,
            "metric": metric.name,
            "rubric": rubric_of(metric.scorer),
            "from": low,
            "to": high,
            **shown,
            ANSWER: question.input[ANSWER],
            "score": None,
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def take_file(
    workspace: Workspace,
    experiment: Experiment,
    wanted: Sequence[Wanted],
    raw: bytes,
    *,
    author: str,
    identity: Identity,
    now: datetime,
) -> int:
    """Put what one person says in a file into the ledger, and return how many scores it has.

    Lines whose score is still empty are passed over; what was said before and is not said again stays.

    Raises
    ------
    ConfigError
        If a line is none, names an answer that nobody was asked about, or has a score out of range, or the run has
        ended; nothing is taken.
    GateError
        If a program judges.
    """
    by_key = {(one.metric.name, one.key): one for one in wanted}
    scores: dict[tuple[str, str], int] = {}
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        said = _read(line, by_key, where=f"line {number}") if line.strip() else None
        if said is None or said.score is None:
            continue
        if (said.metric, said.key) in scores:
            raise ConfigError("its answer has a score before", where=f"line {number}", fix="leave one of the two")
        scores[said.metric, said.key] = said.score
    if not scores:
        raise GateError("no line has a score", fix="fill in `score`, a whole number")
    keep_scores(workspace, experiment, scores, author=author, identity=identity, now=now)
    return len(scores)


def keep_scores(
    workspace: Workspace,
    experiment: Experiment,
    scores: Mapping[tuple[str, str], int],
    *,
    author: str,
    identity: Identity,
    now: datetime,
) -> None:
    """Put one person's scores, by metric and key of the answer, into the ledger; a later score stands for an earlier.

    Raises
    ------
    ConfigError
        If the experiment's run has ended: it rests on what was said before.
    GateError
        If a program judges.
    """
    actor = a_person(author, identity)
    judged = [
        Judgement(
            id=content_id("jud", experiment.id, metric, key, actor.name),
            at=now,
            experiment_id=experiment.id,
            metric=metric,
            answer=key,
            score=score,
            annotator=actor.name,
            identity=identity,
        )
        for (metric, key), score in scores.items()
    ]
    with workspace.writing():
        if run_of(workspace, experiment) is not None:
            raise ConfigError("its run has ended, and rests on what was said before", where=experiment.id)
        workspace.ledger.append(judged, now=now, actor=actor)


def scores_of(
    workspace: Workspace, experiment: Experiment, wanted: Sequence[Wanted], *, until: datetime | None = None
) -> dict[str, dict[str, float]]:
    """Return what people say of the answers, by metric and the question's `asked_digest`, where anybody has.

    What counts is what a person put into the ledger by their own name; what a program wrote there is nobody's word.
    Several people's numbers are averaged; of a binary metric the majority counts, and the worse of two that are even.
    """
    said: dict[tuple[str, str], list[int]] = {}
    heard = said_by_people(workspace, experiment)
    newest = {one.record.id: one.record for one in heard if until is None or one.at <= until}
    for one in newest.values():
        said.setdefault((one.metric, one.answer), []).append(one.score)
    found: dict[str, dict[str, float]] = {}
    for metric, question, key in wanted:
        if (metric.name, key) in said:
            found.setdefault(metric.name, {})[question.asked_digest] = _settled(metric, said[metric.name, key])
    return found


def said_by_people(workspace: Workspace, experiment: Experiment) -> list[Appended[Judgement]]:
    """Return what people put into the ledger of an experiment's answers by their own names, oldest first."""
    return [
        one
        for one in workspace.ledger.appended(Judgement)
        if one.record.experiment_id == experiment.id
        and one.actor.kind == "HUMAN"
        and one.actor.name == one.record.annotator
    ]


def moments_of(workspace: Workspace, experiment: Experiment) -> list[datetime]:
    """Return the moments just before each of those at which people said something of an experiment, newest first."""
    times = sorted({one.at for one in said_by_people(workspace, experiment)})
    return times[-2::-1]


def _drawn(items: Sequence[Item], among: Collection[str], *, n: int, seed: str) -> set[str]:
    """Return cases drawn at random; those of one user together, so that labelled and other cases share no user."""
    users: dict[str, set[str]] = {}
    for case in (item.case for item in items if item.case.case_id in among):
        users.setdefault(case.user_key or case.case_id, set()).add(case.case_id)
    drawn: set[str] = set()
    for user in sorted(users, key=lambda one: digest("labelled", seed, one)):
        if len(drawn) >= n:
            break
        drawn |= users[user]
    return drawn


def _settled(metric: Metric, scores: Sequence[int]) -> float:
    if metric.kind != "binary":
        return sum(scores) / len(scores)
    counts = Counter(scores)
    worse = 0 if metric.direction == 1 else 1
    return float(worse if counts[worse] >= counts[1 - worse] else 1 - worse)


def _read(line: bytes, by_key: Mapping[tuple[str, str], Wanted], *, where: str) -> _Line:
    fix = "fill in `score` alone, a whole number"
    try:
        said = msgspec.convert(read_json(line), type=_Line, strict=True)
    except (RecordError, msgspec.ValidationError) as error:
        raise ConfigError(f"is no line of the file that was exported: {error}", where=where, fix=fix) from None
    asked = by_key.get((said.metric, said.key))
    if asked is None:
        raise ConfigError("nobody was asked about this answer", where=where, fix=fix)
    bounds = asked.metric.bounds
    if said.score is not None and (bounds is None or not bounds[0] <= said.score <= bounds[1]):
        raise ConfigError(f"score == {said.score}, is out of range", where=where, fix=fix)
    return said
