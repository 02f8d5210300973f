"""A case: what a stored trace tells of its request, so that another version of the app can be asked the same.

It holds nothing of the answer. It is a mapping of plain values, for an experiment to keep and to hand out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from workbench.ids import digest
from workbench.simulate.draws import generator, pick
from workbench.simulate.request import Case, Request, State
from workbench.simulate.traffic import LONG_PAGES
from workbench.simulate.words import ISSUES, STATES

CASE_FIELDS = (
    *("question", "task", "state", "caption", "citation", "pages", "issue"),
    *("model", "user_tier", "release", "at"),
)
"""What a case may hold; all but the question may be absent, and stays so where the trace does not tell it."""
_UNKNOWN_PAGES = 14
"""Pages of an opinion of which nobody knows them: the median of the sample's."""
_UNKNOWN_AT = datetime(2026, 10, 26, 15, tzinfo=UTC)
_DEFAULTS = {"task": "federal_court", "model": "lex-large-2", "user_tier": "pro", "release": ""}


def case_of(spans: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the case of a trace; None where it tells no question, as where no text was recorded.

    Parameters
    ----------
    spans
        Rows of `schemas.SPANS` of one trace, in any order.
    """
    rows = list(spans)
    root = next((row for row in rows if row["kind"] == "AGENT"), None)
    question = _question(root["input"]) if root else None
    if root is None or not question:
        return None
    found: dict[str, Any] = {"question": question, "pages": _object(root["attributes"]).get("app.opinion.pages")}
    found |= {name: root[name] for name in ("task", "model", "user_tier", "release")}
    found["at"] = root["started_at"].isoformat() if root["started_at"] else None
    searched = _searched(rows)
    found["issue"] = _issue(str(root["task"]), f"{question} {searched}")
    found["caption"] = searched.removesuffix(str(found["issue"])).strip() if " v. " in searched else None
    found |= {name: value for name, value in _opinion(rows).items() if value is not None}
    return {name: found[name] for name in CASE_FIELDS if found.get(name) is not None}


def request_of(case: Mapping[str, Any], *, trace_id: str, prompt_version: str = "") -> Request:
    """Return a case as a request of the simulation; what it does not tell follows from its question.

    Parameters
    ----------
    case
        What is asked.
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
    opinion = Case(
        str(case.get("caption") or _caption(question)), str(case.get("citation") or f"1 {state.reporter} 1"), pages
    )
    return Request(
        number=0,
        trace_id=trace_id,
        at=datetime.fromisoformat(str(case["at"])) if case.get("at") else _UNKNOWN_AT,
        user="",
        is_unhappy=False,
        session=f"case-{digest(question)[:12]}",
        case=opinion,
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


def _opinion(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the tools said of the opinion that was asked about: caption, citation, and the state of its court."""
    found: dict[str, Any] = {}
    for row in rows:
        result = _object(row["output"])
        if row["tool_name"] == "search_cases" and isinstance(hits := result.get("hits"), list) and hits:
            first = hits[0] if isinstance(hits[0], dict) else {}
            found |= {"caption": first.get("case"), "citation": first.get("citation")}
        if row["tool_name"] == "get_opinion":
            found.setdefault("citation", _object(row["input"]).get("citation"))
            court = result.get("court")
            found["state"] = next((state.name for state in STATES if state.court == court), None)
    return found


def _issue(task: str, said: str) -> str | None:
    """Return the longest of the task's issues that a text names; any task's where the task is not known."""
    known = ISSUES.get(task) or [issue for issues in ISSUES.values() for issue in issues]
    return max((issue for issue in known if issue in said), key=len, default=None)


def _searched(rows: list[Mapping[str, Any]]) -> str:
    """Return the words of the first search."""
    words = (_object(row["input"]).get("query") for row in rows if row["tool_name"] == "search_cases")
    return str(next(words, ""))


def _question(recorded: str | None) -> str | None:
    """Return the words of the first message; a text that is no JSON is the question itself."""
    try:
        messages = orjson.loads(recorded or "")
        return str(messages[0]["parts"][0]["content"])
    except orjson.JSONDecodeError:
        return recorded
    except (LookupError, TypeError):
        return None


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


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
