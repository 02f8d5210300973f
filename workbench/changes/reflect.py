"""An edit that is drafted again and again, and kept where it does better: a reflective optimiser behind one proposer.

Each step is a draft as any other, with its checks; GEPA decides from which prompt to go on and which draft to keep
(Agrawal et al., 2025, GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning). It sees the development
traces alone, so what it finds fits those: whether it helps is for an experiment to say.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.changes.app_files import AppFile
from workbench.changes.draft import Draft, Failing, Proposer, Wanted
from workbench.counted import counted
from workbench.errors import ConfigError, RecordError, WorkbenchError

N_SCORED = 60
"""Answers that are scored at most: with twenty traces two full rounds and some tries between."""
MINIBATCH = 3
"""Traces that one draft is tried on first: GEPA's own default."""
_PROMPT = "prompt"


class Scored(NamedTuple):
    """What the app answered with a prompt, and how good that is."""

    score: float
    """0 to 1; 1 where the problem does not come up."""
    answered: str
    """The answer."""


Score = Callable[[str, str], Scored]
"""From the text of a prompt file and the id of a development trace: its request, answered anew with that prompt."""


def reflective(propose: Proposer, score: Score, *, n_scored: int = N_SCORED, seed: int = 0) -> Proposer:
    """Return a proposer that has another one draft repeatedly, and gives the draft that scores best.

    Deterministic given the seed, where the other one and the score are.

    Parameters
    ----------
    propose
        What drafts one step: `changes.draft.proposer` of a model.
    score
        Answers a development trace anew with a prompt, and says how good the answer is; it may cost a model call each.
    n_scored
        Answers that are scored at most, at least 1.
    seed
        Of the choice of traces and prompts.

    Raises
    ------
    ConfigError
        If the package gepa is not installed.
    ValueError
        If `n_scored` is below 1.
    """
    if n_scored < 1:
        raise ValueError(f"n_scored == {n_scored}, must be at least 1")
    try:
        from gepa import api
    except ModuleNotFoundError as missing:
        fix = "pip install '.[gepa]' in the checkout"
        raise ConfigError(f"the optimiser needs {missing.name}, which is not installed", fix=fix) from missing

    def optimise(wanted: Wanted) -> Draft:
        if not wanted.traces:
            raise RecordError("the change has no development traces to draft from", reason="empty")
        search = _Search(propose, score, wanted)
        optimize: Any = api.optimize  # its types leave open what a prompt is
        found = optimize(
            seed_candidate={_PROMPT: wanted.file.text},
            trainset=list(wanted.traces),
            valset=list(wanted.traces),
            adapter=search,
            reflection_minibatch_size=min(MINIBATCH, len(wanted.traces)),
            max_metric_calls=n_scored,
            stop_callbacks=lambda _: search.failed is not None,
            logger=_Silence(),
            seed=seed,
        )
        if search.failed is not None:
            raise search.failed
        return search.whole(str(found.best_candidate[_PROMPT]))

    return optimise


class _Silence:
    """Where GEPA writes its log."""

    def log(self, message: str) -> None:
        """Drop a line: it would hold words of traces."""


class _Search:
    """One search from one prompt, as GEPA asks for it, with all that was drafted on the way."""

    def __init__(self, draft: Proposer, score: Score, wanted: Wanted) -> None:
        self._draft, self._score, self._wanted = draft, score, wanted
        self._drafts: dict[str, tuple[Draft, str]] = {}
        self._said: list[Draft] = []
        self._refused = ""
        self.failed: WorkbenchError | None = None
        """What ended it: GEPA goes on after any error, and a server that is gone would be asked again and again."""

    def evaluate(self, batch: Sequence[str], candidate: Mapping[str, str], capture_traces: bool = False) -> Any:
        """Return how good the answers to some traces are with a prompt."""
        from gepa.core.adapter import EvaluationBatch

        scored = [self._score(candidate[_PROMPT], trace_id) for trace_id in batch]
        answers = [one.answered for one in scored]
        said = list(zip(batch, answers, strict=True)) if capture_traces else None
        return EvaluationBatch(outputs=answers, scores=[one.score for one in scored], trajectories=said)

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> dict[str, list[dict[str, Any]]]:
        """Return what the next draft is written from: the traces of a batch and their answers, the worst first."""
        rows = sorted(zip(eval_batch.scores, eval_batch.trajectories, strict=True))
        said = [{"trace": trace_id, "answered": answered} for _, (trace_id, answered) in rows]
        return dict.fromkeys(components_to_update, said)

    def propose_new_texts(
        self, candidate: Mapping[str, str], reflective_dataset: Mapping[str, Any], components_to_update: Sequence[str]
    ) -> dict[str, str]:
        """Return a drafted prompt; the same one where what was drafted may not be."""
        before = candidate[_PROMPT]
        if self.failed is not None:
            return {_PROMPT: before}
        traces = {
            row["trace"]: Failing(self._wanted.traces[row["trace"]].asked, row["answered"])
            for row in reflective_dataset[_PROMPT]
        }
        file = AppFile(path=self._wanted.file.path, kind=self._wanted.file.kind, text=before)
        try:
            draft = self._draft(Wanted(file, self._wanted.cause, traces))
        except RecordError as refused:
            self._refused = refused.what
            return {_PROMPT: before}
        except WorkbenchError as error:
            self.failed = error
            return {_PROMPT: before}
        self._said.append(draft)
        self._drafts.setdefault(draft.text, (draft, before))
        return {_PROMPT: draft.text}

    def whole(self, text: str) -> Draft:
        """Return the drafts that led to a prompt as one, with all that was read for any.

        Raises
        ------
        RecordError
            If it is the prompt that the search began with.
        """
        steps: list[Draft] = []
        while text != self._wanted.file.text:
            draft, text = self._drafts[text]
            steps.insert(0, draft)
        if not steps:
            because = f"; the last one was refused: {self._refused}" if self._refused else ""
            raise RecordError(f"nothing that was drafted scores better{because}", reason="empty")
        return Draft(
            steps[-1].text,
            " ".join(dict.fromkeys(one.why for one in steps)),
            tuple(dict.fromkeys(quote for one in steps for quote in one.quotes)),
            tuple(dict.fromkeys(trace for one in self._said for trace in one.shown)),
            f"{steps[-1].drafted_by}, the best of {counted(len(self._said), 'draft')} by gepa",
            tuple(part for one in self._said for part in one.exchange),
        )
