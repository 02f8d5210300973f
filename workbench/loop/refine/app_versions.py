"""The prompt versions that the telemetry names, each with the commits of the app that hold it, or why none does."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from workbench.changes.history import prompt_history
from workbench.changes.sent import system_message
from workbench.changes.versions import Resolved, Seen, resolve
from workbench.loop.named import app_of
from workbench.schemas import SPANS
from workbench.store import Workspace
from workbench.windows import Window

DIGESTS = ("gen_ai.prompt.digest", "gen_ai.prompt.hash", "prompt.digest", "prompt.hash", "llm.prompt_template.digest")
"""Attributes that may hold the digest of a prompt's text; no convention names one."""
TEMPLATE = "llm.prompt_template.template"
"""OpenInference's attribute of a prompt's text before its variables are filled in."""
MAX_SENT = 20_000
"""Calls without name, version or digest whose system messages are read, the newest ones."""


def app_versions(workspace: Workspace, *, window: Window | None = None) -> tuple[Resolved, ...]:
    """Return the prompt versions of the telemetry, the one with the most traces first; read-only.

    Parameters
    ----------
    workspace
        Whose telemetry and whose app.
    window
        When the spans began; None is all that is stored.

    Raises
    ------
    RepositoryError
        If the app's repository cannot be read.
    """
    history = prompt_history(app_of(workspace))
    spans = prompt_calls(workspace.telemetry.scan(SPANS, window=window))
    named = resolve(_named(spans), history)
    every = [*named, *_merged(resolve(_sent(spans), history))]
    return tuple(sorted(every, key=lambda one: (-one.seen.n_traces, one.seen.name, one.seen.version, one.seen.digest)))


def prompt_calls(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Return the spans that may name a prompt, with the digest that they give of it."""
    attributes = pl.col("attributes")
    given = pl.coalesce(attributes.str.json_path_match(f"$['{name}']") for name in DIGESTS)
    template = attributes.str.json_path_match(f"$['{TEMPLATE}']")
    is_call = (pl.col("kind") == "LLM") | pl.col("prompt_name").is_not_null() | pl.col("prompt_version").is_not_null()
    return spans.filter(is_call).select(
        "trace_id",
        "started_at",
        "input",
        name=pl.col("prompt_name").fill_null(""),
        version=pl.col("prompt_version").fill_null(""),
        digest=pl.coalesce(given, template.map_elements(_sha256, return_dtype=pl.String)).fill_null(""),
    )


def _is_named() -> pl.Expr:
    return (pl.col("name") != "") | (pl.col("version") != "") | (pl.col("digest") != "")


def _named(spans: pl.LazyFrame) -> list[Seen]:
    rows = spans.filter(_is_named()).group_by("name", "version", "digest").agg(*_counts()).collect(engine="streaming")
    return [Seen(**row) for row in rows.sort("name", "version", "digest").to_dicts()]


def _sent(spans: pl.LazyFrame) -> list[Seen]:
    """Return the system messages of the calls that name nothing."""
    rows = (
        spans.filter(~_is_named())
        .select("trace_id", "started_at", "input")
        .sort("started_at", descending=True, nulls_last=True)
        .head(MAX_SENT)
        .collect(engine="streaming")
    )
    texts = rows.with_columns(text=pl.col("input").map_elements(system_message, return_dtype=pl.String))
    counted = texts.filter(pl.col("text").fill_null("") != "").group_by("text").agg(*_counts())
    return [Seen(**row) for row in counted.sort("text").to_dicts()]


def _counts() -> tuple[pl.Expr, ...]:
    return (
        pl.col("trace_id").n_unique().alias("n_traces"),
        pl.col("started_at").min().alias("first_at"),
        pl.col("started_at").max().alias("last_at"),
    )


def _merged(resolved: Iterable[Resolved]) -> Iterator[Resolved]:
    """Yield what is told by the text as it was sent, all texts of one version as one."""
    of: dict[tuple[str, ...], list[Resolved]] = {}
    for one in resolved:
        of.setdefault(tuple(held.blob for held in one.held), []).append(one)
    for group in of.values():
        seen = [one.seen for one in group]
        whole = Seen(
            text=seen[0].text if len(seen) == 1 else "",
            n_traces=sum(one.n_traces for one in seen),
            first_at=_least(one.first_at for one in seen),
            last_at=_most(one.last_at for one in seen),
        )
        note = (
            group[0].note if group[0].held else "the telemetry names no prompt, and no prompt of the app fits its text"
        )
        yield group[0]._replace(seen=whole, note=note)


def _least(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _most(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def as_json(resolved: Resolved) -> Mapping[str, Any]:
    """Return a resolved version as JSON has it."""
    seen = resolved.seen
    return {
        "name": seen.name or None,
        "version": seen.version or None,
        "digest": seen.digest or None,
        "n_traces": seen.n_traces,
        "first_at": seen.first_at and seen.first_at.isoformat(),
        "last_at": seen.last_at and seen.last_at.isoformat(),
        "by": resolved.by,
        "commits": [{"commit": one.commit, "path": one.path, "tags": list(one.tags)} for one in resolved.held],
        "note": resolved.note,
    }
