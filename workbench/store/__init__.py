"""Where telemetry and decisions are kept: Delta tables for what came in, a hash-chained ledger for what was decided."""

from workbench.store.secret import DEMO_SECRET, make_secret, secret_place
from workbench.store.workspace import Workspace, init_workspace, open_workspace

__all__ = ["DEMO_SECRET", "Workspace", "init_workspace", "make_secret", "open_workspace", "secret_place"]
