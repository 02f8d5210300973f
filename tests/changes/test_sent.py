"""The system message of a recorded call, in each shape that tracers write."""

import pytest

from workbench.changes.sent import system_message


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ('[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]', "Be brief."),
        ('[{"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}]', "Be brief."),
        ('{"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}]}', "Be brief."),
        ('{"system": "Be brief.", "messages": []}', "Be brief."),
        ('[{"type": "system", "content": "Be brief."}]', "Be brief."),
        ('[{"role": "user", "content": "Hi"}]', ""),
        ("Hi", ""),
        ("", ""),
        (None, ""),
        ("[", ""),
        ("[" * 100_000, ""),
        ('[{"role": "system", "content": 7}, 7, null]', ""),
    ],
)
def test_a_system_message_is_found_where_there_is_one(recorded: str | None, said: str) -> None:
    assert system_message(recorded) == said
