"""What a user's trouble weighs: declared, never learned, and always shown beside other declarations.

Whoever ranks by pain says how bad is bad. The default is a start; a workspace declares its own in `weights.toml`, and
how far the order hangs on it is told by ranking under every set.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from workbench.backlog.order import SEVERITY_WEIGHT
from workbench.errors import ConfigError
from workbench.records import Severity

WEIGHTS = "weights.toml"
"""The file of a workspace that declares its own."""
MAX_BYTES = 100_000
DEFAULT = "default"
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
_KEYS = frozenset({"about", "severity", "tiers", "recurs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One set of weights."""

    name: str
    """What it is called."""
    about: str
    """What it says, in a few words."""
    severity: Mapping[Severity, float] = field(default_factory=lambda: SEVERITY_WEIGHT)
    """How much a user with a problem of this severity counts."""
    tiers: Mapping[str, float] = field(default_factory=dict)
    """How much a user of this tier counts; a tier that is not named, or not known, counts 1."""
    recurs: bool = True
    """Whether a user who meets the problem in several visits counts as often."""


class Declared(NamedTuple):
    """What a workspace declares."""

    sets: tuple[Weights, ...]
    """The default first."""
    effort: Mapping[str, str]
    """By issue: what mending it would take, in somebody's words. It is shown, and never ranks."""

    def named(self, name: str) -> Weights:
        """Return the set of that name.

        Raises
        ------
        ConfigError
            If there is none.
        """
        for one in self.sets:
            if one.name == name:
                return one
        names = ", ".join(one.name for one in self.sets)
        raise ConfigError(f"weights == {name!r}, must be one of {names}", fix=f"declare it in {WEIGHTS}")


SHIPPED: tuple[Weights, ...] = (
    Weights(name=DEFAULT, about="users × severity (1, 2, 3) × visits a user"),
    Weights(name="users", about="users alone", severity=dict.fromkeys(SEVERITIES, 1.0), recurs=False),
    Weights(name="severe", about="severity counts 1, 3, 9", severity={"low": 1.0, "medium": 3.0, "high": 9.0}),
    Weights(name="once", about="a user counts once, however often it happens", recurs=False),
)
"""The default, and what others would say: tiers count alike until somebody declares what they are called and weigh."""


def read_weights(root: Path) -> Declared:
    """Return the weight sets of a workspace: those that are shipped, and its own, which come first by name.

    Raises
    ------
    ConfigError
        If its file is too large, no TOML, or says something that is no weight; the message names where.
    """
    path = root / WEIGHTS
    try:
        raw = path.read_bytes() if path.is_file() and path.stat().st_size <= MAX_BYTES else b""
        if path.is_file() and not raw and path.stat().st_size:
            raise ConfigError(f"longer than {MAX_BYTES:,} bytes", where=WEIGHTS)
        content = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"no TOML: {error}", where=WEIGHTS) from error
    if unknown := content.keys() - {"set", "effort"}:
        raise ConfigError(f"unknown key {min(unknown)}", where=WEIGHTS, fix="write [set.NAME] and [effort]")
    own = {
        name: _set(name, _table(said, f"set.{name}")) for name, said in _table(content.get("set", {}), "set").items()
    }
    effort = _table(content.get("effort", {}), "effort")
    if wrong := [issue for issue, words in effort.items() if not isinstance(words, str)]:
        raise ConfigError("must be text", where=f"{WEIGHTS}, effort.{wrong[0]}")
    every = {one.name: one for one in SHIPPED} | own
    return Declared(tuple(every.values()), effort)


def _set(name: str, said: Mapping[str, Any]) -> Weights:
    where = f"set.{name}"
    if unknown := said.keys() - _KEYS:
        raise ConfigError(
            f"unknown key {min(unknown)}", where=f"{WEIGHTS}, {where}", fix=f"write {', '.join(sorted(_KEYS))}"
        )
    steps = _numbers(said.get("severity", SEVERITY_WEIGHT), f"{where}.severity")
    if wrong := steps.keys() - set(SEVERITIES):
        raise ConfigError(f"{min(wrong)!r} is none of {', '.join(SEVERITIES)}", where=f"{WEIGHTS}, {where}.severity")
    about, recurs = said.get("about", name), said.get("recurs", True)
    if not isinstance(about, str) or not isinstance(recurs, bool):
        raise ConfigError("about must be text, and recurs true or false", where=f"{WEIGHTS}, {where}")
    severity = {one: steps.get(one, SEVERITY_WEIGHT[one]) for one in SEVERITIES}
    return Weights(
        name=name,
        about=about,
        severity=severity,
        tiers=_numbers(said.get("tiers", {}), f"{where}.tiers"),
        recurs=recurs,
    )


def _table(said: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise ConfigError("must be a table", where=f"{WEIGHTS}, {where}")
    return said


def _numbers(said: Any, where: str) -> dict[str, float]:
    told = _table(said, where)
    for key, value in told.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1_000:
            raise ConfigError(f"{key} == {value!r}, must be a number from 0 to 1,000", where=f"{WEIGHTS}, {where}")
    return {key: float(value) for key, value in told.items()}
