"""A number and its noun agree: they are put together in one place, and no message does it by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench
from workbench.counted import counted

PACKAGE = Path(workbench.__file__).parent
PLURALS = (
    "annotators|answers|arms|branches|bundles|calls|candidates|cases|categories|causes|changes|"
    "clusters|codes|days|detectors|disagreements|drafts|errors|experiments|failures|files|findings|"
    "groups|holdouts|issues|items|judges|labels|lines|links|matches|metrics|pairs|problems|prompts|"
    "reasons|records|requests|results|reviewers|reviews|rows|runs|samples|scores|sessions|signals|"
    "sources|spans|tables|terms|tests|texts|tokens|tools|traces|trials|units|users|values|verdicts|"
    "versions|waits|watches|weeks|words"
)
LONE = re.compile(
    r"\{(?P<value>[^{}\n]+?)(?::[^{}()'\"]*)?\} "
    r"(?:(?:distinct|new|open|recorded|refused|targeted|judged|random|second|more|data) )?"
    rf"(?:{PLURALS})\b(?![^\n]*\bmust\b)"
)
WORDS = {"hit", "of_all", "form", "one", "judged_on", "one.judged_on", "estimate.judged_on", "one.judged_on or 'any'"}
"""Values that are words, or a number with its share."""
MANY = re.compile(r"(?:^|\.)(?:counted|share|share_of|share_within|ratio)\(|(?:^|\.)_?[A-Z][A-Z0-9_]*(?:\.[a-z]+)?$")
"""A number with its noun already, one that is no number of things, or a bound of ours, which is more than one."""


def lone_plurals(source: str) -> Iterator[str]:
    """Yield what an f-string says where a number that may be one stands before a noun in the plural."""
    yield from (
        found[0] for found in LONE.finditer(source) if not (MANY.search(found["value"]) or found["value"] in WORDS)
    )


@pytest.mark.parametrize(
    ("source", "n"),
    [
        ('f"{n:,} traces have it"', 1),
        ('f"{len(found)} distinct texts, few"', 1),
        ("f\"in {row['n']:,} sessions\"", 1),
        ("f\"{counted(n, 'trace')} items\"", 0),
        ('f"{MIN_TRACES} traces at least"', 0),
        ('f"{n} of the traces"', 0),
    ],
)
def test_a_number_before_a_plural_is_seen(source: str, n: int) -> None:
    assert len(list(lone_plurals(source))) == n


def test_no_message_puts_a_number_before_a_plural_by_itself() -> None:
    """A reader of "1 traces" doubts the number too, and it stood in pages, mails, commands and errors."""
    own = [path for path in sorted(PACKAGE.rglob("*.py")) if "simulate" not in path.parts]
    found = [f"{path.relative_to(PACKAGE)}: {said}" for path in own for said in lone_plurals(path.read_text("utf-8"))]
    assert found == []


def test_one_is_one() -> None:
    assert [counted(n, "trace") for n in (0, 1, 2, 1000)] == ["0 traces", "1 trace", "2 traces", "1,000 traces"]
