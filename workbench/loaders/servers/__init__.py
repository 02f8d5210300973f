"""Servers that telemetry is pulled from: their public APIs, page by page, as records that the loaders read.

Each reader turns what its server gives into a format that is known already, so that a pulled span and an exported one
become the same row.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from workbench.boundaries.http import Key, Server
from workbench.loaders.servers import keys, langfuse, mlflow, phoenix
from workbench.loaders.servers.pages import Page, Payload, Position, Project, Stream

__all__ = ["SERVERS", "Page", "Payload", "Position", "Project", "Stream"]


class Kind(NamedTuple):
    """A kind of server that can be pulled from."""

    key: Callable[[Mapping[str, str]], Key]
    """Its key, from environment variables."""
    open_project: Callable[[Server, str | None], Project]
    """A project of it, by name; None takes the server's own default."""


SERVERS: Mapping[str, Kind] = {
    "phoenix": Kind(keys.phoenix, phoenix.open_project),
    "mlflow": Kind(keys.mlflow, mlflow.open_project),
    "langfuse": Kind(keys.langfuse, langfuse.open_project),
}
