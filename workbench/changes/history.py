"""The prompts of an app through its whole history: each text once, with the commit that first brought it."""

from datetime import UTC, datetime

from workbench.changes.app_files import read_text
from workbench.changes.landed import is_of_changes
from workbench.changes.repository import AppRepository
from workbench.changes.versions import Held
from workbench.errors import RecordError

MAX_COMMITS = 20_000
"""Looked through, the newest ones: prompts that run today are not older."""

_OWN = ("--exclude=change/*", "--branches", "--tags", "--exclude=*/change/*", "--remotes")
"""All that is the app's own, and no change that waits, also where its branch was pushed."""


def prompt_history(repository: AppRepository) -> tuple[Held, ...]:
    """Return each prompt that any branch or tag of the app has or had, oldest first; each text of a path once.

    Raises
    ------
    RepositoryError
        If git cannot read the history.
    """
    asked = ("--all", "--timestamp", "--topo-order", f"--max-count={MAX_COMMITS}")
    lines = repository.git.read("rev-list", *asked).decode().split("\n")
    on = repository.git.ask("symbolic-ref", "--quiet", "HEAD").out.decode("utf-8", "replace").strip()
    refs = _OWN if is_of_changes(on) else (*_OWN, "HEAD")
    own = set(repository.git.read("rev-list", *refs, f"--max-count={MAX_COMMITS}").decode().split())
    at = {commit: int(time) for time, _, commit in (line.partition(" ") for line in lines if line)}
    brought = repository.objects.brought(list(reversed(at)))
    first: dict[tuple[str, str], str] = {}
    for commit, files in brought.items():
        for path, blob in files.items():
            if repository.kind_of(path) == "prompt":
                first.setdefault((path, blob), commit)
    texts = repository.objects.read_many(blob for _, blob in first)
    tags = _tags(repository)
    return tuple(
        Held(commit, datetime.fromtimestamp(at[commit], UTC), path, blob, text, tags.get(commit, ()), commit not in own)
        for (path, blob), commit in first.items()
        if (text := _text(texts[blob])) is not None
    )


def _tags(repository: AppRepository) -> dict[str, tuple[str, ...]]:
    """Return the tags of each commit; of a tag with a message it is the commit that it names."""
    said = repository.git.read("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", "refs/tags/")
    tags: dict[str, tuple[str, ...]] = {}
    for line in said.splitlines():
        own, named, ref = line.decode("utf-8", "replace").split(" ", 2)
        commit = named or own
        tags[commit] = (*tags.get(commit, ()), ref.removeprefix("refs/tags/"))
    return tags


def _text(content: bytes) -> str | None:
    try:
        return read_text(content)
    except RecordError:
        return None
