"""After the ship: a watch begins when the version is seen, and ends in gone or back on what people judged blind."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.changes.repositories import PROMPT, make_repository
from tests.loop import shipped
from tests.loop.shipped import ACTOR, CHANGE, CONTROL, DECISION, EVE, SHIP, WATCHED, issue, make_shipped, put, traffic
from tests.loop.under_review import spans as spans_of
from workbench import loop, report
from workbench.errors import ConfigError, GateError, InsufficientDataError
from workbench.ids import digest
from workbench.loop.chain import chain
from workbench.loop.detect.by_hand import BY_HAND
from workbench.loop.prioritise.said_of_issues import said_of_issues
from workbench.loop.watch import traffic as read
from workbench.records import Change, FileEdit, Issue, IssueState, Review, Verdict, Watch, verdict_id
from workbench.schemas import SPANS
from workbench.store import Workspace, open_workspace
from workbench.watch import by_day

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace on the eve of the ship."""
    return make_shipped(tmp_path_factory.mktemp("shipped") / "acme").root


@pytest.fixture
def acme(before: Path, tmp_path: Path) -> Workspace:
    """Return a copy of it."""
    shutil.copytree(before, tmp_path / "acme")
    return open_workspace(tmp_path / "acme")


def begun(workspace: Workspace, **more: object) -> Watch:
    (watch,) = loop.start_watch(workspace, WATCHED, who=EVE, now=SHIP, **{"since": SHIP, **more})  # type: ignore[arg-type]
    return watch


def judge(workspace: Workspace, review: Review, label: Callable[[str], str], *, places: int | None = None) -> None:
    """Let eve judge the items of a round, from the first on."""
    rows = workspace.review_items.of(review.id).sort("place").head(places or review.n_items)
    verdicts = [
        Verdict(
            id=verdict_id("trace", trace, cluster_id=cluster, annotator="eve", review_id=review.id),
            target_kind="trace",
            target_id=trace,
            cluster_id=cluster,
            label=label(trace),  # type: ignore[arg-type]
            explanation="",
            code="",
            review_id=review.id,
            annotator_kind="HUMAN",
            annotator="eve",
            identity="typed",
            at=review.at,
        )
        for trace, cluster in rows.select("target_id", "cluster_id").iter_rows()
    ]
    workspace.ledger.append(verdicts, now=review.at, actor=ACTOR)


def rejected(_trace: str) -> str:
    return "rejected"


def as_found(trace: str) -> str:
    """Return what is so: the first four traces of a day have it."""
    return "confirmed" if trace.endswith(("-00", "-01", "-02", "-03")) else "rejected"


def test_a_watch_begins_with_how_common_it_was_and_moves_the_issue(acme: Workspace) -> None:
    """57 days before, 4 of 40 traces each; half of it is the target: nobody judged, so that all found was right."""
    watch = begun(acme)
    assert (watch.n_before, watch.n_found_before, watch.precision) == (57 * 40, 57 * 4, 1.0)
    assert watch.target_share == pytest.approx(0.05)
    assert (watch.change_ids, watch.decision_id) == ((CHANGE,), DECISION)
    assert (issue(acme).state, issue(acme).evidence) == ("watching", (watch.id,))


def test_what_did_not_ship_is_not_watched(acme: Workspace) -> None:
    with pytest.raises(GateError, match="only what shipped is watched"):
        loop.start_watch(acme, CONTROL, who=EVE, now=SHIP)
    with pytest.raises(ConfigError, match="there is no such change"):
        loop.start_watch(acme, "chg_nobody", who=EVE, now=SHIP)


def test_a_version_that_the_traffic_has_not_got_is_not_watched_yet(acme: Workspace) -> None:
    with pytest.raises(InsufficientDataError, match="no traffic of version 9"):
        loop.start_watch(acme, CHANGE, who=EVE, now=SHIP, version="9")
    with pytest.raises(InsufficientDataError, match="--version"):
        loop.start_watch(acme, CHANGE, who=EVE, now=SHIP)
    traffic(acme, [0, 0], version="9")
    (watch,) = loop.start_watch(acme, CHANGE, who=EVE, now=SHIP, version="9")
    assert (watch.since, watch.versions) == (SHIP + timedelta(hours=9), ("9",))


def test_silence_in_little_traffic_is_not_enough_exposure(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [0])
    looked = loop.look(acme, watch.id, now=SHIP + timedelta(days=1))
    assert looked.watch.state == "not_enough_exposure"
    assert "0 of at least 74 random traces" in looked.watch.reasons[0]
    assert "has answered 40 traces so far: wait for traffic" in looked.watch.reasons[1]
    assert looked.issue.state == "watching"


def test_it_is_gone_once_people_who_were_not_told_find_none(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [0] * 28)
    now = SHIP + 4 * WEEK
    review = loop.open_blind_review(acme, watch.id, now=now)
    judge(acme, review, rejected)
    looked = loop.look(acme, watch.id, now=now + timedelta(days=1))
    assert (looked.watch.state, looked.watch.n_judged, looked.watch.n_confirmed) == ("gone", 74, 0)
    assert looked.issue.state == issue(acme).state == "resolved"
    assert issue(acme).evidence == (watch.id,)
    assert looked.watch.design == "control_issues"
    assert looked.controls == (CONTROL,)
    assert looked.watch.ratio_high is not None
    assert looked.watch.ratio_high < 0.2


def test_what_is_gone_says_as_of_which_day_and_what_was_found_since(acme: Workspace) -> None:
    """A look said "gone" word for word while detectors found it again. All of 14 days is judged; six days follow."""
    watch = begun(acme)
    traffic(acme, [0] * 14)
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK, n=14 * 40), rejected)
    looked = loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert looked.watch.reasons[0] == "It is gone: surely below the target of 5 %, as of 2026-03-15."
    assert len(looked.watch.reasons) == 2
    traffic(acme, [1] * 6, first=14)
    looked = loop.look(acme, watch.id, now=SHIP + 20 * DAY)
    assert looked.watch.state == "gone"
    assert looked.watch.reasons[2] == (
        f"Detectors found it in 6 of 240 traces since: judge again, `workbench watch sample {WATCHED}`."
    )
    shown = report.read_watch(acme, looked=[looked], now=SHIP + 20 * DAY)
    assert "found it in 6 of 240 traces since" in report.watch_conclusions(shown).plain
    loop.open_blind_review(acme, watch.id, now=SHIP + 20 * DAY)
    assert len(loop.find_watch(acme, watch.id).rounds[-1].random_places) == 74, (
        "as many as silence needs, of what is new"
    )


def test_a_look_at_the_same_again_adds_nothing(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [1] * 7)
    loop.look(acme, watch.id, now=SHIP + WEEK)
    head = acme.ledger.head()
    loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert acme.ledger.head() == head


def test_the_round_tells_nobody_what_was_found(acme: Workspace) -> None:
    """Half of it random, half found: all items look the same, and the panel names the problem and no finding."""
    watch = begun(acme)
    traffic(acme, [4] * 14)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK, n=20)
    items = acme.review_items.of(review.id)
    (said,) = loop.find_watch(acme, watch.id).rounds
    assert (items.height, len(said.random_places), review.n_control) == (40, 20, 0)
    assert items["detector"].null_count() == 40
    assert items["cluster_id"].unique().to_list() == [issue(acme).cluster_id]
    assert items["target_id"].str.slice(4, 2).cast(pl.Int64).lt(4).sum() >= 20
    read = report.review_reader(report.read_review(acme, review_id=review.id, now=SHIP + 2 * WEEK).detection)
    tasks = items.rename({"place": "number"}).with_columns(kind=pl.lit("trace")).to_dicts()
    shown = read(tasks)
    assert {one["finding"]["question"] for one in shown} == {shown[0]["finding"]["question"]}
    assert all(one["trace"]["quotes"] == [] and one["map"] is None for one in shown)
    assert len({one["cluster"]["name"] for one in shown}) == 1


def test_one_round_is_judged_before_the_next_is_drawn_from_later_traffic(acme: Workspace) -> None:
    watch = begun(acme)
    with pytest.raises(InsufficientDataError, match="no new traffic"):
        loop.open_blind_review(acme, watch.id, now=SHIP)
    traffic(acme, [0] * 7)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + WEEK, n=10)
    judge(acme, review, rejected, places=9)
    with pytest.raises(
        ConfigError, match=rf"is open, 9 of 10 judged.*`workbench review --review {review.id}`.*--close"
    ):
        loop.open_blind_review(acme, watch.id, now=SHIP + WEEK)
    judge(acme, review, rejected)
    traffic(acme, [0] * 7, first=7)
    again = loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK, n=10)
    (closed,) = [one for one in acme.ledger.latest(Review) if one.id == review.id]
    assert closed.closed_at == SHIP + 2 * WEEK, "all of it was judged: nobody has to close it by hand"
    first_day = acme.review_items.of(again.id)["target_id"].str.slice(0, 3).cast(pl.Int64).min()
    assert first_day == shipped.DAYS_BEFORE + 7


def test_traffic_that_arrives_late_is_drawn_and_nothing_twice(acme: Workspace) -> None:
    """Days 3 to 6 came a week after the sample of days 0 to 2 and 7 to 13, and it was said that nothing was new."""
    watch = begun(acme)
    traffic(acme, [0] * 3)
    traffic(acme, [0] * 7, first=7)
    now = SHIP + 2 * WEEK
    judge(acme, first := loop.open_blind_review(acme, watch.id, now=now, n=30), rejected)
    with pytest.raises(InsufficientDataError, match="no new traffic"):
        loop.open_blind_review(acme, watch.id, now=now)
    traffic(acme, [0] * 4, first=3)
    judge(acme, late := loop.open_blind_review(acme, watch.id, now=now + DAY, n=200), rejected)
    days = acme.review_items.of(late.id)["target_id"].str.slice(0, 3).cast(pl.Int64) - shipped.DAYS_BEFORE
    assert (late.n_population, late.n_items) == ({issue(acme).cluster_id: 4 * 40}, 4 * 40)
    assert set(days) == {3, 4, 5, 6}
    assert acme.review_items.of(late.id)["inclusion_probability"].unique().to_list() == [1.0]
    assert loop.look(acme, watch.id, now=now + DAY).watch.n_judged == first.n_items + late.n_items
    with pytest.raises(InsufficientDataError, match="no new traffic"):
        loop.open_blind_review(acme, watch.id, now=now + DAY)


def test_of_a_day_that_grew_what_was_not_drawn_at_random_is_drawn(acme: Workspace) -> None:
    """Of day 0, 40 traces, 12 were drawn; two hours later 40 more of that day come in: 68 are left."""
    watch = begun(acme)
    traffic(acme, [4])
    judge(acme, first := loop.open_blind_review(acme, watch.id, now=SHIP + DAY, n=12), as_found)
    at_random = loop.find_watch(acme, watch.id).rounds[0].random_places
    traces = [f"late-{place:02}" for place in range(40)]
    started = pl.lit(SHIP + timedelta(hours=11), pl.Datetime("us", "UTC"))
    rows = spans_of(traces).with_columns(started_at=started, ended_at=started, day=pl.lit(SHIP.date()))
    put(acme, SPANS, rows, at="late")
    late = loop.open_blind_review(acme, watch.id, now=SHIP + DAY, n=200)
    items = acme.review_items.of(first.id)
    drawn = set(items.filter(pl.col("place").is_in(at_random))["target_id"])
    assert (late.n_items, len(drawn)) == (68, 12)
    assert not drawn & set(acme.review_items.of(late.id)["target_id"])


def test_what_was_passed_over_ends_the_random_sample(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [0] * 7)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + WEEK, n=30)
    judge(acme, review, rejected, places=12)
    looked = loop.look(acme, watch.id, now=SHIP + WEEK)
    (said,) = looked.watch.rounds
    assert looked.watch.n_judged == len([place for place in said.random_places if place < 12]) == 12


def test_an_alarm_alone_is_no_proof_and_two_people_confirm_it(acme: Workspace) -> None:
    """The fix did nothing: 4 of 40 go on. The running sum is past the alarm on the fifth day, and says so."""
    watch = begun(acme)
    traffic(acme, [4] * 28)
    now = SHIP + 4 * WEEK
    looked = loop.look(acme, watch.id, now=now)
    assert looked.watch.state == "watching"
    assert looked.watch.alarm_at == SHIP + timedelta(days=4)
    review = loop.open_blind_review(acme, watch.id, now=now, n=10)
    judge(acme, review, as_found)
    looked = loop.look(acme, watch.id, now=now + timedelta(days=1))
    assert looked.watch.state == "reopened"
    assert looked.watch.n_hits >= 10
    back = issue(acme)
    assert (back.state, back.evidence) == ("reopened", (watch.id,))
    assert CHANGE in back.reason
    assert DECISION in back.reason


def test_a_new_form_that_no_detector_finds_is_found_by_people(acme: Workspace) -> None:
    """Detectors are silent, and every fourth trace of the random half has it: surely more than the target."""
    watch = begun(acme)
    traffic(acme, [0] * 14)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK, n=60)
    judge(acme, review, lambda trace: "confirmed" if int(trace[-2:]) % 4 == 0 else "rejected")
    looked = loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert looked.watch.state == "reopened"
    assert looked.watch.alarm_at is None
    assert looked.watch.low > watch.target_share


def test_what_comes_back_in_other_words_is_not_called_gone(acme: Workspace) -> None:
    """A problem was back in other words: a new issue, while the watched one was told on and on that it was gone.

    The same detector finds it as often as before the ship, and the issue's own clusters have nothing of it.
    """
    watch = begun(acme)
    traffic(acme, [0] * 14)
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK), rejected)
    assert loop.look(acme, watch.id, now=SHIP + 2 * WEEK).watch.state == "gone"
    traffic(acme, [4] * 28, first=14, named="reworded")
    looked = loop.look(acme, watch.id, now=SHIP + 6 * WEEK)
    assert (looked.watch.state, looked.watch.n_found, looked.watch.n_unowned) == ("watching", 0, 4 * 28)
    assert looked.watch.alarm_at is None
    assert looked.watch.unowned_alarm_at is not None
    assert looked.watch.reasons[0].startswith("It may be back in other words")
    left = issue(acme)
    assert (looked.issue, left.state, left.evidence) == (left, "watching", (watch.id,)), "it stayed resolved"
    assert left.reason.startswith("It was gone, and no longer is. It may be back in other words")
    (doubted,) = loop.digest(acme, since=SHIP + 3 * WEEK, growing={}, now=SHIP + 7 * WEEK).lines["doubted"]
    assert (doubted.issue_id, doubted.why) == (WATCHED, f"resolved before; {watch.id}")
    assert loop.look(acme, watch.id, now=SHIP + 7 * WEEK).issue.state == "watching"


def test_two_who_know_it_in_other_words_reopen_it(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [4] * 28, named="reworded")
    now = SHIP + 4 * WEEK
    review = loop.open_blind_review(acme, watch.id, now=now, n=10)
    assert sum(as_found(trace) == "confirmed" for trace in acme.review_items.of(review.id)["target_id"]) >= 10
    judge(acme, review, as_found)
    looked = loop.look(acme, watch.id, now=now + DAY)
    assert (looked.watch.state, looked.issue.state) == ("reopened", "reopened")
    assert looked.watch.reasons[0].startswith("It is back in other words")


def test_people_set_aside_what_is_another_problem(acme: Workspace) -> None:
    """They judged traces of it and none has the problem: it keeps nothing from being gone."""
    watch = begun(acme)
    traffic(acme, [4] * 28, named="another")
    now = SHIP + 4 * WEEK
    judge(acme, loop.open_blind_review(acme, watch.id, now=now), rejected)
    looked = loop.look(acme, watch.id, now=now + DAY)
    assert (looked.watch.state, looked.watch.unowned_alarm_at) == ("gone", None)


def test_what_comes_back_beside_what_people_set_aside_is_seen(acme: Workspace) -> None:
    """A problem that was judged once to be another hid whatever came back beside it, and that was called gone."""
    watch = begun(acme)
    traffic(acme, [4] * 28, named="another")
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 4 * WEEK), rejected)
    assert loop.look(acme, watch.id, now=SHIP + 4 * WEEK).watch.state == "gone"
    traffic(acme, [8] * 14, first=28, named="another")
    looked = loop.look(acme, watch.id, now=SHIP + 6 * WEEK).watch
    assert looked.state == "watching"
    assert looked.unowned_alarm_at is not None
    assert looked.unowned_alarm_at > SHIP + 4 * WEEK
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 7 * WEEK, n=10), as_found)
    looked = loop.look(acme, watch.id, now=SHIP + 7 * WEEK).watch
    assert (looked.state, looked.reasons[0][:25]) == ("reopened", "It is back in other words")


@pytest.mark.parametrize(("state", "n_unowned"), [("proposed", 28), ("confirmed", 0), ("rejected", 0)])
def test_an_issue_that_is_new_since_the_ship_is_nobodys_until_people_decide_of_it(
    acme: Workspace, state: IssueState, n_unowned: int
) -> None:
    begun(acme)
    traffic(acme, [1] * 28, named="reworded")
    acme.ledger.append([new := replace(issue(acme), id="iss_reworded", state="proposed", evidence=())], now=SHIP)
    traffic(acme, [0], first=28)
    acme.ledger.append([replace(issue(acme, new.id), state=state)], now=SHIP + 5 * WEEK)
    assert loop.watched(acme, now=SHIP + 5 * WEEK)[0].watch.n_unowned == n_unowned


def test_what_people_opened_by_hand_and_confirmed_is_nobodys_no_more(acme: Workspace) -> None:
    """A person opened an issue of what was in no cluster, as the report says, and the watch went on to ask for it."""
    begun(acme)
    traffic(acme, [4] * 28, named="reworded")
    traces = [shipped.trace_of(day, place) for day in range(28) for place in range(3)]
    now = SHIP + 5 * WEEK
    opened = loop.open_issue(acme, traces, title="It asks for the date", actor=ACTOR, now=now)
    assert loop.watched(acme, now=now)[0].watch.n_unowned == 28 * 4
    acme.ledger.append([replace(opened, state="confirmed")], now=now)
    assert loop.watched(acme, now=now)[0].watch.n_unowned == 28


def test_a_problem_that_was_opened_by_hand_is_not_back_with_another_one(acme: Workspace) -> None:
    """No detector found either, yet the one was said to be found again in what a person named for the other."""
    acme.ledger.append([replace(issue(acme), detector=BY_HAND)], now=SHIP)
    begun(acme)
    traffic(acme, [0] * 28)
    now = SHIP + 4 * WEEK
    traces = [shipped.trace_of(day, place) for day in range(28) for place in range(4)]
    loop.open_issue(acme, traces, title="It asks for the date", actor=ACTOR, now=now)
    looked = loop.watched(acme, now=now)[0]
    assert (looked.watch.n_unowned, looked.watch.unowned_alarm_at) == (0, None)


def test_what_is_gone_is_watched_on_and_reopens(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [0] * 14)
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK), rejected)
    assert loop.look(acme, watch.id, now=SHIP + 2 * WEEK).issue.state == "resolved"
    traffic(acme, [4] * 28, first=14)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + 6 * WEEK + timedelta(days=9), n=10)
    judge(acme, review, as_found)
    looked = loop.look(acme, watch.id, now=SHIP + 8 * WEEK)
    assert (looked.watch.state, looked.issue.state) == ("reopened", "reopened")
    with pytest.raises(ConfigError, match="has ended"):
        loop.open_blind_review(acme, watch.id, now=SHIP + 8 * WEEK)


def test_a_version_that_comes_later_is_watched_too(acme: Workspace) -> None:
    """A watch stayed with the version it began with: once the next was live it saw nothing, and nothing came back."""
    traffic(acme, [0] * 7, version="9")
    watch = begun(acme, since=None, version="9")
    traffic(acme, [0] * 7, first=7, version="10")
    looked = loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert (looked.watch.versions, looked.watch.n_after) == (("10", "9"), 14 * 40)
    traffic(acme, [4] * 28, first=14, version="11")
    review = loop.open_blind_review(acme, watch.id, now=SHIP + 6 * WEEK, n=10)
    judge(acme, review, as_found)
    assert loop.look(acme, watch.id, now=SHIP + 6 * WEEK).issue.state == "reopened"


def test_a_version_of_before_the_ship_is_not_watched(tmp_path: Path) -> None:
    """Version 7 answers some after the ship, as in a roll-out: it is none with the change."""
    acme = make_shipped(tmp_path / "acme", version="7")
    traffic(acme, [0] * 7, version="9")
    watch = begun(acme, since=None, version="9")
    traffic(acme, [4] * 7, first=7, version="7")
    looked = loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert (looked.watch.versions, looked.watch.n_after) == (("9",), 7 * 40)


def test_a_later_version_that_the_history_has_without_the_change_is_not_watched(acme: Workspace) -> None:
    """Version 12 is of a branch that began before the change; 10 follows it; of 11 the history knows nothing."""
    app = make_repository(acme.app)
    prompt = '---\nversion: "{}"\n---\nSay it {}.\n'
    app.git("switch", "--quiet", "--create", "trial")
    app.commit({PROMPT: prompt.format(12, "twice")})
    app.git("switch", "--quiet", "main")
    commit = app.commit({PROMPT: prompt.format(9, "once")})
    app.commit({PROMPT: prompt.format(10, "once, briefly")})
    (change,) = acme.ledger.latest(Change)
    acme.ledger.append([replace(change, commit=commit)], now=SHIP)
    traffic(acme, [0], version="9")
    watch = begun(acme, since=None)
    assert watch.versions == ("9",)
    for day, version in enumerate(("10", "11", "12"), start=1):
        traffic(acme, [0], first=day, version=version)
    looked = loop.look(acme, watch.id, now=SHIP + WEEK)
    assert (looked.watch.versions, looked.watch.n_after) == (("10", "11", "9"), 3 * 40)


def released(workspace: Workspace, names: Sequence[str]) -> None:
    """Let one release a day answer one trace, from the day of the ship on."""
    starts = pl.Series(
        [SHIP + timedelta(days=day, hours=9) for day in range(len(names))], dtype=pl.Datetime("us", "UTC")
    )
    rows = spans_of([f"r{day}" for day in range(len(names))])
    at = {"started_at": starts, "ended_at": starts, "day": starts.dt.date()}
    put(workspace, SPANS, rows.with_columns(release=pl.Series(names), **at), at="releases")


@pytest.mark.parametrize("name", ["x" * 61, "x" * 100_000, "2026.3\n", "2026\u202e.3"])
def test_a_name_that_nobody_could_paste_is_in_no_command(acme: Workspace, name: str) -> None:
    """A version of any length stood whole in the command; what is hidden in a name is shown otherwise than it is."""
    released(acme, [name])
    with pytest.raises(InsufficientDataError) as refused:
        begun(acme, since=None)
    said = str(refused.value)
    assert "nobody could type" in said
    assert f"`workbench watch start {CHANGE} --since TIME`" in said
    assert "--version" not in said
    assert len(said) < 600


def test_the_first_name_that_can_be_typed_is_in_the_command(acme: Workspace) -> None:
    released(acme, ["x" * 61, "2026.3", "2026.4"])
    with pytest.raises(InsufficientDataError, match=r"--version 2026\.3`"):
        begun(acme, since=None)


def test_a_hotfix_that_was_cut_before_the_change_is_not_watched(acme: Workspace) -> None:
    """It counted as changed, so that what it still got wrong was held against the change.

    Release 2026.2.1 is of a branch that began before the change; 2026.4 follows it; of `canary` git knows no tag.
    """
    app = make_repository(acme.app)
    app.git("switch", "--quiet", "--create", "hotfix")
    app.commit({"src/app.py": "print('mended')\n"})
    app.git("tag", "2026.2.1")
    app.git("switch", "--quiet", "main")
    commit = app.commit({PROMPT: "Say it once.\n"})
    app.git("tag", "2026.3")
    app.commit({"src/app.py": "print('more')\n"})
    app.git("tag", "2026.4")
    (change,) = acme.ledger.latest(Change)
    acme.ledger.append([replace(change, commit=commit)], now=SHIP)
    released(acme, ["2026.3", "2026.2.1", "2026.4", "canary"])
    watch = begun(acme, since=None, version="2026.3")
    assert loop.look(acme, watch.id, now=SHIP + WEEK).watch.versions == ("2026.3", "2026.4", "canary")


def test_where_the_history_does_not_tell_how_the_change_came_later_versions_are_watched(acme: Workspace) -> None:
    """A squash with other edits is not found: nothing that follows has the change by git, and the watch went blind."""
    app = make_repository(acme.app)
    base = app.head()
    app.git("switch", "--quiet", "--create", f"change/{CHANGE}")
    commit = app.commit({PROMPT: "Say it once.\n"})
    app.git("switch", "--quiet", "main")
    for number in (9, 10):
        app.commit({PROMPT: f'---\nversion: "{number}"\n---\nSay it once and well.\n'})
        app.git("tag", f"2026.{number}")
    (change,) = acme.ledger.latest(Change)
    acme.ledger.append([replace(change, base=base, commit=commit)], now=SHIP)
    released(acme, ["2026.9", "2026.10"])
    for day, version in enumerate(("9", "10")):
        traffic(acme, [0], first=day, version=version)
    for version, later in (("2026.9", "2026.10"), ("9", "10")):
        watch = begun(acme, since=None, version=version)
        assert loop.look(acme, watch.id, now=SHIP + WEEK).watch.versions == tuple(sorted((version, later)))


def test_a_change_that_was_squashed_or_tagged_is_found_in_the_traffic(acme: Workspace) -> None:
    """`watch start` asked for a version where the app's history told it: the merge was no merge commit, or a release's.

    Version 9 came by a squash, whose branch is still there; release 2026.3 is a tag after it, and 2026.2 one before.
    """
    app = make_repository(acme.app)
    app.git("tag", "2026.2")
    app.git("switch", "--quiet", "--create", f"change/{CHANGE}")
    commit = app.commit({PROMPT: '---\nversion: "9"\n---\nSay it once.\n'})
    (change,) = acme.ledger.latest(Change)
    edits = (FileEdit(PROMPT, "prompt", *(app.git("rev-parse", f"{at}:{PROMPT}") for at in ("main", commit))),)
    made = replace(change, base=app.git("rev-parse", "main"), commit=commit, edits=edits)
    acme.ledger.append([made], now=SHIP)
    app.git("switch", "--quiet", "main")
    app.commit({"src/app.py": "print('other')\n"})
    traffic(acme, [0], version="9")
    put(acme, SPANS, spans_of(["r1", "r2"]).with_columns(release=pl.Series(["2026.2", "2026.3"])), at="releases")
    with pytest.raises(InsufficientDataError) as refused:  # on its branch it is no version of the app
        begun(acme, since=None)
    said = f"seen first since it shipped: prompt version 9 ({SHIP:%Y-%m-%d} 09:00)"
    typed = f"`workbench watch start {CHANGE} --version 9`"
    assert (said in str(refused.value), typed in str(refused.value)) == (True, True), str(refused.value)
    app.git("merge", "--quiet", "--squash", f"change/{CHANGE}")
    app.commit({})
    app.git("tag", "--annotate", "--message", "March", "2026.3")
    assert begun(acme, since=None).versions == ("2026.3", "9")


def test_a_roll_back_ends_the_watch(acme: Workspace) -> None:
    watch = begun(acme)
    acme.ledger.append([replace(issue(acme), state="reopened", evidence=(CHANGE,))], now=SHIP)
    with pytest.raises(GateError, match="its issue is reopened"):
        loop.look(acme, watch.id, now=SHIP + WEEK)


def test_verdicts_of_a_watch_say_nothing_of_detectors_or_clusters(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [4] * 7)
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + WEEK, n=20), rejected)
    assert said_of_issues(acme, now=SHIP + 2 * WEEK).samples == {}
    assert report.read_verdicts(acme).is_empty()
    shown = report.read_review(acme, now=SHIP + 2 * WEEK)  # the newest round is that of the watch
    assert shown.review.watch_id == watch.id
    assert shown.n_judged == 40
    for page in (report.prevalence_chart, report.prevalence_by_cluster, report.precision_by_detector):
        assert page(shown)._repr_mimebundle_()


def test_a_chain_leads_from_the_issue_to_the_watch_and_back(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [0] * 7)
    review = loop.open_blind_review(acme, watch.id, now=SHIP + WEEK, n=5)
    forward = {node.id for node in chain(acme, WATCHED).nodes}
    back = {node.id for node in chain(acme, watch.id).nodes}
    assert {watch.id, review.id, DECISION, CHANGE} <= forward
    assert {WATCHED, DECISION, CHANGE} <= back


def test_users_held_back_at_random_are_the_comparison_where_a_flag_says_who(acme: Workspace) -> None:
    """Twenty-five users, every second held back: too few for that design, so that control issues stand in."""
    watch = begun(acme, flag="say-it-once")
    traffic(acme, [1] * 28)
    looked = loop.look(acme, watch.id, now=SHIP + 4 * WEEK)
    assert looked.watch.design == "control_issues"
    assert looked.watch.flag == "say-it-once"


def test_what_users_who_were_held_back_meet_too_is_no_effect(acme: Workspace) -> None:
    """Forty users, every second with the change; of the four who meet the problem daily, two are of each arm."""
    watch = begun(acme, flag="say-it-once")
    traffic(acme, [4] * 14, flag="say-it-once")
    looked = loop.look(acme, watch.id, now=SHIP + 2 * WEEK)
    assert looked.watch.design == "hold_back"
    assert looked.watch.ratio == pytest.approx(1.0)


def test_the_report_says_what_became_of_each_and_what_waits(acme: Workspace) -> None:
    shown = report.read_watch(acme, looked=loop.watched(acme, now=SHIP), now=SHIP)
    assert "Nothing is watched yet: 1 issue shipped" in report.watch_summary(shown).plain
    assert "workbench watch start" in report.what_to_watch(shown).plain
    watch = begun(acme)
    traffic(acme, [0] * 14)
    shown = report.read_watch(acme, looked=loop.watched(acme, now=SHIP + 2 * WEEK), now=SHIP + 2 * WEEK)
    assert "Of 1 watched issue: 1 not enough exposure." in report.watch_summary(shown).plain
    assert watch.id[:19] in report.watched_issues(shown).plain
    assert "0.0" in report.watch_effects(shown).plain
    assert "have 74 more judged" in report.watch_conclusions(shown).plain
    course = report.watch_courses(shown, top_n=4)
    assert "data:image/png" in course.html
    assert "Before the ship detectors found it in 228 of 2,280 (10 %) traces" in course.html


def test_every_record_of_the_tests_is_what_the_ledger_keeps(acme: Workspace) -> None:
    watch = begun(acme)
    assert acme.ledger.latest(Watch) == [watch]
    assert acme.ledger.latest(Change)[0].id == CHANGE
    assert digest(watch.id) != digest(issue(acme).id)
    acme.ledger.verify()
    assert {one.id for one in acme.ledger.latest(Issue)} == {WATCHED, CONTROL}


def test_what_people_found_before_the_rise_confirms_no_alarm(acme: Workspace) -> None:
    """Two slips of weeks ago confirmed whatever alarm came: an issue was reopened on traces that said nothing of it."""
    watch = begun(acme)
    traffic(acme, [4, 4, *[0] * 12])
    judge(acme, loop.open_blind_review(acme, watch.id, now=SHIP + 2 * WEEK, n=80), as_found)
    traffic(acme, [4] * 28, first=14)
    looked = loop.look(acme, watch.id, now=SHIP + 6 * WEEK)
    assert looked.watch.n_hits >= 2
    assert looked.course.since == (SHIP + 2 * WEEK).date()
    assert (looked.watch.state, looked.watch.alarm_at is None) == ("watching", False)


def test_an_alarm_that_nobody_confirmed_is_over_with_the_rise(acme: Workspace) -> None:
    watch = begun(acme)
    traffic(acme, [4] * 16)
    assert loop.look(acme, watch.id, now=SHIP + 16 * DAY).watch.alarm_at is not None
    traffic(acme, [0] * 14, first=16)
    assert loop.look(acme, watch.id, now=SHIP + 30 * DAY).watch.alarm_at is None


def test_a_look_reads_no_day_from_before_what_counts(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look read all spans there ever were, of years too: by now it reads a quarter before the ship and a week."""
    watch = begun(acme)
    traffic(acme, [0] * 7)
    monkeypatch.setattr(read, "_READ_BEFORE", WEEK)
    seen = read.examined(acme, issue(acme), versions=(), since=watch.since, now=SHIP + WEEK)
    assert seen.traffic["at"].min() == SHIP - WEEK + timedelta(hours=9)
    assert seen.traffic.height == 2 * 7 * 40


@pytest.mark.parametrize("alarm", ["alarm_at", "unowned_alarm_at"])
def test_the_quiet_weeks_of_an_earlier_watch_do_not_tell_how_common_it_is(acme: Workspace, alarm: str) -> None:
    """It was gone for four weeks, and then back: what comes next is held against how common it is when it is there.

    Where it was back in other words the quiet weeks counted, so that it was told to be less common than it is.
    """
    watch = begun(acme)
    traffic(acme, [*[0] * 28, *[4] * 21])
    back = SHIP + 4 * WEEK
    ended = replace(watch, state="reopened", **{alarm: back})  # type: ignore[arg-type]
    acme.ledger.append([replace(watch, state="gone"), ended], now=back)
    later = SHIP + 7 * WEEK
    traffic(acme, [0] * 7, first=49)
    seen = read.examined(acme, issue(acme), versions=(), since=later, now=later + WEEK)
    before = by_day(seen.traffic.with_columns(is_changed=pl.col("at") >= later), since=later).filter(
        ~pl.col("is_after")
    )
    assert (before["n"].sum(), before["n_found"].sum()) == (21 * 40, 21 * 4)
