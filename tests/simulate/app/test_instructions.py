"""Instructions are known by what a sentence asks for: in several natural wordings, and not where nothing is asked."""

import pytest

from workbench.simulate.app.instructions import INSTRUCTIONS, instructions_in

WORDINGS = {
    "keeps_jurisdictions_apart": (
        "Say of each authority whether it binds the user's court.",
        "Never mix: distinguish federal and state authority.",
        "Identify the jurisdiction of the question.",
        "Tell binding\nfrom persuasive authority, and name which is which.",
    ),
    "begins_with_jurisdiction": ("State the jurisdiction first.", "Begin with the court system of the user's court."),
    "looks_up_jurisdiction": (
        "Always call jurisdiction_lookup.",
        "Before you answer, look up the court.",
        "You must use jurisdiction_lookup!",
    ),
    "confirms_citations": (
        "Verify every citation.",
        "Give only citations that check_citation confirmed.",
        "Never give a citation that you have not verified",
    ),
    "writes_twice": ("Write a draft, then revise it.", "Rewrite your first version.", "Make a draft; no.\nDraft again"),
    "searches_once": ("Search for all parties at once.", "Use one search for every party."),
    "says_what_follows": ("Explain what the ruling means for the debtor.", "Say which chapter the case was under."),
    "is_brief": ("Use at most 90 words.", "Keep it to three sentences."),
    "is_thorough": ("Be thorough.", "Describe the facts in detail."),
    "is_chatty": ("Use a friendly voice.", "Be upbeat and encouraging."),
}


@pytest.mark.parametrize(("name", "wording"), [(name, one) for name, all_ in WORDINGS.items() for one in all_])
def test_an_instruction_is_known_in_several_wordings(name: str, wording: str) -> None:
    assert name in instructions_in(f"Summarise the opinion.\n\n{wording}\n\nBe polite.")


def test_every_instruction_has_wordings_here() -> None:
    assert WORDINGS.keys() == {one.name for one in INSTRUCTIONS}


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "Be accurate and careful in every detail.",
        "There is no need to say which jurisdiction controls.",
        "You need not verify every citation.",
        "You may check a citation with check_citation, and ask jurisdiction_lookup about a court.",
        "Name the parties.\n\nThe jurisdiction",
        "- Name the parties\n- jurisdiction",
        "The court has a name. Jurisdiction is not our business.",
    ],
)
def test_what_asks_for_nothing_is_no_instruction(wording: str) -> None:
    assert instructions_in(wording) == frozenset()
