"""Loaders: one format a file, and the choice among them by what a file holds, never by its name."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workbench.errors import ConfigError, FormatError
from workbench.loaders import (
    adk,
    adk_analytics,
    agentrx,
    langfuse,
    langsmith,
    mapped,
    openai_agents,
    openai_logs,
    otlp,
    signals,
    swe_agent,
    tau2_bench,
    tau_bench,
    who_and_when,
)
from workbench.loaders.batch import Batch, Context, Load, Refused, Rows
from workbench.loaders.mapped.guess import guess_mapping
from workbench.loaders.mapped.mapping import read_mapping
from workbench.loaders.otlp import protobuf
from workbench.loaders.reading.parquet import is_parquet, sample_of
from workbench.loaders.reading.records import csv_sample, is_csv
from workbench.loaders.source import Source

_TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
"""Names of the one kind of records that cannot be told from prose by its beginning."""
_LINES_LOOKED_AT = 5
"""Lines of a file in a folder that are looked at: enough to pass over a few bad ones."""
WORKSPACE_SETTINGS = "workspace.toml"
"""A folder that holds this is a workspace (store/workspace.py): its tables and its quarantine are not read again."""

MAX_KEPT_BYTES = 64 << 20
"""A file of no known format is kept whole in quarantine up to this, and with its beginning only beyond."""


class Format(NamedTuple):
    """A format that is known by its content."""

    name: str
    """Its name in load reports."""
    recognises: Callable[[bytes], bool]
    """Whether the head of a file, decompressed, is of this format."""
    load: Load
    """Its loader."""
    reads_csv: bool = False
    """Whether it is exported as CSV too."""


LOADERS = (
    Format("otlp_protobuf", protobuf.recognises, protobuf.load),
    Format("otlp", otlp.recognises, otlp.load),
    Format("langfuse", langfuse.recognises, langfuse.load, reads_csv=True),
    Format("langsmith", langsmith.recognises, langsmith.load),
    Format("tau2_bench", tau2_bench.recognises, tau2_bench.load),
    Format("tau_bench", tau_bench.recognises, tau_bench.load),
    Format("openai_agents", openai_agents.recognises, openai_agents.load),
    Format("openai_logs", openai_logs.recognises, openai_logs.load),
    Format("agentrx", agentrx.recognises, agentrx.load),
    Format("who_and_when", who_and_when.recognises, who_and_when.load),
    Format("swe_agent", swe_agent.recognises, swe_agent.load),
    Format("adk", adk.recognises, adk.load, reads_csv=True),
    Format("adk_analytics", adk_analytics.recognises, adk_analytics.load, reads_csv=True),
    Format("signals", signals.recognises, signals.load),
)
"""Formats that need no mapping, in the order in which they are tried."""


def choose(source: Source, mapping: Path | None = None) -> tuple[str, Load]:
    """Return the name of the file's format and the loader for it.

    Parameters
    ----------
    source
        The file.
    mapping
        TOML file for logs of no known format; files of a known format do not need it.

    Raises
    ------
    FormatError
        If the file is empty or cannot be read, or no loader knows it and there is no mapping.
    ConfigError
        If the mapping is wrong.
    """
    head = source.head()
    if not head.strip():
        raise FormatError("is empty", where=str(source.path), fix="export it again, or leave it out")
    if is_parquet(head):
        head = sample_of(source)
    as_table = csv_sample(head) if is_csv(head) else None
    for known in LOADERS:
        if known.recognises(as_table if as_table is not None and known.reads_csv else head):
            return known.name, known.load
    if mapping is not None:
        return "mapped", mapped.loader(read_mapping(mapping))
    if (guessed := guess_mapping(head)) is not None:
        return "chat_log", mapped.loader(guessed)
    raise FormatError(
        f"no loader knows this file (known: {', '.join(known.name for known in LOADERS)})",
        where=str(source.path),
        fix="say with --mapping FILE.toml which of its fields is what; JSON lines, CSV and Parquet can be mapped",
    )


def refusal(detail: str) -> Load:
    """Return a loader that takes the whole file for one record that cannot be read, for the reason given."""

    def load(source: Source, context: Context) -> Iterator[Batch]:
        raw = source.path.read_bytes() if source.path.stat().st_size <= MAX_KEPT_BYTES else source.head()
        rows = Rows(context)
        rows.refused.append(Refused(0, -1, "unknown_format", detail, raw))
        yield rows.take(len(raw))

    return load


def expand(paths: Iterable[Path]) -> list[Path]:
    """Return the files that the paths name: folders are searched, patterns with `*`, `?` or `[` are matched.

    Sorted within each path, each file once. Hidden files and folders are passed over unless they are named themselves;
    of a folder only files that begin like JSON, OTLP, Parquet or CSV are taken, so that a README beside them does no
    harm. A workspace in a folder is passed over whole: what it holds was read already.

    Raises
    ------
    FormatError
        If a path names no file.
    ConfigError
        If a folder or pattern lies in a workspace.
    """
    files: dict[Path, None] = {}
    for path in paths:
        found = sorted(file for file in _files(path) if not path.is_dir() or _may_hold_records(file))
        if not found:
            what = "there is no file of records in it" if path.is_dir() else "there is no such file"
            raise FormatError(what, where=str(path), fix="give files, folders, or a pattern in quotes")
        files.update(dict.fromkeys(found))
    return list(files)


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    if path.is_dir():
        return _searched(path, path.rglob("*"))
    fixed = [part for part in path.parts if not set("*?[") & set(part)]
    root = Path(*path.parts[: next((n for n, part in enumerate(path.parts) if part not in fixed), len(path.parts))])
    pattern = path.relative_to(root).as_posix()
    return _searched(root, root.glob(pattern)) if pattern != "." else []


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
    is_hidden = any(part.startswith(".") for part in path.parts)
    return is_hidden or any(is_workspace(root / folder) for folder in path.parents)


def _is_workspace(folder: Path) -> bool:
    return (folder / WORKSPACE_SETTINGS).is_file()


def _may_hold_records(path: Path) -> bool:
    head = Source(path).head()
    is_table = bool(_TABLE_SUFFIXES & {suffix.lower() for suffix in path.suffixes})
    if is_table or is_parquet(head) or protobuf.recognises(head):
        return True
    return any(line.lstrip(b"\xef\xbb\xbf \t")[:1] in (b"{", b"[") for line in head.splitlines()[:_LINES_LOOKED_AT])
