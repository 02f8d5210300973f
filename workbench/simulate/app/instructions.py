"""What a prompt asks for, read from its words: the few instructions that the sample app can follow.

An instruction is there when one sentence of the prompt holds a word of each of its groups, so that people may word it
as they like. A sentence that says that something is not needed asks for nothing. It is a rule of thumb for one app, and
is said here in full: whoever writes an experiment on the sample can see why a wording works.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Instruction(NamedTuple):
    """One thing that a prompt may ask for."""

    name: str
    """Its word in the app."""
    groups: tuple[tuple[str, ...], ...]
    """Beginnings of words, lower-case; a sentence that asks for it holds one of each group."""


_COURTS = ("jurisdiction", "court system", "state and federal", "federal and state", "binds", "binding", "controls")
_APART = ("keep", "separat", "distinguish", "apart", "identif", "mark", "label", "name", "say", "state the", "tell")
_ALL = ("only", "every", "each", "all", "before", "never", "any")
_LOOK_UP = ("jurisdiction_lookup", "look up the jurisdiction", "look up the court")
_AT_MOST = ("at most", "no more than", "fewer than", "within", "under", "not more than", "keep it to")
INSTRUCTIONS = (
    Instruction("keeps_jurisdictions_apart", (_COURTS, _APART)),
    Instruction(
        "begins_with_jurisdiction",
        (("jurisdiction", "court system"), ("first", "begin", "start", "open", "before anything")),
    ),
    Instruction(
        "looks_up_jurisdiction", (_LOOK_UP, ("always", "must", "first", "before", "every", "each", "whenever"))
    ),
    Instruction(
        "confirms_citations",
        (("check_citation", "citation"), ("confirm", "verif", "check every", "check each", "only after"), _ALL),
    ),
    Instruction(
        "writes_twice",
        (
            ("draft", "first version", "first attempt"),
            ("again", "revise", "rewrite", "second version", "twice", "improve it"),
        ),
    ),
    Instruction(
        "searches_once",
        (("search", "search_cases"), ("part", "everyone"), ("once", "one search", "single", "together", "same search")),
    ),
    Instruction(
        "says_what_follows",
        (("bankrupt", "chapter", "debtor", "estate"), ("say", "state", "name", "give", "explain", "tell")),
    ),
    Instruction("is_brief", (_AT_MOST, ("word", "sentence", "line"))),
    Instruction("is_thorough", (("thorough", "comprehensive", "in full", "in detail", "detailed", "exhaustive"),)),
    Instruction("is_chatty", (("friendly", "warm ", "cheer", "enthusias", "chatty", "upbeat", "encourag", "jolly"),)),
)
"""All that the app can be asked for; a prompt's other words change nothing."""
WAIVERS = ("no need", "need not", "not necessary", "not needed", "do not bother", "don t bother", "do not have to")
"""Words of a sentence that asks for nothing."""


def instructions_in(prompt: str) -> frozenset[str]:
    """Return the names of the instructions that a prompt holds.

    >>> sorted(instructions_in("Say which jurisdiction controls. There is no need to verify every citation."))
    ['keeps_jurisdictions_apart']
    """
    found: set[str] = set()
    for sentence in _sentences(prompt):
        if not _holds(sentence, WAIVERS):
            found |= {one.name for one in INSTRUCTIONS if all(_holds(sentence, group) for group in one.groups)}
    return frozenset(found)


def _sentences(prompt: str) -> Iterator[str]:
    """Yield the sentences, words only: a blank before each word and after the last.

    A sentence goes over the end of a line, but not over an empty line, nor into the next entry of a list.
    """
    for block in re.split(r"\n\s*\n|\n\s*[-*#]", f"\n{prompt}"):
        for sentence in re.split(r"[.!?;](?:\s|$)", block):
            yield f" {' '.join(re.findall(r'[a-z0-9_]+', sentence.lower()))} "


def _holds(sentence: str, beginnings: tuple[str, ...]) -> bool:
    return any(f" {beginning}" in sentence for beginning in beginnings)
