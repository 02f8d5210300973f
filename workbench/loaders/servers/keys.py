"""Keys of servers, from the environment variables that their own clients read; never from a command line or a file."""

import base64
from collections.abc import Mapping

from workbench.boundaries.keys import Key
from workbench.boundaries.urls import origin_of


def phoenix(environment: Mapping[str, str]) -> Key:
    """Return the key of a Phoenix server; empty headers where none is set."""
    key = environment.get("PHOENIX_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Key(headers, "PHOENIX_API_KEY", _origin(environment, "PHOENIX_COLLECTOR_ENDPOINT"))


def langfuse(environment: Mapping[str, str]) -> Key:
    """Return the key pair of a Langfuse project; empty headers where none is set."""
    pair = (environment.get("LANGFUSE_PUBLIC_KEY", ""), environment.get("LANGFUSE_SECRET_KEY", ""))
    headers = _basic(*pair) if all(pair) else {}
    origin = _origin(environment, "LANGFUSE_BASE_URL", "LANGFUSE_HOST")
    return Key(headers, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY", origin)


def mlflow(environment: Mapping[str, str]) -> Key:
    """Return the key of an MLflow server: a user and password, or else a token; empty headers where none is set."""
    pair = (environment.get("MLFLOW_TRACKING_USERNAME", ""), environment.get("MLFLOW_TRACKING_PASSWORD", ""))
    token = environment.get("MLFLOW_TRACKING_TOKEN", "")
    headers = _basic(*pair) if all(pair) else {"Authorization": f"Bearer {token}"} if token else {}
    variables = "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    return Key(headers, variables, _origin(environment, "MLFLOW_TRACKING_URI"))


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")}


def _origin(environment: Mapping[str, str], *names: str) -> str | None:
    """Return the origin that the key belongs to, where the environment names one."""
    said = next((environment[name] for name in names if environment.get(name)), "")
    return origin_of(said) if said else None
