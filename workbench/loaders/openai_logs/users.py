"""Who a call was made for, under every name that the APIs and the logs around them have for it.

The ids are taken out of the record before anything of it is kept: one becomes the user, the others stay as keys.
"""

from collections.abc import Callable
from typing import NamedTuple

from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.parts import as_object
from workbench.loaders.users import is_user_id, user_id

_IN_CALL = ("safety_identifier", "user")
_IN_RECORD = ("user_id", "userId", "user", "end_user", "customer_id")
_CLIENT = "client_id"
CLIENT_ASSUMED = "client_id is read as the user, for want of one"


class Users(NamedTuple):
    """The raw ids of a call, which are not stored."""

    ids: dict[str, str]
    """By name and where it stood, the user first."""

    def columns(self, key_user: Callable[[str], str]) -> dict[str, str | None]:
        """Return the user's key."""
        return {"user_key": next((key_user(raw) for raw in self.ids.values()), None)}

    def attributes(self, key_user: Callable[[str], str]) -> dict[str, dict[str, str]]:
        """Return the keys of all ids by their names, where there is more than one."""
        keys = {name: key_user(raw) for name, raw in self.ids.items()}
        return {"users": keys} if len(set(keys.values())) > 1 else {}


def users_of(record: Fields, request: Fields, response: Fields) -> Users:
    """Return the users that a call names, and take them out of it; metadata is kept whole, with its ids keyed."""
    found: dict[str, str] = {}
    for part, names in ((request, _IN_CALL), (response, _IN_CALL), (record, _IN_RECORD)):
        for name in names:
            if (raw := user_id(part.record.get(name))) is not None:
                part.raw(name, column="user_key")
                found[f"{part.of}{name}"] = raw
    for part in (record, request, response):
        metadata = part.record.get("metadata")
        inner = Fields(as_object(metadata), of=f"{part.of}metadata.")
        for name, value in inner.record.items():
            if is_user_id(name) and (raw := user_id(value)) is not None:
                inner.raw(name, column="user_key")
                found[f"{inner.of}{name}"] = raw
        part.include(inner)
    if (client := user_id(record.record.get(_CLIENT))) is not None:
        record.assume(None if found else CLIENT_ASSUMED)
        record.raw(_CLIENT, column="user_key")
        found[_CLIENT] = client
    return Users(found)
