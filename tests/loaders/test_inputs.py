"""What a user names becomes the files to read: folders, patterns, URLs and standard input, and what archives hold."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from workbench.errors import ConfigError, FormatError, WorkbenchError
from workbench.loaders.inputs import WORKSPACE_SETTINGS as SETTINGS
from workbench.loaders.inputs import expand, shown, sources
from workbench.store import settings


def test_folders_are_searched_sorted_and_without_hidden_files_or_prose(tmp_path: Path) -> None:
    for name, content in {
        "b.json": "{}",
        "a/c.jsonl": "{}\n",
        "README.md": "# Data",
        ".hidden/x.json": "{}",
        "a/.y.json": "{}",
        "z.csv": "a,b\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    assert [Path(place).relative_to(tmp_path).as_posix() for place in expand([tmp_path])] == [
        "a/c.jsonl",
        "b.json",
        "z.csv",
    ]
    assert expand([tmp_path / "*.json", tmp_path / "b.json"]) == [tmp_path / "b.json"]
    assert expand([tmp_path / ".hidden", tmp_path / "a/.y.json"]) == [
        tmp_path / ".hidden/x.json",
        tmp_path / "a/.y.json",
    ]
    assert expand([tmp_path / "README.md"]) == [tmp_path / "README.md"]


@pytest.mark.parametrize("name", ["missing.json", "missing*", "."])
def test_a_path_without_files_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match="there is no"):
        expand([tmp_path / name])


def _make_workspace(root: Path) -> None:
    for name in ("telemetry/spans/part.parquet", "quarantine/ab12", "exports/log.jsonl"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("{}\n", "utf-8")
    (root / SETTINGS).write_text("version = 1\n", "utf-8")


def test_a_workspace_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    """An ingest of the folder above fed a workspace its own refused records and tables back."""
    (tmp_path / "log.jsonl").write_text("{}\n", "utf-8")
    _make_workspace(tmp_path / "teams/acme")
    assert expand([tmp_path]) == expand([tmp_path / "*"]) == expand([tmp_path / "**/*"]) == [tmp_path / "log.jsonl"]


@pytest.mark.parametrize("inside", [".", "quarantine", "telemetry/spans", "quarantine/*", "*"])
def test_a_workspace_or_a_part_of_it_is_not_ingested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """`workbench ingest .` inside a workspace fed it its own quarantine and Parquet files back."""
    _make_workspace(tmp_path / "acme")
    monkeypatch.chdir(tmp_path / "acme")
    for path in (Path(inside), tmp_path / "acme" / inside):
        with pytest.raises(ConfigError, match=r"in the workspace acme.*outside of the workspace"):
            expand([path])


def test_a_file_of_a_workspace_may_be_named_itself(tmp_path: Path) -> None:
    _make_workspace(tmp_path)
    assert expand([tmp_path / "quarantine/ab12"]) == [tmp_path / "quarantine/ab12"]


def test_a_workspace_is_known_by_the_file_that_the_store_writes() -> None:
    assert settings.SETTINGS == SETTINGS


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """Return fsspec's file system in memory, empty before and after."""
    filesystem = fsspec.filesystem("memory")
    filesystem.rm("/", recursive=True)
    yield filesystem
    filesystem.rm("/", recursive=True)


def test_urls_are_files_folders_and_patterns(memory: fsspec.AbstractFileSystem) -> None:
    names = ("/logs/b.jsonl", "/logs/a/c.jsonl.gz", "/logs/.hidden/x.jsonl", "/logs/a/y.csv")
    for name in names:
        memory.pipe(name, gzip.compress(b"{}\n") if name.endswith("gz") else b"{}\n")
    memory.pipe("/logs/README.md", b"# Logs")
    assert expand(["memory://logs/b.jsonl"]) == ["memory://logs/b.jsonl"]
    assert expand(["memory://logs"]) == ["memory://logs/a/c.jsonl.gz", "memory://logs/a/y.csv", "memory://logs/b.jsonl"]
    assert expand(["memory://logs/*.jsonl", "memory://logs/b.jsonl"]) == ["memory://logs/b.jsonl"]
    assert expand(["memory://logs/**/*.jsonl*"])[0] == "memory://logs/a/c.jsonl.gz"
    for place in ("memory://logs/a/c.jsonl.gz", "memory://logs/b.jsonl"):
        (source,) = sources(place)
        assert (source.path, [line.raw for line in source.lines()]) == (place, [b"{}"])
        assert (source.name, source.share_read(1), source.n_bytes_after(0)) == (place.rpartition("/")[2], None, 0)


@pytest.mark.parametrize("name", ["memory://none.jsonl", "memory://none/*", "memory://none/"])
def test_a_url_without_files_is_refused(memory: fsspec.AbstractFileSystem, name: str) -> None:
    with pytest.raises(FormatError, match="there is no such file"):
        expand([name])


def test_an_archive_at_a_url_is_read_file_by_file(memory: fsspec.AbstractFileSystem) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.jsonl", "{}\n")
        archive.writestr("README.md", "# No records")
    memory.pipe("/x.zip", packed.getvalue())
    (member,) = sources("memory://x.zip")
    assert (member.path, member.document()) == ("memory://x.zip!a.jsonl", b"{}\n")


def test_a_file_url_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a b.jsonl").write_text("{}\n", "utf-8")
    assert expand([f"file://{tmp_path}/a b.jsonl"]) == [tmp_path / "a b.jsonl"]
    assert expand([f"file://{tmp_path}/*.jsonl"]) == expand([str(tmp_path)]) == [tmp_path / "a b.jsonl"]


def test_a_url_is_shown_without_what_opens_it() -> None:
    """A signed URL in a load report gives its reader the rights of its writer."""
    assert shown("https://ann:pass@host:8/a.json?X-Amz-Signature=1#x") == "https://host:8/a.json"
    assert shown("sftp://ann:pass@host/a?.json") == "sftp://host/a?.json"
    assert shown(Path("a@b?.json")) == "a@b?.json"


@pytest.mark.parametrize("url", ["nowhere://bucket/x.json", "zip://a.json::memory://x.zip"])
def test_a_url_that_cannot_be_read_is_a_wrong_call(url: str) -> None:
    with pytest.raises(ConfigError):
        expand([url])


def test_an_error_of_a_file_system_does_not_repeat_the_secrets_of_the_url() -> None:
    with pytest.raises(WorkbenchError) as caught:
        list(sources("ftp://ann:secret@127.0.0.1:1/x.json"))
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1/x.json" in str(caught.value)


class _Stream(io.BytesIO):
    """What a server without ranges gives."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("seek")


class _Streams(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A file system whose files can be read only once from one end to the other."""

    protocol = "oncethrough"
    n_opened = 0

    def exists(self, path: str, **_: Any) -> bool:
        return True

    def isdir(self, path: str) -> bool:
        return False

    def _open(self, path: str, mode: str = "rb", **_: Any) -> _Stream:
        type(self).n_opened += 1
        return _Stream(b'{"a": 1}\n{"a": 2}\n')


def test_a_url_that_cannot_seek_is_copied_once() -> None:
    """Each look at its head fetched the whole file again, and going back failed."""
    fsspec.register_implementation("oncethrough", _Streams, clobber=True)
    (place,) = expand(["oncethrough://host/log.jsonl"])
    for source in sources(place):
        assert source.head() == source.document() == b'{"a": 1}\n{"a": 2}\n'
        assert [line.raw for line in source.lines(start=9)] == [b'{"a": 2}']
    assert _Streams.n_opened == 1
