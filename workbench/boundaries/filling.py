"""From template to prompt: values stand where a template names them, and are never read as template or role again.

What fills a template was written by strangers. So a template is cut into its messages before anything is filled in, and
a value is put in once, as it is.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.errors import ConfigError, RecordError

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_ROLE = re.compile(r"^(system|developer|user|assistant):[ \t]*$", re.MULTILINE)


class Message(NamedTuple):
    """One message of a template or prompt."""

    role: str
    """system, developer, user or assistant."""
    text: str
    """What it says."""


def read_messages(body: str) -> tuple[Message, ...]:
    r"""Return the messages of a prompt file: a line `user:` begins one; what stands before any is the system's.

    Raises
    ------
    ConfigError
        If it holds template parts that are not plain variables: loops, conditions, filters.

    >>> read_messages("system:\nBe brief.\n\nuser:\n{{question}}\n")
    (Message(role='system', text='Be brief.'), Message(role='user', text='{{question}}'))
    """
    bare = _VARIABLE.sub("", body)
    for mark in ("{{", "{%", "{#"):
        if mark in bare:
            raise ConfigError(f"the prompt holds `{mark}`, and only plain variables such as {{{{name}}}} are filled in")
    pieces = _ROLE.split(body.replace("\r\n", "\n"))
    named = [("system", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return tuple(Message(role, text.strip()) for role, text in named if text.strip())


def variables(messages: Sequence[Message]) -> set[str]:
    """Return the names of the variables in messages."""
    return {name for message in messages for name in _VARIABLE.findall(message.text)}


def fill(messages: Sequence[Message], values: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return the messages with each variable's value: a text as it is, anything else as JSON.

    Raises
    ------
    RecordError
        With the reason no_value, if a variable has none.

    >>> fill([Message("user", "{{ a }}")], {"a": "{{b}}", "b": "secret"})[0].text
    '{{b}}'
    """
    missing = sorted(variables(messages) - values.keys())
    if missing:
        raise RecordError(f"the prompt wants {', '.join(missing)}, which the case does not have", reason="no_value")
    return tuple(
        Message(message.role, _VARIABLE.sub(lambda found: as_text(values[found[1]]), message.text))
        for message in messages
    )


def as_text(value: Any) -> str:
    """Return a value as a prompt holds it.

    >>> as_text("x"), as_text({"a": 1})
    ('x', '{"a": 1}')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
