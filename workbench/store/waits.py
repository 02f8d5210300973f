"""How long a problem may wait to be judged in a workspace, and who is asked then: a section of `workspace.toml`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from workbench.errors import ConfigError
from workbench.store.policy import MAX_DAYS

EXPIRY_DAYS = 28
"""Two rounds of review, which are open for fourteen days each."""
MAX_OWNER = 200
"""Characters of a name."""
WAITS_TEXT = f"""\

# Who is asked to end a wait where nobody else is named (a name, an address, a channel), and after how many days a
# problem that nobody has judged expires: it is then on top of every index until somebody decides.
[waits]
owner = ""
expiry_days = {EXPIRY_DAYS}
"""
"""What a new workspace says."""


class Waits(NamedTuple):
    """How long problems may wait, and who is asked."""

    owner: str = ""
    """Who is asked where nobody else is named; empty: nobody is."""
    expiry_days: int = EXPIRY_DAYS
    """After how many days a problem that nobody has judged expires."""


def read_waits(content: Mapping[str, Any], *, where: str) -> Waits:
    """Return what the settings say of waits; the defaults where they say nothing.

    Raises
    ------
    ConfigError
        If the section says something else than it may.
    """
    section = content.get("waits", {})
    if not isinstance(section, dict) or not section.keys() <= {"owner", "expiry_days"}:
        raise ConfigError("[waits] may say owner, expiry_days, and nothing else", where=where)
    owner, days = section.get("owner", ""), section.get("expiry_days", EXPIRY_DAYS)
    if not isinstance(owner, str) or len(owner) > MAX_OWNER or "\n" in owner:
        raise ConfigError(f"waits.owner == {owner!r}, must be a name on one line", where=where)
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MAX_DAYS:
        raise ConfigError(
            f"waits.expiry_days == {days!r}, must be a whole number from 1 to {MAX_DAYS}: nothing waits for ever",
            where=where,
        )
    return Waits(owner.strip(), days)
