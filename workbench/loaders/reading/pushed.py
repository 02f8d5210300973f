"""Verdicts that were pushed to a server and come back by a pull or an export: no user said them.

A reviewer's "the wrong court" about a trace would else be read as a user's complaint, and be found as a problem anew.
"""

from typing import Any

OWN = "workbench_verdict"
"""The name in the metadata of an annotation or assessment under which the rest of a verdict stands."""


def is_own(metadata: Any) -> bool:
    """Return whether the metadata of an annotation or assessment is that of a verdict which was pushed from here."""
    return isinstance(metadata, dict) and OWN in metadata
