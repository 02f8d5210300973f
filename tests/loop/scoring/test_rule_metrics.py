"""A rule that a user wrote measures an experiment, by the words that were frozen with the plan and no others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.loop.validated import LATER, freeze, make_validated, run
from workbench.errors import ConfigError
from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.case import Case
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.plan import from_json
from workbench.ids import digest
from workbench.loop.exposures.told import found_of
from workbench.loop.exposures.traffic import told_of
from workbench.loop.scoring.detected import detectors_for
from workbench.loop.validate import plan_experiment
from workbench.schemas import RESULTS

N = 12
RULE = """[[rule]]
code = "says_maybe"
severity = "medium"
unit = "{unit}"
question = "Does the answer say maybe?"
pattern = "{pattern}"
column = "{column}"
"""
MAYBE = Metric(name="detector:says_maybe", role="target", direction=-1, mwe=Amount(0.05))


def an_app(_: Path, name: str, commit: str) -> Arm:
    """Return an arm whose baseline says maybe, with the one span of each answer."""
    output = "Maybe." if name == "baseline" else "Yes."

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        trace = digest(name, case.case_id)[:32]
        span: dict[str, Any] = {"trace_id": trace, "span_id": "s1", "kind": "AGENT", "output": output, "started_at": 1}
        return Answer(output=output, spans=(span,))

    return Arm(name=name, version=commit, adapter="ours", ask=ask)


def test_a_rule_measures_by_the_words_that_were_frozen(tmp_path: Path) -> None:
    """`detector:RULE` was answered with a way round, and an issue that a rule had found could have no target."""
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=N)
    rules = workspace.root / "rules.toml"

    def refused(words: str, rule: str) -> None:
        rules.write_text(rule)
        with pytest.raises(ConfigError, match=words):
            plan_experiment(workspace, change.id, holdout_id=holdout_id, metrics=(MAYBE,))

    refused("nothing measures it.*`workbench doctor`", RULE.format(unit="trace", pattern="(", column="output"))
    refused("goes by visits", RULE.format(unit="session", pattern="maybe", column="input"))
    rules.write_text(frozen := RULE.format(unit="trace", pattern="(?i)maybe", column="output"))
    experiment = freeze(workspace, change, holdout_id, metrics=(MAYBE,))
    (metric,) = from_json(experiment.plan).metrics
    assert metric.source.version.startswith("says_maybe ")

    rules.write_text(frozen.replace('maybe"\ncolumn', 'yes"\ncolumn'))
    with pytest.raises(ConfigError, match="says_maybe is another rule than was planned with: the plan says says_maybe"):
        run(workspace, experiment, make_arm=an_app)
    assert not list(workspace.experiments.glob("*"))  # nothing was asked
    rules.write_text(frozen)
    assert run(workspace, experiment, make_arm=an_app).run is not None
    values = workspace.telemetry.scan(RESULTS).group_by("arm").agg(pl.col("value").sum()).collect()
    assert dict(values.iter_rows()) == {"baseline": N, "candidate": 0}


def test_a_rule_is_told_of_recorded_traces_too(tmp_path: Path) -> None:
    """What tells blind targets and live traffic goes by the same rules."""
    workspace, _, _ = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=N)
    (workspace.root / "rules.toml").write_text(RULE.format(unit="trace", pattern="Ohio", column="input"))
    told = told_of(workspace, [f"t{number}" for number in range(N)])
    known = detectors_for(workspace, [replace(MAYBE, unit_chain=("trace",))])
    found = dict(found_of(MAYBE, told, {}, own={}, detectors=known, now=LATER, key_user=workspace.user_key))
    assert {trace for trace, (value, _) in found.items() if value} == {"t0", "t5", "t10"}  # every fifth is of Ohio
