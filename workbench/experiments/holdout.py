"""A holdout as a value: its cases, what they are, what stands for them, and what they were made from.

A set of cases that nobody can tell from another one proves nothing: it has a digest, and a case that is missing from
it, was edited or came to it later is found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from workbench.experiments.case import Case
from workbench.ids import digest
from workbench.records import HeldCase, HoldoutKind

Seal = Callable[[str], str]
"""A digest to what stands for it under a secret: nobody without that can try a guess of what a user said."""
N_USES = 3
"""Experiments that may use a holdout. Of so many changes that do nothing, each tested at the one-sided level of 5 %, at
least one looks better with a chance of 1 - .95 ** 3 = 14 %; of twenty, of 64 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """Cases that are set apart."""

    kind: HoldoutKind
    """What they are."""
    cases: tuple[Case, ...]
    """The cases, in the order in which they were drawn."""
    table_versions: Mapping[str, int]
    """The versions of the tables that they were made from."""
    verdict_ids: tuple[str, ...] = ()
    """The verdicts that they rest on or got an expectation from."""

    def __post_init__(self) -> None:
        if len({case.case_id for case in self.cases}) < len(self.cases):
            raise ValueError("a case_id is given twice, must be unique in a holdout")

    def held(self, seal: Seal) -> tuple[HeldCase, ...]:
        """Return what a ledger keeps of the cases: ids and sealed digests."""
        return tuple(HeldCase(case.case_id, seal(case.digest)) for case in self.cases)


def digest_of(kind: HoldoutKind, held: Iterable[HeldCase]) -> str:
    """Return what stands for a holdout, whatever the order of its cases."""
    return digest(kind, *(part for one in sorted(held) for part in one))


def differences(cases: Iterable[Case], held: Iterable[HeldCase], *, seal: Seal) -> tuple[str, ...]:
    """Return in what some cases are not those that a ledger keeps, a sentence each; empty if they are.

    Parameters
    ----------
    cases
        Those that are there.
    held
        Those that should be.
    seal
        As when they were made.
    """
    there = {case.case_id: seal(case.digest) for case in cases}
    wanted = dict(held)
    counts = {
        "are missing": len(wanted.keys() - there.keys()),
        "were put in": len(there.keys() - wanted.keys()),
        "were edited": sum(there[one] != wanted[one] for one in there.keys() & wanted.keys()),
    }
    return tuple(f"{n} of its cases {what}" for what, n in counts.items() if n)
