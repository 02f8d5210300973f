"""Findings that look alike come together: embed, partition, describe, match to earlier runs."""

from workbench.clustering.embed import NAME, embed
from workbench.clustering.grouping import Grouping, group
from workbench.clustering.lineage import Lineage, lineage
from workbench.clustering.match import Match, match
from workbench.clustering.naming import Namer, ToName
from workbench.clustering.partition import Partition, partition
from workbench.embedder import Embed

__all__ = [
    "NAME",
    "Embed",
    "Grouping",
    "Lineage",
    "Match",
    "Namer",
    "Partition",
    "ToName",
    "embed",
    "group",
    "lineage",
    "match",
    "partition",
]
