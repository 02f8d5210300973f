"""The ledger: append-only, chained, and whole after erasure, on SQLite and on PostgreSQL."""

import json
import math
import multiprocessing
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.backlog.issues import issue
from workbench.errors import StoreError
from workbench.ids import digest
from workbench.records import ERASED, Cause, Issue, Verdict
from workbench.store.database import ENTRIES, LOADS, TEXTS, connect, migrate, transaction
from workbench.store.ledger import GENESIS, Entry, Ledger

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUE = issue(title="tool error: gift card", cause_ids=("cau_1",), n_sessions=0, last_seen_at=None)
CAUSE = Cause(
    id="cau_1",
    run_id="run_1",
    cluster_id="clu_1",
    kind="contrast",
    attributes=("tool_name", "model"),
    values=("book", "gpt-4o"),
    statement="5 of 5 traces used book",
    n_cluster_with=5,
    n_cluster=5,
    n_rest_with=0,
    n_rest=9,
    lift=math.inf,
    lift_low=2.0,
    lift_high=math.inf,
    p_value=0.0005,
    q_value=0.01,
    share_explained=1.0,
    evidence=("t1", "t2"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    engine = connect(url)
    migrate(engine)
    return engine


def test_records_come_back_as_they_were_in_the_order_of_their_first_append(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    second = replace(ISSUE, id="iss_2")
    assert ledger.append([ISSUE, second, CAUSE], now=NOW) == 3
    assert ledger.append([replace(ISSUE, state="confirmed")], now=NOW) == 1
    assert ledger.latest(Issue) == [replace(ISSUE, state="confirmed"), second]
    assert ledger.history(Issue, "iss_1") == [ISSUE, replace(ISSUE, state="confirmed")]
    assert ledger.latest(Cause) == [CAUSE]


def test_a_cause_of_an_older_release_reads_as_one_with_one_condition(engine: sa.Engine) -> None:
    """A team that updates would lose every cause that its issues name."""
    words = {"value": digest("salt", "book"), "statement": digest("grain", "5 of 5 traces used book")}
    older: dict[str, object] = {
        "id": "cau_1",
        "run_id": "run_1",
        "cluster_id": "clu_1",
        "kind": "contrast",
        "attribute": "tool_name",
    }
    older |= {"n_cluster_with": 5, "n_cluster": 5, "n_rest_with": 0, "n_rest": 9, "share_explained": 1.0, **words}
    older |= {"lift": math.inf, "lift_low": 2.0, "lift_high": math.inf, "p_value": 0.0005, "q_value": 0.01}
    older |= {"evidence": ["t1", "t2"]}
    body = (1, "cause", "cau_1", NOW.isoformat(), "{}", json.dumps(older), GENESIS)
    with engine.begin() as connection:
        link = (*body, digest(*map(str, body)))
        connection.execute(ENTRIES.insert().values(dict(zip(Entry._fields, link, strict=True))))
        for salt, text in (("salt", "book"), ("grain", "5 of 5 traces used book")):
            connection.execute(TEXTS.insert().values(digest=digest(salt, text), salt=salt, text=text))
    ledger = Ledger(engine)
    (cause,) = ledger.latest(Cause)
    assert cause == replace(CAUSE, attributes=("tool_name",), values=("book",))
    assert cause.conditions == (("tool_name", "book"),)
    assert {quoted.text for quoted in ledger.quoted()} == {"book", "5 of 5 traces used book"}
    assert ledger.append([cause], now=NOW) == 0
    assert ledger.verify() == 1


VERDICT = Verdict(
    id="ver_1",
    target_kind="trace",
    target_id="t1",
    label="confirmed",
    explanation="",
    code="",
    annotator_kind="HUMAN",
    annotator="ann",
    identity="typed",
    at=NOW,
)
SINCE_REVIEWS = (
    *("statement", "same_as", "category", "severity", "is_flagged", "is_adjudication", "is_undo"),
    *("n_checked", "n_agreed", "review_id"),
)


def test_a_verdict_of_an_older_release_reads_as_one_outside_of_any_review(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    ledger.append([VERDICT], now=NOW)
    newer = json.loads(ledger.entries()[0].payload)
    older = {name: value for name, value in newer.items() if name not in SINCE_REVIEWS}
    assert len(older) == len(newer) - len(SINCE_REVIEWS)
    body = (2, "verdict", "ver_2", NOW.isoformat(), "{}", json.dumps({**older, "id": "ver_2"}), ledger.head())
    with engine.begin() as connection:
        link = (*body, digest(*map(str, body)))
        connection.execute(ENTRIES.insert().values(dict(zip(Entry._fields, link, strict=True))))
    assert ledger.latest(Verdict) == [VERDICT, replace(VERDICT, id="ver_2")]
    assert ledger.verify() == 2


def test_what_was_said_in_one_review_is_read_in_all_its_revisions(engine: sa.Engine) -> None:
    """A name that reads like another review's id, and an id that is the beginning of another, lead nowhere."""
    ledger = Ledger(engine)
    first = replace(VERDICT, review_id="rev_1")
    second = replace(first, label="rejected")
    others = [
        VERDICT,
        replace(VERDICT, id="ver_2", review_id="rev_11"),
        replace(VERDICT, id="ver_3", review_id="rev_2", annotator='"review_id":"rev_1"'),
    ]
    ledger.append([first, *others, second], now=NOW)
    assert ledger.revisions(Verdict, review_id="rev_1") == [first, second]
    assert ledger.revisions(Verdict, review_id="rev_%") == []


def test_the_same_said_again_later_adds_nothing(engine: sa.Engine) -> None:
    """A view that lost the answer asks again: two revisions would be two judgements."""
    ledger = Ledger(engine)
    assert [ledger.append([replace(VERDICT, at=at)], now=at) for at in (NOW, NOW + timedelta(seconds=9))] == [1, 0]
    assert ledger.latest(Verdict) == [VERDICT]


def test_what_is_written_beside_is_written_with_the_record_or_neither_is(engine: sa.Engine) -> None:
    def note(connection: sa.Connection) -> None:
        connection.execute(LOADS.insert().values(at="", report="{}"))

    def fail(connection: sa.Connection) -> None:
        note(connection)
        raise StoreError("no")

    ledger = Ledger(engine)
    with pytest.raises(StoreError, match="no"):
        ledger.append([VERDICT], now=NOW, also=fail)
    assert ledger.verify() == 0
    ledger.append([VERDICT], now=NOW, also=note)
    with engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(LOADS)) == 1


def test_a_record_that_could_not_be_read_again_is_not_appended(engine: sa.Engine) -> None:
    """A drafter gave its evidence as one text: every later read of that type failed, and nothing can be taken back."""
    ledger = Ledger(engine)
    vague = replace(CAUSE, id="cau_2", evidence="the words")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"cau_2: a cause is not of its type, and nothing was appended: .*evidence"):
        ledger.append([CAUSE, vague], now=NOW)
    with pytest.raises(StoreError, match=r"ver_1: a verdict is not of its type"):
        ledger.append([replace(VERDICT, code=object())], now=NOW)  # type: ignore[arg-type]
    assert (ledger.verify(), ledger.latest(Cause), ledger.quoted()) == (0, [], [])


def test_what_is_new_is_read_from_where_one_left_off(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    given = [replace(VERDICT, id=f"ver_{number}", review_id="rev_1") for number in range(3)]
    ledger.append(given[:2], now=NOW)
    first = ledger.since(0, Verdict, review_id="rev_1")
    ledger.append([ISSUE, given[2], replace(VERDICT, id="ver_9", review_id="rev_2")], now=NOW)
    second = ledger.since(first.seq, Verdict, review_id="rev_1")
    assert [first, second] == [(given[:2], 2), (given[2:], 5)]


def test_who_reads_waits_for_no_writer_that_has_not_committed(tmp_path: Path) -> None:
    """Eight reviewers who only looked kept each other waiting until one of them was told that the ledger is locked."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    engine, other = connect(url), connect(url)
    migrate(engine)
    Ledger(engine).append([VERDICT], now=NOW)
    with transaction(engine) as connection:
        connection.execute(LOADS.insert().values(at="", report="{}"))
        assert Ledger(other).latest(Verdict) == [VERDICT]
        assert Ledger(other).verify() == 1


def test_one_of_several_quoted_texts_is_erased_alone(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    ledger.append([CAUSE], now=NOW)
    assert {quoted.text for quoted in ledger.quoted()} == {"book", "gpt-4o", "5 of 5 traces used book", "t1", "t2"}
    ledger.erase_text(next(quoted.digest for quoted in ledger.quoted() if quoted.text == "book"))
    assert ledger.latest(Cause) == [replace(CAUSE, values=(ERASED, "gpt-4o"))]
    assert ledger.verify() == 1


def test_a_cause_has_a_value_for_each_of_at_most_three_attributes() -> None:
    with pytest.raises(ValueError, match="2 attributes and 1 values"):
        replace(CAUSE, values=("book",))
    with pytest.raises(ValueError, match="at most 3"):
        replace(CAUSE, attributes=("a",) * 4, values=("b",) * 4)


def test_the_same_record_again_adds_nothing(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    assert [ledger.append([ISSUE, ISSUE], now=NOW), ledger.append([ISSUE], now=NOW)] == [1, 0]
    assert ledger.verify() == 1


def test_an_empty_ledger_is_a_whole_chain(engine: sa.Engine) -> None:
    assert Ledger(engine).verify() == 0
    assert Ledger(engine).head() == GENESIS
    assert Ledger(engine).latest(Issue) == []


@pytest.mark.parametrize("statement", ["UPDATE entries SET at = 'x'", "DELETE FROM entries"])
def test_the_database_refuses_to_change_the_past(engine: sa.Engine, statement: str) -> None:
    Ledger(engine).append([ISSUE], now=NOW)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert Ledger(engine).verify() == 1


def test_erased_text_leaves_a_whole_chain_and_no_trace_of_the_words(engine: sa.Engine) -> None:
    ledger = Ledger(engine)
    ledger.append([ISSUE], now=NOW)
    with engine.begin() as connection:
        assert "gift card" not in str(connection.execute(sa.select(ENTRIES)).all())
        of_title = connection.scalar(sa.select(TEXTS.c.digest).where(TEXTS.c.text == ISSUE.title))
    assert isinstance(of_title, str)
    ledger.erase_text(of_title)
    assert ledger.latest(Issue) == [replace(ISSUE, title=ERASED)]
    assert ledger.verify() == 1


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE entries SET payload = replace(payload, 'medium', 'low') WHERE seq = 2",
        "UPDATE entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 1",
        "DELETE FROM entries WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 1",
        "UPDATE entries SET previous = hash WHERE seq = 3",
    ],
)
def test_tampering_below_the_guards_is_noticed(tmp_path: Path, tampering: str) -> None:
    ledger = _ledger_of_three(tmp_path)
    _tamper(tmp_path, tampering)
    with pytest.raises(StoreError, match="chain is broken"):
        ledger.verify()


def test_a_cut_off_end_is_noticed_by_a_noted_head(tmp_path: Path) -> None:
    ledger = _ledger_of_three(tmp_path)
    head = ledger.head()
    _tamper(tmp_path, "DELETE FROM entries WHERE seq = 3")
    assert ledger.verify() == 2
    with pytest.raises(StoreError, match="cut off"):
        ledger.verify(noted=[head])


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="update the workbench"):
        migrate(engine)


def append_fifty(url: str, name: str) -> None:
    ledger = Ledger(connect(url))
    for number in range(50):
        ledger.append([replace(ISSUE, id=f"iss_{name}_{number}")], now=NOW)


def test_four_processes_append_two_hundred_records_and_lose_none(engine: sa.Engine) -> None:
    context = multiprocessing.get_context("spawn")
    url = engine.url.render_as_string(hide_password=False)
    processes = [context.Process(target=append_fifty, args=(url, name)) for name in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    assert Ledger(engine).verify() == 200
    assert len(Ledger(engine).latest(Issue)) == 200


def _ledger_of_three(folder: Path) -> Ledger:
    engine = connect(f"sqlite:///{folder}/ledger.db")
    migrate(engine)
    ledger = Ledger(engine)
    for name in ("iss_1", "iss_2", "iss_3"):
        ledger.append([replace(ISSUE, id=name)], now=NOW)
    return ledger


def _tamper(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "ledger.db") as connection:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(f"DROP TRIGGER entries_no_{verb}")
        connection.execute(statement)


def test_a_forged_text_is_noticed_when_it_is_read(tmp_path: Path) -> None:
    """A title that anyone can rewrite would be signed by nobody and believed by all."""
    ledger = _ledger_of_three(tmp_path)
    _tamper(tmp_path, "UPDATE texts SET text = 'all is well'")
    with pytest.raises(StoreError, match="text was changed"):
        ledger.latest(Issue)


def test_a_replaced_entry_is_noticed(tmp_path: Path) -> None:
    """SQLite's INSERT OR REPLACE goes round triggers: the chain shows it."""
    ledger = _ledger_of_three(tmp_path)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        row = list(connection.execute("SELECT * FROM entries WHERE seq = 2").fetchone())
        row[5] = row[5].replace("medium", "low")
        connection.execute(f"INSERT OR REPLACE INTO entries VALUES ({','.join('?' * len(row))})", row)
    with pytest.raises(StoreError, match="chain is broken"):
        ledger.verify()


def test_a_damaged_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database, and long enough to be taken for a header" * 9)
    with pytest.raises(StoreError, match="the ledger refused: file is not a database"):
        migrate(connect(f"sqlite:///{tmp_path}/ledger.db"))
