"""A person by name: what may be one, and the actor that the ledger knows them as."""

from workbench.errors import ConfigError, GateError
from workbench.records import Actor, Identity


def a_person(name: str, identity: Identity) -> Actor:
    """Return the actor that a person is.

    Raises
    ------
    ConfigError
        If the name is empty, too long, or not on one line.
    GateError
        If it is a program that asks.
    """
    if identity == "program":
        raise GateError("a program cannot do what people decide", where=name, fix="say who does it")
    return Actor(kind="HUMAN", name=check_name(name), identity=identity)


def check_name(name: str) -> str:
    """Return the name of a reviewer without spaces around it.

    Raises
    ------
    ConfigError
        If it is empty, longer than 200 characters, or not on one line.
    """
    plain = name.strip()
    if not plain or len(plain) > 200 or not plain.isprintable():
        raise ConfigError("the reviewer's name must be one line of 1 to 200 characters", fix="say who reviews")
    return plain
