"""What a workspace says of itself, in its `workspace.toml`, and the secret that its user ids are keyed with."""

import json
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from workbench.changes.app_files import Layout, read_layout
from workbench.errors import ConfigError
from workbench.experiments.adapter import APP_RUN_TEXT, AppRun, read_app_run
from workbench.store.policy import POLICY_TEXT, Policy, read_policy
from workbench.store.secret import DEMO_SECRET, ENVIRONMENT_VARIABLE, key_id, load_secret
from workbench.store.waits import WAITS_TEXT, Waits, read_waits

SETTINGS = "workspace.toml"
VERSION = 1
"""Of the folder's layout; a newer one is refused."""
APP = "app"
"""Where the app's repository lies if the settings do not say: those of older workspaces do not."""

_TEXT = """\
# A workspace of the feedback workbench. Paths are relative to this folder.
version = {version}
# Fingerprint of the secret that keys user ids; the secret itself is kept outside.
key_id = "{key_id}"
# Folder or URL (s3://...) of the telemetry tables.
telemetry = "{telemetry}"
# SQLAlchemy URL of the ledger; postgresql+psycopg://... for a team.
ledger = "sqlite:///ledger.db"
# The app's own git repository, whose prompts, tools, guardrails and settings are improved here.
app = {app}
"""


class Settings(NamedTuple):
    """What a workspace says of itself."""

    telemetry: Path | str
    """Folder or URL of the tables."""
    ledger: str
    """SQLAlchemy URL of the ledger."""
    key_id: str
    """Fingerprint of the secret that keys its user ids."""
    policy: Policy
    """What it keeps about people, and for how long."""
    app: Path
    """The app's own git repository."""
    layout: Layout
    """Which of its files are prompts, tools, guardrails and settings."""
    app_run: AppRun
    """How experiments run the app."""
    waits: Waits
    """How long problems may wait to be judged, and who is asked then."""


def settings_text(*, secret: bytes, telemetry: str, app: str) -> str:
    """Return the settings of a new workspace, every section at its defaults; of the secret only the fingerprint."""
    quoted = json.dumps(app)  # a text of JSON is one of TOML
    own = _TEXT.format(version=VERSION, key_id=key_id(secret), telemetry=telemetry, app=quoted)
    return own + POLICY_TEXT + APP_RUN_TEXT + WAITS_TEXT


def settings_of(root: Path) -> Settings:
    """Return what `workspace.toml` says; nothing is opened or made.

    Raises
    ------
    ConfigError
        If the folder is no workspace, or its settings cannot be read.
    """
    settings = _content(root / SETTINGS)
    location = _location(root, settings["telemetry"])
    ledger = _ledger_url(root, settings["ledger"])
    where = str(root / SETTINGS)
    policy, layout = read_policy(settings, where=where), read_layout(settings, where=where)
    app, app_run = root / settings.get("app", APP), read_app_run(settings, where=where)
    waits = read_waits(settings, where=where)
    return Settings(location, ledger, settings["key_id"], policy, app, layout, app_run, waits)


def check_secret(root: Path, wanted: str) -> bytes:
    """Return the secret of the fingerprint that a workspace was made with.

    Raises
    ------
    ConfigError
        If there is none on this machine, or it is another one.
    """
    if wanted == key_id(DEMO_SECRET):
        return DEMO_SECRET
    try:
        secret = load_secret()
    except ConfigError as error:
        fix = f"set {ENVIRONMENT_VARIABLE} to the secret that the workspace was made with"
        raise ConfigError(error.what, where=error.where, fix=fix) from error
    if key_id(secret) != wanted:
        raise ConfigError(
            f"user ids here are keyed with secret {wanted}, this machine has {key_id(secret)}",
            where=str(root / SETTINGS),
            fix=f"set {ENVIRONMENT_VARIABLE} to the secret that the workspace was made with",
        )
    return secret


def _content(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            "this is no workspace",
            where=str(path.parent),
            fix="name one with --workspace, or make one with `workbench init DIR`",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from error
    if (version := content.get("version")) != VERSION:
        is_newer = isinstance(version, int) and version > VERSION
        raise ConfigError(
            f"version == {version!r}, must be {VERSION}",
            where=str(path),
            fix="a newer workbench made this workspace: update yours" if is_newer else "there is no such version",
        )
    for name in ("key_id", "telemetry", "ledger", "app"):
        if not isinstance(content.get(name, APP if name == "app" else None), str):
            raise ConfigError(f"{name} is missing", where=str(path), fix=f'add a line `{name} = "..."`')
    return content


def _location(root: Path, location: str) -> Path | str:
    return location if "://" in location else root / location


def _ledger_url(root: Path, text: str) -> str:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        what = "ledger is no URL of a database"
        raise ConfigError(what, where=str(root / SETTINGS), fix="write sqlite:///ledger.db") from error
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_absolute():
        url = url.set(database=str((root / url.database).absolute()))
    return url.render_as_string(hide_password=False)
