"""All that a report shows of an experiment is read once, and nothing of it is written or made up."""

import shutil
from pathlib import Path

import pytest

from tests.loop.validated import LATER, decided, eve
from workbench import loop
from workbench.errors import ConfigError, InsufficientDataError
from workbench.experiments.metric import Amount, Metric
from workbench.experiments.threats import threats_to
from workbench.experiments.validation import Validation, answers_of, changed_by_case
from workbench.loop.sample_app.metrics import SAMPLE_SCORERS
from workbench.loop.validate import freeze_experiment, plan_experiment, sign_decision
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace

N = 24
METRICS = (
    Metric(name="federal_law_controls_state", role="target", direction=-1, mwe=Amount(0.05)),
    Metric(name="plain_tone", role="guardrail", margin=Amount(0.2)),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with a decided experiment that nobody has signed."""
    root = tmp_path_factory.mktemp("read") / "acme"
    return decided(root, example="state_jurisdiction_first", n=N, metrics=METRICS)[0]


@pytest.fixture
def copied(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a copy of it."""
    shutil.copytree(workspace.root, tmp_path / "copied", symlinks=True)
    return open_workspace(tmp_path / "copied")


@pytest.fixture(scope="module")
def read(workspace: Workspace) -> Validation:
    return loop.read_validation(workspace, now=LATER)


def test_it_is_all_there(workspace: Workspace, read: Validation) -> None:
    n_entries = len(workspace.ledger.entries())
    assert [change.title for change in read.changes] == ["State the jurisdiction first"]
    (held,) = read.held
    assert (held.record.kind, len(held.cases), [use.number for use in held.uses]) == ("random", N, [1])
    assert held.leakage is not None
    assert held.leakage.n_overlap == 0
    assert len(read.outcomes) == 2 * N
    assert read.decision is not None
    assert (read.decision.decision, read.signers, read.earlier) == (read.ruling.decision, (), ())
    differing = loop.versions_differ(workspace, read) or ()
    assert "prompts/case_summary.prompty" in [diff.path for diff in differing]
    assert len(workspace.ledger.entries()) == n_entries


def test_cases_that_came_out_otherwise_have_both_answers(read: Validation) -> None:
    changed = changed_by_case(read)
    target = read.analysis.estimates[0]
    by_target = [one for ones in changed.values() for one in ones if one.metric == target.metric]
    assert sum(one.is_fixed for one in by_target) == target.n_fixed
    assert sum(not one.is_fixed for one in by_target) == target.n_broken
    case_id = next(iter(changed))
    (one,), (other,) = answers_of(read, case_id)
    assert (one.arm, other.arm, {one.case_id, other.case_id}) == ("baseline", "candidate", {case_id})


def test_what_was_seen_is_told_apart_from_what_is_assumed(read: Validation) -> None:
    seen = [one.words for one in threats_to(read) if one.is_seen]
    assumed = [one.words for one in threats_to(read) if not one.is_seen]
    assert "Nobody has signed it." in seen
    assert any(words.startswith("Each version was asked each case once") for words in assumed)
    assert "Of changes that do nothing one in 20 passes a test at 0.05, one-sided." in assumed


def test_a_second_experiment_knows_of_the_first(read: Validation, copied: Workspace) -> None:
    """Who shows only the experiment that went well hides how often it was tried."""
    wider = (METRICS[0], Metric(name="plain_tone", role="guardrail", margin=Amount(0.3)))
    planned = plan_experiment(
        copied, read.changes[0].id, holdout_id=read.held[0].record.id, metrics=wider, own=SAMPLE_SCORERS.keys()
    )
    later = LATER.replace(hour=LATER.hour + 1)
    freeze_experiment(copied, planned, now=later, **eve())
    second = loop.read_validation(copied, now=later)
    assert [(one.experiment, one.decided) for one in second.earlier] == [(read.experiment, read.ruling.decision)]
    seen = [one.words for one in threats_to(second) if one.is_seen]
    assert f"It is experiment 2 on the same change (the others: {read.ruling.decision})" in seen[0].replace("_", " ")
    assert (second.run, second.is_run, second.ruling.decision) == (None, False, "invalid")
    assert loop.read_validation(copied, experiment_id=read.experiment.id, now=later).earlier == ()


def test_who_signs_a_change_of_their_own_is_among_the_threats(read: Validation, copied: Workspace) -> None:
    sign_decision(copied, read.experiment.id, signer="ann", identity="typed", now=LATER)
    signed = loop.read_validation(copied, now=LATER)
    assert (signed.signers, signed.is_own, signed.is_signed) == (("ann",), True, True)
    assert "Who signed it wrote the change, and nobody else has." in [one.words for one in threats_to(signed)]


def test_without_an_experiment_there_is_too_little_and_a_wrong_id_is_a_wrong_call(
    workspace: Workspace, tmp_path: Path
) -> None:
    empty = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    with pytest.raises(InsufficientDataError, match="no experiment was frozen yet; plan and freeze one"):
        loop.read_validation(empty, now=LATER)
    with pytest.raises(ConfigError, match="there is no such experiment"):
        loop.read_validation(workspace, experiment_id="exp_none", now=LATER)


def test_what_cannot_be_read_is_left_out_and_makes_it_invalid(copied: Workspace) -> None:
    for folder in (copied.holdouts, copied.experiments):
        for path in folder.iterdir():
            path.unlink()
    read = loop.read_validation(copied, now=LATER)
    (held,) = read.held
    assert (held.cases, held.leakage, read.outcomes, read.kinds) == ((), None, (), None)
    assert read.ruling.decision == "invalid"
    assert read.decision is not None
    assert any("The ledger's newest decision is" in one.words for one in threats_to(read))
