"""The report of a change: what it says is what the ledger, the telemetry and git say, and it says where they differ."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.changes.repositories import PROMPT, Repository
from tests.loop.under_review import NOON, trace_of
from tests.loop.with_app import a_change, committed_change, make_app_workspace
from tests.payloads import FIRST as PAYLOADS
from workbench import report
from workbench.errors import ConfigError, InsufficientDataError
from workbench.records import Change, Issue, Verdict
from workbench.report.refine import N_DEVELOPMENT, RefineReport, read_refine, statement
from workbench.report.refine_plan import least_loss
from workbench.store import Workspace

TRACES = (trace_of("clu_a", 0), trace_of("clu_a", 1))
Acme = tuple[Workspace, Repository]


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    """Make a workspace with a committed change of two development traces, and another change of the same prompt."""
    workspace, app = make_app_workspace(tmp_path_factory.mktemp("refine") / "acme")
    committed_change(workspace, app, number=1, title="Be kind", text="Be kind.\n")
    committed_change(workspace, app, number=2, development=TRACES)
    return workspace, app


@pytest.fixture(scope="module")
def refined(acme: Acme) -> RefineReport:
    return read_refine(acme[0], now=NOON)


def test_the_newest_change_is_shown_with_its_issue_and_its_evidence(refined: RefineReport) -> None:
    assert refined.change is not None
    assert (refined.change.title, refined.issue.id, refined.development) == (
        "State the jurisdiction first",
        "iss_clu_a",
        TRACES,
    )
    shown = report.evidence(refined, top_n=2).plain
    assert all(words in shown for trace in TRACES for words in (trace, f"what of {trace}", f"all about {trace}"))
    assert "what of clu_a-00003" not in shown


def test_the_headline_says_what_is_changed_and_for_whom(refined: RefineReport) -> None:
    first = report.refine_summary(refined).plain.splitlines()[0]
    assert (
        first
        == "State the jurisdiction first is committed on a branch of its own: 1 prompt, 4 words added, 0 words removed."
    )


def test_the_diff_is_of_the_version_that_it_starts_from(refined: RefineReport) -> None:
    shown = report.change_diff(refined).plain
    assert "[added: State the jurisdiction first." in shown.replace("\n", " ")


def test_git_and_ledger_say_the_same_or_it_is_said(refined: RefineReport) -> None:
    assert report.change_links(refined).plain.count("the same") == 3
    other = replace(refined, trailers={**refined.trailers, "Workbench-Ledger": ("0" * 64,)})
    assert report.change_links(other).plain.count("differs") == 1


def test_another_change_of_the_same_file_is_named(refined: RefineReport) -> None:
    shown = report.same_files(refined).plain
    assert "Be kind" in shown
    assert PROMPT in shown


def test_changes_that_were_given_up_get_in_nobodys_way(acme: Acme) -> None:
    workspace, _ = acme
    other = next(one for one in workspace.ledger.latest(Change) if one.title == "Be kind")
    workspace.ledger.append([replace(other, state="abandoned", reason="no need")], now=NOON)
    try:
        assert "No other change" in report.same_files(read_refine(workspace, now=NOON)).plain
    finally:
        workspace.ledger.append([other], now=NOON)


def test_the_plan_counts_what_was_read_and_what_is_left(refined: RefineReport) -> None:
    """No trace of this workspace has a user, so that none can be said to be another's."""
    assert (refined.splits.n_development, refined.splits.n_same_user, refined.splits.n_target) == (2, 4, 0)
    assert "cannot be judged until more come" in report.validation_plan(refined).plain


@pytest.mark.parametrize(("n", "loss"), [(30, 0.083), (100, 0.026), (300, 0.009)])
def test_the_least_loss_is_that_of_the_score_interval(n: int, loss: float) -> None:
    """The upper end of Wilson's one-sided 95 % interval of 0 of n."""
    assert round(least_loss(n), 3) == loss


def test_an_issue_without_a_change_shows_what_it_would_be_written_from(tmp_path: Path) -> None:
    workspace, _ = make_app_workspace(tmp_path / "acme", {"clu_a": 3, "clu_b": 30})
    refined = read_refine(workspace, now=NOON)
    assert (refined.change, refined.issue.id, len(refined.development)) == (None, "iss_clu_b", N_DEVELOPMENT)
    assert refined.development[0] == trace_of("clu_b", 0)
    assert "No change is begun" in report.refine_summary(refined).plain
    assert "Nothing is committed yet" in report.change_diff(refined).plain
    assert read_refine(workspace, issue_id="iss_clu_a", now=NOON).issue.id == "iss_clu_a"
    everything = (report.refine_figures, report.why_it_is_changed, report.change_links, report.same_files)
    assert all(show(refined).html for show in everything)


def test_a_draft_has_no_difference_yet(tmp_path: Path) -> None:
    workspace, app = make_app_workspace(tmp_path / "acme")
    a_change(workspace, app)
    refined = read_refine(workspace, now=NOON)
    assert "nothing is committed yet" in report.refine_summary(refined).plain
    assert report.change_links(refined).plain.count("nothing is committed yet") == 3


def test_the_beginning_of_an_id_as_the_backlog_shows_it_is_enough(acme: Acme, refined: RefineReport) -> None:
    """Who copied an issue's id out of the backlog's report was told that there is no such issue."""
    begun = read_refine(acme[0], change_id="new", issue_id=refined.issue.id[:9], now=NOON)
    assert (begun.change, begun.issue) == (None, refined.issue)
    assert read_refine(acme[0], issue_id=refined.issue.id[:9], now=NOON).issue == refined.issue


def test_what_is_not_there_is_said(acme: Acme, tmp_path: Path) -> None:
    for wanted in ({"change_id": "chg_none"}, {"change_id": "new", "issue_id": "iss_none"}):
        with pytest.raises(ConfigError):
            read_refine(acme[0], now=NOON, **wanted)
    workspace, _ = make_app_workspace(tmp_path / "acme")
    [issue] = workspace.ledger.latest(Issue)
    workspace.ledger.append([replace(issue, state="rejected")], now=NOON)
    with pytest.raises(InsufficientDataError, match="no issue is confirmed"):
        read_refine(workspace, now=NOON)


def test_the_cause_is_the_one_that_people_confirmed_in_their_words(refined: RefineReport) -> None:
    assert statement(refined) == ""
    said = Verdict(
        id="ver_c",
        target_kind="cause",
        target_id=refined.causes[0].id,
        label="edited",
        explanation="",
        code="",
        statement=("The prompt never asks for the court.",),
        annotator_kind="HUMAN",
        annotator="ann",
        identity="typed",
        at=NOON,
    )
    judged = replace(refined, verdicts=(said, *refined.verdicts))
    assert statement(judged) == "The prompt never asks for the court."
    assert "The prompt never asks for the court." in report.why_it_is_changed(judged).plain


def test_no_word_of_a_change_becomes_markup(refined: RefineReport) -> None:
    for payload in PAYLOADS:
        assert refined.change is not None
        hostile = replace(
            refined,
            change=replace(
                refined.change, title=payload, why=payload, author=payload, drafted_by=payload, branch=payload
            ),
            issues=tuple(replace(one, title=payload) for one in refined.issues),
            beside=tuple(replace(one, title=payload, author=payload) for one in refined.beside),
        )
        shown = [show(hostile).html for show in (report.refine_summary, report.why_it_is_changed, report.change_links)]
        page = "".join([*shown, report.same_files(hostile).html])
        assert not any(f"<{name}" in page for name in ("img", "script", "svg", "iframe", "link", "style", "math"))


def test_what_a_program_says_is_not_shown_as_what_people_said(tmp_path: Path) -> None:
    """A report showed a program's verdict under a person's name among those that the approver relies on."""
    workspace, app = make_app_workspace(tmp_path / "acme")
    a_change(workspace, app)
    [of_person] = workspace.ledger.latest(Verdict)
    workspace.ledger.append([replace(of_person, id="ver_program", identity="program")], now=NOON)
    assert read_refine(workspace, now=NOON).verdicts == (of_person,)
