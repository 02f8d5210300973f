"""How an experiment runs the app: what `[app_run]` of a workspace or a command's options say, frozen with the plan.

One of five: the sample's app, a program, a function in Python, a server of the app, or a model with the app's prompts.
All else that answers depend on stands here too, prices included; keys, pace and the cache do not, no answer does.
"""

import re
import shlex
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple

import msgspec

from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError
from workbench.experiments.arm import Spend
from workbench.experiments.arms.chat import MAX_TOKENS, MAX_TURNS, Price
from workbench.experiments.conversion import converted
from workbench.experiments.provider import Limits
from workbench.experiments.runner import AT_ONCE

Kind = Literal["sample", "command", "python", "endpoint", "model"]
KINDS: tuple[Kind, ...] = ("sample", "command", "python", "endpoint", "model")
SECTION, PRICES = "app_run", "prices"
APP_RUN_TEXT = """
# How experiments run each version of the app, so that no command need say it: one of `command = "./answer"`,
# `python = "module:function"`, `endpoint = "https://..."`, or a model that plays the app's prompt and tools:
# [app_run]
# model = "gpt-4.1-mini"
# at = "https://api.openai.com/v1"
# tools = "replayed"
# What a model costs, US dollars a million tokens; a price that is not here is not known, and stays empty.
# [prices."gpt-4.1-mini"]
# input_usd = 0.4
# output_usd = 1.6
"""
"""What a new workspace says."""
_OF_PROGRAMS = frozenset({"time_limit_s", "environment", "secrets"})
_OF_MODELS = frozenset({"at", "prompt", "tools", "tools_command", "max_turns", "max_tokens", "max_output_tokens"}) | {
    "limit_name"
}
OF_KIND: Mapping[Kind, frozenset[str]] = {
    "sample": frozenset(),
    "command": _OF_PROGRAMS,
    "python": _OF_PROGRAMS | {"interpreter"},
    "endpoint": frozenset({"time_limit_s"}),
    "model": _OF_PROGRAMS | _OF_MODELS,
}
"""What may be said besides, by kind."""
_COUNTS = ("requests_per_minute", "tokens_per_minute", "at_once", "most_tokens")
_PACE = frozenset({*_COUNTS, "most_usd", "cache"})
"""What answers do not depend on."""
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Adapter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the app is run; one of the first five says what it is."""

    sample: bool = False
    """The sample's app."""
    command: tuple[str, ...] = ()
    """A program with its arguments, run in the folder of each version; see `arms.command`."""
    python: str = ""
    """module:function in the folder of each version; see `arms.module`."""
    interpreter: str = ""
    """Of a function: the Python that runs it, of an environment that has what the app needs; empty is this one's."""
    endpoint: str = ""
    """URL of the app's own server; `{arm}` and `{commit}` in its path stand for the version."""
    model: str = ""
    """A model as its server calls it, which plays the app's prompt and tools."""
    at: str = ""
    """Of a model: its server's URL, up to `/v1`."""
    prompt: str = ""
    """Of a model: the prompt's path in the app's repository; empty where there is only one."""
    tools: Literal["replayed", "none", "live"] = "replayed"
    """Of a model: results as in the case's trace, no tools at all, or results of the tools' program."""
    tools_command: tuple[str, ...] = ()
    """Of a model: the program of its tools, run in the folder of each version; see `arms.tool_program`."""
    environment: Mapping[str, str] = {}
    """Variables that programs get."""
    secrets: tuple[str, ...] = ()
    """Names of variables that programs get from this process, as keys."""
    price: Price | None = None
    """Of a model: what its tokens cost; None where nobody says."""
    max_turns: int = MAX_TURNS
    """Of a model: its answers in one run."""
    max_tokens: int = MAX_TOKENS
    """Of a model: tokens of one run, in and out."""
    max_output_tokens: int | None = None
    """Of a model: of one answer; None as the app's files say."""
    limit_name: str = "max_tokens"
    """Of a model: what its server calls that limit."""
    time_limit_s: float = 120.0
    """Of one answer."""

    def __post_init__(self) -> None:
        kinds = [kind for kind in KINDS if getattr(self, kind)]
        if len(kinds) != 1:
            raise ValueError(f"it says {' and '.join(kinds) or 'nothing'}, must say one of {', '.join(KINDS)}")
        if self.model and not self.at:
            raise ValueError(f"model == {self.model!r} without `at`, must say where its server is")
        if self.python and not _FUNCTION.fullmatch(self.python):
            raise ValueError(f"python == {self.python!r}, must be module:function")
        if (self.tools == "live" and not self.tools_command) or (self.tools == "none" and self.tools_command):
            raise ValueError(
                f"tools == {self.tools!r}, tools_command == {self.tools_command}: live ones need a program"
            )
        if bad := [name for name in (*self.secrets, *self.environment) if not _VARIABLE.fullmatch(name)]:
            raise ValueError(f"{bad[0]!r} is no name of a variable")
        for name in ("time_limit_s", "max_turns", "max_tokens", "max_output_tokens"):
            amount = getattr(self, name)
            if amount is not None and not (isfinite(amount) and amount > 0):
                raise ValueError(f"{name} == {amount}, must be above 0")

    @property
    def kind(self) -> Kind:
        """Which of the five it is."""
        return next(kind for kind in KINDS if getattr(self, kind))


class AppRun(NamedTuple):
    """What the settings of a workspace say of runs."""

    said: Mapping[str, Any]
    """What `[app_run]` says of the adapter."""
    prices: Mapping[str, Price]
    """What models cost, by name."""
    limits: Limits
    """What the provider allows in a minute."""
    n_at_once: int
    """Questions under way at a time."""
    most: Spend
    """What one answer can cost at most, as far as that is said."""
    cache: str
    """Folder of answers for later runs; empty is none."""


def read_app_run(content: Mapping[str, Any], *, where: str) -> AppRun:
    """Return what the sections `[app_run]` and `[prices]` of a workspace's settings say.

    Raises
    ------
    ConfigError
        If one says something else than it may.
    """
    section, prices = content.get(SECTION, {}), content.get(PRICES, {})
    if not isinstance(section, dict) or not isinstance(prices, dict):
        raise ConfigError(f"[{SECTION}] and [{PRICES}] must be tables", where=where)
    counts = {name: section.get(name) for name in _COUNTS}
    for name, count in counts.items():
        if count is not None and (type(count) is not int or count < 1):
            raise ConfigError(f"{SECTION}.{name} == {count!r}, must be a whole number from 1", where=where)
    cache, usd = section.get("cache", ""), section.get("most_usd")
    if usd is not None and not (type(usd) in (int, float) and isfinite(usd) and usd > 0):
        raise ConfigError(f"{SECTION}.most_usd == {usd!r}, must be above 0", where=where)
    if not isinstance(cache, str):
        raise ConfigError(f"{SECTION}.cache == {cache!r}, must be a folder", where=where)
    read = AppRun(
        {name: said for name, said in section.items() if name not in _PACE},
        {model: _price(model, said, where) for model, said in prices.items()},
        Limits(counts["requests_per_minute"], counts["tokens_per_minute"]),
        counts["at_once"] or AT_ONCE,
        Spend(usd, counts["most_tokens"]),
        cache,
    )
    if read.said:
        adapter_of(read, where=where)
    return read


def adapter_of(run: AppRun, options: Mapping[str, Any] | None = None, *, where: str = "the options") -> Adapter | None:
    """Return how the app is run; None where neither settings nor options say it.

    Options go before settings. Where they name an app, what the settings say of another one does not count.

    Parameters
    ----------
    run
        The settings.
    options
        Fields of Adapter, a command as one text or in words; None is not said.
    where
        What is blamed in errors.

    Raises
    ------
    ConfigError
        If it is no way to run an app.
    """
    given = {name: said for name, said in (options or {}).items() if said is not None}
    named = [kind for kind in KINDS if given.get(kind)]
    kept = run.said
    if named:
        of_kind = OF_KIND[named[0]]
        kept = {name: said for name, said in run.said.items() if name in of_kind}
    said = {**kept, **given}
    if not said:
        return None
    for name in ("command", "tools_command"):
        if isinstance(said.get(name), str):
            said[name] = _words(said[name], where)
    if "price" in said:
        raise ConfigError(f"price is said under [{PRICES}]", where=where)
    said["price"] = run.prices.get(str(said.get("model")))
    try:
        adapter = converted(said, Adapter)
    except ValueError as error:
        raise ConfigError(f"is no way to run an app: {error}", where=where) from None
    if stray := said.keys() - OF_KIND[adapter.kind] - {adapter.kind, "price"}:
        fix = f"leave out {', '.join(sorted(stray))}"
        raise ConfigError(f"{', '.join(sorted(stray))} says nothing of a {adapter.kind}", where=where, fix=fix)
    urls = {name: str(read_address(getattr(adapter, name))) for name in ("endpoint", "at") if getattr(adapter, name)}
    return msgspec.structs.replace(adapter, **urls)


def to_json(adapter: Adapter) -> str:
    """Return an adapter as JSON: the same text for the same adapter; what is as usual is left out.

    >>> to_json(Adapter(model="m1", at="http://localhost:8080/v1"))
    '{"at":"http://localhost:8080/v1","model":"m1"}'
    """
    return msgspec.json.encode(adapter, order="sorted").decode()


def from_json(text: str) -> Adapter:
    """Return the adapter of a JSON that `to_json` wrote.

    Raises
    ------
    ConfigError
        If it is none that this version knows.
    """
    try:
        return msgspec.json.decode(text, type=Adapter)
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"is no way to run an app: {error}", where="the frozen adapter") from None


def _price(model: str, said: Any, where: str) -> Price:
    names = Price._fields
    amounts: list[Any] = [said.get(name) for name in names] if isinstance(said, dict) else []
    is_whole = isinstance(said, dict) and said.keys() == set(names)
    if not is_whole or not all(type(one) in (int, float) and isfinite(one) and one >= 0 for one in amounts):
        fix = f"write {' = 0.4 and '.join(names)} = 1.6, US dollars a million tokens"
        raise ConfigError(f"[{PRICES}.{model!r}] must say {' and '.join(names)}, from 0", where=where, fix=fix)
    return Price(*map(float, amounts))


def _words(command: str, where: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError(f"{command!r} is no command: {error}", where=where) from None
