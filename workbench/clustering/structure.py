"""What makes two findings alike before a word of them is read: the failure that a tool named, or the score that is low.

A service words one failure in several ways, a judge each remark anew, and embedders see several; the kind of failure,
or the name of the score, that comes with each is the same.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.clustering.embed import scale_to_unit, side_by_side
from workbench.schemas import require

GENERIC = r"(?i)(?:error|exception|fault|failure|failed|unknown|other)$|^[\d\s_-]*$"
"""Kinds that say nothing: names of exception classes, which programs use for anything, and bare numbers."""
WEIGHT = 0.5
"""Share of the structure in the likeness of two texts that both have one: as much as all of the words."""
DIMENSIONS = 48
"""Random directions of 48 numbers have a cosine of 0 +- .14: enough to keep the failures of an app's tools apart."""


def structures(findings: pl.DataFrame) -> list[str]:
    """Return the structure of each finding, such as `check_citation: citation_not_found`; empty where none is named.

    It is read from the evidence, where a detector may state `structure`, or `tool` and `error_type`.

    >>> said = ['{"tool": "search", "error_type": "timeout"}', '{"tool": "search", "error_type": "ValueError"}', None]
    >>> structures(pl.DataFrame({"evidence": said}))
    ['search: timeout', '', '']
    """
    require(findings, ("evidence",), of="structures")
    tool, kind = (pl.col("evidence").str.json_path_match(f"$.{name}") for name in ("tool", "error_type"))
    named = pl.when(~kind.str.contains(GENERIC)).then(pl.concat_str(tool, kind, separator=": "))
    stated = pl.col("evidence").str.json_path_match("$.structure")
    return findings.select(pl.coalesce(stated, named, pl.lit("")).alias("structure"))["structure"].to_list()


def without_words(findings: pl.DataFrame) -> pl.Series:
    """Return whether the text of each finding is no one's words but a name for its kind: its evidence says so.

    Two kinds whose names read alike, such as failures on two releases, are not one.

    >>> without_words(pl.DataFrame({"evidence": ['{"has_words": false}', '{"has_words": true}', None]})).to_list()
    [True, False, False]
    """
    require(findings, ("evidence",), of="without_words")
    said = pl.col("evidence").str.json_path_match("$.has_words")
    return findings.select((said == "false").fill_null(value=False).alias("without_words"))["without_words"]


def combine(vectors: NDArray[np.float32], structures: Sequence[str]) -> NDArray[np.float32]:
    """Return the texts' vectors with their structures beside them, (n, d + 48) float32, rows of length 1.

    The likeness of two texts is half that of their words and half whether their structures are the same; of a text
    without a structure it is that of the words. Each structure has a direction of its own that follows from its name
    (random indexing: Kanerva, Kristoferson, Holst, "Random indexing of text samples for latent semantic analysis",
    2000), so that a new one changes no other's place. Where no text has one, the vectors come back as they are.

    Parameters
    ----------
    vectors
        (n, d), rows of length 1, or 0 where the text says nothing; such a row stays 0.
    structures
        The structure of each text, empty where none is known.
    """
    names = sorted(set(structures) - {""})
    if not names:
        return vectors
    place = {"": 0, **{name: number for number, name in enumerate(names, start=1)}}
    directions = np.vstack([np.zeros((1, DIMENSIONS), dtype=np.float32), *(_direction(name) for name in names)])
    return side_by_side(vectors, directions[[place[name] for name in structures]], share=WEIGHT)


def _direction(name: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big")
    return scale_to_unit(np.random.default_rng(seed).standard_normal((1, DIMENSIONS)))
