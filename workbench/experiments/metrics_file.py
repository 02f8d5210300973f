"""`metrics.toml`: the metrics of a workspace's experiments, as people write them.

    [[metric]]
    name = "names_its_court"
    role = "target"
    mwe = 0.05
    [metric.scorer]
    kind = "pattern"
    pattern = "(?i)supreme court of"

Words are those of `metric.Metric`; an amount is a number in the metric's unit, or "10%" of the baseline's mean. The
file is taken whole or not at all: an experiment without one of its guardrails is another one.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from workbench.boundaries.plain_json import read_json
from workbench.errors import ConfigError, RecordError
from workbench.experiments.metric import Metric

METRICS = "metrics.toml"
"""Their file in a workspace."""
MAX_BYTES = 1_000_000
"""Of the file: a hundred metrics with rubrics have half of it."""
_WORDS = frozenset(field.name for field in fields(Metric))
_LIST_FIX = "write [[metric]] above each metric, and nothing else"


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """Return the metrics of a file, in its order: TOML as above, or a JSON list of the same where it ends in `.json`.

    Raises
    ------
    ConfigError
        If there is no such file, or anything in it is wrong; it says in which metric.
    """
    metrics: dict[str, Metric] = {}
    for place, entry in enumerate(_entries(path), start=1):
        name = entry.get("name")
        where = f"{path.name}, metric {place}" + (f" ({name})" if isinstance(name, str) else "")
        if unknown := entry.keys() - _WORDS:
            raise ConfigError(f"unknown key {min(unknown)}", where=where, fix=f"keys are {', '.join(sorted(_WORDS))}")
        try:
            metric = msgspec.convert(_plain(entry), type=Metric, strict=True)
        except ValueError as error:  # msgspec's own are ValueErrors
            raise ConfigError(str(error), where=where) from None
        if metric.name in metrics:
            raise ConfigError("its name is another metric's too", where=where, fix="give it a name of its own")
        metrics[metric.name] = metric
    if not metrics:
        raise ConfigError("holds no metric", where=str(path), fix=_LIST_FIX)
    return tuple(metrics.values())


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"larger than {MAX_BYTES:,} bytes", where=str(path))
        is_json = path.suffix == ".json"
        content = {"metric": read_json(raw)} if is_json else tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, RecordError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from error
    entries = content.pop("metric", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        what = f"unknown key {min(content)}" if content else "metric is no list of tables"
        raise ConfigError(what, where=str(path), fix=_LIST_FIX)
    return entries


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry in the words of a plan: amounts with their unit, a schema as JSON."""
    plain = {name: _amount(value) if name in ("margin", "mwe") else value for name, value in entry.items()}
    scorer = plain.get("scorer")
    if isinstance(scorer, dict) and isinstance(scorer.get("schema"), dict):
        plain["scorer"] = {**scorer, "schema": json.dumps(scorer["schema"], sort_keys=True)}
    return plain


def _amount(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("%"):
        try:
            return [float(value.removesuffix("%")) / 100, True]
        except ValueError:
            raise ValueError(f'{value!r} is no amount, write a number, or "10%" of the baseline') from None
    return [value, False] if isinstance(value, int | float) and not isinstance(value, bool) else value
