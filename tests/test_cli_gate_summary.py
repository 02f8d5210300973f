"""`workbench gate --summary`: the decision as Markdown, the same as the command says, with who has not signed."""

from pathlib import Path

from tests.conftest import Shell
from tests.loop.validated import decided
from workbench.experiments.metric import Amount, Metric

METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.2)),
)


def test_a_pull_request_is_told_the_decision_and_each_metric(shell: Shell, tmp_path: Path) -> None:
    workspace, found = decided(tmp_path / "acme", example="warn_the_reader", n=30, metrics=METRICS)
    assert found.examined is not None
    (change_id,) = found.examined.experiment.change_ids
    files = ("--result", tmp_path / "result.json", "--summary", tmp_path / "summary.md")
    code, out, _ = shell.at(workspace.root).run("gate", change_id, *files)
    lines = (tmp_path / "summary.md").read_text().splitlines()
    assert code == 1
    assert lines[0] == "### ❌ Do not ship\\: the candidate is shown worse\\."
    assert out.startswith("Do not ship: the candidate is shown worse.")
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")] == [
        "| metric",
        "| ---",
        "| federal\\_law\\_controls\\_state",
        "| plain\\_tone",
    ]
