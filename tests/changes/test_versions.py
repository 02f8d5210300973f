"""A prompt version of the telemetry is found in the app's history by each name it may have, or it is said why not."""

from cProfile import Profile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pstats import Stats

import pytest

from workbench.changes.versions import By, Held, Seen, fits, resolve

START = datetime(2026, 3, 2, tzinfo=UTC)
BODY = "system:\nYou summarise {citation} for a lawyer who is going to use it.\n{extra}\nuser:\n{{question}}\n"


def held(
    number: int, *, version: str = "", name: str = "case-summary", extra: str = "", tags: tuple[str, ...] = ()
) -> Held:
    front = f'---\nname: {name}\nversion: "{version or number}"\n---\n'
    body = BODY.replace("{citation}", "{{citation}}").replace("{extra}", extra)
    at = START + timedelta(days=number)
    return Held(f"{number:040x}", at, f"prompts/{name}.prompty", f"b{number:039x}", front + body, tags)


HISTORY = (held(6), held(7, extra="Be brief."), held(8, extra="Check your draft.", tags=("release-8",)))


def one(seen: Seen, history: tuple[Held, ...] = HISTORY) -> tuple[list[int], By]:
    [resolved] = resolve([seen], history)
    return [int(known.commit, 16) for known in resolved.held], resolved.by


@pytest.mark.parametrize(
    ("seen", "by"),
    [
        (Seen(name="case-summary", version="7"), "version"),
        (Seen(name="Case_Summary", version="v7"), "version"),
        (Seen(version="7"), "version"),
        (Seen(name="case-summary", version=f"{7:040x}"), "commit"),
        (Seen(digest=f"b{7:039x}"), "digest"),
        (Seen(digest="sha256:" + sha256(HISTORY[1].text.encode()).hexdigest()), "digest"),
        (Seen(digest=sha256(HISTORY[1].text.encode()).hexdigest()[:12]), "digest"),
        (Seen(text="You summarise 12 U.S. 3 for a lawyer who is going to use it. Be brief."), "text"),
    ],
)
def test_a_version_is_found_by_each_name_that_it_may_have(seen: Seen, by: By) -> None:
    assert one(seen) == ([7], by)


def test_a_tag_tells_what_no_front_matter_does() -> None:
    bare = Held("c" * 40, START, "prompts/case_summary.md", "d" * 40, "You summarise.", ("case-summary@v9",))
    assert one(Seen(name="case-summary", version="9"), (*HISTORY, bare)) == ([int("c" * 40, 16)], "tag")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Seen(name="case-summary", version="9"), "no commit holds that version: the app has 6, 7, 8"),
        (Seen(name="contract", version="7"), "no prompt of the app has that name"),
        (Seen(name="case-summary"), "the telemetry names no version"),
        (Seen(digest="0" * 64), "no text of the app has that digest"),
        (Seen(digest="b"), "no text of the app has that digest"),
    ],
)
def test_what_resolves_to_none_says_why(seen: Seen, why: str) -> None:
    [resolved] = resolve([seen], HISTORY)
    assert (resolved.held, resolved.by, resolved.note) == ((), "none", why)


def test_a_version_whose_text_was_edited_has_several_commits() -> None:
    history = (*HISTORY, held(9, version="8", extra="Check twice."))
    [resolved] = resolve([Seen(name="case-summary", version="8")], history)
    assert [known.commit for known in resolved.held] == [f"{8:040x}", f"{9:040x}"]
    assert resolved.note == "its text was edited and its version was not: 2 texts have it"


def test_a_change_that_waits_does_not_stand_beside_what_runs() -> None:
    """Each change of the live prompt made its version look as if its text had been edited unseen."""
    change = held(9, version="8", extra="Check twice.")._replace(is_proposed=True)
    [resolved] = resolve([Seen(name="case-summary", version="8")], (*HISTORY, change))
    assert ([known.commit for known in resolved.held], resolved.note) == ([f"{8:040x}"], "")
    [alone] = resolve([Seen(name="case-summary", version="8")], (change,))
    assert alone.note == "no branch of the app has it, only a change"


def test_two_prompts_with_one_version_are_not_guessed_between() -> None:
    [resolved] = resolve([Seen(version="7")], (*HISTORY, held(7, name="contract")))
    assert resolved.note == "several prompts of the app fit: the telemetry does not say which"


def test_an_app_without_a_prompt_says_so() -> None:
    assert resolve([Seen(version="7")], ())[0].note == "the app's repository holds no prompt"


@pytest.mark.parametrize(
    ("body", "sent", "is_so"),
    [
        (
            "Summarise {{a}} for a lawyer who reads it; {{b}} is the tone.",
            "Summarise X for a lawyer who reads it; Y is the tone.",
            True,
        ),
        (
            "Summarise {{a}} for a lawyer who reads it; {{b}} is the tone.",
            "Summarise X for a lawyer who reads it;",
            False,
        ),
        (
            "Summarise the opinion for a lawyer who reads it.",
            "Summarise the opinion  for a lawyer\nwho reads it.",
            True,
        ),
        (
            "Summarise the opinion for a lawyer who reads it.",
            "Summarise the opinion for a lawyer who reads it. Now.",
            False,
        ),
        ("{{a}}", "anything", False),
        ("Short {{a}}", "Short story", False),
        ("x" * 40 + "{{a}}" + "x" * 40, "x" * 40, False),
    ],
)
def test_a_text_fits_a_template_to_the_letter(body: str, sent: str, is_so: bool) -> None:
    assert fits(body, sent) is is_so


def test_each_text_is_prepared_once_however_many_prompts_there_are() -> None:
    """Twenty thousand system messages took minutes against thirty prompts: each was taken apart again for each."""
    texts = [Seen(text=f"You look {n} up. {BODY}") for n in range(50)]
    profile = Profile()
    profile.runcall(resolve, texts, [held(n) for n in range(30)])
    called = {name: n for (_, _, name), (_, n, *_) in Stats(profile).stats.items()}  # type: ignore[attr-defined]
    n_parts = 2  # of BODY around its one variable
    assert called["<method 'split' of 'str' objects>"] <= 50 + 30 * (n_parts + 4)
