"""A user erased: no byte of theirs is left, everybody else's is, and what comes in again is refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat.v4
import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.loop.releasable import make_app
from workbench import backlog, loop, runs
from workbench.boundaries.display import escape, escape_attribute
from workbench.errors import StoreError, TakenError
from workbench.records import ERASED, Actor, Cause, Issue, Verdict, verdict_id
from workbench.schemas import CLUSTERS, FINDINGS, MEMBERSHIPS, QUARANTINE, SIGNALS, SPANS
from workbench.store import DEMO_SECRET, Workspace, init_workspace, open_workspace
from workbench.store.durability import lock, turn
from workbench.store.workspace import WRITING
from workbench.windows import Window

NBFORMAT: Any = nbformat
V4: Any = nbformat.v4
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
START_NS = 1_772_323_200_000_000_000  # 2026-03-01T00:00Z
ANN = "ann-4711"
CANARY = "zanzibarquux"
"""A word that only Ann's texts hold."""
N_TRACES = 12
"""Of each user; enough for a cluster."""
USERS = {ANN: f"the {CANARY} voucher was refused by the {CANARY} desk", "ben-1": "the timeout of the flight search"}


def attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}


def trace(user: str, number: int, *, session: str | None = None) -> list[dict[str, Any]]:
    """Return a request of the user: a root that names them, and a tool call that fails and names nobody."""
    trace_id = f"{list(USERS).index(user) + 1:016x}{number:016x}"
    start = START_NS + number * 60_000_000_000
    times = {"startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 1_000_000)}
    score = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": str(start),
        "attributes": [
            attribute("gen_ai.evaluation.name", "helpful"),
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.0}},
            attribute("gen_ai.evaluation.explanation", f"says {USERS[user]}"),
        ],
    }
    root = {
        "traceId": trace_id,
        "spanId": f"{number:015x}a",
        "name": "invoke_agent",
        **times,
        "attributes": [
            attribute("gen_ai.operation.name", "invoke_agent"),
            attribute("user.id", user),
            attribute("session.id", session or f"session-of-{user}-{number}"),
            attribute("app.note", USERS[user]),
        ],
        "events": [score],
    }
    tool = {
        "traceId": trace_id,
        "spanId": f"{number:015x}b",
        "parentSpanId": root["spanId"],
        "name": "execute_tool",
        **times,
        "attributes": [
            attribute("gen_ai.operation.name", "execute_tool"),
            attribute("gen_ai.tool.name", "redeem"),
            attribute("gen_ai.tool.call.arguments", json.dumps({"what": USERS[user]})),
        ],
        "status": {"code": 2, "message": USERS[user]},
    }
    return [root, tool]


def line(spans: list[dict[str, Any]]) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})


def write_export(path: Path, *, shared: str | None = None) -> Path:
    lines = [line(trace(user, number, session=shared)) for user in USERS for number in range(N_TRACES)]
    broken = [f'{{"user.id": "{ANN}", "text": "{CANARY}", ', '{"user.id": "ben-1", ', '{"nobody": ']
    path.write_text("\n".join([*lines, *broken]) + "\n")
    return path


def filled(root: Path, *, shared: str | None = None) -> Workspace:
    workspace = init_workspace(root, secret=DEMO_SECRET)
    loop.feed(workspace, [write_export(root.parent / "export.jsonl", shared=shared)], now=NOW)
    loop.detect(workspace, window=Window(), now=NOW)
    return workspace


def erase(workspace: Workspace, user: str = ANN) -> loop.Found:
    quoting = lambda words: runs.quoting(workspace.reports, words)  # noqa: E731
    return loop.erase_user(workspace, workspace.user_key(user), now=NOW, quoting=quoting)


def contents(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield the bytes of every file of a folder; of Parquet files, which are compressed, all values too."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                yield path, repr(pq.ParquetFile(path).read().to_pylist()).encode()


def holding(root: Path, *words: str) -> list[str]:
    return sorted(
        {
            str(path.relative_to(root))
            for path, content in contents(root)
            if any(word.encode() in content for word in words)
        }
    )


def height(workspace: Workspace, table: Any) -> int:
    return workspace.telemetry.scan(table).collect().height


def verdict(trace_id: str, said: str) -> Verdict:
    return Verdict(
        id=verdict_id("trace", trace_id, annotator="eve"),
        target_kind="trace",
        target_id=trace_id,
        label="confirmed",
        explanation=said,
        code=said,
        annotator_kind="HUMAN",
        annotator="eve",
        identity="typed",
        at=NOW,
    )


def test_what_reviewers_said_of_their_traces_goes_and_so_does_what_it_taught(tmp_path: Path) -> None:
    """A reviewer's sentence paraphrases the user, and names nobody; the weights of a model were made of their words."""
    workspace = filled(tmp_path / "w")
    of_ann, of_ben = f"{1:016x}{3:016x}", f"{2:016x}{3:016x}"
    workspace.ledger.append([verdict(of_ann, "rude to her"), verdict(of_ben, "too slow")], now=NOW)
    (workspace.root / "trained.npz").write_bytes(b"weights")
    erase(workspace)
    said = {one.target_id: (one.explanation, one.code) for one in workspace.ledger.latest(Verdict)}
    assert said == {of_ann: ("[erased]", "[erased]"), of_ben: ("too slow", "too slow")}
    assert not (workspace.root / "trained.npz").exists()


def test_the_title_that_a_later_revision_copied_goes_with_the_first(tmp_path: Path) -> None:
    """A later window without the user keeps the issue and its title, under a cluster that holds nothing of theirs."""
    workspace = filled(tmp_path / "w")
    issues = workspace.ledger.latest(Issue)
    later = [replace(issue, run_id="run_later", cluster_id=f"later-{issue.cluster_id}") for issue in issues]
    workspace.ledger.append(later, now=NOW)
    erase(workspace)
    assert holding(workspace.root, CANARY) == []
    titles = [issue.title for issue in workspace.ledger.latest(Issue)]
    assert {title for title in titles if title != ERASED} == {one.title for one in issues if CANARY not in one.title}


def test_what_a_joined_run_carried_goes_though_its_findings_are_of_others(tmp_path: Path) -> None:
    """The clusters of runs that joined have the phrases and names of the first, whose findings were the user's."""
    workspace = filled(tmp_path / "w")
    clusters = workspace.telemetry.scan(CLUSTERS).collect()
    theirs = clusters.filter(pl.col("phrases").list.join(" ").str.contains(CANARY)).head(1)
    others = pl.col("trace_id").str.starts_with(f"{2:016x}")
    finding = workspace.telemetry.scan(FINDINGS).filter(others).head(1).collect()
    member = workspace.telemetry.scan(MEMBERSHIPS).join(finding.lazy(), on="finding_id", how="semi").collect()
    before = theirs["cluster_id"][0]
    for run_id in ("run_later", "run_last"):
        run, cluster = pl.lit(run_id).alias("run_id"), pl.lit(f"clu_{run_id}").alias("cluster_id")
        shown = pl.lit(finding["finding_id"].to_list(), dtype=pl.List(pl.String))
        carried = {"exemplars": shown, "continues": pl.lit(before), "name": pl.lit(f"{CANARY} desk")}
        for table, rows in (
            (FINDINGS, finding.with_columns(run)),
            (MEMBERSHIPS, member.with_columns(run, cluster)),
            (CLUSTERS, theirs.with_columns(run, cluster, **carried, named_from=pl.col("exemplars"))),
        ):
            workspace.telemetry.append(table, rows, source=run_id, offset=1)
        before = f"clu_{run_id}"
    erase(workspace)
    assert holding(workspace.root, CANARY) == []
    left = workspace.telemetry.scan(CLUSTERS).filter(pl.col("run_id").is_in(["run_later", "run_last"])).collect()
    assert left["name"].to_list() == [None, None]


def test_an_idea_of_a_model_what_is_said_of_an_issue_and_a_page_without_ids_go(tmp_path: Path) -> None:
    """A model read traces of two users; a verdict on an issue has no cluster; a page shows a title and no trace."""
    workspace = filled(tmp_path / "w")
    issues = workspace.ledger.latest(Issue)
    [of_ann, *_] = [issue for issue in issues if CANARY in issue.title]
    [of_ben, *_] = [issue for issue in issues if CANARY not in issue.title]
    said = f"<{CANARY}> & co"
    idea = Cause(
        id="cau_1",
        run_id=of_ben.run_id,
        cluster_id="clu_of_others",
        kind="proposed",
        statement=said,
        quotes=("a word of ben",),
        evidence=(f"{2:016x}{1:016x}",),
        shown=(f"{2:016x}{1:016x}", f"{1:016x}{1:016x}"),
    )
    verdicts = [
        replace(verdict(issue.id, words), target_kind="issue")
        for issue, words in ((of_ann, f"{CANARY} again"), (of_ben, "too slow"))
    ]
    workspace.ledger.append([idea, *verdicts], now=NOW)
    page = workspace.reports / "2026-11-01"
    page.mkdir()
    (page / "a.html").write_text(f"<p>{escape(said)}</p>")
    (page / "b.html").write_text("<p>too slow</p>")
    erase(workspace)
    assert holding(workspace.root, CANARY) == []
    assert {one.target_id: one.explanation for one in workspace.ledger.latest(Verdict)} == {
        of_ann.id: ERASED,
        of_ben.id: "too slow",
    }
    assert (page / "b.html").exists()


@pytest.mark.parametrize(
    "said", ['she said "never again" to them', "sie fühlt sich betrogen ☹", "first line\nsecond", "a\\b <b>&"]
)
def test_a_report_goes_however_it_spells_what_was_said(tmp_path: Path, said: str) -> None:
    """An executed notebook is JSON: a sentence with quotes, line ends or other letters was not found there."""
    workspace = filled(tmp_path / "w")
    workspace.ledger.append([verdict(f"{1:016x}{3:016x}", said)], now=NOW)
    page = workspace.reports / "2026-11-01"
    page.mkdir()
    cell = V4.new_code_cell(outputs=[V4.new_output("stream", text=f"said:\n{said}\n")])
    shown = V4.new_code_cell(outputs=[V4.new_output("display_data", {"text/html": f"<p>\n{escape(said)}\n</p>"})])
    NBFORMAT.write(V4.new_notebook(cells=[cell]), page / "a.ipynb")
    NBFORMAT.write(V4.new_notebook(cells=[shown]), page / "b.ipynb")
    (page / "c.ipynb").write_text(json.dumps({"cells": [{"source": [said]}]}))
    script = json.dumps({"label": said}).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    (page / "d.html").write_text(f'<script type="application/json">{script}</script>')
    (page / "e.html").write_text(f"<script>var spec = {json.dumps([said], ensure_ascii=False)}</script>")
    nested = V4.new_output("display_data", {"application/json": {"spec": json.dumps({"text": said})}})
    NBFORMAT.write(V4.new_notebook(cells=[V4.new_code_cell(outputs=[nested])]), page / "f.ipynb")
    (page / "g.html").write_text(f'<a title="{escape_attribute(said)}">x</a>')
    NBFORMAT.write(V4.new_notebook(cells=[V4.new_code_cell("'she said nothing'")]), page / "h.ipynb")
    erase(workspace)
    assert sorted(path.name for path in page.iterdir()) == ["h.ipynb"]


def test_open_codes_that_were_said_of_their_traces_alone_leave_the_taxonomy(tmp_path: Path) -> None:
    """What a reviewer called the user's problem stood in a category's list, and nobody was told."""
    workspace = filled(tmp_path / "w")
    of_ann, of_ben = f"{1:016x}{3:016x}", f"{2:016x}{3:016x}"
    said = [replace(verdict(of_ann, "x"), code="Her  divorce"), replace(verdict(of_ben, "y"), code="too slow")]
    both = replace(verdict(f"{1:016x}{4:016x}", "z"), code="Too slow")
    workspace.ledger.append([*said, both], now=NOW)
    codes = ["her divorce", "too slow"]
    loop.make_category(workspace, name="Private matters", about="Asks for what is private.", codes=codes)
    taxonomy = workspace.root / "taxonomy.toml"
    before = taxonomy.read_text()
    found = erase(workspace)
    assert (found.codes, found.counts()["open_codes"], found.others) == (frozenset({"her divorce"}), 1, ())
    assert taxonomy.read_text() == before.replace('"her divorce", ', "")
    assert taxonomy.stat().st_mode & 0o777 == 0o644


def test_a_category_that_is_named_in_such_words_is_left_and_told(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    workspace.ledger.append([replace(verdict(f"{1:016x}{3:016x}", "x"), code="her divorce")], now=NOW)
    loop.make_category(workspace, name="Her divorce", about="As it was said.")
    found = erase(workspace)
    assert (found.codes, found.others) == (frozenset(), (workspace.root / "taxonomy.toml",))


def test_a_taxonomy_that_cannot_be_read_holds_up_no_erasure(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    workspace.ledger.append([replace(verdict(f"{1:016x}{3:016x}", "x"), code="her divorce")], now=NOW)
    (workspace.root / "taxonomy.toml").write_text('also = ["her divorce"')
    assert erase(workspace).others == (workspace.root / "taxonomy.toml",)


def test_what_reviewers_say_write_and_have_before_them_goes_and_the_chance_of_each_item_stays(tmp_path: Path) -> None:
    """A note that nobody has sent, and a cause as it should read, are words about the user as much as a verdict."""
    workspace = filled(tmp_path / "w")
    opened = loop.open_review(workspace, now=NOW, n=200, n_per_item=2)
    eve, max_ = (
        loop.Desk(workspace, opened.id, reviewer=name, identity="typed", clock=lambda: NOW) for name in ("eve", "max")
    )
    before = workspace.review_items.of(opened.id)
    of_ann = pl.col("target_id").str.starts_with(f"{1:016x}")
    of_ben = pl.col("target_id").str.starts_with(f"{2:016x}")
    anns, bens = (before.filter(who)["place"].to_list() for who in (of_ann, of_ben))
    own_words = ("was rude to her", "rudeness", "her anger", "a note on her", "of her cluster")
    eve.judge(anns[0], label="confirmed", seen="x", explanation=own_words[0], code=own_words[1])
    eve.draft(anns[1], own_words[3])
    max_.draft(anns[0], own_words[3])
    eve.draft(bens[1], f"not like {ANN} at all")
    eve.judge(bens[0], label="confirmed", seen="x", explanation="too slow for ben")
    max_.draft(bens[2], "a note on ben")
    theirs = [cause for cause in workspace.ledger.latest(Cause) if CANARY in cause.statement]
    causes = dict(before.filter(pl.col("kind") == "cause").select("target_id", "place").iter_rows())
    for cause in theirs:
        if cause.id in causes:
            eve.judge(causes[cause.id], label="split", seen="x", statement=[own_words[2], own_words[4]])
            max_.draft(causes[cause.id], own_words[4])

    found = erase(workspace)

    assert holding(workspace.root, CANARY, ANN, *own_words) == []
    assert holding(workspace.root, "too slow for ben", "a note on ben") == ["ledger.db"]
    counts = found.counts()
    assert (counts["review_items"], counts["review_notes"] >= 3) == (len(anns), True)
    after = workspace.review_items.of(opened.id)
    assert after.filter(pl.col("target_id") == ERASED)["place"].to_list() == anns
    assert after.drop("target_id").equals(before.drop("target_id"))
    with pytest.raises(TakenError, match="its user was erased"):
        max_.judge(anns[2], label="confirmed", seen="x")
    with pytest.raises(TakenError, match="its user was erased"):
        max_.draft(anns[2], own_words[3])
    again = loop.Desk(workspace, opened.id, reviewer="eve", identity="typed", clock=lambda: NOW)
    assert again.take(anns[0]) is None
    assert again.undo() in (*causes.values(), bens[0])
    assert holding(workspace.root, CANARY, ANN, *own_words) == []
    assert workspace.ledger.verify() > 0


def test_no_review_is_opened_on_what_was_erased_meanwhile(tmp_path: Path) -> None:
    """The ids of the erased would have come back with the items."""
    workspace = filled(tmp_path / "w")

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "in_blocks":
            sys.setprofile(None)
            erase(workspace)

    sys.setprofile(watch)
    try:
        with pytest.raises(StoreError, match="a user was erased meanwhile"):
            loop.open_review(workspace, now=NOW, n=200)
    finally:
        sys.setprofile(None)
    assert holding(workspace.root, CANARY, ANN) == []


def test_an_issue_whose_title_was_erased_is_titled_anew(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    issues = workspace.ledger.latest(Issue)
    again = backlog.propose(
        workspace.telemetry.scan(CLUSTERS).collect(),
        [],
        known=[replace(issue, title=ERASED) for issue in issues],
        same_as={},
        severities={},
    )
    assert {issue.id: issue.title for issue in again} == {issue.id: issue.title for issue in issues}


def test_what_a_person_calls_a_problem_in_a_users_words_goes_with_the_user(tmp_path: Path) -> None:
    """The title and reason of an issue that was opened by hand stayed: a user's words, of which no finding has any."""
    workspace, eve = filled(tmp_path / "w"), Actor(kind="HUMAN", name="eve", identity="typed")
    of_both, of_ben = ([f"{user:016x}{number:016x}" for user in users] for number, users in ((0, (1, 2)), (1, (2,))))
    said = f"it reads out {CANARY} to all"
    theirs = loop.open_issue(workspace, of_both, title=said, reason=said, actor=eve, now=NOW)
    others = loop.open_issue(workspace, of_ben, title="the search", reason="the flight", actor=eve, now=NOW)
    erase(workspace)
    assert holding(workspace.root, CANARY) == []
    left = [(one.title, one.reason) for one in (loop.find_issue(workspace, one.id) for one in (theirs, others))]
    assert left == [(ERASED, ERASED), ("the search", "the flight")]


def test_no_byte_of_an_erased_user_is_left(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    telemetry = workspace.root / "telemetry"
    page = workspace.reports / "2026-11-01"
    page.mkdir()
    ann_traces = [f"{1:016x}{number:016x}" for number in range(N_TRACES)]
    for name, text in (("a.html", f"<p>{CANARY}</p>{ann_traces[3]}"), ("a.ipynb", CANARY), ("b.html", "no one")):
        (page / name).write_text(text)
    before = holding(workspace.root, CANARY)
    for place in ("spans", "signals", "findings", "clusters", "quarantine/", "ledger.db", "reports/"):
        assert any(place in path for path in before), place
    assert any(CANARY in issue.title for issue in workspace.ledger.latest(Issue))
    n_links = workspace.ledger.verify()

    found = erase(workspace)

    key = workspace.user_key(ANN)
    assert holding(workspace.root, CANARY, ANN, *ann_traces) == []
    assert holding(telemetry, key) == []
    assert holding(workspace.root, key) == ["ledger.db"], "the tombstone alone"
    assert workspace.ledger.verify() == n_links
    assert not any(CANARY in issue.title for issue in workspace.ledger.latest(Issue))
    counts = found.counts()
    assert (counts["traces"], counts["spans"], counts["signals"]) == (N_TRACES, 2 * N_TRACES, N_TRACES)
    assert (counts["refused_records"], counts["report_files"]) == (1, 2)
    assert (page / "b.html").exists()


def test_a_draft_of_a_change_that_quotes_them_goes_and_others_are_left(tmp_path: Path) -> None:
    """Their words were in the example of a prompt that was being edited, and stayed there for good."""
    workspace = filled(tmp_path / "w")
    for name, text in {
        "chg_1": f"For example: {USERS[ANN].upper()}!",
        "chg_2": "Say why the voucher was refused by the desk, and be kind.",
        "chg_3": f"As {ANN} asked.",
        ".erased-chg_4": "",
    }.items():
        (workspace.drafts / name / "prompts").mkdir(parents=True)
        (workspace.drafts / name / "prompts" / "a.md").write_text(text)
    found = erase(workspace)
    assert (found.counts()["drafts_of_changes"], found.others) == (3, ())
    assert [path.name for path in workspace.drafts.iterdir()] == ["chg_2"]
    assert (workspace.drafts / "chg_2" / "prompts" / "a.md").exists()


def test_a_draft_whose_words_the_app_has_already_is_left(tmp_path: Path) -> None:
    """Spans hold what the app itself says: for each erasure every draft would go."""
    workspace = filled(tmp_path / "w")
    make_app(workspace.app, {"prompts/a.md": f"{USERS[ANN]}\n"})
    draft = workspace.drafts / "chg_1" / "prompts" / "a.md"
    draft.parent.mkdir(parents=True)
    draft.write_text(f"{USERS[ANN]}\nBe kind.\n")
    assert erase(workspace).edits == ()
    assert draft.exists()


def test_everybody_else_stays(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    ben = workspace.user_key("ben-1")
    theirs = pl.col("trace_id").str.starts_with(f"{2:016x}")
    kept = {
        table.name: workspace.telemetry.scan(table).filter(theirs).collect().sort(table.key)
        for table in (SPANS, SIGNALS, FINDINGS)
    }
    titles = {issue.title for issue in workspace.ledger.latest(Issue) if CANARY not in issue.title}
    erase(workspace)
    for table in (SPANS, SIGNALS, FINDINGS):
        assert workspace.telemetry.scan(table).collect().sort(table.key).equals(kept[table.name]), table.name
    assert set(workspace.telemetry.scan(SPANS).collect()["user_key"].drop_nulls()) == {ben}
    assert height(workspace, MEMBERSHIPS) == kept["findings"].height
    assert height(workspace, QUARANTINE) == 2
    assert titles
    assert titles <= {issue.title for issue in workspace.ledger.latest(Issue)}
    clusters = workspace.telemetry.scan(CLUSTERS).collect()
    assert clusters["n_users"].to_list() == [1] * clusters.height
    exemplars = set(clusters["exemplars"].explode())
    assert exemplars <= set(kept["findings"]["finding_id"])


def test_what_comes_in_again_is_refused_and_counted(tmp_path: Path) -> None:
    """Without a tombstone the next ingest of the same file would bring the user back."""
    workspace = filled(tmp_path / "w")
    erase(workspace)
    [report] = loop.feed(open_workspace(workspace.root), [tmp_path / "export.jsonl"], now=NOW)
    n_ann = 3 * N_TRACES + 1  # two spans and a signal a trace, and the broken line
    assert report.refused["erased"] == n_ann
    assert (report.n_stored, report.n_duplicate, report.n_quarantined) == (0, 3 * N_TRACES, n_ann + 2)
    assert report.n_in == report.n_stored + report.n_duplicate + report.n_quarantined
    assert holding(workspace.root, CANARY, ANN) == []


def test_what_the_user_does_later_is_taken_in(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    erase(workspace)
    [root, tool] = trace(ANN, 99)
    for span in (root, tool):
        span |= {"startTimeUnixNano": "1793620800000000000", "endTimeUnixNano": "1793620801000000000"}  # 2026-11-02
    root["events"] = []
    (tmp_path / "later.jsonl").write_text(line([root, tool]) + "\n")
    [report] = loop.feed(workspace, [tmp_path / "later.jsonl"], now=NOW)
    assert (report.n_in, report.n_stored) == (2, 2)


def test_of_a_shared_session_the_traces_of_others_stay(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", shared="a-room-for-all")
    found = erase(workspace)
    assert (found.counts()["sessions"], found.counts()["shared_sessions"]) == (0, 1)
    assert height(workspace, SPANS) == 2 * N_TRACES
    assert holding(workspace.root, CANARY) == []


def test_a_user_who_is_not_there_is_noted_and_nothing_goes(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    rows = [height(workspace, table) for table in (SPANS, SIGNALS, FINDINGS, QUARANTINE)]
    assert not any(erase(workspace, "carl").counts().values())
    assert [height(workspace, table) for table in (SPANS, SIGNALS, FINDINGS, QUARANTINE)] == rows


def test_a_detection_that_an_erasure_overtook_is_not_recorded(tmp_path: Path) -> None:
    """It looked at the user's spans before they went, and would have written their words after."""
    workspace = filled(tmp_path / "w")

    def told(step: str) -> None:
        if step == "recording":
            erase(workspace)

    with pytest.raises(StoreError, match="a user was erased meanwhile"):
        loop.detect(workspace, window=Window(), now=NOW.replace(hour=13), progress=told)
    assert holding(workspace.root, CANARY) == []


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from workbench import loop, runs
from workbench.store import open_workspace

n_calls, calls = int(sys.argv[2]), 0
NAMES = ("unlink", "erase", "erase_text", "forget", "replace", "delete", "scrub", "begin", "finish")


def watch(frame, event, argument):
    global calls
    code = frame.f_code
    if event in ("call", "return") and code.co_name in NAMES and "workbench" in code.co_filename:
        calls += 1
        if calls == n_calls:
            os.kill(os.getpid(), 9)


workspace = open_workspace(sys.argv[1])
sys.setprofile(watch)
loop.erase_user(
    workspace,
    workspace.user_key("ann-4711"),
    now=datetime(2026, 11, 1, 12, tzinfo=UTC),
    quoting=lambda words: runs.quoting(workspace.reports, words),
)
"""


@pytest.mark.parametrize("stride", [pytest.param(1, marks=pytest.mark.slow), 25])
def test_an_erasure_killed_at_any_step_is_completed_by_the_next(tmp_path: Path, stride: int) -> None:
    """The first run dies at its first step, the next further on, ...: each leaves the next one's beginning."""
    workspace = filled(tmp_path / "w")
    n_links = workspace.ledger.verify()
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    n_kills = 0
    for step in range(1, 300, stride):
        done = subprocess.run([sys.executable, script, workspace.root, str(step)], check=False, capture_output=True)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr.decode()
        n_kills += 1
    else:
        pytest.fail("it was never completed")
    assert n_kills >= 3
    assert holding(workspace.root, CANARY, ANN) == []
    workspace = open_workspace(workspace.root)
    assert workspace.erasures.under_way() == []
    assert (height(workspace, SPANS), height(workspace, SIGNALS)) == (2 * N_TRACES, N_TRACES)
    assert workspace.ledger.verify() == n_links


def test_an_erasure_waits_for_writers(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    command = [sys.executable, "-m", "workbench", "erase", "--user", ANN, "--yes", "--workspace", workspace.root]
    with turn(workspace.root / WRITING, is_alone=False):
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert holding(workspace.root, CANARY) == []


def test_a_file_that_is_named_after_the_user_is_forgotten(tmp_path: Path) -> None:
    """The path stood in the table of refused records and in the load report after the erasure."""
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    theirs, others = tmp_path / f"{ANN}.2026.jsonl", tmp_path / "others.jsonl"
    theirs.write_text(line(trace(ANN, 1)) + "\n{only here\n{in both\n")
    others.write_text(line(trace("ben-1", 1)) + "\n{in both\n")
    loop.feed(workspace, [theirs, others], now=NOW)
    page = workspace.reports / "2026-11-01"
    page.mkdir()
    (page / "a.html").write_text(f"<td>{theirs.name}</td>")
    counts = erase(workspace).counts()
    assert holding(workspace.root, ANN, "only here") == []
    assert (counts["refused_records"], counts["load_reports"], counts["report_files"]) == (1, 1, 1)
    assert height(workspace, QUARANTINE) == 1
    assert [path.read_bytes() for path in workspace.quarantine.iterdir()] == [b"{in both"]


def test_a_file_that_comes_again_after_the_erasure_leaves_no_name(tmp_path: Path) -> None:
    """A load report was written as the file was named, also while its user was being erased."""
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    theirs = tmp_path / f"{ANN}.2026.jsonl"
    theirs.write_text(line(trace(ANN, 1)) + "\n{nobody's\n")
    loop.feed(workspace, [theirs], now=NOW)
    erase(workspace)
    loop.feed(workspace, [theirs], now=NOW)
    assert holding(workspace.root, ANN) == []
    ((_, report),) = workspace.loads.all()
    n_in = 2 + 1 + 1  # spans, the evaluation, and the line that is nobody's
    assert (report.path, report.n_in, report.n_quarantined) == (ERASED, n_in, n_in)


def test_what_a_kill_left_half_written_in_quarantine_goes_too(tmp_path: Path) -> None:
    """No user of whom such a piece was left could be erased: its name was taken for a digest."""
    workspace = filled(tmp_path / "w")
    (workspace.quarantine / f".{'a' * 64}.12.part").write_text(f'{{"user.id": "{ANN}", "text": "{CANARY}"')
    erase(workspace)
    assert holding(workspace.root, CANARY, ANN) == []


def test_what_a_receiver_left_in_the_spool_is_erased_too(tmp_path: Path) -> None:
    """The spool of a receiver that was killed kept the raw id, and the next start stored what was erased."""
    workspace = init_workspace(tmp_path / "w", secret=DEMO_SECRET)
    spool = workspace.root / "spool"
    spool.mkdir()
    messages = [line(trace(user, 1)).encode() for user in USERS]
    torn = f"{CANARY} of {ANN}".encode()
    framed = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    (spool / "20260301T000000.000000.otlp").write_bytes(framed + b"\x00\x00\x10\x00" + torn)
    assert erase(workspace).counts()["spans"] == 2
    assert holding(workspace.root, CANARY, ANN) == []
    assert height(workspace, SPANS) == 2


def test_nobody_is_erased_while_a_receiver_holds_what_may_be_theirs(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w")
    with lock(workspace.root / ".receiver"), pytest.raises(StoreError, match="stop it"):
        erase(workspace)
    assert height(workspace, SPANS) == 4 * N_TRACES
