"""Where telemetry and decisions are kept: Delta tables for what came in, a hash-chained ledger for what was decided."""

from workbench.store.compaction import KEEP_HOURS
from workbench.store.doctor import Fault, examine, mend
from workbench.store.secret import DEMO_SECRET, make_secret, secret_place
from workbench.store.workspace import Workspace, init_workspace, open_workspace

__all__ = [
    "DEMO_SECRET",
    "KEEP_HOURS",
    "Fault",
    "Workspace",
    "examine",
    "init_workspace",
    "make_secret",
    "mend",
    "open_workspace",
    "secret_place",
]
