"""A judge is held against people on traces that both judged: counted by hand, paid once, nobody's verdict made."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.experiments.judges.a_judge import completion, grading, judged, shown
from tests.loop.people import ANN
from tests.loop.under_review import NOON, make_workspace, trace_of
from workbench.boundaries.keys import Key
from workbench.errors import ConfigError, InsufficientDataError, ServerError
from workbench.experiments.arm import Spend
from workbench.experiments.judges.domain import domain_of
from workbench.experiments.metric import Metric
from workbench.loop.validate.calibrating import Calibrated, calibrate_judge, calibration_of, people_of
from workbench.records import Verdict, verdict_id
from workbench.review import judges_against_people
from workbench.store import Workspace

if TYPE_CHECKING:
    from tests.conftest import Shell

Serve = Callable[..., Any]
N = 10
METRIC = """
[[metric]]
name = "fails"
role = "target"
direction = -1
mwe = 0.02
[metric.scorer]
kind = "judge"
model = "m1"
url = "{url}/v1"
rubric = "The answer fails."
n_labelled = 30
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return one in which people confirm six of ten traces, reject three, and disagree on the last."""
    made = make_workspace(tmp_path / "acme", {"clu_a": N}, n_unflagged=2)
    said: list[tuple[str, str | None, str, str]]
    said = [(trace_of("clu_a", n), "clu_a", "confirmed" if n < 6 else "rejected", "ann") for n in range(N)]
    said += [(trace_of("clu_a", 9), "clu_a", "confirmed", "ben")]
    said += [(trace_of("clear", 0), None, "rejected", "ann"), (trace_of("clear", 1), None, "confirmed", "ann")]
    made.ledger.append([verdict(*one) for one in said], now=NOON, actor=ANN)
    return made


def verdict(trace_id: str, cluster_id: str | None, label: Any, annotator: str) -> Verdict:
    return Verdict(
        id=verdict_id("trace", trace_id, cluster_id=cluster_id, annotator=annotator),
        target_kind="trace",
        target_id=trace_id,
        cluster_id=cluster_id,
        label=label,
        explanation="",
        code="",
        annotator_kind="HUMAN",
        annotator=annotator,
        identity="typed",
        at=NOON,
    )


def failing(url: str) -> Metric:
    """Return a metric of a judge for which 1 is the problem."""
    return replace(judged(url), name="fails", direction=-1)


def calibrate(workspace: Workspace, metric: Metric, **given: Any) -> Calibrated:
    return calibrate_judge(
        workspace, metric, issue_id="iss_clu_a", key=Key(), now=lambda: NOON + timedelta(hours=1), **given
    )


def finds(*numbers: int) -> Callable[[Any], Any]:
    """Return a judge that finds the problem in these traces of the cluster."""
    outputs = {f"all about {trace_of('clu_a', number)}" for number in numbers}
    return grading(lambda texts: int(texts["answer"] in outputs))


def test_what_both_are_sure_of_is_counted(workspace: Workspace, serve: Serve) -> None:
    """Of six with the problem it finds four; of four without (one of any traffic) it calls one wrongly."""
    served = serve(finds(0, 1, 2, 3, 6))
    metric = failing(served.url)
    found = calibrate(workspace, metric)
    assert found.calibration.rates.counts == (4, 6, 3, 4)
    assert (found.n_people, found.n_unreadable, found.calibration.agreement) == (10, 0, 7 / 10)
    assert found.calibration.rates.tpr[1:] == pytest.approx((0.3000, 0.9032), abs=1e-4)  # Wilson, of 4 in 6
    assert len(served.asked) == 10
    assert not any(word in one.body.decode() for one in served.asked for word in ("confirmed", "rejected", 'clu_a"'))
    n = len(workspace.ledger.entries())
    assert calibrate(workspace, metric).calibration == found.calibration
    assert (len(served.asked), len(workspace.ledger.entries())) == (10, n)
    assert calibration_of(workspace, metric) == found.calibration
    assert calibration_of(workspace, replace(metric, scorer=judged(served.url, rubric="Other.").scorer)) is None


def test_the_command_counts_the_same(workspace: Workspace, serve: Serve, shell: "Shell") -> None:
    served = serve(finds(0, 1, 2, 3, 6))
    (workspace.root / "metrics.toml").write_text(METRIC.format(url=served.url))
    said = shell.at(workspace.root).json("judge", "calibrate", "fails", "--issue", "iss_clu_a")
    assert said["counts"] == {"n_yes_found": 4, "n_yes": 6, "n_no_cleared": 3, "n_no": 4}
    assert (said["n_people"], said["agreement"]) == (10, 0.7)
    code, _, err = shell.at(workspace.root).run("judge", "calibrate", "typo", "--issue", "iss_clu_a")
    assert (code, "is none of fails" in err) == (2, True)


def test_a_judges_verdicts_are_a_models_and_confirm_nothing(workspace: Workspace, serve: Serve) -> None:
    served = serve(finds(*range(N)))
    found = calibrate(workspace, failing(served.url))
    verdicts = [one for one in workspace.ledger.latest(Verdict) if one.annotator == found.version]
    assert {(one.annotator_kind, one.identity) for one in verdicts} == {("LLM", "program")}
    assert people_of(workspace, "iss_clu_a").keys() == {one.target_id for one in verdicts}
    (row,) = judges_against_people(workspace.ledger.latest(Verdict)).to_dicts()
    assert (row["n_confirmed"], row["n_confirmed_too"], row["annotator"]) == (6, 6, found.version)


def test_where_more_is_better_nought_is_the_problem(workspace: Workspace, serve: Serve) -> None:
    served = serve(finds(6, 7, 8))  # it calls three of those without the problem good, and nothing else
    found = calibrate(workspace, replace(failing(served.url), direction=1))
    assert found.calibration.rates.counts == (6, 6, 3, 4)


def test_what_cannot_be_read_is_counted_and_what_cannot_be_asked_is_gone_on_with(
    workspace: Workspace, serve: Serve
) -> None:
    def answer(asked: Any) -> Any:
        is_first = trace_of("clu_a", 0) in shown(asked)["answer"]
        return completion("nonsense" if is_first else {"why": "", "quotes": [], "score": 1})

    served = serve(answer)
    metric = failing(served.url)
    priced = replace(metric, scorer=judged(served.url, price=(10.0, 100.0)).scorer)
    with pytest.raises(ServerError, match="traces are not judged"):
        calibrate(workspace, priced, budget=Spend(usd=0.11))
    n_asked = len(served.asked)
    assert 0 < n_asked < 10
    found = calibrate(workspace, priced)
    assert (found.n_unreadable, found.calibration.rates.counts, len(served.asked)) == (1, (5, 5, 0, 4), 10)


def test_what_has_no_verdicts_or_no_two_values_is_refused(workspace: Workspace, serve: Serve) -> None:
    served = serve(lambda _: completion("nonsense"))
    with pytest.raises(ConfigError, match="two values"):
        calibrate(workspace, replace(failing(served.url), kind="ordinal", range=(1, 5)))
    with pytest.raises(InsufficientDataError, match="sure of no trace together"):
        calibrate(workspace, failing(served.url))


def test_texts_of_another_domain_are_told() -> None:
    """Texts on a circle: the set lies between 0 and 90 degrees, other cases on the far side."""

    def embed(texts: Any) -> Any:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    known = [str(angle) for angle in range(0, 90, 3)]
    near = domain_of([str(angle) for angle in range(1, 90, 3)], known, embed=embed)
    far = domain_of([str(angle) for angle in range(180, 200)], known, embed=embed)
    mixed = domain_of(["1", "4", "7", "200"], known, embed=embed)
    assert (near, far, mixed) == ((0.0, False), (1.0, True), (1 / 4, False))
    assert domain_of(["1"], known[:5], embed=embed) is None
