"""Changes as one commit: the same every time, with all of them in it; and one short of each of them."""

from collections.abc import Callable

import pytest

from tests.releases.conftest import FILES, PROMPT, SIGNED, App
from workbench.errors import GateError
from workbench.releases import leave_one_out, merge

FIRST, LAST = PROMPT.replace("line 1\n", "first\n"), PROMPT.replace("line 9\n", "last\n")
Texts = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def changes(app: App) -> dict[str, str]:
    """Return the commits of three changes that can travel together."""
    return {
        "chg_b": app.edit({"prompts/answer.md": LAST}),
        "chg_a": app.edit({"prompts/answer.md": FIRST}),
        "chg_c": app.edit({"tools/find.json": "{}\n", "settings.yaml": None}),
    }


def test_a_merged_commit_holds_every_edit_and_names_every_change_as_a_parent(
    app: App, texts: Texts, changes: dict[str, str]
) -> None:
    made = merge(app.objects, changes, base=app.base, message="all three\n", signed=SIGNED)
    both = FIRST.replace("line 9\n", "last\n")
    assert texts(made.commit) == {"prompts/answer.md": both, "tools/find.json": "{}\n"}
    assert app.objects.tree(made.commit) == made.tree
    assert app.objects.parents(made.commit) == (app.base, changes["chg_a"], changes["chg_b"], changes["chg_c"])
    assert app.objects.message(made.commit) == "all three\n"


def test_the_same_changes_make_the_same_commit_in_whatever_order(app: App, changes: dict[str, str]) -> None:
    one = merge(app.objects, changes, base=app.base, message="m\n", signed=SIGNED)
    turned = dict(sorted(changes.items(), key=lambda item: item[1]))
    assert merge(app.objects, turned, base=app.base, message="m\n", signed=SIGNED) == one


def test_changes_made_on_an_older_version_are_merged_into_the_new_one(app: App, texts: Texts) -> None:
    newer = app.edit({"settings.yaml": "retries: 5\n"})
    made = merge(
        app.objects, {"chg_a": app.edit({"prompts/answer.md": FIRST})}, base=newer, message="m\n", signed=SIGNED
    )
    assert texts(made.commit) == {"prompts/answer.md": FIRST, "settings.yaml": "retries: 5\n"}


def test_what_cannot_be_merged_is_refused_by_name(app: App) -> None:
    both = {"chg_a": app.edit({"prompts/answer.md": FIRST}), "chg_b": app.edit({"prompts/answer.md": None})}
    with pytest.raises(GateError, match=r"chg_b cannot be merged: prompts/answer\.md; leave one out"):
        merge(app.objects, both, base=app.base, message="m\n", signed=SIGNED)


def test_an_ablation_lacks_one_change_and_holds_all_others(app: App, texts: Texts, changes: dict[str, str]) -> None:
    found = leave_one_out(
        app.objects, changes, base=app.base, message=lambda without: f"without {without}\n", signed=SIGNED
    )
    held = {one.without: texts(one.commit) for one in found}
    assert held == {
        "chg_a": {"prompts/answer.md": LAST, "tools/find.json": "{}\n"},
        "chg_b": {"prompts/answer.md": FIRST, "tools/find.json": "{}\n"},
        "chg_c": {"prompts/answer.md": FIRST.replace("line 9\n", "last\n"), "settings.yaml": FILES["settings.yaml"]},
    }
    assert app.objects.message(found[0].commit) == "without chg_a\n"


def test_one_change_alone_has_no_ablation(app: App, changes: dict[str, str]) -> None:
    alone = {"chg_a": changes["chg_a"]}
    assert leave_one_out(app.objects, alone, base=app.base, message=str, signed=SIGNED) == ()
