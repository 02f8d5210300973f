"""Who was exposed in an experiment on live traffic: look by look, and whether the flag split them right."""

from workbench.experiments.validation import Validation
from workbench.records import LiveLook
from workbench.report import formats
from workbench.report.blocks import Block, numbers, sentences, stack, table, words
from workbench.report.markup import Html, file_name, join, said
from workbench.stats.sample_ratio import THRESHOLD, sample_ratio_p


def live_exposures(validation: Validation) -> Block:
    """Return the flag, and one row a look that was taken: users of each arm, and how they fit the split."""
    plan = validation.plan
    if plan is None:
        return sentences("The plan cannot be read.")
    split = join(
        [
            join(["It is live traffic: the flag ", file_name(plan.flag)]),
            f" gives {formats.share(plan.candidate_share)} of the users the candidate. No holdout is used.",
        ]
    )
    if not validation.looks:
        return sentences(split, "No look was taken yet: `workbench experiment look` takes the next one.")
    shown = table(
        (
            *words("look", "taken", "by"),
            *numbers("planned users", "baseline", "candidate", "p of the split", "in both arms", "values without time"),
        ),
        [_look(validation, one) for one in validation.looks],
        caption="Who was exposed by then?",
        of="look",
        note="Users count by their first exposure; who was seen in both arms is left out. A split of p below "
        f"{THRESHOLD:g} is a sample-ratio mismatch, and decides nothing.",
    )
    return stack(sentences(split), shown, name="data")


def p_of_split(validation: Validation, look: LiveLook) -> float | None:
    """Return how likely a split as uneven as that of a look is under the plan; None where there is no plan or user."""
    if validation.plan is None or not sum(look.n_assigned):
        return None
    return sample_ratio_p(*look.n_assigned, share=validation.plan.candidate_share)


def _look(validation: Validation, look: LiveLook) -> tuple[Html | str, ...]:
    plan, p = validation.plan, p_of_split(validation, look)
    n_planned = plan.n_cases_at(look.look) if plan is not None and look.look is not None else None
    return (
        "between looks, for harm" if look.look is None else f"at {formats.share(look.look)}",
        formats.moment(look.at),
        said(look.author, limit=40),
        "–" if n_planned is None else formats.count(n_planned),
        *map(formats.count, look.n_assigned),
        formats.NOT_KNOWN if p is None else formats.probability(p),
        formats.count(look.n_mixed),
        formats.count(look.n_without_time),
    )
