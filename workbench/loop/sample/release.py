"""The sample's release candidate: its changes put together and frozen, as a simulated person would.

What people look at in the sample then is a chain that goes from a trace all the way to a frozen commit.
"""

from collections.abc import Sequence
from datetime import datetime

from workbench.loop.people import a_person
from workbench.loop.prioritise.ranking import pain_of_issues
from workbench.loop.release import freeze_candidate, make_candidate
from workbench.records import Change, ReleaseCandidate
from workbench.store import Workspace

NAME = "2026-W44"
"""The week in which the sample is looked at."""


def release_sample(
    workspace: Workspace, changes: Sequence[Change], *, author: str, now: datetime
) -> ReleaseCandidate | None:
    """Put the changes of the sample together, freeze them, and return the candidate; None where there are none.

    Parameters
    ----------
    workspace
        The sample's.
    changes
        Its changes, committed.
    author
        Who freezes it: the name says that it is simulated.
    now
        When, UTC.
    """
    if not changes:
        return None
    actor, pain = a_person(author, "typed"), pain_of_issues(workspace, now=now)
    made = make_candidate(
        workspace, NAME, change_ids=[change.id for change in changes], actor=actor, now=now, pain=pain
    )
    return freeze_candidate(workspace, made.id, actor=actor, now=now)
