"""What a workspace keeps about people, and for how long: two sections of `workspace.toml`.

Without them everything that is known of is redacted, and nothing is deleted by itself.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.boundaries.redact import NAMES, VERSION
from workbench.errors import ConfigError

MAX_DAYS = 36_500
"""Of any age that may be kept: a hundred years, which every library's calendar takes."""
POLICY_TEXT = f"""\

# Kinds of personal data that are not redacted before records are stored, of {", ".join(NAMES)}.
[redact]
keep = []
# Redactors of installed packages (entry points `workbench.redactors`) that look at every text besides.
also = []
# Of the patterns: newer ones would make other records of what is stored already.
version = {VERSION}

# After how many days `workbench retain` deletes telemetry, and refused records; 0 is never.
[retention]
days = 0
quarantine_days = 0
"""
"""What a new workspace says."""


class Policy(NamedTuple):
    """What a workspace keeps about people."""

    keep: frozenset[str] = frozenset()
    """Kinds of personal data that are not redacted."""
    version: int = VERSION
    """Of the patterns that its records were redacted with."""
    days: int = 0
    """After how many days telemetry goes; 0 is never."""
    quarantine_days: int = 0
    """After how many days refused records go; 0 is never."""
    also: tuple[str, ...] = ()
    """Redactors of installed packages that look at every text besides."""


def read_policy(content: Mapping[str, Any], *, where: str) -> Policy:
    """Return the policy that the settings say.

    Raises
    ------
    ConfigError
        If a section says something else than it may.
    """
    redact, retention = _section(content, "redact", where), _section(content, "retention", where)
    keep = redact.get("keep", [])
    if not isinstance(keep, list) or not set(map(str, keep)) <= set(NAMES):
        raise ConfigError(f"redact.keep == {keep!r}, must be a list of {', '.join(NAMES)}", where=where)
    also = redact.get("also", [])
    if not isinstance(also, list) or not all(isinstance(name, str) for name in also):
        raise ConfigError(f"redact.also == {also!r}, must be a list of names", where=where)
    return Policy(
        frozenset(keep),
        _count(redact, "redact.version", where, otherwise=VERSION),
        _count(retention, "retention.days", where, otherwise=0),
        _count(retention, "retention.quarantine_days", where, otherwise=0),
        tuple(also),
    )


def check_version(policy: Policy, *, where: str) -> None:
    """Check that records are redacted now as they were before.

    Raises
    ------
    ConfigError
        If the patterns are others: what is ingested again would be stored twice where the text differs.
    """
    if policy.version != VERSION:
        raise ConfigError(
            f"records here are redacted by patterns of version {policy.version}, this workbench has version {VERSION}",
            where=where,
            fix=f"set `version = {VERSION}` under [redact]; do not ingest files again that are stored already",
        )


def _section(content: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    section = content.get(name, {})
    known = {"redact": {"keep", "also", "version"}, "retention": {"days", "quarantine_days"}}[name]
    if not isinstance(section, dict) or not section.keys() <= known:
        raise ConfigError(f"[{name}] may say {', '.join(sorted(known))}, and nothing else", where=where)
    return section


def _count(section: Mapping[str, Any], name: str, where: str, *, otherwise: int) -> int:
    value = section.get(name.rpartition(".")[2], otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_DAYS:
        raise ConfigError(f"{name} == {value!r}, must be a whole number from 0 to {MAX_DAYS}", where=where)
    return value
