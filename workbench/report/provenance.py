"""Where a report comes from: code, tables, ledger, packages and time.

With it a report can be made again, and two that differ can be told apart.
"""

import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import workbench
from workbench.records import DetectionRun
from workbench.report import formats
from workbench.report.blocks import Block, table, words
from workbench.store import Workspace

PACKAGES = ("polars", "deltalake", "numpy", "scipy", "scikit-learn", "umap-learn", "hdbscan", "altair", "papermill")
"""Those whose version can change a number or a picture of a report."""
NOW = "now"
"""The word for the present moment, wherever a moment is a parameter."""
_GIT_SECONDS = 10.0


def moment(as_of: str) -> datetime:
    """Return the moment that a parameter names, UTC: `now`, or an ISO 8601 time (UTC where it names no zone).

    Raises
    ------
    ValueError
        If it is neither.
    """
    if as_of == NOW:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(as_of)
    except ValueError:
        raise ValueError(f"as_of == {as_of!r}, must be 'now' or an ISO 8601 time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def provenance(workspace: Workspace, *, now: datetime, run: DetectionRun | None = None) -> Block:
    """Return what this report was made from, as a table.

    Parameters
    ----------
    workspace
        What it read.
    now
        When it was made, UTC.
    run
        The detection run that it shows, if it shows one.
    """
    rows = [
        ("made", formats.moment(now)),
        ("workspace", workspace.root.resolve().name),
        ("code", code_version()),
        *_of_run(run),
        ("table versions now", formats.versions(workspace.telemetry.versions())),
        ("ledger head", workspace.ledger.head()),
        ("user ids keyed with", workspace.key_id),
        ("packages", formats.versions(package_versions())),
    ]
    return table(words("what", "which"), rows, caption="Where does this report come from?")


def _of_run(run: DetectionRun | None) -> list[tuple[str, str]]:
    if run is None:
        return []
    return [
        ("detection run", run.id),
        ("made at", formats.moment(run.at)),
        ("window", run.window),
        ("table versions that it read", formats.versions(run.table_versions)),
        ("grouped with", f"embedder {run.embedder}, seed {run.seed}"),
        ("supersedes", run.supersedes or "no earlier run"),
    ]


def code_version() -> str:
    """Return the package's version, and the commit where it runs from a checkout."""
    commit = _commit(Path(workbench.__file__).parent)
    return f"workbench {workbench.__version__}" + (f", commit {commit}" if commit else "")


def package_versions() -> Mapping[str, str]:
    """Return the versions of Python and of PACKAGES."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


def _commit(package: Path) -> str | None:
    """Return the commit of the checkout that tracks the package, marked where its files differ from it; else None."""
    if _git(package, "ls-files", "--error-unmatch", "--", "__init__.py") is None:
        return None
    commit = _git(package, "rev-parse", "--short=12", "HEAD")
    changed = _git(package, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{commit} with changes" if commit and changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git says, or None; nothing of the repository is run: no hook, no file-system monitor."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
