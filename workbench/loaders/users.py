"""Raw user ids replaced by their keys wherever a source writes them: in columns, metadata, and JSON inside of texts.

The key of a user is made before anything is stored; a raw id that stayed in an attribute beside it would undo that.
"""

import re
from collections.abc import Callable
from typing import Any

KeyUser = Callable[[str], str]

_NOT_LETTERS = re.compile(r"[^a-z]")
_USER_ID_NAMES = frozenset({"userid", "enduserid", "enduserpseudoid", "useremail", "email"})
_IN_TEXT = re.compile(
    r"""(?P<name>\b(?:end)?user[._-]?id)        # user.id, userId, user_id, enduser.id
        (?P<quote>\\*["'])?\s*[:=]\s*           # its closing quote, escaped as often as the text is nested
        (?:(?P<open>\\*["'])(?P<text>[^"'\\]+)|(?P<number>\d+))""",
    re.IGNORECASE | re.VERBOSE,
)


def is_user_id(name: str) -> bool:
    """Return whether a field of this name names a person: `user.id`, `userId`, `user_id`, `enduser.id`, `email`.

    >>> is_user_id("userId"), is_user_id("user")
    (True, False)
    """
    return _NOT_LETTERS.sub("", name.lower()) in _USER_ID_NAMES


def keyed(value: Any, key_user: KeyUser) -> Any:
    """Return the value with every user id under a known name replaced by its key; the value itself is not changed."""
    if isinstance(value, dict):
        return {
            name: _key_of(entry, key_user) if is_user_id(name) else keyed(entry, key_user)
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [keyed(entry, key_user) for entry in value]
    return keyed_text(value, key_user) if isinstance(value, str) else value


def keyed_text(text: str, key_user: KeyUser, *, only: str | None = None) -> str:
    """Return the text with user ids under known names replaced, as in `{"user_id": "ann"}` or `user_id='ann'`.

    Parameters
    ----------
    text
        Any text; JSON in it may be escaped, more than once.
    key_user
        Raw id to key.
    only
        The one raw id to replace; None for all that are found.
    """
    if "user" not in text and "USER" not in text and "User" not in text:
        return text

    def replace(found: re.Match[str]) -> str:
        raw = found["text"] or found["number"]
        if raw in {"None", "null"} or (only is not None and raw != only):
            return found[0]
        before = found[0].removesuffix(raw)
        closing = "" if found["open"] else found["quote"] or ""
        return f"{before}{closing}{key_user(raw)}{closing}"

    return _IN_TEXT.sub(replace, text)


def user_id(value: Any) -> str | None:
    """Return a user id as a source gives it, as text; None where there is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _key_of(value: Any, key_user: KeyUser) -> Any:
    if isinstance(value, list):
        return [_key_of(entry, key_user) for entry in value]
    raw = user_id(value)
    return keyed(value, key_user) if raw is None else key_user(raw)
