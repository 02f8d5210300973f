"""Where two changes meet, each way with one that does and one that does not."""

from typing import Any

import pytest

from tests.releases.conftest import PROMPT, App
from workbench.boundaries import git
from workbench.releases import BLOCKING, Conflict, Touched, conflicts

RETRIES, TONE = ("settings.yaml", "retries"), ("settings.yaml", "tone")
FIRST, LAST = PROMPT.replace("line 1\n", "first\n"), PROMPT.replace("line 9\n", "last\n")


def touched(app: App, name: str, *, commit: str | None = None, issue: str = "", **what: Any) -> Touched:
    """Return a change that touches what is given, and else nothing that another one touches."""
    return Touched(f"chg_{name}", commit or app.edit({f"{name}.md": name}), (issue or f"iss_{name}",), **what)


def in_prompt(app: App, name: str, text: str | None) -> Touched:
    path = "prompts/answer.md"
    return touched(app, name, commit=app.edit({path: text}), paths=frozenset({path}))


def found(app: App, one: Touched, other: Touched) -> list[tuple[str, str]]:
    """Return kind and place of what is found, which is the same from both sides."""
    there = conflicts([one, other], objects=app.objects)
    back = conflicts([other, one], objects=app.objects)
    assert {(each.kind, each.where) for each in there} == {(each.kind, each.where) for each in back}
    return [(each.kind, each.where) for each in there]


def test_the_same_lines_of_a_file_block_and_other_lines_of_it_do_not(app: App) -> None:
    one, near = in_prompt(app, "a", FIRST), in_prompt(app, "b", PROMPT.replace("line 1\n", "other\n"))
    assert found(app, one, near) == [("same_lines", "prompts/answer.md")]
    assert found(app, one, in_prompt(app, "c", LAST)) == []
    assert found(app, one, in_prompt(app, "d", None)) == [("same_lines", "prompts/answer.md")]


def test_one_that_is_built_on_the_other_blocks(app: App) -> None:
    one = in_prompt(app, "a", FIRST)
    on_it = touched(app, "b", commit=app.edit({"b.md": "b"}, parent=one.commit))
    assert found(app, one, on_it) == [("built_on", "")]


def test_git_is_asked_once_whether_any_of_many_is_built_on_another(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pair was asked for twice: 870 calls of git for thirty changes that do not meet anywhere."""
    asked: list[tuple[str, ...]] = []
    ask = git._run

    def counted(*arguments: Any, **more: Any) -> Any:
        asked.append(arguments)
        return ask(*arguments, **more)

    each = [touched(app, name) for name in "abcd"]
    monkeypatch.setattr(git, "_run", counted)
    assert conflicts(each, objects=app.objects) == ()
    assert len(asked) == 1


def test_the_same_setting_interacts_and_one_that_the_other_takes_out_blocks(app: App) -> None:
    one = touched(app, "a", settings={RETRIES: "3", TONE: '"dry"'})
    assert found(app, one, touched(app, "b", settings={RETRIES: "4"})) == [("same_setting", "retries in settings.yaml")]
    assert found(app, one, touched(app, "c", settings={TONE: None})) == [("added_and_removed", "tone in settings.yaml")]
    assert found(app, one, touched(app, "d", settings={("settings.yaml", "limits.retries"): "4"})) == []
    gone = touched(app, "e", settings={TONE: None})
    assert found(app, gone, touched(app, "f", settings={TONE: None})) == []


def test_one_name_in_two_files_is_two_settings(app: App) -> None:
    """Two guardrail files have `enabled`: setting one was said to need the other, which a change took out."""
    one = touched(app, "a", settings={("guardrails/pii.yaml", "enabled"): "true"})
    assert found(app, one, touched(app, "b", settings={("guardrails/old.yaml", "enabled"): None})) == []
    assert found(app, one, touched(app, "c", settings={("guardrails/old.yaml", "enabled"): "true"})) == []


def test_a_tool_that_the_others_prompt_names_interacts_and_blocks_where_it_is_taken_out(app: App) -> None:
    prompt = touched(app, "a", named={"prompts/answer.md": frozenset({"use", "find_court", "first"})})
    assert found(app, prompt, touched(app, "b", tools={"find_court": "changed"})) == [("tool_in_prompt", "find_court")]
    assert found(app, prompt, touched(app, "c", tools={"find_court": "removed"})) == [
        ("added_and_removed", "find_court")
    ]
    assert found(app, prompt, touched(app, "d", tools={"find": "removed"})) == []
    kept = touched(app, "e", tools={"find_court": "changed"})
    assert found(app, kept, touched(app, "f", tools={"find_court": "removed"})) == [("added_and_removed", "find_court")]


def test_two_for_one_issue_interact(app: App) -> None:
    one, other = touched(app, "a", issue="iss_1"), touched(app, "b", issue="iss_1")
    assert found(app, one, other) == [("same_issue", "iss_1")]


def test_what_blocks_comes_first_and_each_says_who_and_where(app: App) -> None:
    one = touched(app, "a", issue="iss_1", settings={TONE: "1"})
    other = touched(app, "b", issue="iss_1", settings={TONE: None})
    first, second = conflicts([one, other], objects=app.objects)
    assert (first.is_blocking, second.is_blocking) == (True, False)
    assert first.words == "chg_a needs tone in settings.yaml, which chg_b takes out"


@pytest.mark.parametrize("kind", ["same_lines", "added_and_removed", "built_on", "same_setting", "tool_in_prompt"])
def test_every_kind_has_its_words(kind: Any) -> None:
    conflict = Conflict(kind, "chg_a", "chg_b", "{x}")
    assert {"chg_a", "chg_b"} <= set(conflict.words.replace(",", "").split())
    assert conflict.is_blocking == (kind in BLOCKING)
