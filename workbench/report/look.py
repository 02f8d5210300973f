"""One look for every chart and mark: the palette, and the settings of a chart.

They are passed to each chart and set nowhere globally, so that importing this package changes nobody else's charts.
"""

from typing import Any, Final

from workbench.ids import digest

BLUE: Final = "#0072B2"
GREY: Final = "#9AA0A8"
"""Noise, and what is not known."""
INK: Final = "#2B2F36"
MUTED: Final = "#5B6270"
GRID: Final = "#E4E7EB"
PAPER: Final = "#FFFFFF"

# Okabe, Ito (2008), Color Universal Design, without the yellow that fades on white; a violet in its place.
_PALETTE: Final = (BLUE, "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6153C4")
_OF_DETECTOR: Final = {
    "tool_error": "#D55E00",
    "failed_outcome": BLUE,
    "negative_feedback": "#CC79A7",
    "repeated_call": "#009E73",
    "latency_outlier": "#E69F00",
    "incomplete_answer": "#56B4E9",
    "premature_end": "#6153C4",
}
FIRST, SECOND = BLUE, "#D55E00"
"""The first and the second line of a chart that compares two things."""

WIDTH = 820
"""Of a chart over the whole column, pixels."""

CONFIG: Final[dict[str, Any]] = {
    "background": PAPER,
    "font": "Liberation Sans, sans-serif",  # comes with the renderer: the same letters on every machine
    "padding": 8,
    "view": {"stroke": None},
    "title": {"anchor": "start", "fontSize": 15, "fontWeight": 600, "color": INK, "offset": 12, "subtitleColor": MUTED},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": GRID,
        "labelColor": MUTED,
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titlePadding": 10,
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "orient": "top",
    },
}
IN_THE_DARK: Final = {PAPER: "#15181d", INK: "#E4E7EC", MUTED: "#9AA3B2", GRID: "#2A2F38"}
"""What stands for the colours of paper and letters on a dark page; the palette is the same on both."""


def colour_of(detector: str) -> str:
    """Return the colour of a detector, the same in every chart, table and run.

    One from a third party has a colour that follows from its name.
    """
    return _OF_DETECTOR.get(detector) or _PALETTE[int(digest(detector)[:8], 16) % len(_PALETTE)]
