"""A prompt that is drafted again and again: the better one is kept, by the real optimiser, on a score to be counted."""

import pytest

from workbench.changes.app_files import AppFile
from workbench.changes.draft import Draft, Failing, Wanted
from workbench.changes.reflect import Scored, reflective
from workbench.errors import RecordError, ServerError

RULES = ("State the court.", "State the law.", "State the holding.")
START = "You summarise cases.\n"
TRACES = {f"t{number}": Failing(f"question {number}", f"answer {number}") for number in range(4)}
WANTED = Wanted(AppFile(path="prompts/a.md", kind="prompt", text=START), "It leaves things out.", TRACES)


def score(text: str, trace_id: str) -> Scored:
    """Return the share of the rules that a prompt has."""
    return Scored(sum(rule in text for rule in RULES) / len(RULES), f"answer to {trace_id} with {len(text)} characters")


class Drafter:
    """Adds the next rule to a prompt, or what it is told to add; keeps what it was shown."""

    def __init__(self, *, adds: str = "") -> None:
        self.adds, self.seen = adds, list[Wanted]()

    def __call__(self, wanted: Wanted) -> Draft:
        self.seen.append(wanted)
        rule = self.adds or next((rule for rule in RULES if rule not in wanted.file.text), "More.")
        return Draft(
            f"{wanted.file.text}{rule}\n", f"It lacks: {rule}", ("answer",), tuple(wanted.traces), "m", (rule,)
        )


def test_drafts_that_score_better_are_built_on() -> None:
    drafter = Drafter()
    draft = reflective(drafter, score, n_scored=60)(WANTED)
    assert draft.text == START + "".join(f"{rule}\n" for rule in RULES)
    assert draft.why == " ".join(f"It lacks: {rule}" for rule in RULES)
    assert set(draft.shown) <= set(TRACES)
    assert draft.drafted_by == f"m, the best of {len(drafter.seen)} drafts by gepa"
    assert len(draft.exchange) == len(drafter.seen)


def test_each_draft_reads_what_the_prompt_before_it_answered() -> None:
    drafter = Drafter()
    reflective(drafter, score, n_scored=60)(WANTED)
    assert all(
        failing.answered == f"answer to {trace_id} with {len(wanted.file.text)} characters"
        for wanted in drafter.seen
        for trace_id, failing in wanted.traces.items()
    )
    assert {trace_id for wanted in drafter.seen for trace_id in wanted.traces} <= set(TRACES)


def test_no_more_answers_are_scored_than_may_be() -> None:
    """Each may be a paid call of a model; a round that has begun is finished."""
    asked: list[str] = []

    def counting(text: str, trace_id: str) -> Scored:
        asked.append(trace_id)
        return Scored(0.0, "")

    with pytest.raises(RecordError, match="nothing that was drafted scores better"):
        reflective(Drafter(adds="More."), counting, n_scored=20)(WANTED)
    assert len(asked) <= 20 + 2 * 3 + len(TRACES)


def test_a_draft_that_is_refused_is_no_end_and_is_said_if_nothing_else_came() -> None:
    def refuses(_: Wanted) -> Draft:
        raise RecordError("it copies words of a trace into the prompt", reason="copied")

    with pytest.raises(RecordError, match="scores better; the last one was refused: it copies words"):
        reflective(refuses, score, n_scored=20)(WANTED)


def test_a_server_that_fails_ends_it() -> None:
    asked: list[Wanted] = []

    def fails(wanted: Wanted) -> Draft:
        asked.append(wanted)
        raise ServerError("no answer", where="http://127.0.0.1")

    with pytest.raises(ServerError):
        reflective(fails, score, n_scored=60)(WANTED)
    assert len(asked) == 1


def test_an_app_that_fails_ends_it() -> None:
    def fails(_text: str, _trace_id: str) -> Scored:
        raise ServerError("no answer", where="http://127.0.0.1")

    with pytest.raises(ServerError):
        reflective(Drafter(), fails, n_scored=20)(WANTED)


def test_the_same_seed_gives_the_same_draft() -> None:
    one, other = (reflective(Drafter(), score, n_scored=40, seed=7)(WANTED) for _ in range(2))
    assert one == other


def test_nothing_is_optimised_without_a_development_trace() -> None:
    with pytest.raises(RecordError, match="no development traces"):
        reflective(Drafter(), score)(WANTED._replace(traces={}))
