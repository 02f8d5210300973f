"""What the editor of a change needs of whoever keeps changes: one change that a person writes.

Values go in and come out as JSON has them. The view knows no repository and no ledger; it is given a desk.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class EditDesk(Protocol):
    """One change, begun or not; what is not done raises a `WorkbenchError`."""

    def about(self) -> dict[str, Any]:
        """Return what the change is.

        issue (id and title), author, title, why, change_id (empty until it is begun), state (`new`, `draft`, or as of
        a change), files (text by path, of the version that it starts from), edits (text by path, of a draft).
        """

    def begin(self, *, title: str, why: str) -> str:
        """Begin the change and return its id; title and why are signed with it."""

    def commit(self, contents: Mapping[str, str]) -> str:
        """Commit the edited files, whole text by path, on the change's branch, and return the commit."""

    def hooks_not_run(self) -> Sequence[str]:
        """Return the names of the repository's hooks that a commit of a change does not run."""
