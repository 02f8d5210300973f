"""A real repository with one version of an app, and changes made on it."""

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from workbench.boundaries.git_objects import FILE, Blob, Objects, Signature
from workbench.releases import Signed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = Signature("ann", "")
SIGNED = Signed(ANN, NOON)
PROMPT = "".join(f"line {number}\n" for number in range(1, 10))
FILES = {"prompts/answer.md": PROMPT, "settings.yaml": "retries: 2\ntone: warm\n"}


class App(NamedTuple):
    """The repository."""

    root: Path
    objects: Objects
    base: str
    """Its first version, of FILES."""
    edit: Callable[..., str]
    """Commits files, by path (None takes one out), on the base or another `parent`."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    root = tmp_path_factory.mktemp("app")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, capture_output=True)
    objects = Objects(root / ".git" / "objects")
    empty = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin"], cwd=root, input=b"", capture_output=True
    )

    def commit(base: str, files: Mapping[str, str | None], parents: list[str]) -> str:
        blobs = {
            path: text if text is None else Blob(FILE, objects.write(text.encode())) for path, text in files.items()
        }
        tree = objects.write_tree(base, blobs)
        return objects.write_commit(tree, parents=parents, message="version\n", author=ANN, committer=ANN, at=NOON)

    base = commit(empty.stdout.decode().strip(), dict(FILES), [])

    def edit(files: Mapping[str, str | None], *, parent: str = base) -> str:
        return commit(parent, files, [parent])

    return App(root, objects, base, edit)


@pytest.fixture(scope="module")
def texts(app: App) -> Callable[[str], dict[str, str]]:
    """Return a function that reads a version, text by path."""
    return lambda commit: {path: app.objects.read(blob.id).decode() for path, blob in app.objects.files(commit).items()}
