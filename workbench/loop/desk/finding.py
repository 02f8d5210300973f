"""Items that hold some words: in the text of their trace, in the name of their cluster, in a cause or an issue."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from workbench.loop.desk.item import Item
from workbench.loop.desk.scene import Scene
from workbench.store import Workspace

MOST_WORDS = 10
"""Words that are looked for; each costs a pass over the texts."""
AROUND = 60
"""Characters shown on either side of what was found."""


def find_items(
    workspace: Workspace, items: Sequence[Item], scene: Scene, *, words: str, n: int
) -> list[tuple[int, str]]:
    """Return the places of the first `n` items that hold all of the words in any case, each with a title; read-only."""
    wanted = words.lower().split()[:MOST_WORDS]
    if not wanted:
        return []
    traces = _holding(workspace, {item.target_id for item in items if item.kind == "trace"}, scene, wanted)
    found = []
    for item in items:
        title = _title(item, scene)
        if all(word in title.lower() for word in wanted):
            found.append((item.place, title))
        elif item.kind == "trace" and item.target_id in traces:
            found.append((item.place, _around(traces[item.target_id], wanted[0])))
        if len(found) == n:
            break
    return found


def _title(item: Item, scene: Scene) -> str:
    """Return what an item is about, in a line."""
    if item.kind == "cause":
        cause = scene.causes.get(item.target_id)
        return cause.statement if cause else ""
    if item.kind == "issue":
        return scene.issues.get(item.target_id, "")
    detector = (item.detector or "").replace("_", " ")
    return f"{detector}: {scene.clusters.get(item.cluster_id or '', '')}".strip(": ")


def _holding(workspace: Workspace, trace_ids: Collection[str], scene: Scene, words: Sequence[str]) -> Mapping[str, str]:
    """Return of each trace that holds all the words a text that holds the first of them."""
    text = pl.concat_str("name", "input", "output", "error_message", separator="\n", ignore_nulls=True)
    holds = [pl.col("text").str.to_lowercase().str.contains(word, literal=True) for word in words]
    rows = (
        workspace.telemetry.spans_of_traces(window=scene.window)
        .filter(pl.col("trace_id").is_in(sorted(trace_ids)))
        .select("trace_id", text.alias("text"))
        .filter(pl.any_horizontal(holds))
        .group_by("trace_id")
        .agg(
            pl.col("text").filter(holds[0]).first(),
            is_whole=pl.all_horizontal([hold.any() for hold in holds]),
        )
        .filter("is_whole")
        .collect(engine="streaming")
    )
    return dict(rows.select("trace_id", "text").iter_rows())


def _around(text: str, word: str) -> str:
    """Return the words around the first place at which a text holds a word, on one line."""
    at = max(text.lower().find(word), 0)
    start, end = max(at - AROUND, 0), at + len(word) + AROUND
    shown = " ".join(text[start:end].split())
    return f"{'… ' if start else ''}{shown}{' …' if end < len(text) else ''}"
