"""What a reviewer's note says of the right answer: lines that begin with `expected:` or with the name of an assertion.

People write it where they judge, in the note of a verdict, and it becomes what the answers of both arms are held to.
"""

from collections.abc import Iterable
from typing import NamedTuple, get_args

from workbench.experiments.case import Assertion, AssertionKind

EXPECTED = "expected"
_KINDS: tuple[AssertionKind, ...] = get_args(AssertionKind)


class Expectation(NamedTuple):
    """What is known of the right answer to a case."""

    expected: str | None = None
    """The right answer; None where nobody said, or people said different ones."""
    assertions: tuple[Assertion, ...] = ()
    """What must hold of an answer, each once."""


def read_expectation(notes: Iterable[str]) -> Expectation:
    r"""Return what the notes of reviewers on one trace say of the right answer; other lines of them say nothing here.

    >>> read_expectation(["Wrong court.\nexpected: It binds.\ncalls: lookup_jurisdiction"]).expected
    'It binds.'
    """
    answers, assertions = dict[str, None](), dict[Assertion, None]()
    for note in notes:
        for line in note.splitlines():
            word, colon, rest = line.strip().partition(":")
            said = rest.strip()
            if not colon or not said:
                continue
            if word.lower() == EXPECTED:
                answers[said] = None
            for kind in _KINDS:
                if word.lower() == kind:
                    assertions[Assertion(kind, said)] = None
    return Expectation(next(iter(answers)) if len(answers) == 1 else None, tuple(assertions))
