"""No raw user id is left under a name that says it is one."""

import json
import re
from functools import partial
from typing import Any

import polars as pl
import pytest

from workbench.ids import key_user
from workbench.loaders.users import NAMED_IN_TEXT, keyed, keyed_annotator, keyed_text, user_id


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


@pytest.mark.parametrize(
    "name",
    [
        *("user_id", "userId", "UserID", "user.id", "USER-ID", "user_ids", "userIds.0", "user.id#2"),
        *("enduser.id", "end_user_id", "endUserId", "enduser.pseudo.id", "langfuse_user_id", "langfuse.user.id"),
        *("authorUserId", "metadata.user_api_key_user_id", "user_email", "userEmail", "contact.email", "user_name"),
        *("gen_ai.request.user", "llm.user", "safety_identifier"),
    ],
)
def test_a_name_says_that_it_holds_a_user_however_it_is_spelled(name: str) -> None:
    assert keyed({name: "ann"}, _key) == {name: "<3>"}
    assert keyed_text(json.dumps({"a": [{name: "o'brien@x"}]}), _key) == json.dumps({"a": [{name: "<9>"}]})


@pytest.mark.parametrize(
    "name", ["db.user", "superuser_id", "user_identity", "user_message", "send_email", "id", "name"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert keyed({name: "ann"}, _key) == {name: "ann"}


def test_the_fields_of_a_user_are_known_by_what_they_are_in() -> None:
    value = {"user": {"id": 7, "email": "a@b.c", "tier": "gold"}, "users": [{"id": "ann"}], "tool": {"id": "call_1"}}
    assert keyed(value, _key) == {
        "user": {"id": "<1>", "email": "<5>", "tier": "gold"},
        "users": [{"id": "<3>"}],
        "tool": {"id": "call_1"},
    }


def test_the_user_of_a_request_is_an_id_and_what_a_user_said_is_none() -> None:
    assert keyed({"model": "m", "user": "ann"}, _key) == {"model": "m", "user": "<3>"}
    assert keyed({"modelParameters": {"user": "ann"}}, _key) == {"modelParameters": {"user": "<3>"}}
    said = [{"user": "ann", "assistant": "yes"}, {"model": "m", "user": "Who is ann?"}]
    assert keyed(said, _key) == said


def test_a_field_written_out_as_a_pair_is_a_field() -> None:
    pairs = [{"key": "user.id", "value": {"stringValue": "ann"}}, {"key": "tier", "value": "gold"}]
    assert keyed(pairs, _key) == [{"key": "user.id", "value": {"stringValue": "<3>"}}, {"key": "tier", "value": "gold"}]


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"separators": (",", ":")},
        {"indent": 2},
        {"indent": 4, "ensure_ascii": False},
        {"separators": (",", ":"), "ensure_ascii": False},
    ],
)
def test_all_of_a_json_text_but_the_ids_stays_as_it_was_written(style: dict[str, Any]) -> None:
    value = {"n": [1, 2.5, None], "user_id": "ann", "word": "née \n"}
    written = f" {json.dumps(value, **style)}\n"
    assert keyed_text(written, _key) == f" {json.dumps({**value, 'user_id': '<3>'}, **style)}\n"


def test_a_json_text_without_a_user_stays_byte_for_byte() -> None:
    text = '{ "user" :1.10, "b":[1e5 ,2]}'
    assert keyed_text(text, _key) is text


def test_an_id_given_twice_leaves_neither_value() -> None:
    assert keyed_text('{"user_id": "ann", "user_id": null}', _key) == '{"user_id":null}'


@pytest.mark.parametrize("raw", ["o'brien@x", "o\\'brien", "ann smith", "7-x", "a}b,c]"])
def test_no_part_of_an_id_is_left_where_the_text_is_no_json(raw: str) -> None:
    """An id that is cut at its first quote leaves a name: o'brien is brien."""
    for text in (f'Run("user_id": "{raw}", n=1', f'Run("user_id": "{raw}', f'x \\"userId\\": \\"{raw}\\" y'):
        assert not any(part in keyed_text(text, _key) for part in [*re.findall(r"[a-z]{3,}", raw), raw])


def test_lists_and_log_words_are_replaced_too() -> None:
    assert keyed_text("Run(user_ids=['ann', 'ben'], n=[1])", _key) == "Run(user_ids=['<3>', '<3>'], n=[1])"
    assert keyed_text("GET /me user_id=anya_5901 status=ok", _key) == "GET /me user_id=<9> status=ok"
    assert keyed_text('Found {"email": "a@b.c", "n": 1}', _key) == 'Found {"email": "<5>", "n": 1}'
    assert keyed_text('Run(user_id="", name="ann")', _key) == 'Run(user_id="", name="ann")'


def test_a_key_is_not_keyed_once_more() -> None:
    once = keyed({"user_id": "ann"}, partial(key_user, b"secret"))
    assert keyed(once, partial(key_user, b"secret")) == once


def test_text_nested_in_text_without_end_is_searched_without_failing() -> None:
    text = json.dumps({"user_id": "ann"})
    for _ in range(12):
        text = json.dumps(json.loads("[" * 190 + json.dumps(text) + "]" * 190))
    assert isinstance(keyed_text(text, _key), str)


def test_who_said_something_is_keyed_if_it_is_a_person() -> None:
    assert keyed_annotator("ann@example.com", _key) == "<15>"
    assert [keyed_annotator(name, _key) for name in ("judge-v2", "tau2_bench", None)] == [
        "judge-v2",
        "tau2_bench",
        None,
    ]


def test_words_about_users_are_left_alone() -> None:
    text = "The user's ID is needed; user_identity: none; superuser_id"
    assert keyed_text(text, _key) == text


def test_a_user_id_is_a_text_or_a_number() -> None:
    assert [user_id(value) for value in ("ann", 7, "", None, True, ["x"])] == ["ann", "7", None, None, None, None]


@pytest.mark.parametrize(
    "name",
    [
        *("user_id", "userId", "UserID", "USER_ID", "user.id", "user_ids", "userIds.0", "user.id#2", "endUserPseudoId"),
        *(
            "langfuse_user_id",
            "user_email",
            "contact.email",
            "E-Mail",
            "email_address",
            "llm.user",
            "safety_identifier",
        ),
    ],
)
@pytest.mark.parametrize("levels", [0, 1, 2])
def test_the_search_of_whole_columns_finds_every_text_that_has_something_to_key(name: str, levels: int) -> None:
    texts: list[Any] = [
        {name: "ann"},
        {name: 17},
        {name: ["ann"]},
        [{"key": name, "value": "ann"}],
        {"user": {"id": 1}},
    ]
    for _ in range(levels):
        texts = [{"inner": json.dumps(text)} for text in texts]
    found = pl.Series([json.dumps(text) for text in texts])
    keys = pl.Series([json.dumps(keyed(text, partial(key_user, b"secret"))) for text in texts])
    assert found.str.contains(NAMED_IN_TEXT).to_list() == [True] * 5
    assert keys.str.contains(NAMED_IN_TEXT).to_list() == [False] * 4 + [True]
