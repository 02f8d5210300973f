"""Rules that users write: what they find, when they cannot tell, and that a wrong one is named and stops no other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.detectors import Rules, Units, read_rules
from workbench.store import derived

Answers = Callable[..., list[dict[str, Any]]]
UNITS = Units(derived.traces, derived.sessions)
HEAD = 'code = "{code}"\nseverity = "low"\nunit = "{unit}"\nquestion = "Is it so?"\n'
APOLOGY = '[[rule]]\ncode = "apology"\nseverity = "low"\nunit = "span"\nquestion = "Sorry?"\n'


def rules(folder: Path, text: str) -> Rules:
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    return read_rules(folder / "rules.toml", units=UNITS)


def rule(body: str, *, code: str = "own", unit: str = "trace") -> str:
    return f"[[rule]]\n{HEAD.format(code=code, unit=unit)}{body}\n"


def states(units: list[dict[str, Any]]) -> list[str]:
    return [unit["state"] for unit in units]


def test_an_expression_finds_clears_and_cannot_tell(tmp_path: Path, answers: Answers) -> None:
    (detector,) = rules(tmp_path, rule("where = \"tool_name = 'book' AND duration_ms > 5\"", unit="span")).detectors
    found, fast, other, unknown = answers(
        detector,
        [
            {"tool_name": "book", "duration_ms": 9.0, "name": "book 17"},
            {"tool_name": "book", "duration_ms": 1.0},
            {"tool_name": "find", "duration_ms": None},
            {"tool_name": "book", "duration_ms": None},
        ],
    )
    assert states([found, fast, other, unknown]) == ["found", "clear", "clear", "not_applicable"]
    assert unknown["reason"] == "not recorded: duration_ms or tool_name"
    assert (found["text"], found["span_id"]) == ("book <number>", "s0")
    assert json.loads(found["evidence"]) == {"where": "tool_name = 'book' AND duration_ms > 5"}
    assert detector.decided_by == ("duration_ms", "tool_name"), "they can be no cause of it"


def test_a_pattern_finds_clears_and_cannot_tell(tmp_path: Path, answers: Answers) -> None:
    text = rule('pattern = "(?i)as an ai"\ncolumn = "output"')
    (detector,) = rules(tmp_path, text).detectors
    units = answers(
        detector,
        [
            {"trace_id": "t1", "output": "As an AI with 7 rules, I cannot."},
            {"trace_id": "t2", "output": "Here it is."},
            {"trace_id": "t3", "output": None},
        ],
    )
    assert states(units) == ["found", "clear", "not_applicable"]
    assert units[0]["text"] == "As an AI with <number> rules, I cannot."
    assert json.loads(units[0]["evidence"]) == {"pattern": "(?i)as an ai", "column": "output", "match": "As an AI"}
    assert units[2]["reason"] == "not recorded: output"


def test_a_rule_about_a_trace_reads_what_is_derived_of_it(tmp_path: Path, answers: Answers) -> None:
    (detector,) = rules(tmp_path, rule('where = "n_errors > 1 AND cost_usd > 0.5"')).detectors
    failing = {"status": "ERROR", "kind": "LLM", "cost_usd": 0.4, "input": '[{"role": "user", "content": "Pay!"}]'}
    units = answers(detector, [{**failing}, {**failing}, {**failing, "trace_id": "t2"}])
    assert states(units) == ["found", "clear"]
    assert (units[0]["text"], units[0]["span_id"]) == ("Pay!", None), "the user's words, not the JSON around them"


def test_a_rule_about_a_session_is_about_no_trace(tmp_path: Path, answers: Answers) -> None:
    (detector,) = rules(tmp_path, rule('where = "n_traces > 1"', unit="session")).detectors
    spans = [{"trace_id": "t1", "session_id": "v1"}, {"trace_id": "t2", "session_id": "v1"}, {"session_id": "v2"}]
    units = answers(detector, [*spans[:2], {**spans[2], "trace_id": "t3"}])
    assert [(unit["trace_id"], unit["session_id"], unit["state"]) for unit in units] == [
        (None, "v1", "found"),
        (None, "v2", "clear"),
    ]


def test_findings_are_grouped_by_the_column_that_the_rule_names(tmp_path: Path, answers: Answers) -> None:
    text = rule('where = "tool_name IS NOT NULL"\ntext = "tool_name"', unit="span")
    (detector,) = rules(tmp_path, text).detectors
    assert [unit["text"] for unit in answers(detector, [{"tool_name": "book"}, {"tool_name": " "}])] == [
        "book",
        "nothing recorded",
    ]


def test_what_a_rule_finds_is_one_problem_unless_it_names_words_to_group_by(tmp_path: Path) -> None:
    """Eighteen of thirty-one findings of one rule were in no cluster, and the others in several."""
    said = rule('where = "n_errors > 1"', code="own") + rule('where = "n_errors > 1"\ntext = "output"', code="parted")
    said += rule('pattern = "sorry"\ncolumn = "output"', code="sorry")
    of = {detector.code: detector.groups_by for detector in rules(tmp_path, said).detectors}
    assert of == {"own": "detector", "parted": "words", "sorry": "detector"}


def test_a_version_follows_from_what_is_judged_and_not_from_its_words(tmp_path: Path) -> None:
    def version(text: str) -> int:
        return rules(tmp_path, text).detectors[0].version

    first = rule('where = "n_errors > 1"')
    assert version(first) == version(first.replace("low", "high").replace("Is it so?", "Really?"))
    assert version(first) != version(rule('where = "n_errors > 2"'))


def test_a_workspace_without_the_file_has_no_rules(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "rules.toml", units=UNITS) == Rules((), ())


GOOD = rule('where = "n_errors > 1"', code="good")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('[[rule]]\ncode = "own"', r"rule 1 \(own\): severity is missing"),
        ("[[rule]]\ncode = 3", "rule 1: severity is missing"),
        (rule('where = "n_errors >"'), r"rule 1 \(own\): the expression cannot be read"),
        (rule("where = \"name IN (SELECT a FROM read_csv('/etc/passwd'))\""), "SELECT is no column"),
        (rule('where = "model = 1"'), "model is no column"),
        (rule('where = "n_errors"'), "must be true or false"),
        (rule('pattern = "("\ncolumn = "input"'), r"rule 1 \(own\): no pattern of RE2's: missing"),
        (rule('pattern = "a"'), "a pattern needs a `column`"),
        (rule('pattern = "a"\ncolumn = "n_errors"'), "n_errors is no column of text of a trace"),
        (rule('pattern = "a"\ncolumn = "nosuch"'), "nosuch is no column of text"),
        (rule('where = "n_errors > 1"\ntext = "cost_usd"'), "cost_usd is no column of text"),
        (rule('pattern = "a"\ncolumn = "input"\nwhere = "n_errors > 1"'), "either `where` or `pattern`"),
        (rule(""), "either `where` or `pattern`"),
        (rule('where = "n_errors > 1"\nthreshold = "3"'), "unknown key threshold"),
        (rule('where = "n_errors > 1"').replace("low", "worst"), "severity == 'worst', must be one of low, medium"),
        (rule('where = "n_errors > 1"', unit="user"), "unit == 'user', must be one of span, trace"),
        (rule('where = "n_errors > 1"').replace("Is it", "Is\\u001b it"), "question must be one line"),
        (rule('where = "n_errors > 1"').replace('"own"', '"Own Rule"'), "rule 1: code must be lower-case"),
        (GOOD, r"rule 2 \(good\): its code is another rule's too"),
    ],
)
def test_a_wrong_rule_is_named_and_stops_no_other(bad: str, said: str, tmp_path: Path) -> None:
    read = rules(tmp_path, bad + "\n" + GOOD)
    assert [detector.code for detector in read.detectors] == ["good"]
    (tally,) = read.failed
    assert (tally.state, tally.n_examined) == ("failed", 0)
    assert tally.error is not None
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(tally.error)
    assert tally.error.startswith("ConfigError: rules.toml, rule ")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[[rule", "rules.toml: cannot be read"),
        (b"\xff", "rules.toml: cannot be read"),
        (b"rule = 3", "rules.toml: rule is no list"),
        (b"version = 1", "rules.toml: unknown key version"),
        (b"#" * 1_000_001, "rules.toml: larger than 1,000,000"),
        (b"a = " + b"[" * 100_000, "rules.toml: cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_failure(raw: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_bytes(raw)
    read = read_rules(tmp_path / "rules.toml", units=UNITS)
    assert (read.detectors, len(read.failed)) == ((), 1)
    assert said in str(read.failed[0].error)


def test_a_rule_is_asked_of_many_spans_at_once(tmp_path: Path, span_frame: Callable[..., pl.LazyFrame]) -> None:
    """The streaming engine cuts frames into pieces: a pattern is asked of each piece, and no row changes places."""
    (detector,) = rules(tmp_path, rule('pattern = "[05]$"\ncolumn = "name"', unit="span")).detectors
    spans = span_frame([{"name": f"call {number}", "span_id": f"s{number}"} for number in range(5_000)])
    found = detector.detect(spans, spans).filter(pl.col("state") == "found").collect(engine="streaming")
    assert set(found["span_id"]) == {f"s{number}" for number in range(0, 5_000, 5)}


def test_a_rule_can_be_sent_to_a_worker(tmp_path: Path, span_frame: Callable[..., pl.LazyFrame]) -> None:
    """Dask sends a detector by cloudpickle; a compiled pattern cannot be sent."""
    cloudpickle = pytest.importorskip("cloudpickle")

    text = rule('pattern = "no"\ncolumn = "output"') + rule('where = "n_traces > 1"', unit="session", code="more")
    pattern, session = rules(tmp_path, text).detectors
    assert (pattern.reads, session.reads) == ("trace", "window")
    sent = cloudpickle.loads(cloudpickle.dumps(pattern))
    spans = span_frame([{"output": "no"}])
    assert sent.detect(spans, spans).collect()["state"].to_list() == ["found"]
