"""A person's place at the answers of an experiment that people score: one after the other, and no arm is named."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from workbench.counted import counted
from workbench.errors import ConfigError
from workbench.experiments.judges.grades import ANSWER
from workbench.experiments.judges.prompt import rubric_of
from workbench.experiments.labels import Labels
from workbench.experiments.pairs import ARMS
from workbench.experiments.plan import from_json
from workbench.experiments.scoring import Asked
from workbench.loop.people import a_person
from workbench.loop.review.reviewing import Who
from workbench.loop.validate.cases import judging
from workbench.loop.validate.finding import find_experiment
from workbench.loop.validate.journalled import runs_of
from workbench.loop.validate.labelling import Wanted, keep_scores, said_by_people, scores_of, wanted_of
from workbench.loop.validate.run_records import journal_of, run_of
from workbench.records import Experiment
from workbench.store import Workspace


def sit_down_to_label(workspace: Workspace, experiment_id: str, *, who: Who) -> "LabelDesk":
    """Return a person's desk at the answers that an experiment's plan wants people to score.

    Parameters
    ----------
    workspace
        Where the experiment is recorded.
    experiment_id
        Its id, the beginning of one, or `latest`.
    who
        Who scores.

    Raises
    ------
    ConfigError
        If there is no such experiment.
    GateError
        If a program is to score.
    """
    a_person(who.name, who.identity)
    experiment = find_experiment(workspace, experiment_id)
    return LabelDesk(workspace, experiment, _wanted(workspace, experiment), who=who, clock=partial(datetime.now, UTC))


def n_to_score(workspace: Workspace, experiment: Experiment) -> int:
    """Return how many answers people are still to score before an experiment's run goes on; read-only.

    It is 0 where no metric is people's, before both versions have given all answers, and once the run has ended.
    """
    if not journal_of(workspace, experiment).exists() or run_of(workspace, experiment) is not None:
        return 0
    plan = from_json(experiment.plan)
    if not any(isinstance(one.scorer, Asked) or one.people for one in plan.metrics):
        return 0
    runs = runs_of(workspace, experiment)
    if len(runs.outcomes) < len(ARMS) * plan.n_trials * len(judging(workspace, plan, look=1.0).every):
        return 0
    wanted = wanted_of(workspace, experiment, plan, runs.items, runs.outcomes)
    return len(wanted) - sum(map(len, scores_of(workspace, experiment, wanted).values()))


class LabelDesk:
    """The answers that people are asked about, and what one person says of them."""

    def __init__(
        self,
        workspace: Workspace,
        experiment: Experiment,
        wanted: tuple[Wanted, ...],
        *,
        who: Who,
        clock: Callable[[], datetime],
    ) -> None:
        self._workspace, self._experiment, self._wanted = workspace, experiment, wanted
        self._who, self._clock = who, clock
        heard = (one.record for one in said_by_people(workspace, experiment))
        mine = {(one.metric, one.answer): one.score for one in heard if one.annotator == who.name}
        self._mine = {place: mine[key] for place, key in enumerate(map(_key, wanted)) if key in mine}

    def about(self) -> dict[str, Any]:
        """Return what holds for all answers: experiment_id, annotator, n_items, n_scored."""
        return {
            "experiment_id": self._experiment.id,
            "annotator": self._who.name,
            "n_items": len(self._wanted),
            "n_scored": len(self._mine),
        }

    def labels(self) -> Labels:
        """Return how far everybody is with the answers that they are asked about; read-only."""
        workspace, experiment, asked = self._workspace, self._experiment, set(map(_key, self._wanted))
        by_person: dict[str, set[tuple[str, str]]] = {}
        for one in said_by_people(workspace, experiment):
            by_person.setdefault(one.record.annotator, set()).add((one.record.metric, one.record.answer))
        scored = scores_of(workspace, experiment, self._wanted)
        return Labels(
            experiment_id=experiment.id,
            n_wanted=Counter(one.metric.name for one in self._wanted),
            n_scored={name: len(of_metric) for name, of_metric in scored.items()},
            by_person={name: len(said & asked) for name, said in sorted(by_person.items())},
            is_run=journal_of(workspace, experiment).exists(),
            is_over=run_of(workspace, experiment) is not None,
        )

    def take(self, place: int) -> dict[str, Any]:
        """Return the answer at a place.

        place, metric, criterion, low and high (the scores that it may get), texts (what else is shown: label and
        text), answer, own (what this person said of it, or None).

        Raises
        ------
        ConfigError
            If there is no such place.
        """
        metric, question, _ = self._at(place)
        assert metric.bounds is not None
        low, high = (int(end) for end in metric.bounds)
        texts: Mapping[str, str] = {name: text for name, text in question.input.items() if name != ANSWER}
        return {
            "place": place,
            "metric": metric.name,
            "criterion": rubric_of(metric.scorer),  # type: ignore[arg-type]  # wanted_of takes no other
            "low": low,
            "high": high,
            "texts": list(texts.items()),
            "answer": question.input[ANSWER],
            "own": self._mine.get(place),
        }

    def next_place(self, after: int = -1) -> int | None:
        """Return the next place without a score of this person, from the start again at the end; None if none is."""
        n = len(self._wanted)
        places = ((after + step) % n for step in range(1, n + 1)) if n else ()
        return next((place for place in places if place not in self._mine), None)

    def score(self, place: int, score: int) -> None:
        """Keep what this person says of an answer, on the disk before it returns; the same again changes nothing.

        Raises
        ------
        ConfigError
            If there is no such place, the score is out of range, or the run has ended.
        """
        metric, _, key = self._at(place)
        if metric.bounds is None or not metric.bounds[0] <= score <= metric.bounds[1]:
            raise ConfigError(f"score == {score}, is out of range", fix="see the criterion")
        if self._mine.get(place) == score:
            return
        said, who = {(metric.name, key): score}, self._who
        keep_scores(self._workspace, self._experiment, said, author=who.name, identity=who.identity, now=self._clock())
        self._mine[place] = score

    def _at(self, place: int) -> Wanted:
        if not 0 <= place < len(self._wanted):
            raise ConfigError(f"place == {place}, there are places for {counted(len(self._wanted), 'answer')}")
        return self._wanted[place]


def _key(wanted: Wanted) -> tuple[str, str]:
    return wanted.metric.name, wanted.key


def _wanted(workspace: Workspace, experiment: Experiment) -> tuple[Wanted, ...]:
    """Return the answers that people are asked about; none before anything was run."""
    if not journal_of(workspace, experiment).exists():
        return ()
    runs = runs_of(workspace, experiment)
    return wanted_of(workspace, experiment, from_json(experiment.plan), runs.items, runs.outcomes)
