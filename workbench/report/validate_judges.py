"""How good the judges of an experiment are: each held against people here and before, and what to doubt of it."""

from collections.abc import Iterator
from math import isnan

from workbench.experiments.judged_gain import Rates
from workbench.experiments.judges.quality import JudgeQuality
from workbench.experiments.validation import Validation
from workbench.report import formats
from workbench.report.blocks import Block, bullets, numbers, sentences, stack, table, words
from workbench.report.markup import Html, badge, join, said

NOT_ASKED = "Its judges were not asked yet, or what they said is not kept any more."


def judge_quality(validation: Validation) -> Block:
    """Return what is known of each judge of a metric; a sentence where no metric has one."""
    judged = [metric for metric in validation.plan.metrics if metric.source.kind == "judge"] if validation.plan else []
    if not judged:
        return sentences("No metric is a judge's: the program works out all of them, or people and users say them.")
    if not validation.judges:
        named = [join([said(metric.name), " ", said(metric.source.version)]) for metric in judged]
        return stack(sentences(NOT_ASKED), bullets(*named), name="judges")
    shown = table(
        (*words("metric", "judge", "held against"), *numbers("both judged", "the same", "finds", "leaves alone")),
        [row for quality in validation.judges for row in _rows(quality)],
        caption="How good are the judges?",
        of="row",
        note="Finds (TPR): of answers to which people give 1, or of traces with the problem, the share of which the "
        "judge says so. Leaves alone (TNR): the same of all others. With 95 % intervals after Wilson.",
    )
    told = list(_told(validation))
    return stack(shown, *([bullets(*told)] if told else []), name="judges")


def _rows(quality: JudgeQuality) -> Iterator[tuple[Html | str, ...]]:
    judge = said(quality.metric), said(quality.version)
    if quality.here is not None:
        counts = quality.here.counts
        n = counts.n_yes + counts.n_no
        agreed = (counts.n_yes_found + counts.n_no_cleared) / n
        yield (*judge, "people, on these answers", formats.count(n), formats.share(agreed), *_rates(quality.here))
    if quality.before is not None:
        n, agreed = len(quality.before.trace_ids), quality.before.agreement
        rates = _rates(quality.before.rates)
        yield (*judge, "people's verdicts on traces", formats.count(n), formats.share(agreed), *rates)
    if not quality.is_held:
        yield (*judge, badge("not held against people"), "0", *[formats.NOT_KNOWN] * 3)


def _rates(rates: Rates) -> tuple[str, str]:
    return _rate(rates.tpr), _rate(rates.tnr)


def _rate(rate: tuple[float, float, float]) -> str:
    share, low, high = rate
    return formats.NOT_KNOWN if isnan(share) else formats.share_within(share, low, high)


def _told(validation: Validation) -> Iterator[Html]:
    """Yield what was made of what people said, and what to doubt."""
    for quality in validation.judges:
        notes = [note for one in validation.analysis.estimates if one.metric == quality.metric for note in one.notes]
        yield from (join([said(quality.metric), f": {words}."]) for words in (*notes, *quality.doubts))
