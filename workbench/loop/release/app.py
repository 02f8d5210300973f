"""The app's repository of a workspace."""

from workbench.changes.repository import AppRepository, open_app
from workbench.store import Workspace


def app_of(workspace: Workspace) -> AppRepository:
    """Return the repository of a workspace's app."""
    return open_app(workspace.root / "app")
