"""Checks are remembered by what was asked, and are the same the second time."""

from typing import Any

import pytest

from workbench.boundaries.json_schema import Violation
from workbench.detectors import schema_checks
from workbench.detectors.schema_checks import Checked, SchemaChecks

SCHEMA = {"type": "object", "required": ["a", "b"]}


def test_a_verdict_is_the_same_the_second_time_and_after_others() -> None:
    checks = SchemaChecks()
    asked: list[tuple[Any, Any]] = [(SCHEMA, {"a": 1}), (SCHEMA, {"a": 1, "b": 2}), ({"type": "array"}, {"a": 1})]
    first = [checks.check(*one) for one in asked]
    assert first == [
        Checked(Violation((), "required", "b")),
        Checked(),
        Checked(Violation((), "type", "array")),
    ]
    assert [checks.check(*one) for one in reversed(asked)] == first[::-1]


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_checks, "MAX_REMEMBERED", 2)
    checks = SchemaChecks()
    for value in range(5):
        assert checks.check({"maximum": 2}, value) == (
            Checked() if value <= 2 else Checked(Violation((), "maximum", "2"))
        )
        assert len(checks._known) <= 2


def test_of_schemas_those_asked_of_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_checks, "MAX_SCHEMAS", 2)
    checks = SchemaChecks()
    checks.check({"maximum": 1}, 0)
    (first,) = checks._schemas
    for value, most in enumerate((2, 1, 3)):
        checks.check({"maximum": most}, value)
    assert len(checks._schemas) == 2
    assert first in checks._schemas


@pytest.mark.parametrize(
    ("schema", "value", "reason"),
    [
        ({"$ref": "#"}, 1, "schema not checkable"),
        ({"items": {}}, [0] * 1_000_000, "too large to check"),
    ],
)
def test_what_cannot_be_checked_has_a_reason(schema: Any, value: Any, reason: str) -> None:
    assert SchemaChecks().check(schema, value) == Checked(reason=reason)


def test_what_is_deeper_than_can_be_written_has_a_reason() -> None:
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    assert SchemaChecks().check({}, deep) == Checked(reason="too deep to check")
