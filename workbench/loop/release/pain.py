"""The pain of each open issue, as what orders changes: from the one ranking of step 4."""

from collections.abc import Mapping
from datetime import datetime

from workbench.loop.prioritise import prioritise
from workbench.releases import Pain
from workbench.store import Workspace


def pain_by_issue(workspace: Workspace, *, now: datetime) -> Mapping[str, Pain]:
    """Return the pain of each open issue under the set of weights that ranks, by its id.

    Parameters
    ----------
    workspace
        Its issues, findings and verdicts are read.
    now
        The time, UTC.
    """
    return {row.issue.id: Pain(*row.pain) for row in prioritise(workspace, now=now).rows}
