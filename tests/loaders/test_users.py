"""No raw user id is left under a name that says it is one."""

import json

import pytest

from workbench.loaders.users import keyed, keyed_text, user_id


def _key(raw: str) -> str:
    return f"<{len(raw)}>"


def test_user_ids_are_replaced_at_any_depth_and_the_value_is_not_changed() -> None:
    value = {"user.id": "ann", "a": [{"userId": "ben", "n": 1}], "user_id": ["cleo", None], "user": "text"}
    assert keyed(value, _key) == {
        "user.id": "<3>",
        "a": [{"userId": "<3>", "n": 1}],
        "user_id": ["<4>", None],
        "user": "text",
    }
    assert value["user.id"] == "ann"


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_user_ids_are_replaced_in_json_inside_of_texts(levels: int) -> None:
    text = json.dumps({"user_id": "demo-user", "message": "hi"})
    for _ in range(levels):
        text = json.dumps({"inner": text})
    replaced = keyed_text(text, _key)
    assert "demo-user" not in replaced
    for _ in range(levels):
        replaced = json.loads(replaced)["inner"]
    assert json.loads(replaced) == {"user_id": "<9>", "message": "hi"}


def test_numbers_and_python_texts_are_replaced_too() -> None:
    assert keyed_text('{"user_id": 1234, "n": 1}', _key) == '{"user_id": "<4>", "n": 1}'
    assert keyed_text("Run(user_id='ann', user_id=None)", _key) == "Run(user_id='<3>', user_id=None)"


def test_only_the_named_user_is_replaced_where_one_is_named() -> None:
    text = '{"user_id": "ann", "other": {"user_id": "ben"}}'
    assert keyed_text(text, _key, only="ann") == '{"user_id": "<3>", "other": {"user_id": "ben"}}'


def test_words_about_users_are_left_alone() -> None:
    text = "The user's ID is needed; user_identity: none; superuser_id"
    assert keyed_text(text, _key) == text


def test_a_user_id_is_a_text_or_a_number() -> None:
    assert [user_id(value) for value in ("ann", 7, "", None, True, ["x"])] == ["ann", "7", None, None, None, None]
