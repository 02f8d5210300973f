"""The one door for user ids: every name that says it holds one, and the function that puts keys in their place.

All loaders use it, for columns, attributes and JSON inside of texts: a raw id that stayed in one place would undo the
keying of the others. It goes by names. A raw id in the words that people wrote, or as a name itself, is not seen.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.ids import ID_CHARACTERS
from workbench.loaders.reading.strict import MAX_DEPTH, depth, read
from workbench.loaders.source import MAX_DOCUMENT_BYTES

KeyUser = Callable[[str], str]
"""Raw user id to keyed user id."""

NAMES = frozenset(
    {
        *("userid", "userids", "useruid", "useruuid", "useridentifier", "userhash", "userpseudoid"),
        *("useremail", "useremails", "username", "userfullname", "userlogin"),
        *("enduser", "enduserid", "enduserids", "enduserpseudoid", "enduseremail", "endusername"),
        # MLflow's names for the user of a request, and for whoever ran the app.
        *("traceuser", "mlflowuser"),
        # What LLM providers and their conventions call the user of a request.
        *("requestuser", "parametersuser", "llmuser", "safetyidentifier"),
        # OpenTelemetry's name for whom a feature flag was evaluated.
        "featureflagcontextid",
    }
)
"""The last words of names that hold an id of a user, in small letters and joined."""
ADDRESSES = frozenset({"email", "emails", "emailaddress"})
"""Names that hold an address of a person, whoever it is; they are the whole of a name's last part."""
USERS = frozenset({"user", "users", "enduser"})
"""Last words of names whose value may be an object that describes a user: its `id` is the `user.id`."""
REQUEST = frozenset(
    {
        *("model", "messages", "temperature", "top_p", "stream", "tool_choice"),
        *("max_tokens", "max_completion_tokens", "max_output_tokens"),
    }
)
"""Fields that make an object a request to a model, whose `user` is an id and not what a user said."""
PARAMETERS = frozenset(
    {
        *("parameters", "invocationparameters", "invocationparams", "modelparameters", "modelkwargs"),
        *("modelconfig", "extraargs", "extrabody"),
    }
)
"""Names of objects with the parameters of a request, in small letters and joined."""

_GAP = "[ ._/#-]{0,3}"
NAMED_IN_TEXT = (
    rf"(?:(?:user|User|USER)(?i:{_GAP}(?:u?u?ids?|identifier|hash|emails?|name|full{_GAP}name|pseudo{_GAP}id|login)|s)?"
    rf"|(?:e[_.-]?mail|[Ee]-?[Mm]ail|E[_.-]?MAIL)(?i:s?(?:{_GAP}address)?)|(?:safety|Safety|SAFETY)(?i:{_GAP}identifier))"
    r"[ ._#\[\]0-9-]{0,8}\\*[\"']?[ \t\n]{0,9}(?:[:=]|,[ \t\n]{0,9}\\*[\"']value\\*[\"'][ \t\n]{0,9}:)"
    r"[ \t\n\\\"'\[]{0,16}(?:[^ \t\n\\\"'\[u]|u[^s]|us[^r]|usr[^_])"
)
"""For a search of whole columns by Polars: a known name and something after it that is no key.

Words begin with letters that are spelled out, because a search for plain letters takes a third of the time.
"""

_ASKED = "request"
"""What a request to a model is called on the way: its `user` is the `request.user`."""
_JSON_STARTS = ("{", "[", '"')
_MAX_WORDS = 4
"""Words of the longest of NAMES as it may be spelled: end user pseudo id."""
_KNOWN_NAMES = 1 << 14
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MARKS = ("user", "mail", "identifier", "flag")
"""One of these is in every known name."""
_IS_KEY = re.compile(rf"usr_[a-z2-7]{{{ID_CHARACTERS}}}")
_IS_ADDRESS = re.compile(r"[^\s@]@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2}")
_IN_TEXT = re.compile(
    r"""(?:(?:(?<![A-Za-z])(?:end[._-]?)?user|(?-i:(?<=[a-z])User))[._-]?(?:ids?|email)
        |(?<![A-Za-z])e[_-]?mail(?:[_-]?address)?)(?![A-Za-z0-9_])
        (?:\\*["'])?\s{0,9}[:=]\s{0,9}                          # its closing quote, escaped as deep as the text
        (?:\[(?P<list>[^\[\]]{1,4096})\]                        # user_ids=['ann', 'ben']
        |(?P<open>\\*["'])(?P<quoted>.{0,256}?)(?<!\\)(?P=open) # user_id='ann', another kind of quote inside
        |\\*["'](?P<cut>[^\n]{1,256}\Z|\S{1,256})               # the text breaks off inside of the quotes
        |(?P<number>\d[\w-]*)
        |(?<==)(?P<bare>[\w.@+-]+))                             # user_id=ann
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ELEMENT = re.compile(r"""(?P<open>\\*["'])(?P<quoted>.{0,256}?)(?<!\\)(?P=open)|(?P<number>\d+)""", re.DOTALL)
_NOBODY = frozenset({"", "None", "null", "none", "nil", "undefined", "true", "false", "True", "False", "NaN"})


class _Style(NamedTuple):
    """How a JSON text is written."""

    separators: tuple[str, str]
    indent: int | None
    is_ascii: bool

    def dump(self, value: Any) -> str:
        return json.dumps(value, separators=self.separators, indent=self.indent, ensure_ascii=self.is_ascii)


_COMPACT = _Style((",", ":"), None, is_ascii=False)
_STYLES = (
    _COMPACT,
    *(
        _Style(separators, indent, is_ascii)
        for separators, indent in (((", ", ": "), None), ((",", ":"), None), ((",", ": "), 2), ((",", ": "), 4))
        for is_ascii in (True, False)
    ),
)
"""How programs write JSON: JavaScript's way and orjson's first, then those of Python's json."""


@lru_cache(_KNOWN_NAMES)
def is_user_id(name: str) -> bool:
    """Return whether a field of this name holds an id of a user; its case and separators do not matter.

    >>> is_user_id("userId"), is_user_id("langfuse.user.id"), is_user_id("user_ids"), is_user_id("db.user")
    (True, True, True, False)
    """
    words = _words(name)
    endings = ("".join(words[-n:]) for n in range(1, min(len(words), _MAX_WORDS) + 1))
    return any(ending in NAMES for ending in endings) or "".join(_words(_last_part(name))) in ADDRESSES


def keyed(value: Any, key_user: KeyUser) -> Any:
    """Return the value with every user id under a known name replaced by its key; the value itself is not changed.

    Looks into objects, lists, and texts that are JSON. Under a known name every text and number is an id, however deep;
    one that is a key already stays, so that a value may pass twice.
    """
    return _Door(key_user).value(value, "", 0)


def keyed_under(name: str, value: Any, key_user: KeyUser) -> Any:
    """Return the value of a field of this name with every user id in it replaced."""
    return keyed({name: value}, key_user)[name]


def keyed_text(text: str, key_user: KeyUser) -> str:
    """Return the text with user ids under known names replaced, as in `{"user_id": "ann"}` or `user_id='ann'`.

    A text in which there is none comes back as it is. Of a JSON text in which there is one, all but the ids stays byte
    for byte if it is written as the usual programs write JSON; else it is written compactly. What is no JSON is
    searched by a pattern: quoted values, numbers, and `name=value`.
    """
    return _Door(key_user).text(text, "", 0)


def keyed_annotator(annotator: str | None, key_user: KeyUser) -> str | None:
    """Return who said something: an e-mail address is a person and is keyed, the name of a program stays.

    >>> keyed_annotator("ann@example.com", str.upper), keyed_annotator("judge-v2", str.upper)
    ('ANN@EXAMPLE.COM', 'judge-v2')
    """
    return key_user(annotator) if annotator and _IS_ADDRESS.search(annotator) else annotator


def may_name_user(text: str) -> bool:
    """Return whether a text could hold a known name at all: what it costs to look at most texts."""
    small = text.lower()
    return any(mark in small for mark in _MARKS)


def user_id(value: Any) -> str | None:
    """Return a user id as a source gives it, as text; None where there is none.

    >>> user_id("ann"), user_id(7), user_id(7.0), user_id(True)
    ('ann', '7', '7', None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value) or None


class _Door(NamedTuple):
    """The way through a value; `of` is the name of what a value belongs to, `at` how deep it lies.

    Loops instead of comprehensions, and few calls a level: hostile values lie as deep as MAX_DEPTH.
    """

    key_user: KeyUser

    def value(self, value: Any, of: str, at: int) -> Any:
        if isinstance(value, str):
            return self.text(value, of, at)
        if isinstance(value, list):
            entries = []
            for entry in value:
                entries.append(self.value(entry, of, at + 1))
            return entries
        if not isinstance(value, dict):
            return value
        of, pair = of or _request(value), _name_of_pair(value)
        fields = {}
        for name, entry in value.items():
            fields[name] = self.entry(pair if pair and name == "value" else str(name), entry, of, at + 1)
        return fields

    def entry(self, name: str, entry: Any, of: str, at: int) -> Any:
        below = _below(name)
        if below and _is_structure(entry):
            return self.value(entry, below, at)
        if is_user_id(f"{of}.{name}" if of else name) and not (of == _ASKED and name == "user" and " " in str(entry)):
            return self.keys(entry)
        return self.value(entry, "", at)

    def keys(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.keys(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.keys(entry) for entry in value]
        raw = user_id(value)
        return value if raw is None else _key(raw, self.key_user)

    def text(self, text: str, of: str, at: int) -> str:
        if not of and not may_name_user(text):
            return text
        inner = text.strip()
        deep = at + depth(raw := inner.encode("utf-8", "replace")) if inner[:1] in _JSON_STARTS else MAX_DEPTH
        if deep >= MAX_DEPTH:
            return self.words(text)
        try:
            parsed = read(raw, max_bytes=MAX_DOCUMENT_BYTES)
        except RecordError:
            return self.words(text)
        replaced = self.value(parsed.value, of, deep + 1)
        if replaced == parsed.value and not parsed.has_repeated_keys:
            return text
        style = next((style for style in _STYLES if style.dump(parsed.value) == inner), _COMPACT)
        start = text.index(inner)
        return f"{text[:start]}{style.dump(replaced)}{text[start + len(inner) :]}"

    def words(self, text: str) -> str:
        return _IN_TEXT.sub(partial(_replaced, key_user=self.key_user), text)


def _is_structure(entry: Any) -> bool:
    """Return whether a value has fields of its own, as a text of JSON too."""
    if isinstance(entry, list):
        return any(isinstance(element, dict) for element in entry)
    return isinstance(entry, dict) or (isinstance(entry, str) and entry[:1] in ("{", "["))


def _request(value: Mapping[str, Any]) -> str:
    """Return what to call an object that is a request to a model with a `user`; an empty text for any other."""
    return _ASKED if "user" in value and not REQUEST.isdisjoint(value) else ""


def _name_of_pair(value: Mapping[str, Any]) -> str:
    """Return the name in an object that is one field written out, as in `{"key": "user.id", "value": "ann"}`."""
    said = value.get("key", value.get("name")) if "value" in value else None
    return said if isinstance(said, str) else ""


def _replaced(found: re.Match[str], *, key_user: KeyUser) -> str:
    if found["list"] is not None:
        group, after = "list", _ELEMENT.sub(partial(_replaced_element, key_user=key_user), found["list"])
    else:
        group = next(name for name in ("quoted", "cut", "number", "bare") if found[name] is not None)
        after = found[group] if found[group] in _NOBODY else _key(found[group], key_user)
    start, end = found.start(group) - found.start(), found.end(group) - found.start()
    return f"{found[0][:start]}{after}{found[0][end:]}"


def _replaced_element(found: re.Match[str], *, key_user: KeyUser) -> str:
    quote, raw = found["open"] or "'", found["quoted"] or found["number"]
    return f"{quote}{_key(raw, key_user)}{quote}" if raw else found[0]


def _key(raw: str, key_user: KeyUser) -> str:
    return raw if _IS_KEY.fullmatch(raw) else key_user(raw)


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters, without the numbers at its end."""
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdecimal():
        words.pop()
    return words


def _last_part(name: str) -> str:
    return re.split(r"[.:/#\[]", name.rstrip("0123456789.#[]"))[-1]


@lru_cache(_KNOWN_NAMES)
def _below(name: str) -> str:
    """Return what to call the value of a field if it is an object: the user, or the parameters of a request."""
    words = _words(name)
    if words and (words[-1] in USERS or words[-2:] == ["end", "user"]):
        return "user"
    return "parameters" if words and "".join(words[-2:]) in PARAMETERS else ""
