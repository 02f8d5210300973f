"""Which key does what in a review: data, that a reviewer with another keyboard, or another habit, changes in a line."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

KEYS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "undo": ("z", "Backspace"),
        "skip": (" ",),
        "flag": ("f",),
        "note": ("n",),
        "code": ("o",),
        "category": ("g",),
        "severity": ("v",),
        "elsewhere": ("t",),
        "bulk": ("b",),
        "search": ("/",),
        "next_unsure": ("u",),
        "back": ("ArrowLeft",),
        "forward": ("ArrowRight",),
        "next_step": ("j", "ArrowDown"),
        "previous_step": ("k", "ArrowUp"),
        "to_finding": ("w",),
        "unfold": ("x",),
        "next_example": ("]",),
        "previous_example": ("[",),
        "neighbour": ("l",),
        "help": ("?", "h"),
    }
)
"""By what is done; names of keys are those of the browser's `KeyboardEvent.key`."""
RESERVED = frozenset({"Enter", "Escape", "Tab"})
"""Take, leave and go on, wherever the focus is."""


def keymap_of(labels: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, list[str]]:
    """Return the keys of everything that can be done: labels have their number and, where it is free, their letter.

    Parameters
    ----------
    labels
        By kind of item: label and key.
    """
    keys = {action: list(given) for action, given in KEYS.items()}
    taken = {key for given in keys.values() for key in given} | RESERVED
    for of_kind in labels.values():
        for number, label in enumerate(of_kind, start=1):
            wanted = dict.fromkeys((str(number), str(label.get("key", ""))))
            mine = keys.setdefault(label["label"], [])
            fresh = [key for key in wanted if key and key not in taken]
            mine.extend(fresh)
            taken.update(fresh)
    return keys


def remapped(keymap: Mapping[str, Sequence[str]], *, known: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the known keys with those of a reviewer in their stead; what she does not name stays.

    Raises
    ------
    ValueError
        If nothing has that name, a key is reserved, or one key would do two things.
    """
    for action in keymap:
        if action not in known:
            raise ValueError(f"keymap names {action!r}, must be one of {', '.join(known)}")
    whole = {action: list(keymap.get(action, keys)) for action, keys in known.items()}
    does: dict[str, str] = {}
    for action, keys in whole.items():
        for key in keys:
            if key in RESERVED:
                raise ValueError(f"keymap gives {key!r} to {action!r}, must be none of {', '.join(sorted(RESERVED))}")
            if does.setdefault(key, action) != action:
                raise ValueError(f"keymap gives {key!r} to {does[key]!r} and {action!r}, must be one of them")
    return whole
