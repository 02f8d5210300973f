"""Faults that show in what the user does next in the same visit: asks again, corrects, wants a person, leaves."""

import random
from dataclasses import replace

from workbench.simulate import comments
from workbench.simulate.faults.fault import Fault
from workbench.simulate.run import Reaction, Run


def answer_past_the_question(run: Run, rng: random.Random) -> Run:
    """Return the run after which the user asks the same again."""
    del rng
    return _followed(run, comments.ASKED_AGAIN)


def misread(run: Run, rng: random.Random) -> Run:
    """Return the run after which the user says what was meant."""
    del rng
    return _followed(run, comments.CORRECTIONS)


def wear_out(run: Run, rng: random.Random) -> Run:
    """Return the run after which the user asks for a person."""
    del rng
    return _followed(run, comments.PERSON_WANTED)


def _followed(run: Run, says_next: tuple[str, ...]) -> Run:
    return replace(run, says_next=says_next, reaction=Reaction(down=0.03, up=0.01, success=0.85))


REPEATED_QUESTION = Fault(
    name="repeated_question",
    shows="the user asks the same again in the next request of the visit",
    slice={"prompt_version": "7", "task": "contract"},
    prevalence=0.4,
    elsewhere=0.002,
    scope={"has_next": True},
    unit="session",
    plant=answer_past_the_question,
)
CORRECTED_BY_USER = Fault(
    name="corrected_by_user",
    shows="the user's next request corrects how the question was read",
    slice={"task": "multi_party"},
    prevalence=0.4,
    elsewhere=0.005,
    scope={"has_next": True},
    unit="session",
    plant=misread,
)
PERSON_WANTED = Fault(
    name="person_wanted",
    shows="the user's next request asks for a person",
    slice={"user_tier": "firm", "task": "bankruptcy"},
    prevalence=0.8,
    elsewhere=0.002,
    scope={"has_next": True},
    unit="session",
    plant=wear_out,
)
