"""Members of archives are sources of their own; what cannot be one is refused, and nothing is written anywhere."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.loaders.archives import MAX_DIRECTORY_BYTES, MAX_HEADER_BYTES, members
from workbench.loaders.source import Source

Write = Callable[..., Path]
Pack = Callable[[bytes], bytes]
RECORD = b'{"a": 1}\n'
LINES = b"".join(b'{"n": %d, "text": "%d"}\n' % (n, n * 7919) for n in range(5000))


class Told(NamedTuple):
    """A member as it was yielded: its name in the archive, its bytes, and why it is refused."""

    name: str
    content: bytes
    reason: str | None


def told(path: Path) -> list[Told]:
    seen = []
    for member in members(Source(path)):
        with member.open() as stream:
            content = stream.read()
        seen.append(
            Told(str(member.path).removeprefix(str(path)), content, member.fault.reason if member.fault else None)
        )
    return seen


def tar_of(*files: tuple[str, bytes] | tarfile.TarInfo, mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for file in files:
            if isinstance(file, tarfile.TarInfo):
                archive.addfile(file)
            else:
                entry = tarfile.TarInfo(file[0])
                entry.size = len(file[1])
                archive.addfile(entry, io.BytesIO(file[1]))
    return packed.getvalue()


def zip_of(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def raw_zip(entries: list[tuple[str, bytes, int, bytes]], *, places: list[int] | None = None) -> bytes:
    """Return a zip archive as its specification has it: name, content, method and packed bytes of each member."""
    body, directory, starts = b"", b"", []
    for number, (name, content, method, packed) in enumerate(entries):
        starts.append(len(body))
        about = (20, 0, method, 0, 0, zlib.crc32(content), len(packed), len(content), len(name.encode()), 0)
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *about) + name.encode() + packed
        place = places[number] if places else starts[-1]
        entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *about, 0, 0, 0, 0, place)
        directory += entry + name.encode()
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + end


def test_the_members_of_a_zip_are_sources_named_after_it(write: Write) -> None:
    files = [("a.json", b"{}"), ("runs/b.jsonl", LINES), ("runs/b.jsonl.gz", gzip.compress(RECORD))]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert told(write(zip_of(*files, method=method), "x.zip")) == [
            ("!a.json", b"{}", None),
            ("!runs/b.jsonl", LINES, None),
            ("!runs/b.jsonl.gz", RECORD, None),
        ]


def test_zstd_members_of_a_zip_are_read(write: Write) -> None:
    """Method 93, which the zipfile module of Python 3.11 does not know; Inspect writes its logs so."""
    path = write(raw_zip([("a.jsonl", LINES, 93, zstandard.compress(LINES)), ("b.json", b"{}", 0, b"{}")]))
    assert told(path) == [("!a.jsonl", LINES, None), ("!b.json", b"{}", None)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("n_blocks", [1, 5000])
def test_the_members_of_a_tar_are_sources_named_after_it(write: Write, pack: Pack, n_blocks: int) -> None:
    files = [("a.json", b"{}"), ("deep/" + "x" * 150 + ".json", b"[1]"), ("b.jsonl", b"x" * 512 * n_blocks), ("c", b"")]
    assert told(write(pack(tar_of(*files)), "x.tar")) == [(f"!{name}", content, None) for name, content in files]


def test_a_file_that_is_no_archive_is_itself(write: Write) -> None:
    source = Source(write(LINES))
    assert list(members(source)) == [source]


@pytest.mark.parametrize(
    "name", ["../../evil.json", "/etc/evil.json", "a/../../evil.json", "C:\\evil.json", "x\\..\\evil"]
)
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_name_that_points_elsewhere_is_only_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes], name: str
) -> None:
    folder = tmp_path / "a/b/c"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "x").write_bytes(pack((name, RECORD)))
    assert told(folder / "x") == [(f"!{name}", RECORD, None)]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "x"]
    assert not Path("/etc/evil.json").exists()


def _special(name: str, kind: bytes, *, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused_and_touch_nothing(write: Write, tmp_path: Path, kind: bytes) -> None:
    secret = write(b'{"secret": 1}', "secret.json")
    path = write(tar_of(_special("link.json", kind, target=str(secret)), ("link.json/x", RECORD)), "x.tar")
    link, beside = told(path)
    assert (link.name, link.reason, beside) == ("!link.json", "not_a_file", ("!link.json/x", RECORD, None))
    assert b"secret" in link.content
    assert b'{"secret": 1}' not in link.content
    assert {entry.name for entry in tmp_path.iterdir()} == {"secret.json", "x.tar"}


def test_a_symlink_in_a_zip_is_its_target_as_text(write: Write) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("link.json")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert told(write(packed.getvalue())) == [("!link.json", b"/etc/passwd", None)]


def test_a_tar_member_with_holes_is_refused(write: Write, tmp_path: Path) -> None:
    """A sparse file of 100 TB takes 1 kB in a tar."""
    entry = tarfile.TarInfo("holes.json")
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(10**14)}
    entry.pax_headers["GNU.sparse.name"] = "holes.json"
    block = b"1\n0\n0\n".ljust(512, b"\0")
    entry.size = len(block)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(block))
    assert [member.reason for member in told(write(packed.getvalue()))] == ["not_a_file"]


@pytest.mark.parametrize("outer", [tar_of, zip_of])
@pytest.mark.parametrize("inner", [tar_of, zip_of])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_an_archive_in_an_archive_stays_closed(
    write: Write, outer: Callable[..., bytes], inner: Callable[..., bytes], pack: Pack
) -> None:
    path = write(outer(("in", pack(inner(("a.json", RECORD)))), ("b.json", RECORD)))
    assert [(member.name, member.reason) for member in told(path)] == [("!in", "nested_archive"), ("!b.json", None)]


def test_hidden_members_and_folders_are_passed_over(write: Write) -> None:
    names = ["__MACOSX/a.json", ".hidden.json", "a/.b/c.json", "d/", "e.json"]
    assert [member.name for member in told(write(zip_of(*((name, RECORD) for name in names))))] == ["!e.json"]


def test_an_encrypted_or_otherwise_compressed_member_is_refused_and_kept_as_it_is(write: Write) -> None:
    path = write(raw_zip([("a.json", RECORD, 12, b"BZh packed"), ("b.json", RECORD, 0, RECORD)]))
    assert told(path) == [("!a.json", b"BZh packed", "unsupported"), ("!b.json", RECORD, None)]
    bent = bytearray(raw_zip([("a.json", RECORD, 0, RECORD)]))
    bent[bent.index(b"PK\x01\x02") + 8] |= 1
    assert told(write(bytes(bent))) == [("!a.json", RECORD, "encrypted")]


def test_members_that_share_bytes_are_refused(write: Write) -> None:
    """A zip whose 250,000 members all point at the same 100 kB unfolds to terabytes."""
    entries = [(f"{number}.json", RECORD, 0, RECORD) for number in range(3)]
    path = write(raw_zip(entries, places=[0, 0, 0]))
    assert [member.reason for member in told(path)] == ["damaged", "damaged", None]


def test_a_bomb_in_an_archive_is_cut_and_its_neighbours_are_kept(write: Write) -> None:
    bomb = (b"{}" + b" " * (1 << 20) + b"\n") * 96
    for content in (zip_of(("bomb", bomb), ("b", RECORD)), tar_of(("bomb", gzip.compress(bomb)), ("b", RECORD))):
        bombs: list[object] = []
        others: list[object] = []
        for member in members(Source(write(content))):
            lines = list(member.lines())
            (bombs if lines[-1].damage else others).append([lines[-1].reason, lines[-1].end >> 27])
        assert (bombs, len(others)) == ([["bomb", 0]], 1)


def test_a_tar_that_is_a_bomb_is_one_refused_record_after_what_was_read(write: Write) -> None:
    packed = zstandard.compress(tar_of(("a.json", RECORD), ("zeros", bytes(1 << 28))))
    first, zeros = members(Source(write(packed)))
    assert (Path(first.path).name, zeros.fault) == ("file.json!a.json", None)


def test_damage_inside_of_a_member_counts_once_and_what_came_before_is_read(write: Write) -> None:
    packed = bytearray(zip_of(("a.jsonl", LINES), ("b.jsonl", RECORD)))
    packed[packed.index(b"a.jsonl") + 15_000] ^= 0xFF
    damaged, whole = ([*member.lines()] for member in members(Source(write(bytes(packed)))))
    assert (damaged[-1].reason, bool(damaged[-1].damage), 100 < len(damaged) < 5000) == ("damaged", True, True)
    assert [line.raw for line in whole] == [RECORD.strip()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_a_tar_that_breaks_off_inside_of_a_member_gives_what_came_before(write: Write, pack: Pack) -> None:
    tar = tar_of(("a.json", RECORD), ("b.jsonl", LINES))
    path = write(pack(tar[:60_000]) if pack is bytes else pack(tar)[:-900])
    lines = [list(member.lines()) for member in members(Source(path))]
    assert [len([line for line in member if line.damage]) for member in lines] == [0, 1]
    assert (len(lines[0]), 100 < len(lines[1]) < 5000) == (1, True)


@pytest.mark.parametrize("n_bytes", [1024, 1024 + 100, 1024 + 512, 1024 + 512 + 3])
def test_a_tar_that_breaks_off_between_members_says_so(write: Write, n_bytes: int) -> None:
    """A tar archive without its end was taken for whole: nobody knew that members were missing."""
    tar = tar_of(("a.json", RECORD), ("b.json", LINES))
    seen = told(write(tar[:n_bytes], "x.tar"))
    assert seen[0] == ("!a.json", RECORD, None)
    assert len(seen) == 2
    assert seen[1].reason == "damaged" if n_bytes < 1024 + 512 else seen[1].name == "!b.json"


def test_a_tar_with_a_damaged_header_says_so(write: Write) -> None:
    tar = bytearray(tar_of(("a.json", RECORD), ("b.json", RECORD), ("c.json", RECORD)))
    tar[1024 + 20] ^= 0xFF
    assert [(member.name, member.reason) for member in told(write(bytes(tar)))] == [
        ("!a.json", None),
        ("", "damaged"),
    ]


@pytest.mark.parametrize("n_cut", [1, 30, 200])
def test_a_zip_without_its_end_is_refused_as_one_record(write: Write, n_cut: int) -> None:
    packed = zip_of(("a.json", RECORD), ("b.json", RECORD))
    path = write(packed[:-n_cut])
    assert told(path) == [("", packed[:-n_cut], "damaged")]


def test_an_archive_may_not_fill_the_memory_with_its_own_notes(write: Write) -> None:
    entry = tarfile.TarInfo("a.json")
    entry.pax_headers = {"comment": "x" * (MAX_HEADER_BYTES + 1)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("first.json"))
        archive.addfile(entry)
    assert [member.reason for member in told(write(packed.getvalue()))] == [None, "too_large"]
    note = b"x" * 60_000
    n_members = MAX_DIRECTORY_BYTES // 60_000 + 1
    central = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, len(note), 0, 0, 0, 0)
        + b"a"
        + note
        for _ in range(n_members)
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n_members, n_members, len(central), 4, 0)
    assert [member.reason for member in told(write(b"PK\x03\x04" + central + end))] == ["too_large"]


def test_names_that_are_no_utf_8_are_shown_with_replacements(write: Write) -> None:
    tar = bytearray(tar_of(("a.json", RECORD)))
    entry = tarfile.TarInfo.frombuf(bytes(tar[:512]), "utf-8", "surrogateescape")
    entry.name = "\udcff.json"
    tar[:512] = entry.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
    (member,) = told(write(bytes(tar)))
    assert json.dumps(member.name, ensure_ascii=False).encode() == '"!\ufffd.json"'.encode()


def test_a_table_of_contents_that_points_outside_costs_its_members_only(write: Write) -> None:
    """A place before the file's beginning, and a name of no letters, ended the ingest with a traceback."""
    entries = [("a.json", RECORD, 0, RECORD), ("", RECORD, 0, RECORD), ("b.json", RECORD, 0, RECORD)]
    outside = raw_zip(entries, places=[1 << 31, 45, 84])
    assert [(member.name, member.reason) for member in told(write(outside))][-1] == ("!a.json", "damaged")
    cut = raw_zip(entries)[20:]
    assert "damaged" in {member.reason for member in told(write(b"PK\x03\x04" + cut))}


BENT = [
    zip_of(("a.json", RECORD), ("b/c.jsonl", LINES[:3000])),
    raw_zip([("a.jsonl", LINES[:3000], 93, zstandard.compress(LINES[:3000])), ("b.json", RECORD, 0, RECORD)]),
    tar_of(("a.json", RECORD), ("x" * 150, LINES[:3000]), _special("link", tarfile.SYMTYPE, target="/etc/passwd")),
    gzip.compress(tar_of(("a.json", RECORD), ("b.jsonl", LINES[:3000]))),
    zstandard.compress(tar_of(("a.json", RECORD), ("b.jsonl", LINES[:3000]))),
]


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(BENT), st.data())
def test_a_bent_archive_is_read_or_refused_and_never_more(
    tmp_path_factory: pytest.TempPathFactory, archive: bytes, data: st.DataObject
) -> None:
    bent = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(bent) - 1))
        width = data.draw(st.sampled_from([0, 1, 4, 8, 600]))
        bent[place : place + width] = data.draw(st.sampled_from([b"", b"\0", b"\xff" * 8, b"7777777", b"PK\x05\x06"]))
        bent = bent or bytearray(b"x")
    path = tmp_path_factory.mktemp("bent") / "archive"
    path.write_bytes(bent)
    n_read = 0
    for member in members(Source(path)):
        n_read += len(member.packed(1 << 20)) if member.fault else sum(len(line.raw) for line in member.lines())
    assert n_read < 1 << 20
