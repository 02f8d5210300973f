"""The door for JSON that a program or a server answers with: one meaning, at a bounded cost, or the reason why not.

Parsers disagree about a key that is given twice, about NaN and about numbers of thousands of digits. Nothing of the
kind is taken here: what is scored or kept in a journal must mean the same to whoever reads it later.
"""

import json
import math
from typing import Any

from workbench.errors import RecordError

MAX_BYTES = 16 << 20
"""Of one document: a case with the longest recorded tool outputs takes a few megabytes."""
MAX_DEPTH = 100
"""Levels: answers and tool outputs of real apps stay below 30."""


def read_json(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return what a document says, as dicts, lists, texts, numbers that are finite, bools and None.

    Raises
    ------
    RecordError
        With the reason empty, too_large, too_deep, not_utf8, not_json, duplicate_key or bad_number.

    >>> read_json(b'{"output": "refund"}')
    {'output': 'refund'}
    """
    if len(raw) > max_bytes:
        raise RecordError(f"{len(raw)} bytes, must be at most {max_bytes}", reason="too_large")
    if not raw.strip():
        raise RecordError("is empty", reason="empty")
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_single_keys, parse_constant=_no_constant, parse_float=_finite
        )
        if _is_too_deep(value):
            raise RecursionError
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except RecursionError:
        raise RecordError(f"is nested deeper than {MAX_DEPTH}", reason="too_deep") from None
    except UnicodeError:
        raise RecordError("is not UTF-8", reason="not_utf8") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"is no JSON at character {error.pos}", reason="not_json") from None
    except ValueError:  # an integer of thousands of digits
        raise RecordError("holds a number that is too long", reason="bad_number") from None
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            part
            for one in level
            if isinstance(one, list | dict)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _single_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise RecordError("gives one key twice", reason="duplicate_key")
    return entries


def _no_constant(word: str) -> Any:
    raise RecordError(f"holds {word}, which is no JSON number", reason="bad_number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise RecordError("holds a number that is too large", reason="bad_number")
    return number
