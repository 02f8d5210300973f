"""A case: one input of an experiment, with what is known of the right answer.

It is a value that outlives the traces it came from: it is kept in a file with a digest, so that two experiments can be
shown to have asked the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

import msgspec

from workbench.boundaries.plain_json import read_json
from workbench.errors import RecordError
from workbench.ids import digest

QUESTION = "question"
"""The name in an input of what the user asked, where it was recorded as text or messages."""
OF_REQUEST = ("task", "model", "user_tier", "release")
"""What a trace tells of a request beside its question."""
AssertionKind = Literal["contains", "lacks", "matches", "calls", "calls_not", "states"]
"""contains, lacks: a text. matches: a pattern of RE2. calls, calls_not: a tool by name. states: a sentence that a judge
or a person finds true of the answer."""


class Assertion(NamedTuple):
    """One thing that must hold of an answer, as a reviewer said."""

    kind: AssertionKind
    """How it is checked."""
    value: str
    """The text, pattern, tool or sentence."""


class ToolCall(NamedTuple):
    """One call of a tool in the trace that a case came from, to be replayed."""

    name: str
    """The tool."""
    arguments: Mapping[str, Any]
    """What it was called with."""
    output: str
    """What it answered; of a failed call its error."""
    is_error: bool = False
    """Whether the call failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input of an experiment."""

    case_id: str
    """Unique in its set."""
    input: Mapping[str, Any]
    """What the app is asked, by name; JSON values."""
    user_key: str | None = None
    """Whose request it is, keyed (usr_...); None where no user is known."""
    group: str = ""
    """Cases that are near-duplicates of each other share it; empty for one that is like no other."""
    expected: Any = None
    """The right answer, text or JSON value; None where nobody said."""
    assertions: tuple[Assertion, ...] = ()
    """What must hold of an answer."""
    trace_id: str | None = None
    """The trace that it came from."""
    tools: tuple[ToolCall, ...] = ()
    """Calls of that trace, in order."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """Attributes of the request by which results are also shown, such as the user's tier."""

    def __post_init__(self) -> None:
        if not self.case_id.strip():
            raise ValueError("case_id is empty, a case must have one")

    @property
    def digest(self) -> str:
        """What stands for all of it: SHA-256 of its JSON with sorted keys."""
        return digest(_encoded(self))

    @property
    def asked_digest(self) -> str:
        """What stands for all that an arm is told: an expectation that is corrected leaves the answers as they are."""
        return digest(_encoded((self.case_id, self.input, self.tools)))


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a file of cases."""

    case_id: str
    input: dict[str, Any]
    user_key: str | None = None
    group: str = ""
    expected: Any = None
    assertions: tuple[Assertion, ...] = ()
    trace_id: str | None = None
    tools: tuple[ToolCall, ...] = ()
    slices: dict[str, str] = msgspec.field(default_factory=dict)


def to_jsonl(cases: Iterable[Case]) -> bytes:
    """Return cases as JSONL, a line each, in their order; the same bytes for the same cases."""
    return b"".join(_encoded(case) + b"\n" for case in cases)


def from_jsonl(raw: bytes, *, where: str = "cases") -> tuple[Case, ...]:
    r"""Return the cases of a file that `to_jsonl` or a person wrote, in its order.

    A file is taken whole or not at all: an experiment on the lines that happened to be readable is another one.

    Parameters
    ----------
    raw
        The file.
    where
        What it is called in errors.

    Raises
    ------
    RecordError
        If a line is no case, has a field that is not known, or repeats a case_id; it says which line.

    >>> from_jsonl(b'{"case_id": "c1", "input": {"question": "Is it binding?"}}\n')[0].input["question"]
    'Is it binding?'
    """
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    cases: dict[str, Case] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = _read(line)
            if case.case_id in cases:
                raise RecordError("its case_id was given before", reason="duplicate_key")
        except RecordError as error:
            raise RecordError(error.what, reason=error.reason, where=f"{where}, line {number}") from None
        cases[case.case_id] = case
    return tuple(cases.values())


def _read(line: bytes) -> Case:
    try:
        said = msgspec.convert(read_json(line), type=_Line, strict=True)
        return Case(**{one.name: getattr(said, one.name) for one in fields(Case)})
    except (msgspec.ValidationError, ValueError) as error:
        raise RecordError(f"is no case: {error}", reason="wrong_type") from None


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
