"""How a problem and its place are named, the same in every table, heading and sentence."""

from workbench.records import Cause
from workbench.report import formats
from workbench.report.detection import Problem
from workbench.report.look import colour_of
from workbench.report.markup import Html, dot, join, muted, said, unbroken

N_PHRASES = 4
"""Key phrases of a problem's name: the first ones tell clusters apart, the rest repeat them."""


def name(problem: Problem) -> Html:
    """Return the detector in its colour, and the key phrases."""
    return join([dot(colour_of(problem.detector), formats.words(problem.detector)), " ", phrases(problem)])


def phrases(problem: Problem) -> Html:
    """Return the key phrases, each in its border."""
    return join([said(phrase, limit=48) for phrase in problem.phrases[:N_PHRASES]], " ")


def where(cause: Cause) -> Html:
    """Return a cause in few words: the attribute, its value, and how many times as frequent it is."""
    times = formats.ratio(cause.lift, cause.lift_low, cause.lift_high)
    return join([f"{formats.words(cause.attribute)} ", said(cause.value, limit=60), " ", unbroken(times)])


def count_known(n: int) -> Html | str:
    """Return a count; zero sessions or users means that the source names none."""
    return formats.count(n) if n else muted("–")
