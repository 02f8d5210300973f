"""Notebooks executed with provenance: what each run was given, what it read, and what became of it.

An executed notebook is evidence: it is written under the workspace, never edited, and kept when it fails.
"""

from workbench.runs.execution import execute
from workbench.runs.forget import quoting, renew_lists
from workbench.runs.index import index
from workbench.runs.notebooks import Parameter, declared, find
from workbench.runs.own_notebooks import lay_out
from workbench.runs.run import Run, noted_heads
from workbench.runs.scheduled import ScheduledRun, run_profile
from workbench.runs.serving import Served, View, require, serve

__all__ = [
    "Parameter",
    "Run",
    "ScheduledRun",
    "Served",
    "View",
    "declared",
    "execute",
    "find",
    "index",
    "lay_out",
    "noted_heads",
    "quoting",
    "renew_lists",
    "require",
    "run_profile",
    "serve",
]
