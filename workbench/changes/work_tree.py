"""A version's files outside of the repository: for the user's own editor, and for an experiment that runs them.

They are written from git's objects by this program, not checked out by git: no filter runs, no link is made, and the
repository does not know of the folder. What an editor leaves there is read back as the contents of an edit.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from workbench.boundaries.git_objects import FILE, PROGRAM, Blob
from workbench.changes.app_files import MAX_BYTES
from workbench.changes.repository import AppRepository
from workbench.errors import ConfigError, RepositoryError

MAX_FILES = 100_000
"""Of one version that is written out: more is no prompt's neighbourhood."""
_FORBIDDEN_PARTS = frozenset({"", ".", "..", ".git"})


@contextmanager
def checked_out(repository: AppRepository, commit: str) -> Iterator[Path]:
    """Give a folder with all files of a version, which goes when it is done with; links and submodules are left out.

    Raises
    ------
    RepositoryError
        If the version has too many files, or one whose name leads elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-version-") as folder:
        _write(repository, repository.objects.files(commit), Path(folder))
        yield Path(folder)


def lay_out(repository: AppRepository, commit: str, folder: Path) -> Path:
    """Write the app's files of a version into a new folder, and return it; one that is there is left as it is.

    It appears whole or not at all.

    Raises
    ------
    RepositoryError
        If a file's name leads elsewhere.
    """
    if folder.exists():
        return folder
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=folder.parent) as made:
        whole = Path(made) / "files"
        whole.mkdir()
        _write(repository, repository.app_files(commit), whole)
        try:
            whole.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise  # else another run laid it out meanwhile
    return folder


def read_back(repository: AppRepository, commit: str, folder: Path) -> dict[str, bytes | None]:
    """Return what an editor made of the app's files of a version: those that differ, None for those that are gone.

    Hidden files and an editor's copies (`name~`) are passed over, unless the version has them.

    Raises
    ------
    ConfigError
        If there is no such folder, or it holds something else than the app's files.
    """
    if not folder.is_dir():
        raise ConfigError(
            "nothing was laid out for an edit", where=str(folder), fix="run `workbench change edit` first"
        )
    before = repository.contents(commit)
    after = dict(_found(folder, before))
    if others := sorted(path for path in after if repository.kind_of(path) is None):
        raise ConfigError(f"{others[0]} is none of the app's files", where=str(folder), fix="take it away from there")
    changed = {path: content for path, content in after.items() if before.get(path) != content}
    return changed | {path: None for path in before if path not in after}


def remove(folder: Path) -> None:
    """Remove the folder of an edit that is committed; one that is not there is fine."""
    shutil.rmtree(folder, ignore_errors=True)


def _write(repository: AppRepository, files: Mapping[str, Blob], folder: Path) -> None:
    plain = {path: blob for path, blob in files.items() if blob.mode in (FILE, PROGRAM)}
    if len(plain) > MAX_FILES:
        raise RepositoryError(f"{len(plain)} files, must be at most {MAX_FILES}", where=str(repository.root))
    contents = repository.objects.read_many(blob.id for blob in plain.values())
    for path, blob in plain.items():
        if not _FORBIDDEN_PARTS.isdisjoint(part.lower() for part in path.split("/")):
            raise RepositoryError(f"the path {path!r} leads elsewhere", where=str(repository.root))
        place = folder / PurePosixPath(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        # never over another file: on some disks two names are one
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if blob.mode == PROGRAM else 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(contents[blob.id])


def _found(folder: Path, before: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every plain file below a folder; of those hidden, the ones that were there before."""
    paths = list(map(PurePosixPath, before))
    known = {*paths, *(parent for path in paths for parent in path.parents)}
    for at, folders, names in os.walk(folder):
        within = PurePosixPath(Path(at).relative_to(folder).as_posix())
        folders[:] = sorted(name for name in folders if not name.startswith(".") or within / name in known)
        for name in sorted((*names, *(one for one in folders if (Path(at) / one).is_symlink()))):
            if (name.startswith(".") or name.endswith("~")) and within / name not in known:
                continue
            place, path = Path(at) / name, str(within / name)
            about = place.lstat()
            if not stat.S_ISREG(about.st_mode):
                raise ConfigError(f"{path} is no plain file", where=str(folder), fix="put the file itself in its place")
            if about.st_size > MAX_BYTES:
                raise ConfigError(f"{path} has {about.st_size} bytes, must be at most {MAX_BYTES}", where=str(folder))
            yield path, place.read_bytes()
