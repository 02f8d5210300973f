"""How a change will be judged: on what it may be judged, how much that can show, and what must not become worse.

Only what can be counted before an experiment is told here; the experiment itself freezes its plan first.
"""

from workbench.report import formats
from workbench.report.blocks import Block, bullets, numbers, sentences, stack, table, words
from workbench.report.markup import badge, join
from workbench.report.refine import RefineReport
from workbench.report.splits import Splits

Z_ONE_SIDED = 1.6448536269514722
"""Of the normal law at .95: a loss is ruled out on one side."""


def validation_plan(report: RefineReport) -> Block:
    """Return what the change can be judged on, as counts, and what the target would be."""
    splits = report.splits
    rows = [
        ("development", "the traces that it is written from; never judged", formats.count(splits.n_development)),
        ("same users", "by users whose traces it was written from, or not known; not judged", str(splits.n_same_user)),
        ("repeats", "by others who asked the same; they count as read, not judged", str(splits.n_repeats)),
        ("target", "the same issue, met by other users: here it must become rarer", formats.count(splits.n_target)),
        ("traffic", "all traffic by other users: nothing else may become worse", formats.count(splits.n_random)),
    ]
    target = join(
        [
            "The target would be the share of target cases in which ",
            badge(formats.words(report.issue.detector)),
            " finds the problem again, the app before the change beside the app with it on the same cases.",
        ]
    )
    shown = table(
        (*words("cases", "which they are"), *numbers("traces")),
        rows,
        caption="On what can the change be judged?",
        note="By user and by question: who judges an edit on what it was written from finds it good.",
    )
    return stack(sentences(target), shown, bullets(*_can_show(splits)))


def weeks_of_evidence(report: RefineReport) -> Block:
    """Return the issue's traces by week: what was read, and what is left."""
    if not report.splits.weeks:
        return sentences("When the traces were is not recorded.")
    rows = [
        (f"{week.on:%Y-%m-%d}", formats.count(week.n_development), formats.count(week.n_target))
        for week in report.splits.weeks
    ]
    return table(
        (*words("week from"), *numbers("read to write it", "left to judge it on")),
        rows[-20:],
        caption="Are there cases from other weeks than those that were read?",
        of="week",
    )


def refine_conclusions(report: RefineReport) -> Block:
    """Return what is known of the change before it is tested."""
    splits, change = report.splits, report.change
    if change is None:
        begun = "No change is begun; the issue is confirmed and waits for one."
    elif change.commit is None:
        begun = "The change is begun and not committed: nothing can be tested yet."
    else:
        begun = "The change is committed on its own branch, linked to its issue; the app runs as before."
    beside = f"{formats.counted(len(report.beside), 'other change')} may get in its way." if report.beside else ""
    untested = "Whether it helps is not known: no case was run with it."
    return bullets(begun, *([beside] if beside else []), untested, *_can_show(splits))


def least_loss(n: int) -> float:
    """Return the largest loss that n cases cannot rule out though none became worse, 0 to 1.

    The upper end of the one-sided 95 % score interval of 0 of n: z^2 / (n + z^2) (Wilson 1927).

    >>> round(least_loss(30), 3), round(least_loss(300), 3)
    (0.083, 0.009)
    """
    if n < 0:
        raise ValueError(f"n == {n}, must be at least 0")
    return Z_ONE_SIDED**2 / (n + Z_ONE_SIDED**2)


def _can_show(splits: Splits) -> list[str]:
    if not splits.n_target:
        return ["There is no case of the issue by another user: the target cannot be judged until more come."]
    bound = formats.share(least_loss(splits.n_target))
    return [
        f"Were none of the {formats.counted(splits.n_target, 'target case')} worse with it, a loss of {bound} in cases "
        "like these could still not be ruled out."
    ]
