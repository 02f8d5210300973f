"""Kinds of failure are counted in runs, by detector and words, and of what users said by detector alone."""

import polars as pl

from workbench.experiments.kinds import failure_kinds, gone_kinds, new_kinds


def test_kinds_of_one_arm_alone_are_new_or_gone() -> None:
    found = pl.DataFrame(
        [
            ("tool_error", "not found", "baseline", "1", "b1"),
            ("tool_error", "not found", "baseline", "1", "b1"),
            ("tool_error", "not found", "candidate", "10", "c10"),
            ("tool_error", "no seats", "candidate", "10", "c10"),
            ("tool_error", "no seats", "candidate", "9", "c9"),
            ("refusal", "cancel it", "baseline", "2", "b2"),
            ("refusal", "a refund", "candidate", "3", "c3"),
            ("retry_storm", "not found", "baseline", "1", "b1"),
        ],
        schema=["detector", "text", "arm", "case_id", "trace_id"],
        orient="row",
    )
    kinds = failure_kinds(found, spoken={"refusal"})
    assert [(kind.words, kind.n_baseline, kind.n_candidate) for kind in kinds] == [
        ("refusal", 1, 1),
        ("tool error (no seats)", 0, 2),
        ("tool error (not found)", 1, 1),
        ("retry storm (not found)", 1, 0),
    ]
    assert [(kind.text, kind.case_ids) for kind in new_kinds(kinds)] == [("no seats", ("9", "10"))]
    assert [kind.detector for kind in gone_kinds(kinds)] == ["retry_storm"]
    assert failure_kinds(found.clear(), spoken=()) == ()
