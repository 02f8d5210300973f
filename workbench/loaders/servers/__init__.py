"""Servers that telemetry is pulled from, page by page, as records that the loaders read; some take verdicts too.

Each reader turns what its server gives into a format that is known already, so that a pulled span and an exported one
become the same row.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from workbench.boundaries.http import Server
from workbench.boundaries.keys import Key
from workbench.loaders.servers import keys, langfuse, mlflow, mlflow_board, phoenix, phoenix_board
from workbench.loaders.servers.boards import Board
from workbench.loaders.servers.pages import Page, Payload, Position, Project, Stream

__all__ = ["SERVERS", "Page", "Payload", "Position", "Project", "Stream"]


class Kind(NamedTuple):
    """A kind of server that can be pulled from."""

    key: Callable[[Mapping[str, str]], Key]
    """Its key, from environment variables."""
    open_project: Callable[[Server, str | None], Project]
    """A project of it, by name; None takes the server's own default."""
    open_board: Callable[[Server, str | None], Board] | None = None
    """Where it takes verdicts on the traces of a project; None where it takes none."""


SERVERS: Mapping[str, Kind] = {
    "phoenix": Kind(keys.phoenix, phoenix.open_project, phoenix_board.open_board),
    "mlflow": Kind(keys.mlflow, mlflow.open_project, mlflow_board.open_board),
    "langfuse": Kind(keys.langfuse, langfuse.open_project),
}
