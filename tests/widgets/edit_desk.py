"""A desk for the editor of a change that keeps what it was given in lists."""

from collections.abc import Mapping
from typing import Any

from workbench.errors import RepositoryError

FILES = {
    "prompts/summary.prompty": "---\nname: summary\n---\nState the holding.\nKeep to the facts.\n",
    "settings.yaml": "retries: 2\n",
    "tools/lookup.json": '{"name": "lookup", "description": "Looks a case up."}\n',
}


class Desk:
    """Begins and commits what it is asked to, or refuses."""

    def __init__(
        self, files: Mapping[str, str] = FILES, *, state: str = "new", refuses: str = "", title: str = ""
    ) -> None:
        self.files, self.state, self.refuses, self.title = files, state, refuses, title
        self.about_issue = "The jurisdiction is mixed up"
        self.hooks: tuple[str, ...] = ()
        self.begun: list[tuple[str, str]] = []
        self.committed: list[dict[str, str]] = []

    def about(self) -> dict[str, Any]:
        issue = {"id": "iss_1", "title": self.about_issue}
        change_id = "" if self.state == "new" else "chg_1"
        said = {"author": "ann", "title": self.title, "why": "", "change_id": change_id, "state": self.state}
        return {"issue": issue, "files": dict(self.files), **said}

    def begin(self, *, title: str, why: str) -> str:
        if self.refuses:
            raise RepositoryError(self.refuses)
        self.begun.append((title, why))
        return "chg_1"

    def commit(self, contents: Mapping[str, str]) -> str:
        if self.refuses:
            raise RepositoryError(self.refuses)
        self.committed.append(dict(contents))
        return "c" * 40

    def hooks_not_run(self) -> tuple[str, ...]:
        return self.hooks
