"""The evidence chain: from any id back to production and forward to a release."""

from workbench.loop.chain.kinds import ORDER, Key, Line
from workbench.loop.chain.tree import TREE, tree
from workbench.loop.chain.walk import FAN_OUT, Chain, Linked, Node, chain

__all__ = ["FAN_OUT", "ORDER", "TREE", "Chain", "Key", "Line", "Linked", "Node", "chain", "tree"]
