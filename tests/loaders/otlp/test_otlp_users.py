"""User ids: keyed in their column, and in no raw form anywhere else."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., Any]
ANN = "ann@example.com"


@pytest.mark.parametrize(
    "name",
    ["user.id", "enduser.id", "gen_ai.user.id", "langfuse.user.id", "traceloop.association.properties.user_id"],
)
def test_a_user_is_keyed_under_every_name(
    read_attributes: Callable[..., dict[str, Any]], key: Callable[[str], str], name: str
) -> None:
    row = read_attributes({name: ANN})
    assert row["user_key"] == key(ANN)
    assert ANN not in str(row)


def test_no_raw_id_survives_beside_the_column(read_lines: Read, wire: Any, key: Callable[[str], str]) -> None:
    span = wire.span(
        {
            "user.id": ANN,
            "enduser.id": ANN,
            "user.email": ANN,
            "user.full_name": "Ann",
            "metadata": json.dumps({"user_id": ANN, "tier": "gold", "inner": {"email": ANN}}),
            "user": {"id": ANN, "user_id": ANN},
            "customer.user_id": ANN,
        },
        events=[{"name": "login", "attributes": wire.attributes({"user.id": ANN})}],
        links=[{"traceId": "a" * 32, "spanId": "b" * 16, "attributes": wire.attributes({"user.id": ANN})}],
        newField={"user.id": ANN},
    )
    span["attributes"] = [entry for entry in span["attributes"] if entry["key"] != "user"]
    loaded = read_lines(wire.export(span, resource={"enduser.id": ANN}))
    row = loaded.spans.row(0, named=True)
    assert row["user_key"] == key(ANN)
    assert ANN not in str(row)
    assert '"Ann"' not in row["attributes"]
    assert json.loads(json.loads(row["attributes"])["metadata"])["tier"] == "gold"


def test_the_resources_user_counts_where_the_span_names_none(
    read_lines: Read, wire: Any, key: Callable[[str], str]
) -> None:
    export = wire.export(wire.span(), wire.span({"user.id": "ben"}), resource={"user.id": ANN})
    assert set(read_lines(export).spans["user_key"]) == {key(ANN), key("ben")}


def test_a_number_as_user_is_keyed_as_its_digits(
    read_attributes: Callable[..., dict[str, Any]], key: Callable[[str], str]
) -> None:
    assert read_attributes({"user.id": 17})["user_key"] == key("17")


def test_an_empty_user_is_none(read_attributes: Callable[..., dict[str, Any]]) -> None:
    assert read_attributes({"user.id": ""})["user_key"] is None
