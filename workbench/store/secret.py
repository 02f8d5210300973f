"""The secret that keys user ids: kept in the user's configuration folder, never in a workspace.

Whoever has both a workspace and its secret can test a guess at a user id; with the workspace alone nobody can.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

from workbench.errors import ConfigError
from workbench.ids import digest
from workbench.store.durability import sync, write_durably

ENVIRONMENT_VARIABLE = "WORKBENCH_SECRET"
SECRET_BYTES = 32
MIN_CHARACTERS = 16
"""A shorter secret could be found by trying: 16 characters of a phrase hold some 40 bits or more."""

DEMO_SECRET = b"workbench demo: a published key, for generated telemetry only"
"""Keys the sample's made-up users, so that every copy of the demo shows the same ids. Not for real people."""


def key_id(secret: bytes) -> str:
    """Return the fingerprint of a secret, which a workspace keeps to notice a wrong one."""
    return digest("workbench key", secret)[:16]


def secret_file() -> Path:
    """Return where the secret of this user lies."""
    return platformdirs.user_config_path("workbench") / "secret"


def secret_place() -> str:
    """Return where this user's secret is: the environment variable, or the file."""
    return ENVIRONMENT_VARIABLE if os.environ.get(ENVIRONMENT_VARIABLE) else str(secret_file())


def load_secret() -> bytes:
    """Return the secret from the environment or the user's configuration folder.

    Raises
    ------
    ConfigError
        If there is none, or the one given is too short: there is no plain hash to fall back to.
    """
    if given := os.environ.get(ENVIRONMENT_VARIABLE):
        return _checked(given, where=ENVIRONMENT_VARIABLE)
    if secret_file().is_file():
        return _checked(secret_file().read_text("utf-8", "surrogateescape").strip(), where=str(secret_file()))
    raise ConfigError(
        "no secret to key user ids with",
        where=str(secret_file()),
        fix=f"run `workbench init`, or set {ENVIRONMENT_VARIABLE} to the secret that your team shares",
    )


def make_secret() -> bytes:
    """Return this user's secret, made now if there is none; the file is readable by its owner alone."""
    if os.environ.get(ENVIRONMENT_VARIABLE) or secret_file().exists():
        return load_secret()
    path = secret_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    write_durably(draft, f"{secrets.token_hex(SECRET_BYTES)}\n".encode())
    # A link to a name that is taken fails: of two processes that make a secret at once, both take the first one's.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    sync([path.parent])
    return load_secret()


def _checked(text: str, *, where: str) -> bytes:
    if len(text) < MIN_CHARACTERS:
        raise ConfigError(f"the secret has {len(text)} characters, must have at least {MIN_CHARACTERS}", where=where)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError("the secret is no UTF-8", where=where, fix="take one of letters and digits") from error
