"""What a program or server is told of a case: its input, and never what is expected of the answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.boundaries.llm import Exchange
from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.ids import digest

WORK_ID_DIGITS = 40
"""160 bits; a limit of servers on such headers is 255 characters."""


def question(case: Case, *, trial: int, seed: int, arm: str) -> Mapping[str, Any]:
    """Return what is asked, with an id that is the same whenever the same work is asked for."""
    return {"input": case.input, "seed": seed, "trial": trial, "work_id": work_id(case, trial, seed, arm)}


def work_id(case: Case, trial: int, seed: int, arm: str) -> str:
    """Return what stands for the work on one case: who has done it need not do it again after a broken connection."""
    return digest(arm, case.asked_digest, f"{trial} {seed}")[:WORK_ID_DIGITS]


def with_exchange(answer: Answer, exchange: Exchange) -> Answer:
    """Return the answer with the digests of what was sent and came back."""
    return replace(answer, exchanges=(*answer.exchanges, exchange))
