"""The chain of an id: the same links from both ends, nothing of erased users, no name that a stranger chose."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.loop.erase.test_erase import ANN, erase, filled
from tests.loop.erase.test_erase import verdict as verdict_on
from tests.loop.on_record import BASE, COMMIT, a_change, a_decision, an_experiment
from tests.loop.under_review import NOON, RUN, an_issue, append, findings, make_workspace, trace_of
from tests.review.said import verdict
from workbench.errors import ConfigError
from workbench.loop.chain import FAN_OUT, Chain, Key, chain, tree
from workbench.records import (
    Ablation,
    Arm,
    Descent,
    Issue,
    ReleaseCandidate,
    Review,
    Verdict,
)
from workbench.schemas import FINDINGS, MEMBERSHIPS
from workbench.store import Workspace

MERGED, WITHOUT = "2" * 40, "3" * 40
ALL = 1_000
"""More links than there are."""


def a_candidate(changes: tuple[str, ...]) -> ReleaseCandidate:
    return ReleaseCandidate(
        id="rel_1",
        at=NOON,
        state="frozen",
        name="W10",
        change_ids=changes,
        base=BASE,
        commit=MERGED,
        tree="4" * 40,
        ablations=(Ablation("chg_a", WITHOUT),),
        ledger_head="",
        author="ann",
        identity="typed",
    )


def a_review() -> Review:
    return Review(
        id="rev_1",
        at=NOON,
        run_id=RUN,
        mode="random",
        seed=0,
        n_per_item=1,
        n_items=2,
        n_control=0,
        n_population={},
        items_digest="",
        deadline_at=NOON,
    )


def session_finding() -> pl.DataFrame:
    one = findings([("late", "none")])
    return one.with_columns(finding_id=pl.lit("fnd_visit"), unit=pl.lit("session"), session_id=pl.lit("visit-1"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two clusters with an issue each, of which one went into the other; verdicts, a change for both, a candidate."""
    made = make_workspace(tmp_path_factory.mktemp("chain") / "w", {"slow": 3, "late": 2}, n_unflagged=1)
    of_visit = session_finding().with_columns(trace_id=pl.lit(None, pl.String))
    append(made, FINDINGS, of_visit)
    place = pl.DataFrame({"run_id": [RUN], "finding_id": ["fnd_visit"], "cluster_id": ["late"], "day": [NOON.date()]})
    append(made, MEMBERSHIPS, place.with_columns(cluster=pl.lit(1), strength=pl.lit(1.0)))
    traces, visits = [trace_of("clear", 0), "nameless"], ["visit-1", None]
    spoken = pl.DataFrame({"trace_id": traces, "span_id": ["v", "n"], "session_id": visits, "input": [None, "why?"]})
    append_span(made, spoken)
    said = [
        replace(verdict(trace_of("slow", 0), "confirmed"), cluster_id="slow", review_id="rev_1"),
        replace(verdict(trace_of("clear", 0), "rejected"), review_id="rev_1"),
        on("cause", "cau_slow_0"),
        replace(on("issue", "iss_slow"), at=NOON - timedelta(hours=1)),
    ]
    merged = replace(an_issue("late", 2), state="merged", merged_into="iss_slow")
    went = Descent(
        id="des_1",
        run_id=RUN,
        kind="merge",
        issue_id="iss_slow",
        from_issue_id="iss_late",
        cluster_id="slow",
        n_findings=1,
        share=0.5,
    )
    changes = (
        a_change("chg_a", issue_ids=("iss_slow",)),
        a_change("chg_b", issue_ids=("iss_slow", "iss_late"), commit="5" * 40),
    )
    tested = an_experiment(candidate_id="rel_1", arms=(Arm("baseline", BASE), Arm("candidate", MERGED)))
    put = a_candidate(tuple(one.id for one in changes))
    made.ledger.append([a_review(), *said, merged, went, *changes, put, tested, a_decision()], now=NOON)
    return made


def test_a_trace_without_a_name_reads_by_what_was_asked(workspace: Workspace) -> None:
    """It was called "None: why?"."""
    assert chain(workspace, "nameless").nodes[Key("trace", "nameless")].line.what == "why?"


def test_what_was_said_first_is_shown_first(workspace: Workspace) -> None:
    """In the order of ids, which are digests, what a watch asked of random traces hid what people said of the issue."""
    told = chain(workspace, "iss_slow", fan_out=1)
    first, *_ = [key.id for key in told.nodes[told.start].comes_from.keys if key.kind == "verdict"]
    assert first == "ver_issue"


def append_span(workspace: Workspace, rows: pl.DataFrame) -> None:
    from workbench.schemas import SPANS

    whole = rows.with_columns(
        started_at=pl.lit(NOON), time_known=pl.lit(True), content_digest=pl.col("span_id"), day=pl.lit(NOON.date())
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SPANS.schema.items() if name not in whole.columns]
    ordered = whole.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in SPANS.schema.items())
    workspace.telemetry.append(SPANS, ordered, source="src_v", offset=1)


def on(kind: str, of_id: str) -> Verdict:
    given = verdict(of_id, "confirmed")
    return replace(given, id=f"ver_{kind}", target_kind=kind)  # type: ignore[arg-type]


def every_id(workspace: Workspace) -> Iterator[Key]:
    """Yield every id that the workspace has, as it was put in."""
    for cluster, size in {"slow": 3, "late": 2}.items():
        yield Key("cluster", cluster)
        yield from (Key("cause", f"cau_{cluster}_0"), Key("issue", f"iss_{cluster}"))
        for number in range(size):
            trace = trace_of(cluster, number)
            yield from (Key("trace", trace), Key("finding", f"fnd-{cluster}-{trace}"))
    yield from (Key("trace", trace_of("clear", 0)), Key("session", "visit-1"), Key("finding", "fnd_visit"))
    yield from (Key("verdict", one.id) for one in workspace.ledger.latest(Verdict))
    yield from (Key("review", "rev_1"), Key("descent", "des_1"), Key("candidate", "rel_1"))
    yield from (Key("experiment", "exp_1"), Key("decision", "dec_ship"))
    yield from (Key("change", one) for one in ("chg_a", "chg_b"))
    yield from (Key("branch", f"change/{one}") for one in ("chg_a", "chg_b"))
    yield from (Key("commit", one) for one in (BASE, COMMIT, MERGED, WITHOUT, "5" * 40))


def test_whatever_is_in_the_chain_of_an_id_has_that_id_in_its_own(workspace: Workspace) -> None:
    every = sorted(set(every_id(workspace)))
    chains = {key: chain(workspace, key.id, fan_out=ALL) for key in every}
    for key, found in chains.items():
        assert found.start == key
        assert set(found.nodes) <= set(every)
        assert {other for other in found.nodes if key not in chains[other].nodes} == set()
        assert found.n == {kind: sum(one.kind == kind for one in found.nodes) for kind in found.n}


def test_a_release_candidate_walks_back_to_every_trace_and_a_trace_on_to_the_candidate(workspace: Workspace) -> None:
    back = chain(workspace, "rel_1", fan_out=ALL)
    # Three slow traces and two late ones; the clear one through the visit that the late cluster holds a finding of.
    assert back.n == {
        **{"trace": 6, "session": 1, "finding": 6, "cluster": 2, "cause": 2, "verdict": 3},
        **{"review": 1, "issue": 2, "descent": 1, "change": 2, "candidate": 1, "experiment": 1, "decision": 1},
        **{"branch": 2, "commit": 5},
    }
    ahead = chain(workspace, trace_of("late", 1))
    # Of the late cluster alone, and on through the issue that its issue went into; the slow one's verdicts are not its.
    assert {key.id for key in ahead.nodes if key.kind in {"finding", "cluster", "issue", "change", "decision"}} == {
        *("fnd-late-late-00001", "late", "iss_late", "iss_slow", "chg_a", "chg_b", "dec_ship")
    }
    assert "verdict" not in ahead.n


def test_every_link_of_a_node_is_a_node_and_has_a_link_back(workspace: Workspace) -> None:
    found = chain(workspace, "rel_1", fan_out=ALL)
    for key, node in found.nodes.items():
        assert all(key in found.nodes[other].leads_to.keys for other in node.comes_from.keys)
        assert all(key in found.nodes[other].comes_from.keys for other in node.leads_to.keys)
        assert all(key in found.nodes[other].beside.keys for other in node.beside.keys)


def test_a_cluster_that_was_an_issues_leads_to_it_for_ever_and_a_change_taken_out_does_not(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "w", {"slow": 1, "late": 1})
    later = replace(an_issue("slow", 1), cluster_id="late", cause_ids=())
    changes = [a_change(name, issue_ids=("iss_slow",)) for name in ("chg_a", "chg_b")]
    made.ledger.append([later, *changes, a_candidate(("chg_a", "chg_b")), a_candidate(("chg_a",))], now=NOON)
    assert Key("issue", "iss_slow") in chain(made, "slow").nodes
    assert Key("candidate", "rel_1") not in chain(made, "chg_b").nodes
    assert Key("candidate", "rel_1") in chain(made, "chg_a").nodes


def test_what_is_left_out_is_counted_where_it_is_and_in_all(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "w", {"slow": 25})
    found = chain(made, "iss_slow")
    cluster = found.nodes[Key("cluster", "slow")]
    assert (len(cluster.comes_from.keys), cluster.comes_from.more) == (FAN_OUT, {"finding": 25 - FAN_OUT})
    assert found.n == {"trace": 25, "finding": 25, "cluster": 1, "cause": 1, "issue": 1}
    counting = tree(found).filter(pl.col("id").is_null())
    assert counting.select("kind", "n_more", "depth").rows() == [("finding", 15, 2)]
    with pytest.raises(ValueError, match="must be at least 1"):
        chain(made, "iss_slow", fan_out=0)


def test_the_beginning_of_an_id_does_where_only_one_begins_so(workspace: Workspace) -> None:
    assert chain(workspace, "fnd_v").start == Key("finding", "fnd_visit")
    assert chain(workspace, "bbbb").start == Key("commit", COMMIT)
    assert chain(workspace, "change/chg_a").start == Key("branch", "change/chg_a")
    with pytest.raises(ConfigError, match=r"beginning of issue iss_late, issue iss_slow; give more of the id"):
        chain(workspace, "iss_")
    for unknown in ("", "iss", "nobody", "%", "[a-z]+"):
        with pytest.raises(ConfigError, match="give the id of a trace, session"):
            chain(workspace, unknown)


def test_a_trace_that_a_stranger_named_as_an_issue_is_not_that_issue(tmp_path: Path) -> None:
    """Names of traces come from outside: one that took an issue's would put its own story into the issue's chain."""
    made = make_workspace(tmp_path / "w", {"slow": 1})
    append_span(made, pl.DataFrame({"trace_id": ["iss_slow"], "span_id": ["v"], "session_id": ["chg_a"]}))
    found = chain(made, "iss_slow")
    assert found.start == Key("issue", "iss_slow")
    assert not {Key("trace", "iss_slow"), Key("session", "chg_a")} & set(found.nodes)
    assert chain(made, "chg_a").start == Key("session", "chg_a")


def test_a_circle_of_issues_ends(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "w", {"slow": 1, "late": 1})
    round_and_round = [
        replace(an_issue("slow", 1), merged_into="iss_late"),
        replace(an_issue("late", 1), split_from="iss_late", merged_into="iss_slow"),
    ]
    made.ledger.append(round_and_round, now=NOON)
    found = chain(made, "iss_slow")
    assert found.n["issue"] == 2
    assert tree(found).filter("is_again")["id"].to_list()


def test_traces_of_an_erased_user_do_not_come_back_from_verdicts(tmp_path: Path) -> None:
    """A verdict keeps the id of its trace in the chain of hashes for good: it may lead nobody to it any more."""
    made = filled(tmp_path / "w")
    issue = made.ledger.latest(Issue)[0]
    theirs = sorted(key.id for key in chain(made, issue.id, fan_out=ALL).nodes if key.kind == "trace")
    ann = [one for one in theirs if one.startswith(f"{1:016x}")]
    assert ann
    said = replace(verdict_on(ann[0], "no"), cluster_id=issue.cluster_id)
    made.ledger.append([said], now=NOON)
    assert Key("trace", ann[0]) in chain(made, said.id).nodes
    erase(made, ANN)
    for one in (issue.id, said.id):
        assert shown(chain(made, one, fan_out=ALL)).isdisjoint(ann)
    with pytest.raises(ConfigError, match="or it was erased"):
        chain(made, ann[0])


def shown(found: Chain) -> set[str]:
    """Return all ids that a chain names, in nodes or in links."""
    linked = (links.keys for node in found.nodes.values() for links in (node.comes_from, node.leads_to, node.beside))
    return {key.id for key in found.nodes} | {key.id for keys in linked for key in keys}


def test_ten_thousand_traces_take_no_longer_than_a_screen_takes_to_read(tmp_path: Path) -> None:
    """Each table is asked as a whole: a question for each of the traces would take minutes."""
    made = make_workspace(tmp_path / "w", {"slow": 10_000})
    began = time.process_time()
    assert chain(made, "iss_slow").n["trace"] == 10_000
    assert time.process_time() - began < 10
