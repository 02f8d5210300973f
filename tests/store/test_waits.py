"""`[waits]` in workspace.toml: who is asked, and after how many days a problem expires; there is no "never"."""

from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.store.waits import Waits, read_waits


def test_what_is_not_said_has_a_default() -> None:
    assert read_waits({}, where="x") == Waits("", 28)
    assert read_waits({"waits": {"owner": " ann ", "expiry_days": 7}}, where="x") == Waits("ann", 7)


@pytest.mark.parametrize(
    "section", [3, {"owner": 3}, {"owner": "a\nb"}, {"expiry_days": 0}, {"expiry_days": True}, {"days": 3}]
)
def test_anything_else_is_refused(section: Any) -> None:
    with pytest.raises(ConfigError, match="waits"):
        read_waits({"waits": section}, where="workspace.toml")
