"""How far people are with the answers that they score: what is wanted, who has scored, and what waits."""

from workbench.experiments.labels import Labels
from workbench.report import formats
from workbench.report.blocks import Block, bullets, numbers, sentences, table, words
from workbench.report.markup import said, strong


def labels_summary(labels: Labels) -> Block:
    """Return how many answers wait for people, for the top of the page."""
    n = sum(labels.n_wanted.values())
    if not labels.is_run:
        return sentences(strong("Nothing was run yet, so that there are no answers to score."))
    if not n:
        return sentences(strong("No answer of this experiment waits for people."))
    left = "none waits" if not labels.n_left else f"{formats.counted(labels.n_left, 'answer')} wait for people"
    return sentences(
        strong(f"{formats.count(n - labels.n_left)} of {formats.counted(n, 'answer')} are scored; {left}.")
    )


def labels_by_metric(labels: Labels) -> Block:
    """Return one row a metric that people score: how many answers, and how many of them nobody has scored."""
    if not labels.n_wanted:
        return sentences("Its metrics are measured by programs, or by nobody.")
    rows = [
        (said(name), formats.count(n), formats.count(n - labels.n_scored.get(name, 0)))
        for name, n in labels.n_wanted.items()
    ]
    return table((*words("metric"), *numbers("answers", "left")), rows, caption="What do people score?", of="metric")


def labels_by_person(labels: Labels) -> Block:
    """Return one row a person: how many answers they scored."""
    if not labels.by_person:
        return sentences("Nobody has scored an answer yet.")
    rows = [(said(name), formats.count(n)) for name, n in labels.by_person.items()]
    return table((*words("who"), *numbers("answers")), rows, caption="Who has scored how many?", of="person")


def labels_conclusions(labels: Labels) -> Block:
    """Return what is known, and which command goes on."""
    if labels.is_over:
        return bullets("Its run has ended: it rests on what people said until then.")
    run = f"workbench experiment run {labels.experiment_id}"
    if not labels.is_run or not labels.n_left:
        return bullets(f"Nothing waits for people here: {run} goes on.")
    return bullets(f"Until somebody has scored every answer, the run waits. Then {run} goes on.")
