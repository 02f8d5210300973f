"""A repository of an app, new for each test and made once."""

import os
import shutil
from pathlib import Path

import pytest

from tests.changes.repositories import Repository, make_repository


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the repository that each test starts from, once."""
    return make_repository(tmp_path_factory.mktemp("template") / "app").root


@pytest.fixture
def app(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a copy of it, in an environment that says nothing to git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    shutil.copytree(template, tmp_path / "app", symlinks=True)
    copy = Repository(tmp_path / "app")
    copy.git("update-index", "--refresh")
    return copy
