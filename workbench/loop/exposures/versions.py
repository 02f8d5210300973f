"""Which version of the app answered a trace: by the release that it names, or else by its prompts.

An arm that a flag names is a claim. That its users were answered by the version that was frozen has to be seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import polars as pl

from workbench.changes.app_files import read_text
from workbench.changes.repository import AppRepository
from workbench.changes.sent import system_message
from workbench.changes.versions import Held, Seen, resolve
from workbench.errors import RecordError
from workbench.loop.refine.app_versions import prompt_calls
from workbench.records import Arm

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def arms_of_traces(
    repository: AppRepository, arms: Sequence[Arm], *, traces: pl.DataFrame, spans: pl.DataFrame
) -> Mapping[str, frozenset[str]]:
    """Return for each trace the arms whose version may have answered it; none where nothing says so.

    A release that is the commit, branch or tag of an arm decides. Otherwise every prompt that the trace names, by
    version, digest or text, must be one that the arm's version holds.

    Parameters
    ----------
    repository
        The app's.
    arms
        Baseline and candidate, by commit.
    traces, spans
        schemas.TRACES, and schemas.SPANS of them.
    """
    named = {release: repository.resolve(release) for release in traces["release"].drop_nulls().unique()}
    by_release = {
        release: frozenset(arm.name for arm in arms if arm.commit == commit)
        for release, commit in named.items()
        if commit is not None
    }
    by_prompts = _by_prompts(repository, arms, spans)
    return {
        trace: by_release.get(release) or by_prompts.get(trace, frozenset())
        for trace, release in traces.select("trace_id", "release").iter_rows()
    }


def _by_prompts(repository: AppRepository, arms: Sequence[Arm], spans: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Return for each trace that names a prompt the arms that hold all that it names."""
    calls = prompt_calls(spans.lazy()).collect(engine="streaming")
    named = ("name", "version", "digest")
    is_named = pl.any_horizontal(pl.col(column) != "" for column in named)
    sent = calls.filter(~is_named).with_columns(
        text=pl.col("input").map_elements(system_message, return_dtype=pl.String).fill_null("")
    )
    parts = [
        calls.filter(is_named).select("trace_id", *named, text=pl.lit("")),
        sent.filter(pl.col("text") != "").select("trace_id", *named, "text"),
    ]
    rows = pl.concat(parts).unique()
    wanted = [Seen(*row) for row in rows.select(*named, "text").unique().sort(*named, "text").iter_rows()]
    fitting: dict[Seen, set[str]] = {seen: set() for seen in wanted}
    for arm in arms:
        held = tuple(_prompts(repository, arm.commit))
        for found in resolve(wanted, held):
            fitting[found.seen] |= {arm.name} if found.held else set()
    found_of: dict[str, set[str]] = {}
    for trace, *said in rows.iter_rows():
        found_of[trace] = found_of.get(trace, {arm.name for arm in arms}) & fitting[Seen(*said)]
    return {trace: frozenset(found) for trace, found in found_of.items()}


def _prompts(repository: AppRepository, commit: str) -> Iterator[Held]:
    """Yield the prompts of one version."""
    blobs = {path: blob.id for path, blob in repository.app_files(commit).items()}
    for path, content in repository.contents(commit).items():
        if repository.kind_of(path) == "prompt":
            with suppress(RecordError):  # what is no text was sent to nobody
                yield Held(commit, _NO_TIME, path, blobs[path], read_text(content))
