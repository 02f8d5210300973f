"""A version's files for the user's own editor, and what comes back from it; and whole, for who runs them."""

from pathlib import Path

import pytest

from tests.changes.repositories import FILES, PROMPT, TOOL, Repository
from workbench.changes.app_files import Layout
from workbench.changes.repository import AppRepository, open_app
from workbench.changes.work_tree import checked_out, lay_out, read_back
from workbench.errors import ConfigError, RepositoryError

APP_FILES = {PROMPT, TOOL, "settings.yaml"}


@pytest.fixture
def opened(app: Repository) -> AppRepository:
    return open_app(app.root)


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_apps_files_are_laid_out_once_and_an_edit_of_them_is_read_back(
    app: Repository, opened: AppRepository, tmp_path: Path
) -> None:
    folder = lay_out(opened, app.head(), tmp_path / "drafts" / "one")
    assert files_of(folder) == {path: FILES[path] for path in APP_FILES}
    assert read_back(opened, app.head(), folder) == {}
    (folder / PROMPT).write_text("Mine.\n")
    (folder / TOOL).unlink()
    (folder / "prompts" / "new.md").write_text("New.\n")
    (folder / "prompts" / ".new.md.swp").write_text("an editor's")
    (folder / "prompts" / "new.md~").write_text("an editor's")
    assert lay_out(opened, app.head(), folder) == folder
    expected = {PROMPT: b"Mine.\n", "prompts/new.md": b"New.\n", TOOL: None}
    assert read_back(opened, app.head(), folder) == expected
    assert [path.name for path in (tmp_path / "drafts").iterdir()] == ["one"]


def test_two_who_lay_out_at_once_have_one_folder(app: Repository, opened: AppRepository, tmp_path: Path) -> None:
    """The second of two `change edit` ended in a traceback: its folder was there meanwhile."""

    class Late(type(tmp_path)):  # type: ignore[misc]  # the concrete class of a path
        """A folder that comes to be there right after it was looked for."""

        def exists(self, **_: bool) -> bool:
            return False

    folder = lay_out(opened, app.head(), tmp_path / "one")
    (folder / PROMPT).write_text("Mine.\n")
    assert lay_out(opened, app.head(), Late(folder)) == folder
    assert (folder / PROMPT).read_text() == "Mine.\n"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_hidden_files_of_the_apps_own_are_left_where_nobody_touched_them(app: Repository, tmp_path: Path) -> None:
    """A prompt in a hidden folder was deleted by the commit of an edit of another one."""
    texts = {".github/prompts/a.md": "One.\n", "prompts/.shared.md": "Two.\n", "prompts/old.md~": "Three.\n"}
    app.commit(texts)
    layout = Layout(prompt=("prompts/*", ".github/prompts/*"))
    opened = open_app(app.root, layout=layout)
    folder = lay_out(opened, app.head(), tmp_path / "one")
    assert read_back(opened, app.head(), folder) == {}
    (folder / ".github" / "prompts" / "a.md").write_text("Mine.\n")
    (folder / "prompts" / ".shared.md").unlink()
    (folder / ".idea").mkdir()
    (folder / ".idea" / "an_editors.xml").write_text("its own")
    assert read_back(opened, app.head(), folder) == {".github/prompts/a.md": b"Mine.\n", "prompts/.shared.md": None}


def test_what_is_no_file_of_the_apps_is_refused(app: Repository, opened: AppRepository, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was laid out"):
        read_back(opened, app.head(), tmp_path / "none")
    folder = lay_out(opened, app.head(), tmp_path / "one")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"notes.txt is none of the app's files"):
        read_back(opened, app.head(), folder)
    (folder / "notes.txt").unlink()
    (folder / PROMPT).unlink()
    (folder / PROMPT).symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match="is no plain file"):
        read_back(opened, app.head(), folder)
    (folder / PROMPT).unlink()
    (folder / "prompts").rmdir()
    (folder / "prompts").symlink_to("/etc")
    with pytest.raises(ConfigError, match="is no plain file"):
        read_back(opened, app.head(), folder)


def test_a_whole_version_is_there_while_it_is_used_without_links(
    app: Repository, opened: AppRepository, tmp_path: Path
) -> None:
    (app.root / "link").symlink_to("/etc/passwd")
    (app.root / "run.sh").write_text("#!/bin/sh\n")
    (app.root / "run.sh").chmod(0o755)
    app.commit({".gitattributes": "* filter=x text eol=crlf\n"})
    app.git("config", "filter.x.smudge", f"touch {tmp_path / 'ran'}")
    with checked_out(opened, app.head()) as folder:
        assert files_of(folder) == {**FILES, "run.sh": "#!/bin/sh\n", ".gitattributes": "* filter=x text eol=crlf\n"}
        assert (folder / "run.sh").stat().st_mode & 0o111
    assert not folder.exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("part", ["..", ".git", ".GIT", "."])
def test_a_tree_that_leads_elsewhere_is_not_written_out(app: Repository, opened: AppRepository, part: str) -> None:
    """A tree of git's can hold any name: one made by hand put a file beside the folder."""
    blob = app.git("rev-parse", f"HEAD:{PROMPT}")
    inner = bytes.fromhex(app.git("mktree", given=f"100644 blob {blob}\tx\n"))
    raw = b"40000 " + part.encode() + b"\0" + inner
    (app.root.parent / "raw").write_bytes(raw)
    tree = app.git("hash-object", "-w", "-t", "tree", "--literally", str(app.root.parent / "raw"))
    commit = app.git("commit-tree", "-m", "x", tree)
    with pytest.raises(RepositoryError, match="leads elsewhere"), checked_out(opened, commit):
        pass
