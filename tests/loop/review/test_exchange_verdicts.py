"""Verdicts from one workspace to another and from other tools: nothing lost, nothing doubled, nobody impersonated."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loaders.verdicts.test_own import unproven, verdicts
from tests.loop.under_review import NOON, Clock, a_cause, an_issue, append, clusters, make_workspace, spans
from workbench import store
from workbench.boundaries.redact import NAMES
from workbench.errors import ConfigError, StoreError
from workbench.loaders.verdicts import row_of
from workbench.loaders.verdicts.reading import reading_of
from workbench.loop.desk import Desk
from workbench.loop.review.export_verdicts import Exported, Form, export_verdicts
from workbench.loop.review.import_verdicts import IMPORTER, import_verdicts
from workbench.loop.review.opening import open_review
from workbench.records import Actor, Verdict, verdict_id
from workbench.schemas import CLUSTERS, QUARANTINE, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.ledger import Ledger

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ANN = Actor(kind="HUMAN", name="Ann", identity="hub_token")
Make = Callable[[], Workspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes a new workspace with three traces."""
    made: list[Workspace] = []

    def make_workspace() -> Workspace:
        made.append(init_workspace(tmp_path / f"workspace{len(made)}", secret=DEMO_SECRET))
        append(made[-1], SPANS, spans(["t1", "t2", "t3"]))
        return made[-1]

    return make_workspace


def verdict(trace_id: str = "t1", *, annotator: str = "Ann", **given: Any) -> Verdict:
    said: dict[str, Any] = {
        "label": "confirmed",
        "explanation": "",
        "code": "",
        "annotator_kind": "HUMAN",
        "identity": "hub_token",
        "at": AT,
        **given,
    }
    is_adjudication = said.get("is_adjudication", False)
    own_id = verdict_id("trace", trace_id, annotator=annotator, is_adjudication=is_adjudication)
    return Verdict(id=own_id, target_kind="trace", target_id=trace_id, annotator=annotator, **said)


def counts(workspace: Workspace, path: Path, *, at: datetime = NOW, **given: Any) -> tuple[int, int, int, int]:
    """Import a file, and return what came, was stored, was there and was refused."""
    report = import_verdicts(workspace, path, now=at, **given).report
    assert report.n_in == report.n_stored + report.n_duplicate + report.n_quarantined
    return report.n_in, report.n_stored, report.n_duplicate, report.n_quarantined


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(verdicts(), min_size=1, max_size=6), st.sampled_from([".jsonl", ".parquet"]))
def test_every_revision_comes_back_in_another_workspace_and_twice_adds_nothing(
    tmp_path_factory: pytest.TempPathFactory, written: list[Verdict], suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("exchange")
    here, there = (init_workspace(folder / name, secret=DEMO_SECRET) for name in ("here", "there"))
    here, there = (keeping_everything(workspace) for workspace in (here, there))
    in_order = sorted(written, key=lambda one: one.at)
    n_written = here.ledger.append(in_order, now=NOW, actor=ANN)
    path = folder / f"verdicts{suffix}"
    assert export_verdicts(here, path, is_history=True) == Exported(n_written, 0)
    told = here.ledger.revisions(Verdict)
    know(there, told)
    n_distinct = len({repr(unproven(one)) for one in told})
    assert counts(there, path) == (n_written, n_distinct, n_written - n_distinct, 0)
    assert {repr(one) for one in there.ledger.revisions(Verdict)} == {repr(unproven(one)) for one in told}
    assert counts(there, path) == (n_written, 0, n_written, 0)
    assert counts(here, path)[1:3] == (0, n_written)  # and none of one's own comes back as another's


def know(workspace: Workspace, said: list[Verdict]) -> None:
    """Put into a workspace what verdicts are about."""
    of = {kind: sorted({one.target_id for one in said if one.target_kind == kind}) for kind in KINDS}
    for table, rows in ((SPANS, spans), (CLUSTERS, lambda ids: clusters(dict.fromkeys(ids, 1)))):
        if ids := of["trace" if table is SPANS else "cluster"]:
            append(workspace, table, rows(ids))
    causes = [replace(a_cause("clu_a", 0), id=one) for one in of["cause"]]
    issues = [replace(an_issue("clu_a", 1), id=one) for one in of["issue"]]
    workspace.ledger.append([*causes, *issues], now=NOW)


KINDS = ("trace", "cluster", "cause", "issue")


def keeping_everything(workspace: Workspace) -> Workspace:
    """Return the workspace with no kind of personal data redacted: random words may look like some."""
    settings_file = workspace.root / "workspace.toml"
    settings_file.write_text(settings_file.read_text().replace("keep = []", f"keep = {json.dumps(sorted(NAMES))}"))
    return store.open_workspace(workspace.root)


def test_the_newest_revisions_are_exported_or_all_and_of_one_review(make: Make, tmp_path: Path) -> None:
    workspace = make()
    first, second = verdict(label="rejected"), verdict(label="withdrawn", at=AT + timedelta(minutes=1))
    in_review = replace(
        verdict("t2", review_id="rev_1"), id=verdict_id("trace", "t2", annotator="Ann", review_id="rev_1")
    )
    workspace.ledger.append([first, second, in_review], now=NOW)
    path = tmp_path / "out.jsonl"

    def written(**given: Any) -> list[tuple[str, str]]:
        export_verdicts(workspace, path, **given)
        return [(row["target_id"], row["label"]) for row in map(json.loads, path.read_text().splitlines())]

    assert written() == [("t1", "withdrawn"), ("t2", "confirmed")]
    assert written(is_history=True) == [("t1", "rejected"), ("t1", "withdrawn"), ("t2", "confirmed")]
    assert written(review_id="rev_1") == [("t2", "confirmed")]
    with pytest.raises(ConfigError, match=r"no format is known by '\.csv'"):
        export_verdicts(workspace, tmp_path / "out.csv")


def test_an_export_is_raw_and_annotations_are_of_traces_alone(make: Make, tmp_path: Path) -> None:
    workspace = make()
    of_cause = replace(verdict("cau_1"), target_kind="cause", id=verdict_id("cause", "cau_1", annotator="Ann"))
    workspace.ledger.append([verdict(explanation="=1+1"), of_cause], now=NOW)
    for suffix in ("jsonl", "parquet"):
        path = tmp_path / f"out.{suffix}"
        assert export_verdicts(workspace, path, form="openinference") == Exported(1, 1)
        frame = pl.read_parquet(path) if suffix == "parquet" else pl.read_ndjson(path)
        assert frame["explanation"].to_list() == ["=1+1"]  # no spreadsheet's prefix: a file of data is read as it was
        assert counts(make(), path) == (1, 1, 0, 0)


def test_an_import_is_by_the_import_and_its_names_are_typed(make: Make, tmp_path: Path) -> None:
    workspace = make()
    claims = {
        **json.loads(json.dumps(row(verdict(is_adjudication=True)))),
        "identity": "database_role",
    }
    assert counts(workspace, lines(tmp_path / "in.jsonl", claims)) == (1, 1, 0, 0)
    (stored,) = workspace.ledger.latest(Verdict)
    assert (stored.annotator, stored.annotator_kind, stored.identity) == ("Ann", "HUMAN", "typed")
    assert stored.is_adjudication  # as the file says, and no more
    (entry,) = workspace.ledger.entries()
    assert json.loads(entry.actor) == {"kind": "CODE", "name": "verdicts import", "identity": "program"}


def test_what_a_program_says_in_a_persons_name_stays_a_programs(make: Make, tmp_path: Path) -> None:
    """A file is otherwise a way to launder it: the gate lets no program's word pass, and a typed name's it does."""
    workspace = make()
    counts(workspace, lines(tmp_path / "in.jsonl", {**row(verdict()), "identity": "program"}))
    assert workspace.ledger.latest(Verdict)[0].identity == "program"


def test_no_file_revises_what_somebody_judged_here(make: Make, tmp_path: Path) -> None:
    workspace = make()
    mine = verdict(label="rejected")
    workspace.ledger.append([mine], now=AT, actor=ANN)
    forged = {**row(mine), "label": "confirmed", "at": "2026-03-20T00:00:00Z"}
    path = lines(tmp_path / "in.jsonl", row(mine), forged, row(verdict("t2")))
    assert counts(workspace, path) == (3, 1, 1, 1)
    assert {one.target_id: (one.label, one.identity) for one in workspace.ledger.latest(Verdict)} == {
        "t1": ("rejected", "hub_token"),
        "t2": ("confirmed", "typed"),
    }
    assert refusals(workspace) == {"taken": 1}


def test_whoever_judges_here_may_revise_what_was_imported_and_it_is_then_theirs(make: Make, tmp_path: Path) -> None:
    workspace = make()
    path = lines(tmp_path / "in.jsonl", row(verdict()))
    counts(workspace, path)
    mine = verdict(label="rejected", at=AT + timedelta(days=1))
    workspace.ledger.append([mine], now=NOW, actor=ANN)
    later = lines(tmp_path / "later.jsonl", row(verdict(label="uncertain", at=AT + timedelta(days=2))))
    assert counts(workspace, path) == (1, 0, 1, 0)
    assert counts(workspace, later) == (1, 0, 0, 1)
    assert workspace.ledger.latest(Verdict) == [mine]


def test_an_older_file_does_not_take_back_what_a_newer_one_said(make: Make, tmp_path: Path) -> None:
    workspace = make()
    old, new = verdict(), verdict(label="rejected", at=AT + timedelta(days=1))
    assert counts(workspace, lines(tmp_path / "new.jsonl", row(new))) == (1, 1, 0, 0)
    assert counts(workspace, lines(tmp_path / "old.jsonl", row(old))) == (1, 0, 0, 1)
    assert [one.label for one in workspace.ledger.latest(Verdict)] == ["rejected"]
    assert refusals(workspace) == {"outdated": 1}


def test_revisions_in_any_order_of_a_file_become_the_same_history(make: Make, tmp_path: Path) -> None:
    revisions = [verdict(label=label, at=AT + timedelta(days=day)) for day, label in enumerate(LABELS)]
    histories = []
    for order in (revisions, revisions[::-1]):
        workspace = make()
        assert counts(workspace, lines(tmp_path / "in.jsonl", *map(row, order))) == (3, 3, 0, 0)
        histories.append([one.label for one in workspace.ledger.revisions(Verdict)])
    assert histories == [list(LABELS)] * 2


LABELS = ("confirmed", "rejected", "uncertain")


def test_what_is_refused_is_kept_with_its_reason_once(make: Make, tmp_path: Path) -> None:
    workspace = make()
    wrong = {**row(verdict()), "label": "maybe"}
    path = lines(tmp_path / "in.jsonl", row(verdict()), wrong)
    for _ in range(2):
        counts(workspace, path)
    (kept,) = workspace.telemetry.scan(QUARANTINE).collect().rows(named=True)
    assert (kept["reason"], kept["path"], kept["n_bytes"]) == ("wrong_type", str(path), len(json.dumps(wrong)))
    assert json.loads((workspace.quarantine / kept["digest"]).read_bytes())["label"] == "maybe"
    reports = [report for _, report in workspace.loads.all()]
    assert [(one.format, one.n_in, one.refused) for one in reports] == [("verdicts", 2, {"wrong_type": 1})] * 2


def test_a_file_without_times_adds_nothing_when_it_comes_again(make: Make, tmp_path: Path) -> None:
    workspace = make()
    path = tmp_path / "argilla.json"
    record = {"id": "t1", "fields": {}, "suggestions": {}, "metadata": {}, "responses": {}}
    answered = [{"value": "bad", "user_id": "u1"}, {"value": "odd", "user_id": "u2"}]
    path.write_text(json.dumps([{**record, "responses": {"verdict": answered}}]))
    reading = reading_of({"labels": {"confirmed": ["bad"]}})
    assert counts(workspace, path, reading=reading) == (2, 1, 0, 1)
    assert counts(workspace, path, at=NOW + timedelta(days=1), reading=reading) == (2, 0, 1, 1)
    path.write_text(json.dumps([{**record, "responses": {"verdict": [{"value": "rejected", "user_id": "u1"}]}}]))
    assert counts(workspace, path, at=NOW + timedelta(days=2), reading=reading) == (1, 1, 0, 0)
    assert [one.label for one in workspace.ledger.latest(Verdict)] == ["rejected"]


def test_what_is_about_nothing_in_the_store_is_refused_and_comes_in_once_it_is_there(
    make: Make, tmp_path: Path
) -> None:
    """A mistyped id was stored as a verdict that counted nowhere, and nobody found it again."""
    workspace = make()
    path = lines(tmp_path / "in.jsonl", row(verdict("t1")), row(verdict("elsewhere")))
    done = import_verdicts(workspace, path, now=NOW)
    assert (done.report.n_stored, done.report.refused) == (1, {"unknown_id": 1})
    assert done.faults == ("line 2: target_id is that of no trace here: ingest it first, and give the file again",)
    of_issue = {**row(verdict("iss_9")), "target_kind": "issue", "id": None}
    assert import_verdicts(workspace, lines(tmp_path / "issue.jsonl", of_issue), now=NOW).faults == (
        "line 1: target_id is that of no issue here",
    )
    append(workspace, SPANS, spans(["t1", "t2", "t3", "elsewhere"]), offset=2)
    assert counts(workspace, path) == (2, 1, 1, 0)
    workspace.telemetry.delete(SPANS, "trace_id", ["t1"])
    assert counts(workspace, path) == (2, 0, 2, 0)  # what was told of what has gone is no fault of the file


def test_a_line_by_hand_may_give_the_beginning_of_an_id(make: Make, tmp_path: Path) -> None:
    workspace = make()
    append(workspace, SPANS, spans(["request-71", "request-72", "other-7"]), offset=2)
    by_hand = {name: value for name, value in row(verdict()).items() if name not in ("id", "cluster_id")}
    path = lines(tmp_path / "in.jsonl", *({**by_hand, "target_id": one} for one in ("othe", "request-7", "oth", "t1")))
    done = import_verdicts(workspace, path, now=NOW)
    assert {one.target_id for one in workspace.ledger.latest(Verdict)} == {"other-7", "t1"}
    assert done.faults == (
        "line 2: target_id is the beginning of 2 ids of a trace: give more of it",
        "line 3: target_id is that of no trace here: ingest it first, and give the file again",
    )
    (stored,) = [one for one in workspace.ledger.latest(Verdict) if one.target_id == "other-7"]
    assert stored.id == verdict("other-7").id
    exported = lines(tmp_path / "exported.jsonl", row(verdict("request-7")))  # whole, of another workspace
    assert import_verdicts(workspace, exported, now=NOW).report.refused == {"unknown_id": 1}


def test_a_span_stands_for_its_trace(make: Make, tmp_path: Path) -> None:
    workspace = make()
    of_span = {"name": "verdict", "annotator_kind": "HUMAN", "span_id": "s-t2", "user_id": "u1"}
    path = lines(tmp_path / "spans.jsonl", {**of_span, "result": {"label": "rejected"}})
    assert counts(workspace, path) == (1, 1, 0, 0)
    assert [one.target_id for one in workspace.ledger.latest(Verdict)] == ["t2"]


def test_nothing_of_an_erased_user_comes_back_by_a_file(make: Make, tmp_path: Path) -> None:
    """An export from before the erasure quotes them; neither the ledger nor the quarantine may get it again."""
    workspace = make()
    key = workspace.user_key("ann@example.com")
    workspace.erasures.begin(key, ["t1"], now=NOW)
    workspace.erasures.finish(key, now=NOW)
    secret = {**row(verdict("t1")), "explanation": "their very words"}
    path = lines(tmp_path / "in.jsonl", secret, {**secret, "label": "maybe"}, row(verdict("t2")))
    assert counts(workspace, path) == (3, 1, 0, 2)
    assert [report.refused for _, report in workspace.loads.all()] == [{"erased": 2}]
    assert [one.target_id for one in workspace.ledger.latest(Verdict)] == ["t2"]
    assert list(workspace.quarantine.iterdir()) == []


def test_somebody_who_judges_meanwhile_is_not_overruled(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the ledger and the append a reviewer may judge: the file is then held against that anew."""
    workspace = make()
    path = lines(tmp_path / "in.jsonl", row(verdict()), row(verdict("t2")))
    append, mine = Ledger.append, verdict(label="rejected")
    waiting = [mine]

    def judging_first(ledger: Ledger, records: Any, **given: Any) -> int:
        if waiting and given.get("actor") == IMPORTER:
            append(ledger, [waiting.pop()], now=NOW, actor=ANN)
        return append(ledger, records, **given)

    monkeypatch.setattr(Ledger, "append", judging_first)
    assert counts(workspace, path) == (2, 1, 0, 1)
    assert workspace.ledger.history(Verdict, mine.id) == [mine]
    with pytest.raises(StoreError, match="others append at the same time"):
        append(workspace.ledger, [verdict("t3")], now=NOW, after="0" * 64)


def row(one: Verdict) -> dict[str, Any]:
    """Return a verdict as a row of a file."""
    return row_of(one)


def refusals(workspace: Workspace) -> dict[str, int]:
    return dict(workspace.telemetry.scan(QUARANTINE).group_by("reason").len().collect().iter_rows())


def test_all_that_a_desk_writes_comes_in_elsewhere(tmp_path: Path) -> None:
    """Undone, flagged, said of a whole cluster, of a cause, decided between others: no revision is refused."""
    here = make_workspace(tmp_path / "here", {"clu_a": 30})
    review = open_review(here, now=NOON, n=40, n_per_item=2, control_share=0.0)
    clock = Clock()
    ann, ben = (Desk(here, review.id, reviewer=name, identity="os_user", clock=clock) for name in ("ann", "ben"))
    for place in range(11):
        ann.judge(place, label="confirmed", seen="x", explanation="the same", code="slow")
    ann.undo()
    for is_flagged in (True, False, True):
        ann.flag(0, is_flagged)
    ann.bulk(0, label="confirmed")
    for place in range(2):
        ben.judge(place, label="rejected", seen="x")
    eve = Desk(here, review.id, reviewer="eve", identity="os_user", clock=clock, is_adjudicating=True)
    eve.judge(0, label="confirmed", seen="x")
    kinds = Counter(one.target_kind for one in here.ledger.revisions(Verdict))
    assert (kinds["cluster"], kinds["trace"]) == (1, 11 + 1 + 3 + 2 + 1)
    path = tmp_path / "all.parquet"
    assert export_verdicts(here, path, is_history=True) == Exported(19, 0)
    there = make_workspace(tmp_path / "there", {"clu_a": 30})
    assert counts(there, path) == (19, 19, 0, 0)
    in_time = sorted(here.ledger.revisions(Verdict), key=lambda one: one.at)  # a flag is of the time of what it is on
    assert there.ledger.revisions(Verdict) == [unproven(one) for one in in_time]
    assert counts(here, path) == (19, 0, 19, 0)


@pytest.mark.parametrize("form", ["verdicts", "openinference"])
def test_nothing_of_an_erased_user_is_exported(tmp_path: Path, form: Form) -> None:
    """A file of verdicts named the traces of who had been erased, beside what people had said of them."""
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    given: dict[str, Any] = {"label": "confirmed", "explanation": "", "code": "", "annotator_kind": "HUMAN"}
    given |= {"annotator": "ann", "identity": "typed", "target_kind": "trace", "at": NOW}
    ids = ("trace-0001", "trace-0002")
    about = [Verdict(id=f"ver_{one}", target_id=one, **given) for one in ids]
    workspace.ledger.append(about, now=NOW, actor=ANN)
    key = workspace.user_key("ann@example.com")
    workspace.erasures.begin(key, [ids[0]], now=NOW)
    workspace.erasures.finish(key, now=NOW)
    path = tmp_path / "all.jsonl"
    assert export_verdicts(workspace, path, form=form, is_history=True) == Exported(1, 0, 1)
    assert [one in path.read_text() for one in ids] == [False, True]
