"""The map of the findings: what looks alike lies together, what is like nothing else stays grey."""

from typing import Any

import polars as pl

from workbench.report import formats
from workbench.report.blocks import Block, sentences
from workbench.report.chart import Chart, draw, inline, label
from workbench.report.detection import DetectionReport, Problem
from workbench.report.look import GREY, INK, WIDTH, colour_of

MAX_POINTS = 20_000
"""More points hide each other on a picture of this size; beyond it every k-th is drawn, and the chart says so."""
_PHRASE_CHARACTERS = 26
_HEIGHT = 470


def cluster_map(report: DetectionReport, *, top_n: int) -> Chart | Block:
    """Return the findings as points, coloured by detector, with the `top_n` largest problems named.

    A sentence where there is no map: too few findings to group.
    """
    placed = report.findings.filter(pl.col("x").is_not_null() & pl.col("y").is_not_null())
    if placed.is_empty():
        return sentences("There are too few findings with words to lay out a map.")
    drawn = placed.gather_every(1 + placed.height // MAX_POINTS)
    subtitle = ["Near means said in similar words; the axes have no unit. Numbers are the ranks of the table above."]
    if drawn.height < placed.height:
        subtitle.append(f"{formats.share_of(drawn.height, placed.height)} findings drawn")
    chart = _noise(drawn) + _points(drawn) + _labels(report, placed, top_n=top_n)
    return draw(
        chart.properties(
            title={"text": "Which findings look alike?", "subtitle": subtitle}, width=WIDTH - 30, height=_HEIGHT
        ),
        alt=_alt(report, placed, top_n=top_n),
    )


def _noise(drawn: pl.DataFrame) -> Any:
    import altair as alt

    rows = drawn.filter(pl.col("cluster_id").is_null()).select("x", "y").to_dicts()
    return alt.Chart(inline(rows)).mark_circle(color=GREY, opacity=0.45, size=14).encode(**_axes())


def _points(drawn: pl.DataFrame) -> Any:
    import altair as alt

    clustered = drawn.filter(pl.col("cluster_id").is_not_null())
    codes = sorted(clustered["detector"].unique().to_list())
    scale = alt.Scale(domain=[formats.words(code) for code in codes], range=[colour_of(code) for code in codes])
    rows = [
        {"x": x, "y": y, "detector": formats.words(detector)}
        for x, y, detector in clustered.select("x", "y", "detector").iter_rows()
    ]
    colour = alt.Color("detector:N", title="found by (grey: in no cluster)", scale=scale)
    return alt.Chart(inline(rows)).mark_circle(opacity=0.6, size=26).encode(**_axes(), color=colour)


def _labels(report: DetectionReport, placed: pl.DataFrame, *, top_n: int) -> Any:
    import altair as alt

    centres = {
        cluster_id: (x, y)
        for cluster_id, x, y in placed.group_by("cluster_id").agg(pl.col("x", "y").median()).iter_rows()
    }
    rows = [
        {"x": centres[problem.cluster_id][0], "y": centres[problem.cluster_id][1], "name": _name(problem)}
        for problem in report.problems[:top_n]
        if problem.cluster_id in centres
    ]
    base = alt.Chart(inline(rows)).encode(**_axes(), text="name:N")
    halo = base.mark_text(fontSize=12, fontWeight=600, stroke="white", strokeWidth=4, strokeJoin="round", opacity=0.9)
    return halo + base.mark_text(fontSize=12, fontWeight=600, color=INK)


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
