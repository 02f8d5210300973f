"""Judges against people: hits and correct passes counted by hand, Wilson's interval as statsmodels has it."""

from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.review.said import verdict
from workbench.records import Verdict
from workbench.review import judges_against_people

PEOPLE = {"a": "confirmed", "b": "confirmed", "c": "confirmed", "d": "rejected", "e": "rejected", "f": "uncertain"}
GPT = {"a": "confirmed", "b": "rejected", "c": "confirmed", "d": "rejected", "e": "uncertain", "f": "confirmed"}


def of(labels: dict[str, str], **more: Any) -> list[Verdict]:
    return [verdict(trace, label, **more) for trace, label in labels.items()]


def test_a_judge_is_told_by_what_it_finds_and_what_it_leaves_alone() -> None:
    said = [*of(PEOPLE), *of(GPT, by="gpt", annotator_kind="LLM"), verdict("z", "confirmed", by="gpt")]
    (row,) = judges_against_people(said).to_dicts()
    assert (row["annotator"], row["annotator_kind"], row["n_abstained"]) == ("gpt", "LLM", 1)
    assert (row["n_confirmed"], row["n_confirmed_too"], row["tpr"]) == (3, 2, 2 / 3)
    assert (row["n_rejected"], row["n_rejected_too"], row["tnr"]) == (1, 1, 1)
    assert (row["tpr_low"], row["tpr_high"]) == pytest.approx(proportion_confint(2, 3, method="wilson"))
    assert (row["tnr_low"], row["tnr_high"]) == pytest.approx(proportion_confint(1, 1, method="wilson"))


def test_where_people_reject_nothing_there_is_no_rate() -> None:
    (row,) = judges_against_people([*of({"a": "confirmed"}), *of(GPT, by="gpt", annotator_kind="LLM")]).to_dicts()
    assert (row["tpr"], row["tnr"], row["tnr_low"]) == (1, None, None)


def test_a_trace_has_a_problem_if_one_of_its_findings_is_confirmed() -> None:
    people = [verdict("a", "rejected"), verdict("a", "confirmed", cluster_id="clu_b")]
    judge = [verdict("a", "confirmed", by="rule", annotator_kind="CODE", cluster_id=None)]
    (row,) = judges_against_people([*people, *judge]).to_dicts()
    assert (row["annotator_kind"], row["n_confirmed"], row["n_confirmed_too"]) == ("CODE", 1, 1)


def test_people_alone_are_no_judges() -> None:
    assert judges_against_people(of(PEOPLE)).height == 0
    assert judges_against_people([]).columns[0] == "annotator"
