"""Cases of simulated requests, and what a version of the app makes of them, counted in the answers."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.simulate import World
from workbench.simulate.app import Response, SampleApp, example_changes, versions
from workbench.simulate.request import Request
from workbench.simulate.traffic import requests

FEDERAL = re.compile(r"F\.5th|F\. Supp\. 4th|Fed\. R\. Civ\. P\.|U\.S\.C\.")
FILES = {version.name: version.files for version in versions()}


def case_of(request: Request) -> dict[str, Any]:
    """Return the case that asks what a simulated user asked."""
    return {
        **{"question": request.question, "task": request.task, "state": request.state.name},
        **{"caption": request.opinion.caption, "citation": request.opinion.citation, "pages": request.opinion.pages},
        **{"issue": request.issue, "model": request.model, "user_tier": request.user_tier},
        **{"release": request.release, "at": request.at.isoformat()},
    }


def cases(n: int, *, seed: int) -> list[dict[str, Any]]:
    """Return the cases of n simulated requests, whose questions all differ."""
    made = {request.question: case_of(request) for request in requests(World(n_traces=n, seed=seed))}
    return list(made.values())


def app_with(*changes: str, version: str = "7") -> SampleApp:
    """Return a version of the app with some of the example changes."""
    known = example_changes()
    return SampleApp({**FILES[version], **{p: text for name in changes for p, text in known[name].files.items()}})


class Answers(NamedTuple):
    """What one version answers."""

    cases: Sequence[Mapping[str, Any]]
    responses: Sequence[Response]

    def share(self, what: str, **where: str) -> float:
        """Return the share of the cases of some values whose answer shows something."""
        held = [
            SHOWS[what](response)
            for case, response in zip(self.cases, self.responses, strict=True)
            if all(case[name] == value for name, value in where.items())
        ]
        assert len(held) >= 60, where
        return sum(held) / len(held)

    def total(self, name: str) -> float:
        """Return the sum of a number over all answers."""
        return float(sum(getattr(response, name) for response in self.responses))


def answers(app: SampleApp, asked: Sequence[Mapping[str, Any]], *, seed: int = 0) -> Answers:
    return Answers(asked, [app.respond(case, seed=seed) for case in asked])


def spans(response: Response) -> list[dict[str, Any]]:
    """Return the attributes of a response's spans, in their order."""
    (group,) = json.loads(response.otlp)["resourceSpans"]
    return [
        {"error": span.get("status", {}).get("message", "")}
        | {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}
        for span in group["scopeSpans"][0]["spans"]
    ]


def n_failed(response: Response, tool: str) -> int:
    return sum(span.get("gen_ai.tool.name") == tool and bool(span["error"]) for span in spans(response))


SHOWS: dict[str, Callable[[Response], bool]] = {
    "federal authority": lambda response: bool(FEDERAL.search(response.output)),
    "a chatty tone": lambda response: "!" in response.output,
    "a cut": lambda response: response.finish_reason == "length",
    "no answer": lambda response: not response.output,
    "a search three times in vain": lambda response: n_failed(response, "search_cases") >= 3,
    "a citation that is not known": lambda response: n_failed(response, "check_citation") > 0,
    "a failed task": lambda response: response.success is False,
    "most of it changed": lambda response: (response.changed_share or 0.0) >= 0.5,
}
