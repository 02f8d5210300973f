"""The sample's app as a git repository: its versions are the commits, so that a change of it is a real one.

The commits follow from the files and the time alone: whoever makes the repository anew gets the same ids.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from workbench.boundaries.git import Git
from workbench.boundaries.git_objects import FILE, Blob, Objects, Signature
from workbench.errors import ConfigError
from workbench.simulate.app import CANARY, PRODUCTION, Version, versions

TEAM = Signature("Case summary team", "team@case-summary.example")
"""Who made the versions; as invented as everyone in the sample."""
TAG = "refs/tags/prompt-"
"""Followed by the version of the prompt, as telemetry names it."""
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def make_app(root: Path, *, now: datetime) -> Mapping[str, str]:
    """Make the app's repository in a new or empty folder and return the commit of each prompt version.

    Version 7, which is live, is `main` and checked out; 8, on trial, is the branch `canary`; `prompt-6` and so on are
    tags. Deterministic: the same time gives the same commits.

    Parameters
    ----------
    root
        The folder.
    now
        The end of the sample, UTC; each version was committed some days before.

    Raises
    ------
    ConfigError
        If the folder holds something.
    RepositoryError
        If git is not installed, or refuses.
    """
    if root.exists() and any(root.iterdir()):
        raise ConfigError("is not empty", where=str(root), fix="name another folder for the app")
    root.mkdir(parents=True, exist_ok=True)
    root = root.resolve()  # git runs in other folders too
    git = Git(root)
    git.write("init", "--quiet", "--initial-branch=main", "--template=")
    with open(root / ".git" / "config", "a", encoding="utf-8") as config:
        config.write(f"[user]\n\tname = {TEAM.name}\n\temail = {TEAM.email}\n")
    objects, commits = Objects(root / ".git" / "objects"), dict[str, str]()
    for version in versions():
        commits[version.name] = _commit(objects, version, parents=[*commits.values()][-1:], now=now)
        git.write("update-ref", f"{TAG}{version.name}", commits[version.name])
    git.write("update-ref", "refs/heads/canary", commits[CANARY])
    git.write("update-ref", "refs/heads/main", commits[PRODUCTION])
    _check_out(git, next(version for version in versions() if version.name == PRODUCTION))
    return commits


def go_live(root: Path, commit: str, *, version: str) -> None:
    """Make a commit that comes after `main` the version that is live: `main` is there, with its files and a tag.

    Parameters
    ----------
    root
        The app's repository, as `make_app` made it.
    commit
        The commit.
    version
        What telemetry will call its prompt.

    Raises
    ------
    RepositoryError
        If git refuses, such as where files were edited on the way.
    """
    git = Git(root.resolve())
    git.write("update-ref", f"{TAG}{version}", commit)
    git.write("update-index", "-q", "--refresh")
    git.write("read-tree", "-m", "-u", "HEAD", commit)
    git.write("update-ref", "refs/heads/main", commit)


def is_sample_app(root: Path) -> bool:
    """Return whether an app's repository is the sample's: its history began as `make_app` begins it."""
    git = Git(root)
    first = git.ask("rev-list", "--max-parents=0", "HEAD") if root.is_dir() else None
    if first is None or first.code or not first.out.strip():
        return False
    made = git.read("cat-file", "commit", first.out.split()[-1].decode())
    return f"\nauthor {TEAM.name} <{TEAM.email}> ".encode() in made


def _commit(objects: Objects, version: Version, *, parents: list[str], now: datetime) -> str:
    entries = {path: Blob(FILE, objects.write(text.encode())) for path, text in version.files.items()}
    return objects.write_commit(
        objects.write_tree(_EMPTY_TREE, entries),
        parents=parents,
        message=f"{version.title}\n\n{version.why}\n",
        author=TEAM,
        committer=TEAM,
        at=now - timedelta(days=version.days_before),
    )


def _check_out(git: Git, version: Version) -> None:
    """Put the files of a version into the work tree and the index."""
    for path, text in version.files.items():
        place = git.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    git.write("read-tree", f"{TAG}{version.name}")
    git.write("update-index", "-q", "--refresh")
