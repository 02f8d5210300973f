"""A chart as a picture: drawn once, the same in a notebook, a page and a mail, with words for who cannot see it.

It is a PNG because that is what an untrusted notebook and an offline page both show, and because trace text in a
picture is no markup.
"""

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.boundaries.display import shorten, visible
from workbench.report.look import CONFIG, IN_THE_DARK
from workbench.report.markup import Html, picture

if TYPE_CHECKING:
    import altair as alt

SCALE = 2
"""Pixels of the picture to one of the page: sharp on high-density screens and in print."""
DARK_TYPE = "application/vnd.workbench.dark-png"
"""The kind of data of a chart for dark pages in a notebook; programs that do not know it show the light one."""
LABEL_CHARACTERS = 40
"""A label within a chart."""
_PNG_SIZE = slice(16, 24)


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawn chart; displays itself as a PNG, and brings another for dark pages."""

    png: bytes
    """The picture, SCALE times as wide and high as it is shown."""
    dark_png: bytes
    """The same on dark paper."""
    alt: str
    """What it shows, for a reader who cannot see it."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on the page, pixels."""
        width, height = struct.unpack(">II", self.png[_PNG_SIZE])
        return width // SCALE, height // SCALE

    @property
    def html(self) -> Html:
        """The picture as a part of other markup."""
        return picture(_base64(self.png), _base64(self.dark_png), alt=self.alt, width=self.size[0])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        width, height = self.size
        shown = {
            "image/png": _base64(self.png),
            DARK_TYPE: _base64(self.dark_png),
            "text/plain": f"[chart] {visible(self.alt)}",
        }
        return shown, {"image/png": {"alt": self.alt, "width": width, "height": height}}


def draw(chart: "alt.Chart | alt.LayerChart | alt.VConcatChart", *, alt: str) -> Chart:
    """Return the chart drawn in the report's look, on light and on dark paper; nothing is fetched from the network."""
    spec = chart.configure(**CONFIG).to_dict()
    return Chart(_png(spec), _png(_in_the_dark(spec)), visible(alt))


def label(words: str, *, limit: int = LABEL_CHARACTERS) -> str:
    """Return trace text as a chart's label: short, on one line, control characters marked."""
    return shorten(visible(" ".join(words.split())), limit)


def inline(rows: list[dict[str, Any]]) -> Any:
    """Return rows as the chart's own data, of any number and without a detour over a file."""
    import altair

    return altair.InlineData(values=rows)


def _png(spec: Mapping[str, Any]) -> bytes:
    import altair
    import vl_convert

    version = altair.SCHEMA_VERSION.removeprefix("v").rsplit(".", 1)[0]
    drawn = vl_convert.vegalite_to_png(
        dict(spec), vl_version=version, scale=SCALE, allowed_base_urls=[], show_warnings=False
    )
    return _packed(drawn)


def _in_the_dark(part: Any) -> Any:
    """Return the chart with paper and letters in their dark colours; its data are left as they are."""
    if isinstance(part, dict):
        return {name: value if name == "values" else _in_the_dark(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_in_the_dark(item) for item in part]
    return IN_THE_DARK.get(part, part) if isinstance(part, str) else part


def _packed(png: bytes) -> bytes:
    """Return the same picture in a third of the bytes: the renderer deflates for speed (PNG, W3C 2003, section 5)."""
    kept, pixels = [png[:8]], b""
    at = len(png[:8])
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            pixels += body
        elif kind == b"IEND":
            kept += [_chunk(b"IDAT", zlib.compress(zlib.decompress(pixels), 9)), _chunk(b"IEND", b"")]
        else:
            kept.append(_chunk(kind, body))
        at += 12 + length
    return b"".join(kept)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _base64(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")
