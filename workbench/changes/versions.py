"""Which commits of the app hold the prompt versions that telemetry names; what resolves to none is said.

Telemetry names a prompt as its tracer does: a name and a version, a commit, a digest, or only the text as it was sent.
Each of these is looked for in the history of the app's prompts, the surest first.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from workbench.changes.app_files import Prompt, read_prompt
from workbench.counted import counted
from workbench.errors import RecordError

By = Literal["digest", "commit", "version", "tag", "text", "none"]
"""What told the version: the digest of the text, the commit's own id, the version in the file's front matter, a tag of
the repository, or the text as it was sent; none where nothing did."""
MIN_DIGITS = 8
"""Of a shortened digest or commit: one of four thousand million."""
MIN_FIXED = 40
"""Characters of a prompt outside of its variables, so that the text as it was sent can tell it."""
_VARIABLE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{[A-Za-z_][A-Za-z0-9_]*\}")
_ROLE = re.compile(r"^(system|user|assistant|developer):[ \t]*$", re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.\s/]+")
_HEX = re.compile(r"[0-9a-f]+")


class Held(NamedTuple):
    """One prompt as a commit of the app first has it."""

    commit: str
    """The commit that brought this text."""
    at: datetime
    """When it was committed, UTC."""
    path: str
    """The prompt's path in it."""
    blob: str
    """Git's id of the text."""
    text: str
    """The file."""
    tags: tuple[str, ...] = ()
    """Tags of the commit."""
    is_proposed: bool = False
    """Whether nothing but the branch of a change has it: it need not ever have run."""


class Seen(NamedTuple):
    """One prompt version as telemetry names it; empty where it does not say."""

    name: str = ""
    """The prompt's name."""
    version: str = ""
    """Its version."""
    digest: str = ""
    """A digest of its text."""
    text: str = ""
    """The system message as it was sent, where nothing else tells the version."""
    n_traces: int = 0
    """Traces with it."""
    first_at: datetime | None = None
    """Start of the first of its spans, UTC."""
    last_at: datetime | None = None
    """Start of the last of its spans, UTC."""


class Resolved(NamedTuple):
    """What one prompt version of the telemetry is in the app's repository."""

    seen: Seen
    """The version as telemetry names it."""
    held: tuple[Held, ...]
    """The commits that hold it, oldest first; several where its text was edited and its version was not."""
    by: By
    """What told it."""
    note: str
    """Why it resolves to none, or to several; empty for one commit."""


def resolve(seen: Sequence[Seen], held: Iterable[Held]) -> tuple[Resolved, ...]:
    """Return for each prompt version of the telemetry the commits that hold it, in the order given; deterministic.

    Parameters
    ----------
    seen
        Prompt versions as telemetry names them.
    held
        Prompts of the app's history, one entry for each text that a commit brought.
    """
    history = sorted(map(_read, held), key=lambda known: (known.held.at, known.held.path))
    return tuple(_resolved(one, history) for one in seen)


def fits(body: str, sent: str) -> bool:
    """Return whether a system message may be the template with its variables filled in; linear time.

    Blanks do not matter. A template with less than MIN_FIXED characters of its own fits nothing.

    >>> fits("You summarise {{citation}} for a lawyer, plainly and in one paragraph.",
    ...      "You summarise 12 U.S. 3 for a lawyer, plainly and in one paragraph.")
    True
    """
    return _fits(_fixed(body), _flat(sent))


def _fixed(body: str) -> tuple[str, ...]:
    """Return what of a template's system message stands between its variables."""
    return tuple(_flat(part) for part in _VARIABLE.split(_system(body)))


def _fits(fixed: Sequence[str], text: str) -> bool:
    first, *others = fixed
    if len(first) + sum(map(len, others)) < MIN_FIXED:
        return False
    if not others or not text.startswith(first):
        return not others and text == first
    place = len(first)
    for part in others[:-1]:
        if (found := text.find(part, place)) < 0:
            return False
        place = found + len(part)
    return text.endswith(others[-1]) and len(text) - len(others[-1]) >= place


class _Known(NamedTuple):
    """A prompt with all that is compared of it, worked out once: there may be 20,000 texts to compare it with."""

    held: Held
    names: frozenset[str]
    """Its names, that of its path too, so that spelling does not matter."""
    version: str
    fixed: tuple[str, ...]
    digests: tuple[str, ...]


def _read(held: Held) -> _Known:
    """Return what a prompt is known by; a file whose front matter is broken names nothing there."""
    try:
        prompt = read_prompt(held.text)
    except RecordError:
        prompt = Prompt({}, held.text)
    name, version, body = prompt.meta.get("name"), prompt.meta.get("version"), prompt.body
    stem = held.path.rsplit("/", 1)[-1].split(".", 1)[0]
    return _Known(
        held,
        frozenset(map(_spelt, (stem, held.path, *((str(name),) if name else ())))),
        "" if version is None else str(version),
        _fixed(body),
        (held.blob, *map(_sha256, (held.text, body, body.strip(), _system(body)))),
    )


def _resolved(seen: Seen, history: Sequence[_Known]) -> Resolved:
    for by, known in _ways(seen, history):
        if known:
            held = tuple(one.held for one in known)
            released = tuple(one for one in held if not one.is_proposed)
            return Resolved(seen, released or held, by, _several(released or held))
    return Resolved(seen, (), "none", _why_none(seen, history))


def _ways(seen: Seen, history: Sequence[_Known]) -> Iterator[tuple[By, list[_Known]]]:
    """Yield the prompts that each way finds, the surest way first."""
    yield "digest", [one for one in history if seen.digest and _has_digest(one, seen.digest)]
    named = _named(seen, history)
    yield "commit", [one for one in named if _is_start(seen.version, one.held.commit)]
    yield "version", [one for one in named if seen.version and _number(seen.version) == _number(one.version)]
    yield "tag", [one for one in named if seen.version and _spelt_tags(one.held) & _tags_of(seen)]
    text = "" if seen.version else _flat(seen.text)
    yield "text", [one for one in named if text and _fits(one.fixed, text)]


def _named(seen: Seen, history: Sequence[_Known]) -> list[_Known]:
    name = _spelt(seen.name)
    return [one for one in history if not seen.name or name in one.names]


def _has_digest(known: _Known, wanted: str) -> bool:
    digits = wanted.lower().removeprefix("sha256:").removeprefix("sha1:")
    return any(_is_start(digits, one) for one in known.digests)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _is_start(short: str, whole: str) -> bool:
    return len(short) >= MIN_DIGITS and _HEX.fullmatch(short) is not None and whole.startswith(short)


def _spelt(name: str) -> str:
    return _SEPARATORS.sub("-", name.strip().casefold())


def _number(version: str) -> str:
    """Return a version without the letter that some write before it.

    >>> _number("v7"), _number("7"), _number("draft")
    ('7', '7', 'draft')
    """
    return version[1:] if version[:1] in ("v", "V") and version[1:2].isdigit() else version


def _tags_of(seen: Seen) -> set[str]:
    number, name = _number(seen.version), _spelt(seen.name)
    return {
        _spelt(tag)
        for tag in (seen.version, number, f"v{number}", f"prompt-{number}", f"{name}-{number}", f"{name}-v{number}")
    }


def _spelt_tags(held: Held) -> set[str]:
    return {_spelt(tag.replace("@", "-")) for tag in held.tags}


def _system(body: str) -> str:
    """Return the part of a prompt that is the system message, where roles are marked; else all of it."""
    parts = _ROLE.split(body)
    roles = dict(zip(parts[1::2], parts[2::2], strict=True))
    return next((roles[role].strip() for role in ("system", "developer") if role in roles), body.strip())


def _flat(text: str) -> str:
    return " ".join(text.split())


def _several(held: Sequence[Held]) -> str:
    texts = {one.text for one in held}
    if len({one.path for one in held}) > 1:
        return "several prompts of the app fit: the telemetry does not say which"
    if any(one.is_proposed for one in held):
        return "no branch of the app has it, only a change"
    return (
        f"its text was edited and its version was not: {counted(len(texts), 'text has', 'texts have')} it"
        if len(texts) > 1
        else ""
    )


def _why_none(seen: Seen, history: Sequence[_Known]) -> str:
    if not history:
        return "the app's repository holds no prompt"
    named = _named(seen, history)
    if not named:
        return "no prompt of the app has that name"
    if not seen.version:
        return "the telemetry names no version" if not seen.digest else "no text of the app has that digest"
    known = list(dict.fromkeys(one.version for one in named if one.version))
    has = f"the app has {', '.join(known[-10:])}" if known else "the app's prompts name no version"
    return f"no commit holds that version: {has}"
