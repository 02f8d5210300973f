"""What makes two findings alike before a word of them is read: the tool that failed, and the kind of failure it named.

A service words one failure in several ways, and embedders see several; the kind that it gives with each is the same.
"""

import polars as pl

from workbench.schemas import require

GENERIC = r"(?i)(?:error|exception|fault|failure|failed|unknown|other)$|^[\d\s_-]*$"
"""Kinds that say nothing: names of exception classes, which programs use for anything, and bare numbers."""


def structures(findings: pl.DataFrame) -> list[str]:
    """Return the structure of each finding, such as `check_citation: citation_not_found`; empty where none is named.

    It is read from the evidence, where a detector may state `tool` and `error_type`.

    >>> said = ['{"tool": "search", "error_type": "timeout"}', '{"tool": "search", "error_type": "ValueError"}', None]
    >>> structures(pl.DataFrame({"evidence": said}))
    ['search: timeout', '', '']
    """
    require(findings, ("evidence",), of="structures")
    tool, kind = (pl.col("evidence").str.json_path_match(f"$.{name}") for name in ("tool", "error_type"))
    named = pl.when(~kind.str.contains(GENERIC)).then(pl.concat_str(tool, kind, separator=": "))
    return findings.select(named.fill_null("").alias("structure"))["structure"].to_list()
