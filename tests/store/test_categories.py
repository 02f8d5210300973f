"""A workspace's taxonomy: it begins with the default, people edit it, and whatever adds to it loses nothing."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from workbench.errors import ConfigError
from workbench.store import DEMO_SECRET, add_category, init_workspace, read_taxonomy
from workbench.taxonomy import Category, default_text, parse


def named(number: int) -> Category:
    return Category(code=f"own_{number}", name=f"Own {number}", about="Ours.")


def test_a_new_workspace_has_the_default_and_its_comments(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    assert (workspace.root / "taxonomy.toml").read_text("utf-8") == default_text()
    assert read_taxonomy(workspace.root) == parse(default_text())


def test_a_workspace_without_the_file_has_the_default_too(tmp_path: Path) -> None:
    assert read_taxonomy(tmp_path) == parse(default_text())
    add_category(tmp_path, named(1))
    assert read_taxonomy(tmp_path).categories[:-1] == parse(default_text()).categories


def test_categories_that_are_added_at_once_are_all_there(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_text("version = 1\n# ours\n")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(add_category, tmp_path), map(named, range(20))))
    assert {one.code for one in read_taxonomy(tmp_path).categories} == {f"own_{number}" for number in range(20)}
    assert (tmp_path / "taxonomy.toml").read_text().startswith("version = 1\n# ours\n")


def test_a_mistake_in_it_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_text("version = 1\nnonsense")
    with pytest.raises(ConfigError, match=r"taxonomy\.toml: no TOML"):
        add_category(tmp_path, named(1))
    assert (tmp_path / "taxonomy.toml").read_text() == "version = 1\nnonsense"


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_taxonomy(tmp_path)
