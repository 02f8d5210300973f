"""`metrics.toml`: what people write becomes the plan's metrics, and a mistake is named with its place."""

import json
import re
import sys
from dataclasses import replace
from importlib import invalidate_caches
from pathlib import Path

import pytest

from tests.experiments.made import RIGHT, plan
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric, Source
from workbench.experiments.metrics_file import OF_ISSUE, STARTER, read_metrics
from workbench.experiments.offered import offered, offered_names
from workbench.experiments.plan import from_json, plan_digest, to_json
from workbench.experiments.scoring import Edited, Fitting, Matched, Measured
from workbench.experiments.sourced import sourced

GOOD = """
[[metric]]
name = "names_its_court"
role = "target"
mwe = 0.05
[metric.scorer]
kind = "pattern"
pattern = "(?i)supreme court of"

[[metric]]
name = "is_json"
role = "guardrail"
margin = 0.02
scorer = { kind = "json_schema", schema = { type = "object", required = ["court"] } }

[[metric]]
name = "edited"
role = "watch"
direction = -1
kind = "bounded"
range = [0, 1]
scorer.kind = "edit_distance"

[[metric]]
name = "slowest"
role = "guardrail"
direction = -1
kind = "positive"
estimand = "quantile"
margin = "25%"
on_worse = "allow_within_margin"
scorer = { kind = "measured", name = "latency_ms" }
slices = ["task"]
"""


def written(folder: Path, text: str, name: str = "metrics.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    assert read_metrics(written(tmp_path, GOOD)) == (
        Metric(name="names_its_court", role="target", mwe=Amount(0.05), scorer=Matched(pattern="(?i)supreme court of")),
        Metric(
            name="is_json",
            role="guardrail",
            margin=Amount(0.02),
            scorer=Fitting(schema='{"required": ["court"], "type": "object"}'),
        ),
        Metric(name="edited", role="watch", direction=-1, kind="bounded", range=(0.0, 1.0), scorer=Edited()),
        Metric(
            name="slowest",
            role="guardrail",
            direction=-1,
            kind="positive",
            estimand="quantile",
            margin=Amount(0.25, is_relative=True),
            on_worse="allow_within_margin",
            scorer=Measured(name="latency_ms"),
            slices=("task",),
        ),
    )


def test_what_scores_is_a_part_of_the_frozen_plan(tmp_path: Path) -> None:
    """Who widens a pattern once the answers are known would make any answer right."""
    frozen = plan(*read_metrics(written(tmp_path, GOOD)))
    assert from_json(to_json(frozen)) == frozen
    wider = replace(frozen.metrics[0], scorer=Matched(pattern="court"))
    assert plan_digest(replace(frozen, metrics=(wider, *frozen.metrics[1:]))) != plan_digest(frozen)


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    listed = [{"name": "right", "role": "target", "mwe": [0.0, False]}]
    assert read_metrics(written(tmp_path, json.dumps(listed), "metrics.json")) == (RIGHT,)


NAMED = '[[metric]]\nname = "a"\nrole = "target"\nmwe = 0.1\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no metric"),
        ("[metric]", "metric is no list of tables"),
        ("[[rule]]\n", "unknown key rule"),
        ("[[metric]", "cannot be read"),
        ("[[metric]]\nrole = 'target'\nmwe = 0.1", "metric 1: name is missing"),
        (NAMED + "marign = 0.1", "metric 1 \\(a\\): unknown key marign"),
        (NAMED + NAMED, "metric 2 \\(a\\): its name is another"),
        (NAMED.replace("0.1", "'lots'"), "metric 1 \\(a\\): 'lots' is no amount"),
        (NAMED + "direction = 0", "direction == 0, must be one of -1, 1"),
        (NAMED + "unit_chain = ['day']", r"unit_chain\[0\] == 'day', must be one of session, trace, turn, user"),
        (NAMED.replace("0.1", "'x%'"), "is no amount"),
        (NAMED.replace("0.1", "true"), "metric 1 \\(a\\)"),
        (NAMED.replace("target", "goal"), "role == 'goal', must be one of guardrail, quality, target, watch"),
        (
            NAMED + "scorer.kind = 'python'",
            "scorer.kind == 'python', must be one of measured, pattern, json_schema, ",
        ),
        (NAMED + "scorer = { kind = 'pattern', pattern = '(a' }", "no pattern of RE2"),
        (NAMED + "scorer = { kind = 'pattern', patern = 'a' }", "unknown key scorer.patern; keys are .*, pattern, "),
        (NAMED + "scorer = { kind = 'json_schema', schema = '{' }", "the schema is no JSON"),
        (NAMED + "scorer = { kind = 'json_schema', schema = '{\"$ref\": \"b.json\"}' }", "refers to another file"),
        (NAMED + "kind = 'binary'\nscorer = { kind = 'edit_distance' }", 'write kind = "bounded"'),
        (NAMED + "kind = 'count'\nscorer = { kind = 'pattern', pattern = 'a' }", 'write kind = "binary"'),
    ],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_read(tmp_path: Path, text: str, said: str) -> None:
    """A guardrail that is passed over for a typing mistake would let its harm through."""
    with pytest.raises(ConfigError, match=said):
        read_metrics(written(tmp_path, text))


def test_a_package_offers_a_metric_and_its_version_stands_in_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metrics_of_test.py").write_text(
        "def shout(case, answer):\n    return float(answer.output.isupper())\n"
    )
    info = tmp_path / "metrics_of_test-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: metrics-of-test\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[workbench.metrics]\nshouts = metrics_of_test:shout\nabsent = metrics_of_test:nothing\nnone = sys:maxsize\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    assert {"shouts", "absent"} <= offered_names()
    assert offered("shouts").scorer(Case(case_id="c", input={}), Answer(output="NO")) == 1.0
    (metric,) = read_metrics(written(tmp_path, NAMED.replace('"a"', '"shouts"')))
    assert sourced(metric).source == Source("code", "metrics-of-test 1.2")
    for name, said in (("absent", "AttributeError"), ("none", "must be a scorer"), ("nobody", "no installed package")):
        with pytest.raises(ConfigError, match=said):
            offered(name)
    sys.modules.pop("metrics_of_test", None)


@pytest.mark.parametrize(
    ("lines", "direction", "kind"),
    [
        ('name = "detector:refusal"\nmargin = 0.1', -1, "binary"),
        ('name = "rude"\nmargin = 0.1\nscorer = { kind = "measured", name = "detector:refusal" }', -1, "binary"),
        ('name = "latency_ms"\nmargin = "20%"', -1, "positive"),
        ('name = "output_tokens"\nmargin = "20%"', -1, "ratio"),
        ('name = "cost_usd"\nmargin = "20%"', -1, "ratio"),
        ('name = "edited"\nmargin = 0.1\nscorer.kind = "edit_distance"', -1, "bounded"),
        ('name = "detector:refusal"\nmargin = 0.1\ndirection = 1', 1, "binary"),
        ('name = "signal:solved"\nmargin = 0.1', 1, "binary"),
        ('name = "detector:refusal"\nmargin = 0.1\nscorer = { kind = "pattern", pattern = "x" }', 1, "binary"),
    ],
)
def test_a_measure_says_itself_which_way_is_better(tmp_path: Path, lines: str, direction: int, kind: str) -> None:
    """A candidate that refused more often shipped, as more of whatever is measured was taken for better."""
    (metric,) = read_metrics(written(tmp_path, f'[[metric]]\nrole = "guardrail"\n{lines}\n'))
    assert (metric.direction, metric.kind) == (direction, kind)


def test_a_margin_in_milliseconds_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """It was taken for a share of yes or no, and the run was paid for before anybody said so."""
    with pytest.raises(ConfigError, match="latency_ms"):
        read_metrics(written(tmp_path, '[[metric]]\nname = "latency_ms"\nrole = "guardrail"\nmargin = 200\n'))


def test_what_a_new_workspace_says_can_be_planned_with_as_it_is(tmp_path: Path) -> None:
    """There was no file to begin with, and nothing said that an experiment needs one."""
    metrics = read_metrics(written(tmp_path, STARTER))
    assert [(one.name, one.role, one.direction) for one in metrics] == [
        (OF_ISSUE, "target", -1),
        ("detector:incomplete_answer", "guardrail", -1),
        ("latency_ms", "guardrail", -1),
    ]
    assert [one.role for one in plan(*metrics).metrics] == ["target", "guardrail", "guardrail"]
    everything = re.sub(r"^# (\[|\w+ = )", r"\1", STARTER, flags=re.MULTILINE)  # what is shown can be taken in, too
    assert [one.name for one in read_metrics(written(tmp_path, everything))][3:] == ["cost_usd", "names_its_court"]


def test_a_file_that_is_named_and_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; name one like"):
        read_metrics(tmp_path / "none.toml")
