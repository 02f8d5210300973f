"""Who does something that is recorded, and how their name was obtained."""

from dataclasses import dataclass
from typing import Literal

Identity = Literal["program", "os_user", "typed", "database_role", "hub_token"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who appended a record, and how that is known."""

    kind: Literal["HUMAN", "CODE"]
    """A person, or a run of this program."""
    name: str
    """The person's name, or the program's."""
    identity: Identity
    """How the name was obtained."""


def actor_of(name: str, *, identity: Identity) -> Actor:
    """Return the actor of a name: a program's runs are CODE, all else is a person."""
    return Actor(kind="CODE" if identity == "program" else "HUMAN", name=name, identity=identity)


WORKBENCH = Actor(kind="CODE", name="workbench", identity="program")
"""The actor of every record that no person made."""
