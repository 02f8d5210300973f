"""The person of these tests, and what people say of an issue."""

from typing import Any

from tests.review.said import verdict
from workbench.records import Actor, Verdict

ANN = Actor(kind="HUMAN", name="ann", identity="typed")
"""Who puts a verdict into the ledger: by a program it would not count."""


def on_issue(issue_id: str, label: str = "confirmed", **more: Any) -> Verdict:
    """Return a person's verdict on an issue, outside of any review."""
    return verdict(issue_id, label, **{"target_kind": "issue", "cluster_id": None, "review_id": None, **more})
