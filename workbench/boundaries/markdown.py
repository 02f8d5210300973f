"""The door from a stranger's words to Markdown as GitHub and mail readers take it: they show themselves, and no more.

In a sentence or a cell of a table they are escaped; by themselves, where the file is read unrendered too, they stand in
a code span, which needs no backslash.
"""

import re

from workbench.boundaries.display import visible

_BACKTICKS = re.compile("`+")
_PUNCTUATION = re.compile(r"[!-/:-?\[-`{-~]")
"""Of ASCII: a backslash before any of it makes it plain (CommonMark 0.31, section 2.4)."""


def escaped(text: str) -> str:
    r"""Return the text for one line of Markdown as GitHub reads it, where it shows itself and is nothing else.

    All punctuation is escaped, line ends and hidden characters are marked as in `visible`, and an `@` becomes its wide
    form, since it would call a person by name even when it is escaped.

    >>> escaped("<b> | `a` @ann")
    '\\<b\\> \\| \\`a\\` ＠ann'
    """
    return _PUNCTUATION.sub(r"\\\g<0>", visible(text)).replace("@", "＠")


def code_span(text: str) -> str:
    """Return the text for a line of Markdown, where it is shown as it is: no link, image, mention, HTML or mathematics.

    It stands between more backticks than it has in a row (CommonMark 6.1), its hidden characters made visible.

    >>> code_span("<b>"), code_span("a`b")
    ('`<b>`', '``a`b``')
    """
    shown = visible(text)
    if not shown.strip():
        return "` `"
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
