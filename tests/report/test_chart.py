"""Charts: a picture with words beside it, on light and dark paper, drawn without a network and without global state."""

import base64
import struct
import zlib
from typing import Any

import altair as alt
import pytest

from workbench.report import chart
from workbench.report.look import INK, colour_of


def bars(name: str = "a") -> alt.Chart:
    """Return a chart of one bar."""
    rows = chart.inline([{"name": name, "n": 1}])
    drawn: alt.Chart = alt.Chart(rows).mark_bar(color=INK).encode(x="n:Q", y="name:N")
    return drawn


def pixels(png: bytes) -> bytes:
    """Return the filtered pixels of a PNG."""
    found, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.pack(">I", zlib.crc32(kind + body)) == png[at + 8 + length : at + 12 + length]
        found += body if kind == b"IDAT" else b""
        at += 12 + length
    return zlib.decompress(found)


def test_a_notebook_gets_a_png_with_alternative_text_and_its_size() -> None:
    drawn = chart.draw(bars().properties(width=100, height=50), alt="One bar.")
    data, metadata = drawn._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert metadata["image/png"]["alt"] == "One bar."
    assert struct.unpack(">II", png[16:24]) == (drawn.size[0] * 2, drawn.size[1] * 2)
    assert data["text/plain"] == "[chart] One bar."


def test_the_dark_picture_differs_in_paper_and_letters_only_in_its_own_bytes() -> None:
    drawn = chart.draw(bars(), alt="")
    assert drawn.png != drawn.dark_png
    assert len(pixels(drawn.png)) == len(pixels(drawn.dark_png))


def test_packing_keeps_every_pixel() -> None:
    import vl_convert

    spec = bars().to_dict()
    as_drawn = vl_convert.vegalite_to_png(spec, scale=2)
    packed = chart._packed(as_drawn)
    assert pixels(packed) == pixels(as_drawn)
    assert len(packed) < len(as_drawn)


def test_data_that_look_like_a_colour_are_not_recoloured() -> None:
    spec: dict[str, Any] = {"mark": {"color": INK}, "datasets": {}, "data": {"values": [{"name": INK}]}}
    dark = chart._in_the_dark(spec)
    assert dark["data"]["values"] == [{"name": INK}]
    assert dark["mark"]["color"] != INK


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "\u202eabc"])
def test_a_hostile_label_is_drawn_and_its_hidden_characters_are_marked(hostile: str) -> None:
    assert "\u202e" not in chart.label(hostile)
    assert chart.draw(bars(chart.label(hostile)), alt=hostile).png


def test_the_alternative_text_is_escaped_where_a_chart_is_part_of_other_markup() -> None:
    drawn = chart.draw(bars(), alt='"><img src=x onerror=alert(1)>')
    assert "<img src=x" not in drawn.html


def test_a_label_is_one_short_line() -> None:
    assert chart.label("two\n lines   and more", limit=12) == "two lines a…"


def test_more_rows_than_altair_allows_by_itself_are_drawn() -> None:
    rows = [{"x": n, "y": n} for n in range(6_000)]
    assert chart.draw(alt.Chart(chart.inline(rows)).mark_point().encode(x="x:Q", y="y:Q"), alt="").png


def test_nobody_elses_charts_are_changed() -> None:
    before = alt.theme.active, alt.renderers.active, alt.data_transformers.active
    chart.draw(bars(), alt="")
    assert (alt.theme.active, alt.renderers.active, alt.data_transformers.active) == before


def test_a_detector_has_one_colour_also_where_it_is_not_ours() -> None:
    assert colour_of("tool_error") == colour_of("tool_error") != colour_of("failed_outcome")
    assert colour_of("somebody_elses") == colour_of("somebody_elses")


def test_the_shipped_detectors_share_the_seven_colours_of_the_palette() -> None:
    from workbench.detectors import DETECTORS

    assert len({colour_of(detector.code) for detector in DETECTORS}) == min(7, len(DETECTORS))
