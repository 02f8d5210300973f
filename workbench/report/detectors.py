"""Which detectors answered, and which could not: found, clear, not applicable and failed are four different answers."""

from workbench import detectors
from workbench.records import Tally
from workbench.report import formats
from workbench.report.blocks import Block, complete_table, numbers, words
from workbench.report.detection import DetectionReport
from workbench.report.look import colour_of
from workbench.report.markup import Html, badge, bar, dot, join, muted, said

_ORDER = {"failed": 0, "found": 1, "clear": 2, "not_applicable": 3}


def tallies(report: DetectionReport) -> Block:
    """Return one row a detector: what it asked, of how many, and what it answered; failures first."""
    questions = {detector.code: detector.question for detector in detectors.DETECTORS}
    ordered = sorted(report.run.tallies, key=lambda tally: (_ORDER[tally.state], -tally.n_found, tally.detector))
    rows = (
        (
            join(
                [dot(colour_of(tally.detector), formats.words(tally.detector)), " ", badge(formats.words(tally.state))]
            ),
            _asks(tally, questions.get(tally.detector, "")),
            formats.count(tally.n_examined),
            _found(tally),
            formats.count(tally.n_clear),
            formats.count(sum(tally.not_applicable.values())),
            _why(tally),
        )
        for tally in ordered
    )
    return complete_table(
        (
            *words("detector", "what it asks"),
            *numbers("examined"),
            *words("found"),
            *numbers("clear", "cannot tell"),
            *words("why not"),
        ),
        rows,
        caption="Which detectors answered?",
        of="detector",
        note="Shares are of what a detector could judge. Where it cannot tell, the telemetry lacks what it needs.",
    )


def _asks(tally: Tally, own: str) -> Html | str:
    """Return a detector's question, framed where it is none of the tool's own: somebody else wrote it."""
    return said(tally.question) if tally.question and tally.question != own else own


def _found(tally: Tally) -> Html | str:
    n_judged = tally.n_found + tally.n_clear
    if not n_judged:
        return muted("–")
    said_of = formats.share_of(tally.n_found, n_judged)
    return bar(tally.n_found / n_judged, said_of, colour=colour_of(tally.detector))


def _why(tally: Tally) -> Html | str:
    if tally.error is not None:
        return join(["failed: ", said(tally.error)])
    reasons = sorted(tally.not_applicable.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{reason} ({formats.count(n)})" for reason, n in reasons)
