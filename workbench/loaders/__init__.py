"""Loaders: one format a file, and the choice among them by what a file holds, never by its name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from workbench.errors import FormatError
from workbench.loaders import (
    adk,
    adk_analytics,
    agentrx,
    claude,
    inspect_log,
    langfuse,
    langsmith,
    mapped,
    mlflow,
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
from workbench.loaders.inputs import expand as expand
from workbench.loaders.mapped.guess import guess_mapping
from workbench.loaders.mapped.mapping import read_mapping
from workbench.loaders.otlp import protobuf
from workbench.loaders.reading.parquet import is_parquet, sample_of
from workbench.loaders.reading.records import csv_sample, is_csv
from workbench.loaders.source import Source

UNKNOWN = "unknown"
"""In place of a format's name in the load report of what is refused whole."""
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
    Format("mlflow", mlflow.recognises, mlflow.load),
    Format("tau2_bench", tau2_bench.recognises, tau2_bench.load),
    Format("tau_bench", tau_bench.recognises, tau_bench.load),
    Format("openai_agents", openai_agents.recognises, openai_agents.load),
    Format("openai_logs", openai_logs.recognises, openai_logs.load),
    Format("inspect", inspect_log.recognises, inspect_log.load),
    Format("agentrx", agentrx.recognises, agentrx.load),
    Format("who_and_when", who_and_when.recognises, who_and_when.load),
    Format("swe_agent", swe_agent.recognises, swe_agent.load),
    Format("adk", adk.recognises, adk.load, reads_csv=True),
    Format("adk_analytics", adk_analytics.recognises, adk_analytics.load, reads_csv=True),
    Format("claude", claude.recognises, claude.load),
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
    if source.fault is not None:
        return UNKNOWN, refusal(source.fault.what, reason=source.fault.reason)
    written = None if mapping is None else read_mapping(mapping)  # a mistake in it is told, needed or not
    head = source.head()
    if not head.strip():
        raise FormatError("is empty", where=str(source.path), fix="export it again, or leave it out")
    if is_parquet(head):
        head = sample_of(source)
    as_table = csv_sample(head) if is_csv(head) else None
    for known in LOADERS:
        if known.recognises(as_table if as_table is not None and known.reads_csv else head):
            return known.name, known.load
    if written is not None:
        return "mapped", mapped.loader(written)
    if (guessed := guess_mapping(head)) is not None:
        return "chat_log", mapped.loader(guessed)
    raise FormatError(
        f"no loader knows this file (known: {', '.join(known.name for known in LOADERS)})",
        where=str(source.path),
        fix="say with --mapping FILE.toml which of its fields is what; JSON lines, CSV and Parquet can be mapped",
    )


def refusal(detail: str, *, reason: str = "unknown_format") -> Load:
    """Return a loader that takes the whole file for one record that cannot be read, for the reason given."""

    def load(source: Source, context: Context) -> Iterator[Batch]:
        raw = source.packed(MAX_KEPT_BYTES)
        rows = Rows(context)
        rows.refused.append(Refused(0, -1, reason, detail, raw))
        yield rows.take(len(raw))

    return load
