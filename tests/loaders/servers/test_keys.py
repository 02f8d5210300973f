"""Keys come from the environment variables of each server's own client, and belong to the server that those name."""

import base64
from collections.abc import Callable, Mapping

import pytest

from workbench.boundaries.keys import Key
from workbench.loaders.servers import keys

Reader = Callable[[Mapping[str, str]], Key]


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("reader", "environment", "header"),
    [
        (keys.phoenix, {"PHOENIX_API_KEY": "k"}, "Bearer k"),
        (keys.langfuse, {"LANGFUSE_PUBLIC_KEY": "p", "LANGFUSE_SECRET_KEY": "s"}, _basic("p:s")),
        (keys.mlflow, {"MLFLOW_TRACKING_TOKEN": "k"}, "Bearer k"),
        (keys.mlflow, {"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}, _basic("u:p")),
    ],
)
def test_the_key_is_a_header(reader: Reader, environment: dict[str, str], header: str) -> None:
    assert reader(environment).headers == {"Authorization": header}


@pytest.mark.parametrize("reader", [keys.phoenix, keys.langfuse, keys.mlflow])
def test_without_a_key_there_is_no_header(reader: Reader) -> None:
    assert reader({}) == Key({}, reader({}).variables, None)
    assert reader({"LANGFUSE_PUBLIC_KEY": "half"}).headers == {}


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (keys.phoenix, "PHOENIX_COLLECTOR_ENDPOINT"),
        (keys.langfuse, "LANGFUSE_HOST"),
        (keys.langfuse, "LANGFUSE_BASE_URL"),
        (keys.mlflow, "MLFLOW_TRACKING_URI"),
    ],
)
def test_a_key_belongs_to_the_server_that_the_environment_names(reader: Reader, name: str) -> None:
    assert reader({name: "https://Example.org/base"}).origin == "https://example.org"
    assert reader({name: "sqlite:///mlflow.db"}).origin is None
