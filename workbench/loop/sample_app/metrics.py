"""What an experiment measures of the sample app: the target of its best-known issue, and what must not get worse.

The rules read the answer as a lawyer would, and do not know what was planted.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.result_rows import Scorer
from workbench.loop.sample_app.app import is_sample_app

_STATE_TASKS = ("state_court", "contract")
_FEDERAL = re.compile(r"\bF\. ?(?:\dd|\dth|Supp)\b|\bFed\. R\.|\bU\.S\.C\.")
"""Federal reporters, rules and code."""
_BINDS = re.compile(r"\b(?:control|controls|controlling|bind|binds|binding|must apply)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[a-z0-9)]\.) (?=[A-Z])")
_CHATTY = re.compile(r"!|\bhonestly\b|\bwow\b", re.IGNORECASE)

SAMPLE_METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.05)),
    Metric(
        name="latency_ms",
        role="guardrail",
        direction=-1,
        kind="positive",
        margin=Amount(0.35, is_relative=True),
        on_worse="allow_within_margin",
    ),
    Metric(
        name="cost_usd",
        role="guardrail",
        direction=-1,
        kind="positive",
        margin=Amount(0.25, is_relative=True),
        on_worse="allow_within_margin",
    ),
    Metric(name="detector:incomplete_answer", role="watch", direction=-1),
)
"""Jurisdiction confusion is to fall by five points; tone may lose less than that, time and money are budgets."""


def scorers_for(app: Path) -> Mapping[str, Scorer]:
    """Return the scorers of the sample where an app is the sample's; no other app is judged by its rules."""
    return SAMPLE_SCORERS if is_sample_app(app) else {}


def federal_law_controls_state(case: Case, answer: Answer) -> float:
    """Return 1.0 if an answer on a state's law says that federal law controls it, 0.0 otherwise.

    >>> asked = Case(case_id="c", input={"question": "Is it binding?", "task": "state_court"})
    >>> federal_law_controls_state(asked, Answer(output="28 U.S.C. § 205 controls this Texas claim."))
    1.0
    """
    if case.input.get("task") not in _STATE_TASKS:
        return 0.0
    said = _SENTENCE.split(answer.output or "")
    return float(any(_FEDERAL.search(one) and _BINDS.search(one) for one in said))


def plain_tone(_: Case, answer: Answer) -> float:
    """Return 1.0 if an answer is in a tone that may go to a judge, 0.0 if it exclaims.

    >>> plain_tone(Case(case_id="c", input={}), Answer(output="Wow, what a case!"))
    0.0
    """
    return float(_CHATTY.search(answer.output or "") is None)


SAMPLE_SCORERS: Mapping[str, Scorer] = {
    "federal_law_controls_state": federal_law_controls_state,
    "plain_tone": plain_tone,
}
"""By the metric's name."""
