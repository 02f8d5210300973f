"""What somebody names by its id: an issue, a round of review, a change, and the app that is changed."""

from workbench.changes.repository import AppRepository, open_app
from workbench.errors import ConfigError
from workbench.records import Change, Issue, Review, chosen, chosen_or_newest
from workbench.store import Workspace


def find_issue(workspace: Workspace, issue_id: str) -> Issue:
    """Return an issue in its newest revision, by its id or a beginning of it that no other has.

    Raises
    ------
    ConfigError
        If there is no such issue, or several begin so.
    """
    return chosen(workspace.ledger.latest(Issue), issue_id, word="issue", fix="`workbench backlog` lists them")


def find_review(workspace: Workspace, review_id: str) -> Review:
    """Return a round in its newest revision.

    Raises
    ------
    ConfigError
        If there is no such round.
    """
    history = workspace.ledger.history(Review, review_id)
    if not history:
        raise ConfigError(f"review_id == {review_id!r}, there is no such review", fix="open one first")
    return history[-1]


def find_change(workspace: Workspace, change_id: str) -> Change:
    """Return a change in its newest revision, by its id, a beginning of it that no other has, or `latest`.

    Raises
    ------
    ConfigError
        If there is no such change, or several begin so.
    """
    every = workspace.ledger.latest(Change)
    return chosen_or_newest(every, change_id, word="change", fix="`workbench change list` lists them")


def app_of(workspace: Workspace) -> AppRepository:
    """Return the app's repository of a workspace.

    Raises
    ------
    RepositoryError
        If there is none where its settings say, or one that must not be read.
    """
    return open_app(workspace.app, layout=workspace.layout)
