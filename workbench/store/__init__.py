"""Where telemetry and decisions are kept: Delta tables for what came in, a hash-chained ledger for what was decided."""

from workbench.store.belongings import Belongings, belongings
from workbench.store.categories import add_category, drop_open_codes, open_codes_in, read_taxonomy
from workbench.store.compaction import KEEP_HOURS
from workbench.store.doctor import ASIDE, Fault, examine, mend
from workbench.store.erasures import Refusal
from workbench.store.naming import Names, mark
from workbench.store.policy import MAX_DAYS, Policy, check_version
from workbench.store.retention import Retained, retain
from workbench.store.secret import DEMO_SECRET, make_secret, secret_place
from workbench.store.workspace import Workspace, init_workspace, open_workspace

__all__ = [
    "ASIDE",
    "DEMO_SECRET",
    "KEEP_HOURS",
    "MAX_DAYS",
    "Belongings",
    "Fault",
    "Names",
    "Policy",
    "Refusal",
    "Retained",
    "Workspace",
    "add_category",
    "belongings",
    "check_version",
    "drop_open_codes",
    "examine",
    "init_workspace",
    "make_secret",
    "mark",
    "mend",
    "open_codes_in",
    "open_workspace",
    "read_taxonomy",
    "retain",
    "secret_place",
]
