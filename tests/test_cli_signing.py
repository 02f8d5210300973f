"""What `workbench experiment sign` says of a signature: what the end means, and what comes next."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.on_record import a_decision
from workbench.cli.deciding import words_of_signed
from workbench.loop.validate.signing import End
from workbench.records import IssueState

SIGNED = replace(a_decision("inconclusive"), signer="eve", identity="typed")


@pytest.mark.parametrize(
    ("end", "moved", "words"),
    [
        ("extended", {}, "extended: another experiment goes on with it: plan one on the same, on more cases."),
        ("dropped", {"iss_a": "changing"}, "and nothing ships by it. iss_a is changing."),
        ("accepted", {}, "nothing ships by it, and nobody is asked for it again."),
    ],
)
def test_an_end_is_said_with_what_it_means(end: End, moved: dict[str, IssueState], words: str) -> None:
    """It printed `inconclusive, signed by eve.` and no word more."""
    said = words_of_signed(replace(SIGNED, ended_as=end), moved, workspace=Path("acme"))
    assert said.startswith(f"inconclusive, signed by eve. {end}: ")
    assert said.endswith(f"{words} Next: workbench next --workspace acme")


def test_what_ships_is_merged_and_watched() -> None:
    said = words_of_signed(
        replace(a_decision(), signer="eve", identity="typed"), {"iss_a": "shipped"}, workspace=Path("acme")
    )
    watch = "Next: merge it, and once the traffic has it: workbench watch start iss_a --workspace acme"
    assert said == f"ship, signed by eve. iss_a is shipped. {watch}"
