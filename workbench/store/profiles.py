"""A workspace's `profiles.toml`: what is run every night or week, what of its reports is kept, and who hears of it.

A step is a command of this program, as a person would type it, so that whatever a command can do a schedule can. Only
commands that need nobody there are taken; what people decide stays with people.
"""

import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError

PROFILES = "profiles.toml"
STEPS = (
    *("ingest", "pull", "detect", "train", "report", "retain", "compact", "doctor"),
    *("experiment run", "experiment look", "watch look", "verdicts push", "verdicts export"),
)
"""Commands that may be steps: none asks a person, and none waits for what may never come."""
DEFAULT_TEXT = """\
# What `workbench run --profile NAME` does, for cron and its like. A step is a command of this program without the word
# `workbench` and without --workspace; a path is relative to this folder. A step that fails does not stop the others.

[profile.nightly]
steps = [
    # "ingest ../exports",                     # what others put there; outside of this folder
    # "pull phoenix http://localhost:6006",    # or langfuse, mlflow: what came since the last pull
    "detect --window 30d",
    "watch look",         # what was shipped: is it gone, or back?
    "report 1_telemetry -p window=7d",
    "report 2_detect",
]
step_minutes = 60     # a step is ended after so long,
limit_minutes = 180   # and the whole run after so long

[profile.weekly]
steps = [
    "detect --window 90d",
    "watch look",
    "report 1_telemetry -p window=30d",
    "report 2_detect",
    "report 3_review",
    "report 4_backlog",
    "report 5_refine",
    "report 7_watch",
    "retain",         # what [retention] in workspace.toml lets go
    "compact",
]
step_minutes = 120
limit_minutes = 480

[reports]
# Of each notebook, how many of the newest reports are kept, and besides the newest of each month; 0 keeps all.
keep = 30

[hooks]
# A digest of what is new, growing, reopened, resolved and stuck is written after each run. Who gets it, and whether
# `always` or only with `news`: something changed, or a step failed.
when = "news"
# Gets it as JSON, by POST. Where the address itself is a secret, write "WORKBENCH_WEBHOOK_URL": that variable has it.
# A bearer token goes into WORKBENCH_WEBHOOK_KEY, and its server into WORKBENCH_WEBHOOK_URL.
# webhook = "https://hooks.example.org/workbench"
# Gets it as text on standard input; no shell.
# mail = ["mail", "-s", "Feedback workbench", "team@example.org"]
"""
"""What a new workspace says, and what holds where one has no such file."""
STEP_MINUTES, LIMIT_MINUTES, KEEP = 60, 480, 30
"""Where a profile does not say: what nobody waits for, a night, and a month of nightly reports."""
MAX_MINUTES = 60 * 24 * 7
"""A week: a longer run would meet its own next one."""
WEBHOOK_KEY, WEBHOOK_URL = "WORKBENCH_WEBHOOK_KEY", "WORKBENCH_WEBHOOK_URL"
"""Environment variables: a bearer token, and the server that it belongs to, or the whole address."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")

When = Literal["always", "news"]


class Profile(NamedTuple):
    """What one schedule does."""

    name: str
    """Its name: nightly."""
    steps: tuple[tuple[str, ...], ...]
    """Commands in order, each as its words."""
    step_minutes: float
    """A step is ended after so long."""
    limit_minutes: float
    """The whole run is ended after so long."""


class Hooks(NamedTuple):
    """Who hears of a run."""

    when: When = "news"
    """After every run, or only where something changed or a step failed."""
    webhook: str = ""
    """The URL that the digest is posted to, or WEBHOOK_URL, which has it; empty: none."""
    mail: tuple[str, ...] = ()
    """The program, with its arguments, that gets the digest on its standard input; empty: none."""


class Schedules(NamedTuple):
    """All that a workspace says of its schedules."""

    profiles: Mapping[str, Profile]
    """By name."""
    keep: int
    """How many of the newest reports of each notebook are kept; 0 is all."""
    hooks: Hooks
    """Who hears of a run."""

    def named(self, name: str) -> Profile:
        """Return a profile.

        Raises
        ------
        ConfigError
            If there is none of that name; the message says which there are.
        """
        if name not in self.profiles:
            there = ", ".join(self.profiles) or "none"
            raise ConfigError(f"profile == {name!r}, there are: {there}", where=PROFILES)
        return self.profiles[name]


def read_profiles(root: Path) -> Schedules:
    """Return what a workspace's file says; the default where it has none.

    Raises
    ------
    ConfigError
        If it cannot be read, or says something else than it may.
    """
    try:
        content = tomllib.loads((root / PROFILES).read_text("utf-8"))
    except FileNotFoundError:
        content = tomllib.loads(DEFAULT_TEXT)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=PROFILES) from error
    _only(content, {"profile", "reports", "hooks"}, of="the file")
    profiles = _section(content, "profile")
    reports = _only(_section(content, "reports"), {"keep"}, of="[reports]")
    keep = reports.get("keep", KEEP)
    if not isinstance(keep, int) or isinstance(keep, bool) or keep < 0:
        raise ConfigError(f"reports.keep == {keep!r}, must be a whole number from 0", where=PROFILES)
    return Schedules({name: _profile(name, said) for name, said in profiles.items()}, keep, _hooks(content))


def _profile(name: str, said: Any) -> Profile:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"profile == {name!r}, must be lower-case letters, digits, - and _", where=PROFILES)
    if not isinstance(said, dict):
        raise ConfigError(f"[profile.{name}] is no section", where=PROFILES)
    _only(said, {"steps", "step_minutes", "limit_minutes"}, of=f"[profile.{name}]")
    steps = said.get("steps")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) for step in steps):
        raise ConfigError("steps must be a list of commands", where=f"{PROFILES}, {name}")
    return Profile(
        name,
        tuple(_step(step, name) for step in steps),
        _minutes(said, "step_minutes", name, otherwise=STEP_MINUTES),
        _minutes(said, "limit_minutes", name, otherwise=LIMIT_MINUTES),
    )


def _step(text: str, profile: str) -> tuple[str, ...]:
    where = f"{PROFILES}, {profile}"
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ConfigError(f"step {text!r} cannot be read: {error}", where=where) from error
    if not {words[:1], words[:2]} & {tuple(one.split()) for one in STEPS}:
        raise ConfigError(f"step {text!r} is none of {', '.join(STEPS)}", where=where)
    if endless := {"--follow", "-w", "--workspace"} & {word.partition("=")[0] for word in words}:
        raise ConfigError(f"step {text!r} cannot have {min(endless)}", where=where)
    return words


def _minutes(said: Mapping[str, Any], name: str, profile: str, *, otherwise: float) -> float:
    value = said.get(name, otherwise)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= MAX_MINUTES:
        raise ConfigError(f"{name} == {value!r}, must be above 0, to {MAX_MINUTES}", where=f"{PROFILES}, {profile}")
    return float(value)


def _hooks(content: Mapping[str, Any]) -> Hooks:
    said = _only(_section(content, "hooks"), {"when", "webhook", "mail"}, of="[hooks]")
    when, webhook, mail = said.get("when", "news"), said.get("webhook", ""), said.get("mail", [])
    if when not in ("always", "news"):
        raise ConfigError(f"hooks.when == {when!r}, must be always or news", where=PROFILES)
    if not isinstance(webhook, str):
        raise ConfigError("hooks.webhook must be a URL", where=PROFILES)
    if webhook not in ("", WEBHOOK_URL):
        read_address(webhook)
    if not isinstance(mail, list) or not all(isinstance(word, str) and "\0" not in word for word in mail):
        raise ConfigError("hooks.mail must be a list: the program and its arguments", where=PROFILES)
    return Hooks(when, webhook, tuple(mail))


def _section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise ConfigError(f"[{name}] is no section", where=PROFILES)
    return section


def _only(said: Mapping[str, Any], known: set[str], *, of: str) -> Mapping[str, Any]:
    if unknown := said.keys() - known:
        raise ConfigError(f"{of} has {min(unknown)!r}, and may have {', '.join(sorted(known))}", where=PROFILES)
    return said
