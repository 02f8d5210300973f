"""The only place of the report where text becomes HTML: escaped, and trace text inside a border that says whose it is.

Everything else composes these pieces. Sizes and borders are written inline, so that a live notebook shows them too; the
style sheet of an executed report sets the variables, and refines.
"""

import urllib.parse
from collections.abc import Iterable, Sequence

from workbench.boundaries import display

SAID_CHARACTERS = 160
"""A chip of trace text in a table: two lines of the widest column."""
WHOLE_CHARACTERS = 40
"""A chip that is not broken into lines: a name or an id."""
QUOTE_CHARACTERS = 600
"""A quote of a trace: what a reader takes in without scrolling."""
_BAR, _SPARK_HEIGHT = 2, 22
"""Of the bars beside a line of text, pixels: two months are as wide as two words."""
_LINE = "var(--line, var(--jp-border-color1, #c5cad3))"
_SOFT = "var(--soft, var(--jp-layout-color2, #f3f4f6))"
_REMOVED, _ADDED = "rgba(213,94,0,.22)", "rgba(0,114,178,.22)"
"""Orange and blue, which few people confuse; they tint a light page and a dark one."""
_MUTED = "var(--muted, var(--jp-ui-font-color2, #5b6270))"


class Html(str):
    """Markup whose text is escaped already; made in this module only, and composed with `join`."""

    __slots__ = ()


def text(words: str) -> Html:
    """Return the tool's own words, escaped."""
    return Html(display.escape(words))


def join(parts: Iterable[Html | str], separator: str = "") -> Html:
    """Return pieces one after the other; a plain string among or between them is the tool's own words."""
    return Html(text(separator).join(map(_html, parts)))


def said(words: str, *, limit: int = SAID_CHARACTERS) -> Html:
    """Return words of a trace as a bordered chip; a short one stays in one piece, a long one flows on."""
    whole = "display:inline-block;max-width:100%;" if len(words) <= WHOLE_CHARACTERS else ""
    return Html(
        f'<q class="said" title="words from a trace" style="quotes:none;{whole}'
        f"border:1px solid {_LINE};border-radius:3px;padding:0 .3em;background:{_SOFT};overflow-wrap:break-word"
        f'">{_short(words, limit)}</q>'
    )


def quote(label: str, words: str, *, limit: int = QUOTE_CHARACTERS) -> Html:
    """Return words of a trace as a bordered block; the label stands outside of the border."""
    return quoted(label, _short(words, limit))


def quoted(label: str, content: Html) -> Html:
    """Return words of a trace that are markup already, as edits marked in them, as a bordered block; as `quote`."""
    return Html(
        f'<div class="quote"><span class="label" style="color:{_MUTED};font-size:85%">{text(label)}</span>'
        f'<blockquote class="said" title="words from a trace" style="border:1px solid {_LINE};border-radius:4px;'
        f'padding:.4em .6em;margin:.15em 0 .5em;white-space:pre-wrap;overflow-wrap:anywhere">{content}'
        "</blockquote></div>"
    )


def file_name(words: str) -> Html:
    """Return a path of the app's repository, or another name of it, in letters of equal width."""
    style = f"background:{_SOFT};border-radius:3px;padding:0 .25em;overflow-wrap:anywhere"
    return Html(f'<code style="{style}">{text(words)}</code>')


def removed(words: str) -> Html:
    """Return words that are no longer there: struck through, tinted, and said to be removed to who only hears it."""
    inside = join([_heard("[removed: "), words, _heard("]")])
    return Html(f'<del style="background:{_REMOVED};text-decoration:line-through;padding:0 1px">{inside}</del>')


def added(words: str) -> Html:
    """Return words that are new: underlined, tinted, and said to be added to who only hears it."""
    inside = join([_heard("[added: "), words, _heard("]")])
    style = f"background:{_ADDED};text-decoration:underline;font-weight:600;padding:0 1px"
    return Html(f'<ins style="{style}">{inside}</ins>')


def file_text(content: Html, *, label: str) -> Html:
    """Return the text of a file in a bordered block that keeps its lines; the label is for who only hears it."""
    return Html(
        f'<div class="file" role="group" aria-label="{_attribute(label)}" style="border:1px solid {_LINE};'
        "border-radius:4px;padding:.5em .7em;margin:.3em 0 .8em;white-space:pre-wrap;overflow-wrap:anywhere;"
        f'font-family:monospace;font-size:90%;line-height:1.5">{content}</div>'
    )


def _heard(words: str) -> Html:
    """Return words that are read out and not seen."""
    return Html(
        '<span class="heard" style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);'
        f'white-space:nowrap">{text(words)}</span>'
    )


def muted(words: str) -> Html:
    """Return the tool's own words in a quieter colour."""
    return Html(f'<span class="muted" style="color:{_MUTED}">{text(words)}</span>')


def unbroken(words: str) -> Html:
    """Return the tool's own words in a quieter colour, on one line."""
    return Html(f'<span class="muted" style="color:{_MUTED};white-space:nowrap">{text(words)}</span>')


def strong(words: str) -> Html:
    """Return the tool's own words in bold."""
    return Html(f"<strong>{text(words)}</strong>")


def badge(words: str) -> Html:
    """Return a state or a mark of the tool's own in a small frame: hypothesis, proposed."""
    return Html(
        f'<span class="badge" style="border:1px solid currentColor;border-radius:1em;padding:0 .55em;font-size:80%;'
        f'white-space:nowrap;color:{_MUTED}">{text(words)}</span>'
    )


def dot(colour: str, words: str) -> Html:
    """Return words with a dot in the colour that stands for them in every chart."""
    return Html(
        f'<span style="white-space:nowrap"><span class="ink" aria-hidden="true" style="display:inline-block;width:.7em;'
        f'height:.7em;border-radius:50%;margin-right:.4em;background:{_attribute(colour)}"></span>{text(words)}</span>'
    )


def bar(part: float, words: str, *, colour: str) -> Html:
    """Return a horizontal bar of a share, 0 to 1, with its words beside it."""
    width = 100 * min(max(part, 0.0), 1.0)
    least = "min-width:2px;" if part > 0 else ""
    return Html(
        '<span class="bar" style="display:flex;align-items:center;gap:.5em">'
        f'<span aria-hidden="true" style="flex:0 0 7em;background:{_SOFT};border-radius:2px">'
        f'<span class="ink" style="display:block;height:.8em;border-radius:2px;{least}width:{width:.1f}%;'
        f'background:{_attribute(colour)}"></span></span><span style="white-space:nowrap">{text(words)}</span></span>'
    )


def spark(values: Sequence[int], *, words: str, colour: str) -> Html:
    """Return numbers as small bars side by side, with their words for who cannot see them.

    They are boxes, not a drawing: a notebook that is not trusted shows boxes.
    """
    most = max(values, default=0) or 1
    bars, gap = [], 0
    for value in values:
        if not value:
            gap += _BAR + 1
            continue
        bars.append(_bar(gap, max(2, round(_SPARK_HEIGHT * value / most)), colour))
        gap = 0
    return Html(
        f'<span class="spark" role="img" aria-label="{_attribute(words)}" title="{_attribute(words)}" style="display:'
        f"inline-block;white-space:nowrap;line-height:0;border-bottom:1px solid {_LINE};padding-right:{gap}px"
        f'">{join(bars)}</span>'
    )


def _bar(gap: int, height: int, colour: str) -> Html:
    return Html(
        f'<span class="ink" style="display:inline-block;width:{_BAR}px;margin:0 1px 0 {gap}px;height:{height}px;'
        f'background:{_attribute(colour)}"></span>'
    )


def picture(png: str, dark_png: str, *, alt: str, width: int) -> Html:
    """Return a picture in place, another one for dark pages, and its alternative text; both are PNG in base 64."""
    return Html(
        '<picture><source media="(prefers-color-scheme: dark)" '
        f'srcset="data:image/png;base64,{_attribute(dark_png)}">'
        f'<img class="chart" alt="{_attribute(alt)}" width="{width}" style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{_attribute(png)}"></picture>'
    )


def table(
    columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Html | str]], *, caption: str, foot: str = ""
) -> Html:
    """Return a table; columns are heading and alignment (`left` or `right`), rows have one cell a column."""
    head = join(_cell("th", title, align) for title, align in columns)
    body = join(_row(row, columns) for row in rows)
    after = Html(f'<p class="foot" style="color:{_MUTED};font-size:85%">{text(foot)}</p>') if foot else ""
    return Html(
        '<div class="table"><table style="border-collapse:collapse">'
        f'<caption style="text-align:left;font-weight:600;padding:.3em 0">{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{after}</div>"
    )


def tiles(figures: Iterable[tuple[str, str, str]]) -> Html:
    """Return key figures side by side: value, name, and a note."""
    each = (
        Html(
            f'<div class="tile" style="border:1px solid {_LINE};border-radius:6px;padding:.6em .9em;min-width:7.5em">'
            '<div class="value" style="font-size:1.6em;font-weight:600;line-height:1.2;white-space:nowrap">'
            f"{text(value)}</div>"
            f"<div>{text(name)}</div>{muted(note)}</div>"
        )
        for value, name, note in figures
    )
    return Html(f'<div class="tiles" style="display:flex;flex-wrap:wrap;gap:.8em;margin:.6em 0">{join(each)}</div>')


def beside(*parts: Html) -> Html:
    """Return parts side by side, in columns of one width; below each other where the page is narrow."""
    each = (Html(f'<div class="part" style="min-width:0">{part}</div>') for part in parts)
    style = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20em),1fr));gap:0 1.2em"
    return Html(f'<div class="beside" style="{style}">{join(each)}</div>')


def paragraph(content: Html | str) -> Html:
    """Return one paragraph."""
    return Html(f"<p>{_html(content)}</p>")


def bullets(lines: Iterable[Html | str]) -> Html:
    """Return a list."""
    return Html(f"<ul>{join(Html(f'<li>{_html(line)}</li>') for line in lines)}</ul>")


def title(words: str) -> Html:
    """Return the heading of a whole page, in the tool's own words."""
    return Html(f"<h1>{text(words)}</h1>")


def heading(content: Html | str, *, anchor: str) -> Html:
    """Return a heading of the third level that the page can link to."""
    return Html(f'<h3 id="{_attribute(anchor)}">{_html(content)}</h3>')


def link(content: Html | str, *, anchor: str) -> Html:
    """Return a link to a heading on the same page."""
    return Html(f'<a href="#{_attribute(anchor)}">{_html(content)}</a>')


def folded(summary: str, content: Html) -> Html:
    """Return content that a reader opens; the summary is the tool's own words."""
    return Html(f"<details><summary>{text(summary)}</summary>{content}</details>")


def file_link(content: Html | str, *, path: str) -> Html:
    """Return a link to a file below the page's own folder."""
    return Html(f'<a href="{_attribute(urllib.parse.quote(path))}">{_html(content)}</a>')


def page(title: str, *body: Html, policy: str, style: str, refresh: str = "") -> str:
    """Return a whole page; with `refresh` it leads on to that file of its own folder at once."""
    leads_on = (
        f'<meta http-equiv="refresh" content="0; url={_attribute(urllib.parse.quote(refresh))}">' if refresh else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_attribute(policy)}">{leads_on}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{style}</style></head><body><main>{join(body)}</main></body></html>\n"
    )


def section(content: Html | str, *, name: str) -> Html:
    """Return a part of a page with its class name."""
    return Html(f'<section class="{_attribute(name)}">{_html(content)}</section>')


def _row(row: Sequence[Html | str], columns: Sequence[tuple[str, str]]) -> Html:
    cells = (_cell("td", cell, align, of=name) for cell, (name, align) in zip(row, columns, strict=True))
    return Html(f"<tr>{join(cells)}</tr>")


def _cell(tag: str, content: Html | str, align: str, *, of: str = "") -> Html:
    """Return a cell; with `of`, the heading of its column, which stands beside it on a narrow screen."""
    line = "" if tag == "th" else f";border-top:1px solid {_LINE}"
    style = f"text-align:{align};vertical-align:top;padding:.3em .6em{line}"
    digits = ";font-variant-numeric:tabular-nums;white-space:nowrap" if align == "right" else ""
    label = f' data-label="{_attribute(of)}"' if of else ""
    return Html(f'<{tag}{label} class="{align}" style="{style}{digits}">{_html(content)}</{tag}>')


def _html(content: Html | str) -> Html:
    return content if isinstance(content, Html) else text(content)


def _short(words: str, limit: int) -> Html:
    return Html(display.escape(display.shorten(words, limit)))


def _attribute(words: str) -> str:
    return display.escape_attribute(words)
