"""A digest as a page: what is new, growing, back, in doubt, resolved or stuck since, and how the run's steps went."""

from collections.abc import Mapping, Sequence

from workbench.records import TOPICS, Digest, Step, Topic
from workbench.report import formats
from workbench.report.backlog import TITLE_CHARACTERS
from workbench.report.blocks import MAX_ROWS, Block, numbers, sentences, stack, table, words
from workbench.report.detection import DetectionReport
from workbench.report.health import ID_CHARACTERS, health_figures, stage_ages, waits_table
from workbench.report.markup import badge, join, muted, quote, said, strong
from workbench.report.trend import trends

TOPIC_WORDS: Mapping[Topic, tuple[str, str]] = {
    "new": ("New", "Problems that were not there before"),
    "growing": ("Growing", "Problems that more of the traffic has than before, beyond chance"),
    "reopened": ("Reopened", "Problems that came back after they were shipped or resolved"),
    "doubted": ("In doubt", "Problems that were gone, and of which that is not shown any more"),
    "resolved": ("Resolved", "Problems that are really gone"),
    "stuck": ("Stuck", "Problems that wait for longer than they may"),
}
"""The heading of a topic, and what it means."""
_OPEN = ("Open", "Problems that were open when this profile first ran: there is nothing before to compare with")
"""In place of what is new, in the first digest of a profile."""
MAX_RECENT_DAYS = 60


def growing(report: DetectionReport, *, days: int) -> dict[str, str]:
    """Return by issue how its share of the traffic grew in the last days, in words; of those beyond chance alone.

    Parameters
    ----------
    report
        The detection run.
    days
        The days that are compared with those before; as many as `trends` takes.
    """
    recent_days = min(max(days, 1), MAX_RECENT_DAYS)
    moved = trends(report, recent_days=recent_days)
    last = formats.counted(recent_days, "day")
    return {
        problem.issue.id: (
            f"in {formats.share_of(trend.recent, trend.n_recent)} of the traces of the last {last}, "
            f"{formats.share_of(trend.before, trend.n_before)} before"
        )
        for problem in report.problems
        for trend in [moved.get(problem.cluster_id)]
        if problem.issue is not None and trend is not None and trend.state in ("growing", "new")
    }


def digest_headline(digest: Digest, steps: Sequence[Step]) -> str:
    """Return the digest in one line: how many problems of each topic, and what went wrong."""
    n_bad = sum(is_bad(step) for step in steps)
    failed = f"{n_bad} of {formats.counted(len(steps), 'step')} failed; " if n_bad else ""
    n_news = {topic: sum(line.is_news for line in digest.lines[topic]) for topic in TOPICS}
    is_first = digest.since is None
    named = {"doubted": "in doubt", **({"new": "open"} if is_first else {"stuck": "newly stuck"})}
    told = ", ".join(f"{formats.count(n)} {named.get(topic, topic)}" for topic, n in n_news.items() if n)
    if is_first:
        told = f"first digest, nothing to compare with: {told or 'nothing is open'}"
    n_waits = len(digest.health.waits)
    waits = f"; {formats.counted(n_waits, 'wait is', 'waits are')} over" if n_waits else ""
    return f"{failed}{told or 'nothing changed'}{waits}"


def digest_summary(digest: Digest, *, headline: str) -> Block:
    """Return the headline as a sentence, and since when."""
    return stack(sentences(strong(f"{headline[0].upper()}{headline[1:]}."), muted(since_words(digest))), name="summary")


def digest_topics(digest: Digest) -> Block:
    """Return a table a topic that has anything."""
    shown = [_topic(topic, digest) for topic in TOPICS if digest.lines[topic]]
    return (
        stack(*shown, name="topics")
        if shown
        else sentences("No problem is new, growing, back, in doubt, resolved or stuck.")
    )


def digest_health(digest: Digest) -> Block:
    """Return how the loop turns, and all waits that are over."""
    health = digest.health
    return stack(health_figures(health), waits_table(health, top_n=MAX_ROWS), stage_ages(health), name="health")


def steps_table(steps: Sequence[Step]) -> Block:
    """Return what became of each step, and what one said that is not done."""
    rows = [
        (badge(formats.words(step.state)), step.command, formats.duration(1_000 * step.duration_s)) for step in steps
    ]
    listed = table((*words("", "step"), *numbers("took")), rows, caption="What the run did", of="step", top_n=MAX_ROWS)
    wrong = [Block(quote(step.command, step.said)) for step in steps if step.said]
    return stack(listed, *wrong, name="steps")


def is_bad(step: Step) -> bool:
    """Return whether a step went wrong: too little data is an answer."""
    return step.state not in ("done", "insufficient")


def since_words(digest: Digest) -> str:
    """Return what the digest covers."""
    if digest.since is None:
        return f"The first digest of this profile, made {formats.moment(digest.at)}: all that is open is told."
    return f"From {formats.moment(digest.since)} to {formats.moment(digest.at)}."


def topic_words(topic: Topic, digest: Digest) -> tuple[str, str]:
    """Return the heading of a topic in a digest, and what it means there."""
    return _OPEN if topic == "new" and digest.since is None else TOPIC_WORDS[topic]


def _topic(topic: Topic, digest: Digest) -> Block:
    lines, (heading, meaning) = digest.lines[topic], topic_words(topic, digest)
    rows = [
        (
            join([said(line.title, limit=TITLE_CHARACTERS), " ", muted(line.issue_id[:ID_CHARACTERS])]),
            line.severity,
            line.state,
            join([badge("newly"), " ", line.why]) if topic == "stuck" and line.is_news and digest.since else line.why,
            formats.count(line.n_traces),
            formats.count(line.n_users) if line.n_users else formats.NOT_KNOWN,
        )
        for line in lines
    ]
    return table(
        (*words("problem", "severity", "stage", "why it is told"), *numbers("traces", "users")),
        rows,
        caption=f"{heading}: {formats.count(len(lines))}",
        of="problem",
        rest="`workbench backlog` lists them",
        note=f"{meaning}. Traces and users: of its cluster in the run that saw it last.",
    )
