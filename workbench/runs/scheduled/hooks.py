"""Who hears of a run: a webhook that gets the digest as JSON, and a mail program that gets it as text.

The webhook is a server like any other: no redirect is followed, and its token goes to its origin alone. Its address may
be a secret, and is not repeated. The program gets no shell.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from workbench.boundaries.http import Server
from workbench.boundaries.keys import Key
from workbench.boundaries.program import run_program
from workbench.boundaries.urls import origin_of, read_address
from workbench.errors import ConfigError, ServerError
from workbench.experiments.to_end import to_end
from workbench.records import Step, StepState
from workbench.store import Workspace
from workbench.store.profiles import WEBHOOK_KEY, WEBHOOK_URL, Hooks

ANSWER_S = 30.0
"""A receiver that takes longer is given up, and asked again."""
MAIL_S = 120.0
"""A mail program that takes longer hangs."""
_MAX_ANSWER_BYTES = 1 << 20
_FOR_MAIL = ("HOME", "USER", "LOGNAME", "EMAIL", "MAILRC")
"""Variables that mail programs find their settings by."""


def tell_hooks(
    hooks: Hooks,
    *,
    payload: bytes,
    text: str,
    workspace: Workspace,
    environment: Mapping[str, str],
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Step, ...]:
    """Tell everybody, and return what became of each; that one fails keeps nothing from the others.

    Parameters
    ----------
    hooks
        Who is told.
    payload
        The digest as JSON.
    text
        The digest as text.
    workspace
        Where the mail program runs.
    environment
        Has the webhook's token, and its address where that is a secret.
    pause
        Waits the seconds that it is given, before the webhook is asked again.
    """
    told = []
    if hooks.webhook:
        told.append(_timed("webhook", lambda: _post(hooks.webhook, payload, environment, pause)))
    if hooks.mail:
        told.append(_timed("mail", lambda: _mail(hooks.mail, text, workspace)))
    return tuple(told)


def _timed(name: str, tell: Callable[[], str]) -> Step:
    started = time.monotonic()
    state: StepState = "done"
    try:
        said = tell()
    except ConfigError as error:
        state, said = "refused", error.what
    else:
        state = "failed" if said else "done"
    return Step(name, state, None, round(time.monotonic() - started, 1), said)


def _post(webhook: str, payload: bytes, environment: Mapping[str, str], pause: Callable[[float], None]) -> str:
    """Return why the webhook did not take the digest; empty where it did."""
    url = environment.get(WEBHOOK_URL, "") if webhook == WEBHOOK_URL else webhook
    if not url:
        raise ConfigError(f"hooks.webhook is {WEBHOOK_URL}, and that variable is not set")
    address, token = read_address(url), environment.get(WEBHOOK_KEY, "")
    key = (
        Key({"Authorization": f"Bearer {token}"}, WEBHOOK_KEY, _origin(environment)) if token else Key({}, WEBHOOK_KEY)
    )
    whole = replace(address, path="")  # the address is the webhook's own, to the letter: no slash is added
    try:
        with Server(
            whole, key, pause=pause, answer_s=ANSWER_S, silence_s=ANSWER_S, max_bytes=_MAX_ANSWER_BYTES
        ) as server:
            server.post(address.path, msgspec.json.decode(payload))
    except ServerError as error:
        return f"{address.origin} {error.what}"
    return ""


def _origin(environment: Mapping[str, str]) -> str:
    origin = origin_of(environment.get(WEBHOOK_URL, ""))
    if origin is None:
        raise ConfigError(f"{WEBHOOK_KEY} is set, and not which server it belongs to: set {WEBHOOK_URL}")
    return origin


def _mail(command: tuple[str, ...], text: str, workspace: Workspace) -> str:
    """Return why the mail program did not take the digest; empty where it did."""
    known = {name: os.environ[name] for name in _FOR_MAIL if name in os.environ}
    ran = to_end(run_program(command, text.encode(), folder=workspace.root, environment=known, time_limit_s=MAIL_S))
    return f"{command[0]} {ran.what}" if ran.fault else ""
