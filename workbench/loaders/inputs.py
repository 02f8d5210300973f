"""Where telemetry lies: from what the user names to the sources that are read.

A name is a file, a folder, a pattern with `*`, `?` or `[`, a URL that fsspec knows (`s3://...`), or `-` for standard
input. An archive is read like a folder: its members are sources of their own.
"""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path, PurePath
from typing import Any, Literal

from workbench.errors import ConfigError, FormatError, RecordError
from workbench.loaders.archives import is_tar, is_zip, members
from workbench.loaders.otlp import protobuf
from workbench.loaders.reading.parquet import is_parquet
from workbench.loaders.source import HEAD_BYTES, Source
from workbench.loaders.streams import section, spooled

Place = Path | str
"""A file; as text, a URL or STANDARD_INPUT."""
STANDARD_INPUT: Literal["-"] = "-"
WORKSPACE_SETTINGS = "workspace.toml"
"""A folder that holds this is a workspace (store/workspace.py): its tables and its quarantine are not read again."""

_TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
"""Names of the one kind of records that cannot be told from prose by its beginning."""
_LINES_LOOKED_AT = 5
"""Lines of a file in a folder that are looked at: enough to pass over a few bad ones."""
_PATTERN = frozenset("*?[")
_LOCAL = frozenset({"file", "local"})
_UNLISTED = frozenset({"http", "https"})
"""Schemes of servers that list no files; a `?` in their URLs is no pattern."""


def place_of(name: Path | str) -> Place:
    """Return the place that a name means: text may be a path, a URL or `-`, a Path is always a path.

    Raises
    ------
    ConfigError
        If it is a URL that is not supported.

    >>> place_of("-"), place_of("s3://bucket/log.jsonl"), place_of("log.jsonl").name
    ('-', 's3://bucket/log.jsonl', 'log.jsonl')
    """
    if isinstance(name, Path) or name == STANDARD_INPUT:
        return name
    if "://" not in name:
        return Path(name)
    if "::" in name:
        raise ConfigError("URLs in a chain are not read", where=shown(name), fix="name the archive or file itself")
    return Path(_resolved(name)[1]) if _scheme(name) in _LOCAL else name


def expand(names: Iterable[Path | str]) -> list[Place]:
    """Return the files that the names mean: folders are searched, patterns with `*`, `?` or `[` are matched.

    Sorted within each name, each file once. Hidden files and folders are passed over unless they are named themselves;
    of a folder only archives and files that begin like JSON, OTLP, Parquet or CSV are taken, so that a README beside
    them does no harm. A workspace in a folder is passed over whole: what it holds was read already.

    Raises
    ------
    FormatError
        If a name means no file.
    ConfigError
        If a folder or pattern lies in a workspace, or a URL is not supported.
    """
    found: dict[Place, None] = {}
    for place in map(place_of, names):
        if place == STANDARD_INPUT:
            found[place] = None
            continue
        files = _local(place) if isinstance(place, Path) else _remote(place)
        if not files:
            is_folder = isinstance(place, Path) and place.is_dir()
            what = "there is no file of records in it" if is_folder else "there is no such file"
            raise FormatError(what, where=shown(place), fix="give files, folders, or a pattern in quotes")
        found.update(dict.fromkeys(files))
    return list(found)


def sources(place: Place) -> Iterator[Source]:
    """Yield the source at a place, or the sources in an archive; each can be read until the next one is asked for.

    Of an archive, as of a folder, those are taken that begin like records, and what is refused or damaged.

    Raises
    ------
    FormatError
        If it cannot be opened.
    """
    with _opened(place) as source:
        for member in members(source):
            if member is source or member.fault is not None:
                yield member
                continue
            head, damage = member.beginning()
            if is_zip(head) or _begins_like_records(head, member.path):
                yield member
            elif damage is not None:
                yield replace(member, fault=RecordError(damage.detail, reason=damage.reason))


def shown(place: Place) -> str:
    """Return a place as reports show it: of a URL neither user, password nor query.

    >>> shown("https://ann:secret@example.com/log.jsonl?signature=1")
    'https://example.com/log.jsonl'
    """
    if isinstance(place, Path) or "://" not in place:
        return str(place)
    scheme, _, rest = place.partition("://")
    address, slash, path = rest.partition("/")
    path = path.partition("?")[0] if scheme in _UNLISTED else path
    return f"{scheme}://{address.rpartition('@')[2]}{slash}{path}"


@contextmanager
def _opened(place: Place) -> Iterator[Source]:
    if isinstance(place, Path):
        yield Source(place)
        return
    if place == STANDARD_INPUT:
        with spooled(sys.stdin.buffer, what=place) as (copy, n_bytes):
            yield Source(place, raw=partial(section, copy, start=0, n_bytes=n_bytes))
        return
    filesystem, path = _resolved(place)
    open_again: Callable[[], Any] = partial(_open_remote, filesystem, path, place)
    with open_again() as stream:
        if stream.seekable():
            yield Source(shown(place), raw=open_again)
            return
        with spooled(stream, what=shown(place)) as (copy, n_bytes):
            yield Source(shown(place), raw=partial(section, copy, start=0, n_bytes=n_bytes))


def _open_remote(filesystem: Any, path: str, url: str) -> Any:
    with _told(url):
        return filesystem.open(path, "rb")


def _resolved(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    from fsspec.core import url_to_fs

    with _told(url):
        filesystem, path = url_to_fs(url)
    return filesystem, path


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Make one kind of error out of those that each file system has of its own; their texts may quote the URL."""
    try:
        yield
    except ImportError as error:
        raise ConfigError(f"cannot be opened yet: {error}", where=shown(url), fix="install what it needs") from error
    except FileNotFoundError as error:
        raise FormatError("there is no such file", where=shown(url), fix="see to the URL") from error
    except Exception as error:
        what = f"cannot be opened ({type(error).__name__})"
        raise ConfigError(what, where=shown(url), fix="see to the URL, and to your rights there") from error


def _remote(url: str) -> list[Place]:
    if _scheme(url) in _UNLISTED:
        return [url]
    filesystem, path = _resolved(url)
    is_pattern = bool(_PATTERN & set(path))
    with _told(url):
        if not is_pattern and not filesystem.isdir(path):
            return [url] if filesystem.exists(path) else []
        found = filesystem.glob(path, detail=True) if is_pattern else filesystem.find(path, detail=True)
    folder = path[: min(map(path.find, _PATTERN & set(path)))] if is_pattern else path
    before = url.removesuffix(path) if url.endswith(path) else None
    return [
        filesystem.unstrip_protocol(name) if before is None else before + name
        for name in sorted(name for name, about in found.items() if about["type"] == "file")
        if not _is_hidden(PurePath(name.removeprefix(folder))) and (is_pattern or _is_of_records(filesystem, name))
    ]


def _is_of_records(filesystem: Any, path: str) -> bool:
    with _told(path):
        beginning = filesystem.cat_file(path, start=0, end=HEAD_BYTES)
    return _may_hold_records(Source(path, raw=partial(io.BytesIO, beginning)))


def _local(path: Path) -> list[Place]:
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(file for file in _searched(path, path.rglob("*")) if _may_hold_records(Source(file)))
    fixed = [part for part in path.parts if not _PATTERN & set(part)]
    root = Path(*path.parts[: next((n for n, part in enumerate(path.parts) if part not in fixed), len(path.parts))])
    pattern = path.relative_to(root).as_posix()
    return sorted(_searched(root, root.glob(pattern))) if pattern != "." else []


def _searched(root: Path, found: Iterable[Path]) -> list[Path]:
    """Return the files found below a folder that are neither hidden nor part of a workspace."""
    whole = root.resolve()
    if workspace := next((folder for folder in (whole, *whole.parents) if _is_workspace(folder)), None):
        raise ConfigError(
            f"lies in the workspace {workspace.name}, whose own files are no records to ingest",
            where=str(root),
            fix="name the files or folders of your records, and keep them outside of the workspace",
        )
    is_workspace = cache(_is_workspace)
    return [
        path for path in found if path.is_file() and not _is_passed_over(path.relative_to(root), root, is_workspace)
    ]


def _is_passed_over(path: Path, root: Path, is_workspace: Callable[[Path], bool]) -> bool:
    return _is_hidden(path) or any(is_workspace(root / folder) for folder in path.parents)


def _is_workspace(folder: Path) -> bool:
    return (folder / WORKSPACE_SETTINGS).is_file()


def _is_hidden(path: PurePath) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _may_hold_records(source: Source) -> bool:
    head = source.head()
    return is_zip(head) or is_tar(head) or _begins_like_records(head, source.path)


def _begins_like_records(head: bytes, path: Place) -> bool:
    is_table = bool(_TABLE_SUFFIXES & {suffix.lower() for suffix in PurePath(path).suffixes})
    if is_table or is_parquet(head) or protobuf.recognises(head):
        return True
    return any(line.lstrip(b"\xef\xbb\xbf \t")[:1] in (b"{", b"[") for line in head.splitlines()[:_LINES_LOOKED_AT])


def _scheme(url: str) -> str:
    return url.partition("://")[0]
