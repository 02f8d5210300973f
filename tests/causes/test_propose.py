"""Proposals: each cluster has causes with their evidence, or the reason why it has none."""

import polars as pl

from workbench.causes.candidate import Candidate
from workbench.causes.choosing import MAX_EVIDENCE, MAX_OF_KIND
from workbench.causes.propose import Proposal, propose
from workbench.causes.statements import MAX_VALUE_CHARACTERS, statement
from workbench.records import Cause, Condition
from workbench.schemas import SPANS

RUN = "run_1"


def finding(
    cluster_id: str | None, trace_id: str | None, *, session_id: str | None = None, run_id: str = RUN
) -> dict[str, str | None]:
    """Return one finding with its cluster."""
    return {
        "run_id": run_id,
        "finding_id": f"fnd_{cluster_id}_{trace_id}_{session_id}",
        "detector": "tool_error",
        "cluster_id": cluster_id,
        "trace_id": trace_id,
        "session_id": session_id,
    }


def span(trace_id: str, **columns: str) -> dict[str, str]:
    """Return one span."""
    return {"trace_id": trace_id, "span_id": "1", **columns}


def proposed(findings: list[dict[str, str | None]], spans: list[dict[str, str]], *, run_id: str = RUN) -> Proposal:
    """Propose causes for findings over spans."""
    columns = dict.fromkeys(findings[0], pl.String)
    return propose(
        pl.DataFrame(findings, schema=columns).drop("cluster_id"),
        pl.DataFrame(findings, schema=columns).select("run_id", "finding_id", "cluster_id"),
        pl.DataFrame(spans, schema=SPANS.schema).lazy(),
        run_id=run_id,
    )


# 30 traces of the cluster paid; of 100 others, 10 did.
PAID = [span(f"in{at:02}", tool_name="pay") for at in range(30)]
OTHERS = [span(f"out{at:02}", tool_name="pay" if at < 10 else "search") for at in range(100)]
FOUND = [finding("clu_1", f"in{at:02}") for at in range(30)]


def test_a_cause_holds_counts_statement_and_evidence() -> None:
    (cause,) = proposed(FOUND, PAID + OTHERS).causes
    assert (cause.run_id, cause.cluster_id, cause.kind) == (RUN, "clu_1", "contrast")
    assert cause.conditions == (("tool_name", "pay"),)
    assert (cause.n_cluster_with, cause.n_cluster, cause.n_rest_with, cause.n_rest) == (30, 30, 10, 100)
    assert cause.statement == "30 of 30 traces used the tool pay (elsewhere 10 %)"
    assert cause.lift == 10
    assert cause.share_explained == 1
    assert cause.evidence == tuple(f"in{at:02}" for at in range(MAX_EVIDENCE))


def test_the_same_cause_has_the_same_id_in_any_order() -> None:
    first, second = proposed(FOUND, PAID + OTHERS), proposed(FOUND[::-1], (PAID + OTHERS)[::-1])
    assert first == second
    assert first.causes[0].id.startswith("cau_")


def test_the_id_of_a_cause_says_nothing_of_its_values() -> None:
    """A digest of "tool_name" and "pay" would tell whoever guesses the value that it was there, even once erased."""
    (paid,) = proposed(FOUND, PAID + OTHERS).causes
    (bought,) = proposed(
        FOUND, [{**row, "tool_name": row["tool_name"].replace("pay", "buy")} for row in PAID + OTHERS]
    ).causes
    assert (paid.id, paid.conditions) == (bought.id, (("tool_name", "pay"),))
    assert bought.conditions == (("tool_name", "buy"),)


def test_noise_and_other_runs_have_no_causes() -> None:
    noise = [finding(None, f"in{at:02}") for at in range(30)]
    earlier = [finding("clu_0", f"in{at:02}", run_id="run_0") for at in range(30)]
    assert proposed(noise + earlier, PAID + OTHERS) == Proposal((), {})


def test_a_session_counts_with_its_traces() -> None:
    in_sessions = [{**row, "session_id": f"s{at // 3}"} for at, row in enumerate(PAID)]
    sessions = [finding("clu_1", None, session_id=f"s{at}") for at in range(10)]
    (cause,) = proposed(sessions, in_sessions + OTHERS).causes
    assert (cause.n_cluster_with, cause.n_cluster) == (30, 30)


def test_each_cluster_without_a_cause_says_why() -> None:
    every_second = [f"in{at:02}" for at in range(0, 30, 2)] + [f"out{at:02}" for at in range(0, 100, 2)]
    nothing = [finding("clu_nothing", trace_id) for trace_id in every_second]
    unknown = [finding("clu_unknown", f"dark{at}") for at in range(5)]
    small = [finding("clu_small", "in00"), finding("clu_small", "in01")]
    dark = [span(f"dark{at}") for at in range(5)]
    proposal = proposed(FOUND + nothing + unknown + small, PAID + OTHERS + dark)
    assert {cause.cluster_id for cause in proposal.causes} == {"clu_1"}
    assert proposal.without == {
        "clu_nothing": "nothing_over_represented",
        "clu_unknown": "no_attribute",
        "clu_small": "too_few_traces",
    }


def test_a_cluster_of_every_trace_has_no_rest() -> None:
    assert proposed(FOUND, PAID) == Proposal((), {"clu_1": "no_rest"})


def test_findings_without_a_trace_are_too_few() -> None:
    assert proposed([finding("clu_1", None, session_id="unseen")], OTHERS) == Proposal((), {"clu_1": "too_few_traces"})


def test_only_the_best_causes_are_proposed_best_first() -> None:
    columns = ("prompt_version", "prompt_name", "tool_name", "model", "release", "agent", "operation")
    # In the rest, column k has the value in k + 1 traces: all seven stand out, the first most.
    spans = [span(f"in{at:02}", **dict.fromkeys(columns, "x")) for at in range(30)]
    spans += [
        span(f"out{at:02}", **{name: "x" if at <= place else "y" for place, name in enumerate(columns)})
        for at in range(100)
    ]
    causes = proposed(FOUND, spans).causes
    assert [cause.attributes for cause in causes] == [(name,) for name in columns[: MAX_OF_KIND["contrast"]]]


def test_one_attribute_does_not_hide_the_others() -> None:
    """Four tools explain more than the task does; two of them are proposed, and the task."""
    tools = ("search", "calculate", "pay", "cite")
    spans = [span(f"in{at:02}", tool_name=tool) for at in range(30) for tool in tools]
    spans += [span(f"out{at:02}", tool_name=tools[at] if at < 4 else "greet") for at in range(100)]
    spans += [span(f"in{at:02}", task="refund" if at < 10 else f"task {at}") for at in range(30)]
    spans += [span(f"out{at:02}", task=f"task {at}") for at in range(100)]
    causes = proposed(FOUND, spans).causes
    assert [cause.attributes[0] for cause in causes] == ["tool_name", "tool_name", "task"]


def test_words_of_a_trace_stay_plain_text() -> None:
    attack = "<img src=x onerror=alert(1)>\x1b[2J{{7*7}}"
    (cause,) = proposed(FOUND, [{**row, "tool_name": attack} for row in PAID] + OTHERS).causes
    assert cause.values == (attack,)
    assert attack in cause.statement


def test_a_long_value_is_cut_in_the_statement_alone() -> None:
    (cause,) = proposed(FOUND, [{**row, "tool_name": "x" * 5000} for row in PAID] + OTHERS).causes
    assert cause.values == ("x" * 5000,)
    assert len(cause.statement) < MAX_VALUE_CHARACTERS + 100


def said(*, n_traces: int = 5, same: tuple[Condition, ...] = (), **changes: int) -> str:
    """Return the statement of 4 of 5 traces against 1 of 50, with changes."""
    counts = {"hits": 4, "n": 5, "other_hits": 1, "other_n": 50} | changes
    candidate = Candidate(
        cluster_id="clu_1",
        detector="tool_error",
        kind="contrast",
        search="value",
        conditions=(Condition("tool_name", "pay"),),
        same=same,
        p_value=0.01,
        hits=counts["hits"],
        n=counts["n"],
        other_hits=counts["other_hits"],
        other_n=counts["other_n"],
    )
    return statement(candidate, n_traces=n_traces)


def test_a_statement_never_rounds_some_to_none_or_to_all() -> None:
    assert said() == "4 of 5 traces used the tool pay (elsewhere 2 %)"
    assert "(elsewhere 0 %)" in said(other_hits=0)
    assert "(elsewhere under 1 %)" in said(other_n=1000)
    assert "(elsewhere over 99 %)" in said(other_hits=999, other_n=1000)
    assert "(elsewhere 100 %)" in said(other_hits=50)


def test_a_statement_names_what_always_goes_along_and_what_is_not_known() -> None:
    same = (Condition("model", "gpt-4o"), Condition("agent", "payer"))
    assert said(same=same, n_traces=9) == (
        "4 of 5 traces used the tool pay (elsewhere 2 %); exactly the same traces used the model gpt-4o "
        "and were served by the agent payer; not known of 4 more"
    )


def test_of_many_values_of_the_same_traces_three_are_named() -> None:
    same = tuple(Condition("input_phrase", words) for words in ("a b", "c d", "e f", "g h", "i j"))
    assert said(same=same) == (
        "4 of 5 traces used the tool pay (elsewhere 2 %); exactly the same traces were asked with "
        '"a b", "c d", "e f", and share 2 more values'
    )


def test_evidence_is_of_the_cluster_and_has_the_value() -> None:
    mixed = [span(f"in{at:02}", tool_name="pay" if at < 25 else "search") for at in range(30)]
    cause: Cause = proposed(FOUND, mixed + OTHERS).causes[0]
    assert set(cause.evidence) <= {f"in{at:02}" for at in range(25)}
