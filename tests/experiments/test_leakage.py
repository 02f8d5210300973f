"""A planted leak is found, with what gives it away beside it."""

from tests.experiments.test_split import LONG, case
from tests.experiments.words import by_words
from workbench.experiments.leakage import Example, Leakage, examples_in, leakage

PROMPT = f"""---
name: summary
---
Answer in one sentence.

Q: May a court of appeal overrule itself?
A: Yes.

1. Question: {LONG} seventeen
"""
CASES = (
    case("copy", "What does it COST", user="ben"),
    case("near", " ".join(reversed(LONG.split()))),
    case("quoted", "may a court of appeal overrule itself"),
    case("few words", "in one sentence"),
    case("user", "Where is my bag?", user="ann"),
    case("clean", "Is the ruling of 1932 still good law?", user="ben"),
)
DEVELOPMENT = (case("d1", "what does it cost?"), case("d2", "Who wrote this?", user="ann"))


def found(n_unknown: int = 0) -> Leakage:
    examples = tuple(examples_in("prompts/p.md", PROMPT))
    return leakage(CASES, development=DEVELOPMENT, examples=examples, embed=by_words, n_unknown=n_unknown)


def test_each_leak_is_shown_beside_what_gives_it_away() -> None:
    pairs = found().pairs
    told = [(pair.case_id, pair.of, pair.other, pair.other_text, pair.why) for pair in pairs]
    assert told == [
        ("copy", "development", "d1", "what does it cost?", "same"),
        ("near", "prompt", "prompts/p.md", f"{LONG} seventeen", "near"),
        ("quoted", "prompt", "prompts/p.md", "May a court of appeal overrule itself?", "same"),
        ("user", "development", "d2", "Who wrote this?", "user"),
    ]
    assert [round(pair.similarity, 6) for pair in pairs] == [1, round(16 / (16 * 17) ** 0.5, 6), 1, 0]


def test_the_gate_is_told_how_many_leak_and_that_nobody_knows() -> None:
    assert (found().n_leaking, found().n_overlap, found().users) == (4, 4, ("ann",))
    assert (found().n_cases, found().n_development) == (6, 2)
    assert found(n_unknown=1).n_overlap is None


def test_nothing_leaks_from_nothing() -> None:
    clean = leakage(CASES, development=(), examples=(), embed=by_words)
    assert (clean.pairs, clean.n_overlap) == ((), 0)
    assert leakage((), development=DEVELOPMENT, examples=[Example("p", "x")], embed=by_words).pairs == ()


def test_a_case_inside_a_longer_line_is_found() -> None:
    told = [Example("p", "For instance: may a court of appeal overrule itself, or not?")]
    (pair,) = leakage(CASES, development=(), examples=told, embed=by_words).pairs
    assert (pair.case_id, pair.why, pair.similarity) == ("quoted", "same", 1.0)
