"""What of a holdout was seen in development: each case beside the trace or the example in a prompt that gives it away.

It is looked for again before every run: a prompt may have got an example since, and a change a development trace.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.embedder import Embed
from workbench.experiments.case import Case
from workbench.experiments.likeness import NEAR, exact, nearest, normalised, text_of, vectors

MIN_QUOTED_WORDS = 5
"""Of a case that is found inside a longer text: fewer words, such as "is it binding", any prompt may say by itself."""
_LABEL = re.compile(r"^(?:[-*>•]|\d{1,3}[.)])?\s*(?:[\w ]{1,20}:)?\s*")
"""What stands before an example on its line: a bullet, a number, `Question:`."""
_PARAGRAPH = re.compile(r"\n\s*\n")


Place = Literal["development", "prompt"]
"""Where something gives a case away."""


class Example(NamedTuple):
    """A text that the app is told, to which no case may be alike."""

    where: str
    """The prompt that it stands in."""
    text: str
    """The text."""


class Pair(NamedTuple):
    """A case, and what gives it away."""

    case_id: str
    """The case of the holdout."""
    text: str
    """What it asks."""
    of: Place
    """Where the other is."""
    other: str
    """The development case, or the prompt."""
    other_text: str
    """What that says."""
    why: Literal["same", "near", "user"]
    """same: the same words, or they stand in it. near: the embedder takes both for one. user: both are one user's."""
    similarity: float
    """Cosine, -1 to 1; of the same words 1, of a user's what it happens to be."""


class Leakage(NamedTuple):
    """What was seen of a holdout."""

    pairs: tuple[Pair, ...]
    """Every case that leaks with what gives it away, the worst of each kind; in the order of the cases."""
    users: tuple[str, ...]
    """Users (usr_...) who have cases on both sides."""
    n_cases: int
    """Cases that were looked at."""
    n_development: int
    """Development cases that they were compared with."""
    n_examples: int
    """Texts of prompts that they were compared with."""
    n_unknown: int = 0
    """Development traces that nothing is known of any more, so that nobody can say what leaks from them."""

    @property
    def n_leaking(self) -> int:
        """How many cases leak."""
        return len({pair.case_id for pair in self.pairs})

    @property
    def n_overlap(self) -> int | None:
        """How many cases leak, as the gate asks; None where that cannot be known."""
        return None if self.n_unknown else self.n_leaking


class _Asked(NamedTuple):
    """What a holdout asks."""

    cases: Sequence[Case]
    texts: Sequence[str]
    rows: NDArray[np.float32]
    """Their vectors, of length 1."""


def leakage(
    cases: Sequence[Case], *, development: Sequence[Case], examples: Sequence[Example], embed: Embed, n_unknown: int = 0
) -> Leakage:
    """Return which cases are, or nearly are, a development case or an example in a prompt, or are of the same user.

    Parameters
    ----------
    cases
        The holdout.
    development
        Cases of the development traces.
    examples
        What the prompts say: see `examples_in`.
    embed
        Texts to vectors.
    n_unknown
        Development traces that nothing is known of any more.
    """
    texts = [text_of(case) for case in cases]
    asked = _Asked(cases, texts, vectors(texts, embed=embed))
    told = [Example(case.case_id, text_of(case)) for case in development]
    found = [
        *_alike(asked, told, of="development", embed=embed),
        *_alike(asked, examples, of="prompt", embed=embed),
        *_of_users(asked, development, embed=embed),
    ]
    places = {case.case_id: place for place, case in enumerate(cases)}
    users = {case.user_key for case in cases} & {case.user_key for case in development}
    return Leakage(
        tuple(sorted(found, key=lambda pair: places[pair.case_id])),
        tuple(sorted(user for user in users if user)),
        len(cases),
        len(development),
        len(examples),
        n_unknown,
    )


def examples_in(where: str, text: str) -> Iterator[Example]:
    r"""Yield what a prompt's file says in pieces, each once: all of it, its paragraphs, and its lines without labels.

    >>> [one.text for one in examples_in("p.md", "Be brief.\nQ: Is it binding?")][1:]
    ['Be brief.', 'Is it binding?']
    """
    pieces = [text, *_PARAGRAPH.split(text), *(_LABEL.sub("", line.strip(), count=1) for line in text.splitlines())]
    yield from (Example(where, piece) for piece in dict.fromkeys(one.strip() for one in pieces) if piece)


def _alike(asked: _Asked, others: Sequence[Example], *, of: Place, embed: Embed) -> Iterator[Pair]:
    """Yield for each case the text that is the same, else one that holds it, else the nearest one if that is near."""
    if not asked.cases or not others:
        return
    same = {exact(one.text): one for one in reversed(others)}
    near = nearest(asked.rows, vectors([one.text for one in others], embed=embed))
    held = [(f" {normalised(one.text)} ", one) for one in others]
    for place, (case, text) in enumerate(zip(asked.cases, asked.texts, strict=True)):
        found = same.get(exact(text)) or _quoting(text, held)
        if found is not None:
            yield Pair(case.case_id, text, of, found.where, found.text, "same", 1.0)
        elif near.similarities[place] >= NEAR:
            other = others[near.places[place]]
            similarity = float(near.similarities[place])
            yield Pair(case.case_id, text, of, other.where, other.text, "near", similarity)


def _quoting(text: str, held: Sequence[tuple[str, Example]]) -> Example | None:
    """Return the shortest text that holds the case's words, if those are enough to be its own."""
    words = normalised(text)
    if words.count(" ") + 1 < MIN_QUOTED_WORDS:
        return None
    return min((one for said, one in held if f" {words} " in said), key=lambda one: len(one.text), default=None)


def _of_users(asked: _Asked, development: Sequence[Case], *, embed: Embed) -> Iterator[Pair]:
    """Yield for each case whose user has development cases the most alike of these."""
    by_user: dict[str, list[Case]] = {}
    for case in development:
        if case.user_key is not None:
            by_user.setdefault(case.user_key, []).append(case)
    for place, (case, text) in enumerate(zip(asked.cases, asked.texts, strict=True)):
        theirs = by_user.get(case.user_key or "", [])
        if theirs:
            near = nearest(asked.rows[place : place + 1], vectors([text_of(one) for one in theirs], embed=embed))
            other = theirs[near.places[0]]
            similarity = float(near.similarities[0])
            yield Pair(case.case_id, text, "development", other.case_id, text_of(other), "user", similarity)
