"""How a problem and its place are named, the same in every table, heading and sentence."""

from workbench.records import Cause
from workbench.report import formats
from workbench.report.detection import Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, dot, join, muted, said, unbroken

NAME_CHARACTERS = 80
"""Of the name that a namer gave."""
N_PHRASES = 4
"""Key phrases of a problem's name: the first ones tell clusters apart, the rest repeat them."""


def name(problem: Problem) -> Html:
    """Return the detector in its colour, the name that a namer gave, where one did, and the key phrases."""
    given = [said(problem.given_name, limit=NAME_CHARACTERS), " "] if problem.given_name else []
    return join([dot(colour_of(problem.detector), formats.words(problem.detector)), " ", *given, phrases(problem)])


def phrases(problem: Problem, *, most: int = N_PHRASES) -> Html:
    """Return the first key phrases, each in its border."""
    return join([said(phrase, limit=48) for phrase in problem.phrases[:most]], " ")


def where(cause: Cause) -> Html:
    """Return a cause in few words: its conditions, and how many times as frequent they are, if that is known."""
    if not cause.conditions:
        return said(cause.statement, limit=120)
    times = lifted(cause)
    return join([conditions(cause), " ", unbroken(times)]) if times else conditions(cause)


def conditions(cause: Cause) -> Html:
    """Return the attribute values that hold together: the attributes as words, the values in their borders."""
    return join(
        [join([f"{formats.words(one.attribute)} ", said(one.value, limit=60)]) for one in cause.conditions], " and "
    )


def lifted(cause: Cause) -> str:
    """Return how many times as frequent the conditions are, with the interval; empty where it has none."""
    if cause.lift is None or cause.lift_low is None or cause.lift_high is None:
        return ""
    return formats.ratio(cause.lift, cause.lift_low, cause.lift_high)


def count_known(n: int) -> Html | str:
    """Return a count; zero sessions or users means that the source names none."""
    return formats.count(n) if n else muted("–")
