"""An edit touches the app's files alone, leaves each whole, and says something new; else nothing is written."""

from collections.abc import Mapping

import pytest

from tests.changes.repositories import EDIT, PROMPT, README, TOOL, Repository, a_change, owned
from workbench.changes.commit import commit
from workbench.changes.repository import open_app
from workbench.errors import ConfigError, GateError
from workbench.records import FileEdit


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ({}, "changes nothing"),
        ({PROMPT: b"State the holding.\n\nBe brief.\n"}, "changes nothing"),
        ({README: b"x"}, "none of the app's files"),
        ({"src/app.py": b"x"}, "none of the app's files"),
        ({"../prompts/a.md": b"x"}, "none of the app's files"),
        ({"/etc/passwd": b"x"}, "none of the app's files"),
        ({".git/config": b"x"}, "none of the app's files"),
        ({"prompts/../.git/hooks/a.md": b"x"}, "none of the app's files"),
        ({"prompts/-rf.md": b"x"}, "its name must be plain"),
        ({"prompts/a\nb.md": b"x"}, "its name must be plain"),
        ({"prompts/\u202egp.md": b"x"}, "its name must be plain"),
        ({"prompts/Summarise.md": b"x"}, "does not tell capitals apart"),
        ({"prompts/gone.md": None}, "is not there"),
        ({PROMPT: b""}, "the prompt is empty"),
        ({PROMPT: b"---\nname: a\n"}, "front matter"),
        ({PROMPT: b"\xff"}, "UTF-8"),
        ({TOOL: b"{"}, "JSON"),
        ({"settings.yaml": b"a: [\n"}, "settings.yaml"),
        ({PROMPT: EDIT, README: b"x"}, "none of the app's files"),
    ],
)
def test_an_edit_that_is_none_is_refused(app: Repository, contents: Mapping[str, bytes | None], said: str) -> None:
    before = owned(app.root)
    with pytest.raises(ConfigError, match=said):
        commit(open_app(app.root), a_change(app.head()), contents)
    assert owned(app.root) == before


def test_files_are_edited_added_and_taken_out_in_one_commit(app: Repository) -> None:
    (app.root / "settings.yaml").chmod(0o755)
    base = app.commit({})
    contents = {PROMPT: EDIT, "prompts/warn.md": b"Warn.\n", TOOL: None, "settings.yaml": b"retries: 3\n"}
    made = commit(open_app(app.root), a_change(base), contents)
    blob = {path: app.git("rev-parse", f"{made.commit}:{path}") for path in contents if path != TOOL}
    was = {path: app.git("rev-parse", f"{base}:{path}") for path in (PROMPT, TOOL, "settings.yaml")}
    assert made.edits == (
        FileEdit(PROMPT, "prompt", was[PROMPT], blob[PROMPT]),
        FileEdit("prompts/warn.md", "prompt", None, blob["prompts/warn.md"]),
        FileEdit("settings.yaml", "settings", was["settings.yaml"], blob["settings.yaml"]),
        FileEdit(TOOL, "tool", was[TOOL], None),
    )
    assert app.git("ls-tree", made.commit or "", "settings.yaml").startswith("100755"), "its mode stays"
    with pytest.raises(GateError, match="no draft"):
        commit(open_app(app.root), made, {PROMPT: b"x"})
