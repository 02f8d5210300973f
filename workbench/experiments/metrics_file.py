"""`metrics.toml`: the metrics of a workspace's experiments, as people write them.

    [[metric]]
    name = "names_its_court"
    role = "target"
    mwe = 0.05
    [metric.scorer]
    kind = "pattern"
    pattern = "(?i)supreme court of"

Words are those of `metric.Metric`; an amount is a number in the metric's unit, or "10%" of the baseline's mean. Where
direction and kind are not said, more is better of a yes or no; of findings, time, tokens, money and edits less is, and
their kind is their own. The file is taken whole or not at all: an experiment without one of its guardrails is another.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from workbench.boundaries.plain_json import read_json
from workbench.errors import ConfigError, RecordError
from workbench.experiments.conversion import converted
from workbench.experiments.metric import Metric
from workbench.experiments.scoring import DETECTOR

METRICS = "metrics.toml"
"""Their file in a workspace."""
OF_ISSUE = "detector:issue"
"""The name that stands for the detector of the issue that a change is for, whichever that is."""
STARTER = """\
# What experiments of this workspace measure, and what each measure decides. An experiment is planned with all of it:
# what is edited here later changes none that is frozen. `workbench experiment plan` says what so many cases can show of
# each, before anything runs.

# The target: what a change is to make better. `detector:issue` is the detector that found the change's issue; a name
# of your own with a [metric.scorer] below it, as further down, measures anything else.
[[metric]]
name = "detector:issue"
role = "target"
mwe = 0.05               # a smaller gain than five points is not worth a change

# Guardrails: what must be shown not to get worse by more than `margin`. Wide margins are shown by few cases.
[[metric]]
name = "detector:incomplete_answer"
role = "guardrail"
margin = 0.1             # ten points

[[metric]]
name = "latency_ms"
role = "guardrail"
margin = "35%"
on_worse = "allow_within_margin"   # a loss inside of the margin is a known cost, and ships

# Where the price of a model is known ([prices] in workspace.toml), or the app tells what it costs:
# [[metric]]
# name = "cost_usd"
# role = "guardrail"
# margin = "25%"
# on_worse = "allow_within_margin"

# Further ones. kind is one of pattern, json_schema, edit_distance, judge, pairwise, human, or measured: what another
# name measures, as exact, assertions, tool_calls, input_tokens, output_tokens, signal:NAME, detector:CODE, your own
# rules of rules.toml among these. Detectors judge the steps of a run: an adapter of your own returns them as `otlp`
# with its `trace_id`, or measure by the answer. `direction` is 1
# where more is better, -1 where less is. A judge and people go by a `rubric`, one statement that is so or not.
# [[metric]]
# name = "names_its_court"
# role = "target"        # or guardrail, or watch: looked at for harm alone
# mwe = 0.05
# [metric.scorer]
# kind = "pattern"
# pattern = "(?i)supreme court of|court of appeals"
"""
"""What a new workspace says: it can be planned with as it is."""
MAX_BYTES = 1_000_000
"""Of the file: a hundred metrics with rubrics have half of it."""
_LESS = {"direction": -1}
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "latency_ms": {**_LESS, "kind": "positive"},
    **{name: {**_LESS, "kind": "ratio"} for name in ("cost_usd", "input_tokens", "output_tokens")},
}
"""What a measure is where the file does not say it. Time is above 0; tokens and money may be 0."""
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
            metric = converted(_plain(entry), Metric)
        except ValueError as error:
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
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=str(path), fix=f"name one like {METRICS}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, RecordError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from error
    entries = content.pop("metric", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        what = f"unknown key {min(content)}" if content else "metric is no list of tables"
        raise ConfigError(what, where=str(path), fix=_LIST_FIX)
    return entries


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry in the words of a plan: amounts with their unit, a schema as JSON."""
    scorer = entry.get("scorer")
    told = {**_usual(entry.get("name"), scorer if isinstance(scorer, dict) else {}), **entry}
    plain = {name: _amount(value) if name in ("margin", "mwe") else value for name, value in told.items()}
    if isinstance(scorer, dict) and isinstance(scorer.get("schema"), dict):
        plain["scorer"] = {**scorer, "schema": json.dumps(scorer["schema"], sort_keys=True)}
    return plain


def _usual(name: object, scorer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the measure itself says of a metric: a detector that finds more is never taken for a gain."""
    kind = scorer.get("kind", "measured")
    if kind == "edit_distance":
        return {**_LESS, "kind": "bounded", "range": [0, 1]}
    measured = str(scorer.get("name", name)) if kind == "measured" else ""
    return _LESS if measured.startswith(DETECTOR) else _USUAL.get(measured, {})


def _amount(value: Any) -> Any:
    if isinstance(value, str):
        share = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", value)
        if share is None:
            raise ValueError(f'{value!r} is no amount, write a number, or "10%" of the baseline')
        return [float(share[1]) / 100, True]
    return [value, False] if isinstance(value, int | float) and not isinstance(value, bool) else value
