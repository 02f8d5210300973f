"""A case as a request: what an experiment asks, so that a version of the app can be asked it as its users ask."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.ids import digest
from workbench.simulate.draws import generator, pick
from workbench.simulate.request import Opinion, Request, State
from workbench.simulate.traffic import LONG_PAGES
from workbench.simulate.words import ISSUES, STATES

_UNKNOWN_PAGES = 14
"""Pages of an opinion of which nobody knows them: the median of the sample's."""
_UNKNOWN_AT = datetime(2026, 10, 26, 15, tzinfo=UTC)
_DEFAULTS = {"task": "federal_court", "model": "lex-large-2", "user_tier": "pro", "release": ""}


def request_of(case: Mapping[str, Any], *, trace_id: str, prompt_version: str = "") -> Request:
    """Return a case as a request of the simulation; what it does not tell follows from its question.

    Parameters
    ----------
    case
        A `question` and, as far as it is known, its task, state, caption, citation, pages, issue, model, user_tier,
        release and at (ISO 8601).
    trace_id
        Of the run, 32 hex digits.
    prompt_version
        Of the app that is asked.

    Raises
    ------
    ValueError
        If it tells no question, or pages that are no number.
    """
    question = case.get("question")
    if not isinstance(question, str) or not question:
        raise ValueError(f"question == {question!r}, a case must tell one")
    told = _DEFAULTS | {name: str(case[name]) for name in _DEFAULTS if case.get(name) is not None}
    rng = generator("case", question)
    state = _state(case.get("state"), question) or pick(rng, STATES)
    named = case.get("issue") or _issue(str(case.get("task")), question)
    issue, pages = str(named or pick(rng, ISSUES.get(told["task"], ("the issue",)))), _pages(case)
    caption, citation = case.get("caption") or _caption(question), case.get("citation") or f"1 {state.reporter} 1"
    return Request(
        number=0,
        trace_id=trace_id,
        at=datetime.fromisoformat(str(case["at"])) if case.get("at") else _UNKNOWN_AT,
        user="",
        is_unhappy=False,
        session=f"case-{digest(question)[:12]}",
        opinion=Opinion(str(caption), str(citation), pages),
        state=state,
        issue=issue,
        question=question,
        prompt_version=prompt_version,
        is_long=pages > LONG_PAGES,
        has_outcome=True,
        task=told["task"],
        model=told["model"],
        user_tier=told["user_tier"],
        release=told["release"],
    )


def _issue(task: str, said: str) -> str | None:
    """Return the longest of the task's issues that a text names; any task's where the task is not known."""
    known = ISSUES.get(task) or [issue for issues in ISSUES.values() for issue in issues]
    return max((issue for issue in known if issue in said), key=len, default=None)


def _state(name: Any, question: str) -> State | None:
    """Return the state that the case names, or its question does."""
    named = [state for state in STATES if state.name == name]
    return next((state for state in (*named, *STATES) if state in named or state.name in question), None)


def _caption(question: str) -> str:
    """Return the words around `v.` in a question, so that an answer can name the parties."""
    before, _, after = question.partition(" v. ")
    if not after:
        return "Doe v. Roe"
    return f"{before.split()[-1] if before.split() else 'Doe'} v. {' '.join(after.split()[:2]).rstrip(',.?')}"


def _pages(case: Mapping[str, Any]) -> int:
    pages = case.get("pages", _UNKNOWN_PAGES)
    if not isinstance(pages, int) or pages < 1:
        raise ValueError(f"pages == {pages!r}, must be a whole number of at least 1")
    return pages
