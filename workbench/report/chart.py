"""A chart as a picture: drawn once, the same in a notebook, a page and a mail, with words for who cannot see it.

It is a PNG because that is what an untrusted notebook and an offline page both show, and because trace text in a
picture is no markup.
"""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.boundaries.display import shorten, visible
from workbench.report.look import CONFIG
from workbench.report.markup import Html, image

if TYPE_CHECKING:
    import altair as alt

SCALE = 2
"""Pixels of the picture to one of the page: sharp on high-density screens and in print."""
LABEL_CHARACTERS = 40
"""A label within a chart."""
_PNG_SIZE = slice(16, 24)


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawn chart; displays itself as a PNG."""

    png: bytes
    """The picture, SCALE times as wide and high as it is shown."""
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
        return image(self._base64, alt=self.alt, width=self.size[0])

    @property
    def _base64(self) -> str:
        return base64.b64encode(self.png).decode("ascii")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        width, height = self.size
        shown = {"image/png": self._base64, "text/plain": f"[chart] {visible(self.alt)}"}
        return shown, {"image/png": {"alt": self.alt, "width": width, "height": height}}


def draw(chart: "alt.Chart | alt.LayerChart", *, alt: str) -> Chart:
    """Return the chart drawn in the report's look; nothing is fetched from the network."""
    import altair
    import vl_convert

    spec: Mapping[str, Any] = chart.configure(**CONFIG).to_dict()
    version = altair.SCHEMA_VERSION.removeprefix("v").rsplit(".", 1)[0]
    png = vl_convert.vegalite_to_png(
        dict(spec), vl_version=version, scale=SCALE, allowed_base_urls=[], show_warnings=False
    )
    return Chart(png, visible(alt))


def label(words: str, *, limit: int = LABEL_CHARACTERS) -> str:
    """Return trace text as a chart's label: short, on one line, control characters marked."""
    return shorten(visible(" ".join(words.split())), limit)


def inline(rows: list[dict[str, Any]]) -> Any:
    """Return rows as the chart's own data, of any number and without a detour over a file."""
    import altair

    return altair.InlineData(values=rows)
