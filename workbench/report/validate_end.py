"""How far an experiment can be believed, what is now known, and what stands for each thing that it rests on."""

from workbench.experiments.comparison import sentence_of
from workbench.experiments.threats import threats_to
from workbench.experiments.validation import Validation
from workbench.experiments.validity import NOT_RUN, results_digest
from workbench.report import formats
from workbench.report.blocks import Block, bullets, sentences, stack, table, words
from workbench.report.markup import Html, file_name, join, muted, said, strong

_DIGITS = 16
_NEXT = {
    "ship": "Somebody other than its author signs it, and it goes out; then it is watched whether the problem is gone.",
    "dont_ship": "Its issues are being changed again; the next edit is another change, with an experiment of its own.",
    "inconclusive": "It goes on with what would settle it, or a person drops it once the plan has ended.",
    "invalid": "What is wrong is mended, and another experiment is planned: this one can decide nothing.",
}


def threats_to_validity(validation: Validation) -> Block:
    """Return what speaks against believing it: what was seen here, and what is assumed of every such experiment."""
    threats = threats_to(validation)
    seen = [one.words for one in threats if one.is_seen]
    assumed = [one.words for one in threats if not one.is_seen]
    told = [sentences(strong("Seen in this experiment")), bullets(*seen)] if seen else [sentences("Nothing was seen.")]
    return stack(*told, sentences(strong("Assumed, and not to be seen in it")), bullets(*assumed), name="threats")


def validation_conclusions(validation: Validation) -> Block:
    """Return what is now known: the decision with every reason, and what happens next."""
    ruling = validation.ruling
    told = [*ruling.reasons, *ruling.known_costs, *(f"to settle it: {one.words}" for one in ruling.settle)]
    is_only_not_run = len(ruling.reasons) == 1 and ruling.reasons[0].startswith(NOT_RUN)
    next_ = _going_on(validation.experiment.id) if is_only_not_run else _NEXT[ruling.decision]
    return stack(sentences(strong(sentence_of(ruling))), bullets(*told), sentences(next_))


def _going_on(experiment_id: str) -> str:
    """Return how an experiment goes on that has not run to its end, and has nothing else wrong with it."""
    run, label = (f"workbench experiment {verb} {experiment_id}" for verb in ("run", "label"))
    return f"It goes on with {run}; where that says that people have answers to score, {label} shows them first."


def validation_provenance(validation: Validation) -> Block:
    """Return the ids and digests of all that the decision rests on."""
    experiment, run, decision = validation.experiment, validation.run, validation.decision
    baseline, candidate = experiment.arms
    rows: list[tuple[Html | str, ...]] = [
        ("experiment", file_name(experiment.id), f"frozen {formats.moment(experiment.frozen_at)}"),
        ("plan", file_name(experiment.plan_digest[:_DIGITS]), "SHA-256 of its JSON, in the ledger before the run"),
        ("baseline", file_name(baseline.commit[:_DIGITS]), "commit of the app"),
        ("candidate", file_name(candidate.commit[:_DIGITS]), "commit of the app"),
        *(
            (
                f"{held.record.kind} holdout",
                join([file_name(held.record.id), " ", file_name(held.record.digest[:_DIGITS])]),
                f"its cases; tables {formats.versions(held.record.table_versions)}",
            )
            for held in validation.held
        ),
    ]
    if run is not None:
        now = results_digest(validation.results)
        is_same = "as the run left them" if now == run.results_digest else "not as the run left them"
        rows.append(("run", file_name(run.id), join([f"{formats.moment(run.at)}, by ", said(run.author, limit=40)])))
        rows.append(("results", file_name(now[:_DIGITS]), is_same))
    for look in validation.looks:
        by = join([f"{formats.moment(look.at)}, by ", said(look.author, limit=40)])
        rows.append(("look", file_name(look.id), by))
        rows.append(("what it looked at", file_name(look.results_digest[:_DIGITS]), "values, as the look left them"))
    if decision is not None:
        signed = join(["signed by ", join([said(one, limit=40) for one in validation.signers], ", ")])
        rows.append(("decision", file_name(decision.id), signed if validation.signers else muted("not signed")))
    return table(words("what", "which", ""), rows, caption="What does the decision rest on?", of="thing")
