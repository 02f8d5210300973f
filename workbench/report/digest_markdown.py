"""A digest as Markdown, which is a readable mail too: words of traces stand in code spans and do nothing there."""

from collections.abc import Iterator, Sequence

from workbench.boundaries.display import shorten
from workbench.boundaries.markdown import code_span
from workbench.records import TOPICS, Digest, Line, Step, Wait
from workbench.report import formats
from workbench.report.backlog import TITLE_CHARACTERS
from workbench.report.digest import since_words, topic_words
from workbench.report.health import KIND_WORDS, NOBODY, health_words

MAX_LINES = 20
"""Of a list: a mail that is longer is not read."""


def digest_markdown(digest: Digest, steps: Sequence[Step], *, headline: str, name: str, profile: str) -> str:
    """Return the digest as Markdown.

    Parameters
    ----------
    digest
        What changed.
    steps
        What the run did, and who was told.
    headline
        As of `digest_headline`.
    name
        The workspace's.
    profile
        Whose run it was.
    """
    return "\n".join([*_lines(digest, steps, headline=headline, name=name, profile=profile), ""])


def _lines(digest: Digest, steps: Sequence[Step], *, headline: str, name: str, profile: str) -> Iterator[str]:
    yield from (f"# {code_span(name)}: {headline}", "")
    yield f"Profile {code_span(profile)}. {since_words(digest)}"
    for topic in TOPICS:
        lines = digest.lines[topic]
        if lines:
            heading, meaning = topic_words(topic, digest)
            yield from ("", f"## {heading}: {len(lines)}", "", f"{meaning}.", "")
            yield from _at_most(map(_line, lines), len(lines))
    if digest.health.waits:
        yield from ("", f"## Waits that are over: {len(digest.health.waits)}", "")
        yield from _at_most(map(_wait, digest.health.waits), len(digest.health.waits))
    yield from ("", "## How the loop turns", "")
    yield from (f"- {sentence}" for sentence in health_words(digest.health))
    yield from ("", "## Steps", "")
    for step in steps:
        took = formats.duration(1_000 * step.duration_s)
        yield f"- {formats.words(step.state)}, {took}: {code_span(step.command)}"
        if step.said:
            yield f"  - {code_span(shorten(step.said, 300))}"


def _line(line: Line) -> str:
    title = code_span(shorten(line.title, TITLE_CHARACTERS))
    users = f", {formats.counted(line.n_users, 'user')}" if line.n_users else ""
    traces = formats.counted(line.n_traces, "trace")
    return f"- {title}, {line.severity} severity, {traces}{users}: {line.why} ({line.issue_id})"


def _wait(wait: Wait) -> str:
    what = f" {code_span(shorten(wait.title, TITLE_CHARACTERS))}" if wait.title else ""
    asked = ", ".join(map(code_span, wait.asked)) or NOBODY
    return f"- {KIND_WORDS[wait.kind]} since {wait.due_at:%Y-%m-%d}:{what} ({wait.id}). Asked: {asked}. {wait.ends}"


def _at_most(lines: Iterator[str], n: int) -> Iterator[str]:
    yield from (line for _, line in zip(range(MAX_LINES), lines, strict=False))
    if n > MAX_LINES:
        yield f"- and {n - MAX_LINES} more"
