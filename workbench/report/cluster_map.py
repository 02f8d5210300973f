"""The map of the findings: what looks alike lies together, what is like nothing else stays grey."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, check_top_n, sentences
from workbench.report.chart import Chart, draw, inline, label
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import GREY, INK, PAPER, WIDTH, colour_of

MAX_POINTS = 20_000
"""More points hide each other on a picture of this size; beyond it every k-th is drawn, and the chart says so."""
_PHRASE_CHARACTERS = 26
_HEIGHT = 470
_LABEL_HEIGHT, _LETTER_WIDTH = 15.0, 7.0
"""Of a label's letters at 12 pixels, pixels."""
_ENDS = (pl.col("x").min(), pl.col("x").max(), pl.col("y").min(), pl.col("y").max())


def cluster_map(report: DetectionReport, *, top_n: int) -> Chart | Block:
    """Return the findings as points, coloured by detector, with the `top_n` largest problems named.

    A sentence where there is no map: too few findings to group.

    Raises
    ------
    ValueError
        If `top_n` is not 1 to 20.
    """
    check_top_n(top_n)
    placed = report.findings.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null())
    if placed.is_empty():
        return sentences("There are too few findings with words to lay out a map.")
    points = _same_words(placed)
    drawn = points.gather_every(1 + points.height // MAX_POINTS)
    subtitle = [
        "Near means similar words; the axes have no unit. A larger point is several findings with the same words."
    ]
    if drawn.height < points.height:
        subtitle.append(f"{formats.share_of(drawn.height, points.height)} points drawn")
    chart = _noise(drawn) + _points(drawn) + _labels(report, placed, top_n=top_n)
    return draw(
        chart.properties(
            title={"text": "Which findings look alike?", "subtitle": subtitle}, width=WIDTH - 30, height=_HEIGHT
        ),
        alt=_alt(report, placed, top_n=top_n),
    )


def _same_words(placed: pl.DataFrame) -> pl.DataFrame:
    """Return one row a place on the map: findings with the same words lie on one another, and are counted."""
    return placed.group_by("x", "y", "cluster_id", "detector").agg(pl.len().alias("n")).sort("x", "y", "detector")


def _noise(points: pl.DataFrame) -> Any:
    import altair as alt

    rows = points.filter(pl.col("cluster_id").is_null()).select("x", "y", "n").to_dicts()
    return alt.Chart(inline(rows)).mark_circle(color=GREY, opacity=0.5).encode(**_axes(), size=_size())


def _points(points: pl.DataFrame) -> Any:
    import altair as alt

    clustered = points.filter(pl.col("cluster_id").is_not_null())
    codes = sorted(clustered["detector"].unique().to_list())
    scale = alt.Scale(domain=[formats.words(code) for code in codes], range=[colour_of(code) for code in codes])
    rows = [
        {"x": x, "y": y, "n": n, "detector": formats.words(detector)}
        for x, y, n, detector in clustered.select("x", "y", "n", "detector").iter_rows()
    ]
    colour = alt.Color("detector:N", title="found by (grey: in no cluster)", scale=scale)
    return alt.Chart(inline(rows)).mark_circle(opacity=0.75).encode(**_axes(), size=_size(), color=colour)


def _size() -> Any:
    import altair as alt

    return alt.Size("n:Q", legend=None, scale=alt.Scale(type="linear", domain=[1, 100], range=[24, 700], clamp=True))


def _labels(report: DetectionReport, placed: pl.DataFrame, *, top_n: int) -> Any:
    import altair as alt

    rows = _spread(placed, report.problems[:top_n])
    base = alt.Chart(inline(rows)).encode(**_axes(), text="name:N")
    halo = base.mark_text(
        fontSize=12, fontWeight=600, color=PAPER, stroke=PAPER, strokeWidth=4, strokeJoin="round", opacity=0.9
    )
    return halo + base.mark_text(fontSize=12, fontWeight=600, color=INK)


def _spread(placed: pl.DataFrame, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return a label at the most central finding of each problem, moved down until it covers no other label."""
    middle = _most_central(placed)
    low_x, high_x, low_y, high_y = (float(placed.select(end).item()) for end in _ENDS)
    wide, high = (high_x - low_x or 1.0) / WIDTH, (high_y - low_y or 1.0) / _HEIGHT
    rows: list[dict[str, Any]] = []
    for problem in sorted(
        (one for one in problems if one.cluster_id in middle), key=lambda one: -middle[one.cluster_id][1]
    ):
        x, y = middle[problem.cluster_id]
        name = _name(problem)
        while any(
            abs(row["y"] - y) < _LABEL_HEIGHT * high
            and abs(row["x"] - x) < _LETTER_WIDTH * wide * (len(row["name"]) + len(name)) / 2
            for row in rows
        ):
            y -= _LABEL_HEIGHT * high
        rows.append({"x": x, "y": y, "name": name})
    return rows


def _most_central(placed: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Return the place of the finding nearest to the middle, by cluster: the middle of two islands lies on neither."""
    away = sum((pl.col(axis) - pl.col(axis).median().over("cluster_id")) ** 2 for axis in ("x", "y"))
    nearest = (
        placed.drop_nulls("cluster_id").sort(away, "finding_id").group_by("cluster_id").agg(pl.col("x", "y").first())
    )
    return {cluster_id: (x, y) for cluster_id, x, y in nearest.iter_rows()}


def _name(problem: Problem) -> str:
    first = label(problem.phrases[0], limit=_PHRASE_CHARACTERS) if problem.phrases else formats.words(problem.detector)
    return f"{problem.rank}  {first}"


def _axes() -> dict[str, Any]:
    import altair as alt

    scale = alt.Scale(zero=False, padding=20)
    return {
        "x": alt.X("x:Q", title=None, axis=None, scale=scale),
        "y": alt.Y("y:Q", title=None, axis=None, scale=scale),
    }


def _alt(report: DetectionReport, placed: pl.DataFrame, *, top_n: int) -> str:
    largest = "; ".join(
        f"{_name(problem)}: {formats.counted(problem.n_findings, 'finding')}" for problem in report.problems[:top_n]
    )
    in_none = formats.share_of(placed["cluster_id"].null_count(), placed.height)
    return f"Map of {formats.counted(placed.height, 'finding')}. Largest clusters: {largest}. In no cluster: {in_none}."
