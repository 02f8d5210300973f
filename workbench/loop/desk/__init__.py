"""A reviewer's desk: the items of a review one after the other, and what the reviewer says of each, kept for good."""

from workbench.loop.desk.desk import Desk

__all__ = ["Desk"]
