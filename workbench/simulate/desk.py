"""The research desk: the wider product, of which the sample's case summaries are a part.

Its answers stand on passages that were retrieved, in the user's language; it hands out docket sheets as JSON, and a
judge looks at some of the answers.
"""

import json
import random

from workbench.simulate.draws import happens, pick
from workbench.simulate.foreign import PHRASES, closings_of
from workbench.simulate.request import Request
from workbench.simulate.run import Run, look_up, reply
from workbench.simulate.words import (
    FEDERAL_AUTHORITY,
    HOLDINGS,
    REASONS,
    STATE_AUTHORITY,
    STATE_TASKS,
    fill,
    heading,
)


def ordinary(request: Request, rng: random.Random) -> Run:
    """Return a run of the desk with nothing wrong: its answer is made of what the passages say."""
    said = _sentences(request, rng)
    passages = _passages(request, rng, said)
    steps = look_up(request, rng, passage=passages[0])
    text = _sheet(request) if request.output_type == "json" else _summary(request, rng, said)
    return Run(request=request, steps=(*steps, reply(request, rng, text)), passages=passages)


def _sentences(request: Request, rng: random.Random) -> tuple[str, str, str]:
    """Return the holding, the reason and the authority of the opinion, in the user's language."""
    if request.language in PHRASES:
        phrases = PHRASES[request.language]
        patterns = (phrases.holdings, phrases.reasons, phrases.authority)
    else:
        authority = STATE_AUTHORITY if request.task in STATE_TASKS else FEDERAL_AUTHORITY
        patterns = (HOLDINGS, REASONS, authority)
    holding, reason, binding = (fill(rng, pick(rng, pattern), request) for pattern in patterns)
    return holding, reason, binding


def _passages(request: Request, rng: random.Random, said: tuple[str, str, str]) -> tuple[str, ...]:
    holding, reason, authority = said
    return (
        f"{heading(request)}{holding} {reason}",
        f"{authority} {' '.join(_sentences(request, rng)[:1])}",
        f"{request.facts['court']}, {request.state.circuit}. {_closing(request, rng)}",
    )


def _summary(request: Request, rng: random.Random, said: tuple[str, str, str]) -> str:
    closing = _closing(request, rng) if happens(rng, 0.6) else ""
    return f"{heading(request)}{' '.join(said)} {closing}".rstrip()


def _closing(request: Request, rng: random.Random) -> str:
    return fill(rng, pick(rng, closings_of(request.language)), request)


def _sheet(request: Request) -> str:
    plaintiff, _, defendant = request.opinion.caption.partition(" v. ")
    sheet = {
        "caption": request.opinion.caption,
        "citation": request.opinion.citation,
        "court": request.facts["court"],
        "plaintiff": plaintiff,
        "defendant": defendant,
        "issue": request.issue,
        "pages": request.opinion.pages,
    }
    return json.dumps(sheet, indent=2)
