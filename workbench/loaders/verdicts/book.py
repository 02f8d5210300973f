"""What was read of a file of verdicts: verdicts, what was refused, and what had to be assumed.

Whatever a file says of how an annotator's name was obtained, here it is at most `typed`: nobody has proven it to us.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Context, Refused
from workbench.loaders.personal import Redaction, cleaned_text
from workbench.loaders.users import KeyUser
from workbench.loaders.verdicts.reading import Label, Reading
from workbench.records import Verdict, quoted_fields, verdict_id

AnnotatorKind = Literal["HUMAN", "LLM", "CODE"]
Refuse = Callable[[RecordError], Refused]
"""Makes the refusal of one record."""
UNTIMED = "a verdict without a time is of the time of its import"
AS_CODE = "a label of no list is an open code of an uncertain verdict"
_OF_MLFLOW = re.compile(r"tr-([0-9a-f]{32})")
_QUOTED = sorted(quoted_fields(Verdict))


class Given(NamedTuple):
    """One verdict of a file."""

    verdict: Verdict
    refuse: Refuse
    """Makes its refusal, where it cannot be stored after all."""
    is_timed: bool
    """False if the file says no time, so that the time of the import stands for it."""
    is_by_hand: bool = False
    """Whether somebody wrote the line, who may give the beginning of an id for it."""


class Said(NamedTuple):
    """What one annotator said of one trace in another tool."""

    answers: tuple[str, ...]
    """To the question that holds the label."""
    annotator_kind: AnnotatorKind
    annotator: str | None
    trace_id: str | None
    span_id: str | None = None
    """Where only the span is known."""
    at: int | None = None
    """Microseconds since 1970, UTC."""
    explanation: str = ""
    code: str = ""
    score: float | None = None


@dataclass(slots=True)
class Book:
    """The verdicts of one file as they are read."""

    reading: Reading
    """How labels of other tools are read."""
    context: Context
    now: datetime
    """The time of the import, UTC."""
    given: list[Given] = field(default_factory=list)
    of_spans: list[tuple[Said, Refuse]] = field(default_factory=list)
    """What was said of a span whose trace the file does not name."""
    refused: list[Refused] = field(default_factory=list)
    mapped: Counter[str] = field(default_factory=Counter)
    guessed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    questions: Counter[str] = field(default_factory=Counter)
    """Other questions that the file has answers to."""

    def add(self, verdict: Verdict, *, refuse: Refuse, is_timed: bool = True, is_by_hand: bool = False) -> None:
        """Add a verdict, its words without personal data.

        Raises
        ------
        RecordError
            If it is of a time to come, with the reason bad_time: it would outlast whatever is said until then.
        """
        if verdict.at > self.now:
            raise RecordError("it is of a time to come", reason="bad_time")
        if not is_timed:
            self.guessed[UNTIMED] += 1
        cleaned = cleaned_verdict(verdict, self.context.key_user, self.context.redaction, self.redacted)
        self.given.append(Given(cleaned, refuse, is_timed, is_by_hand))

    def say(self, said: Said, *, refuse: Refuse) -> None:
        """Add what was said in another tool as a verdict.

        Raises
        ------
        RecordError
            If it names no trace or no annotator, or its label is none of ours: no_id, no_annotator, unknown_label,
            two_labels, no_label.
        """
        if said.trace_id is None and said.span_id is not None:
            self.of_spans.append((said, refuse))
            return
        if not said.trace_id:
            raise RecordError("it names no trace", reason="no_id")
        if not said.annotator:
            raise RecordError("it does not say who judged", reason="no_annotator")
        label, code = self._judged(said)
        trace_id = trace_of(said.trace_id)
        verdict = Verdict(
            id=verdict_id("trace", trace_id, annotator=said.annotator),
            target_kind="trace",
            target_id=trace_id,
            detector=self.reading.detector,
            detector_version=self.reading.detector_version,
            label=label,
            score=said.score if said.score is not None and 0 <= said.score <= 1 else None,
            explanation=said.explanation,
            code=code,
            annotator_kind=said.annotator_kind,
            annotator=said.annotator,
            identity="typed",
            at=self.now if said.at is None else moment_of(said.at),
        )
        self.add(verdict, refuse=refuse, is_timed=said.at is not None)

    def place(self, traces: Mapping[str, str]) -> None:
        """Add what was said of spans as said of their traces; what is of no known span is refused."""
        waiting, self.of_spans = self.of_spans, []
        for said, refuse in waiting:
            try:
                self.say(said._replace(trace_id=traces.get(str(said.span_id), ""), span_id=None), refuse=refuse)
            except RecordError as error:
                self.refused.append(refuse(error))

    def _judged(self, said: Said) -> tuple[Label, str]:
        judged = self.reading.judged(said.answers)
        if judged.is_contradicted:
            raise RecordError("its labels mean two of ours", reason="two_labels")
        words = "; ".join(one for one in (said.code, *judged.others) if one.strip())
        if judged.label is not None:
            return judged.label, words
        if not judged.others:
            raise RecordError("it has no label", reason="no_label")
        if not self.reading.is_code:
            raise RecordError("its label stands in no list of the mapping", reason="unknown_label")
        self.guessed[AS_CODE] += 1
        return "uncertain", words


def cleaned_verdict(verdict: Verdict, key_user: KeyUser, redaction: Redaction, counts: Counter[str]) -> Verdict:
    """Return the verdict with user ids in its words keyed and personal data redacted, which is counted."""
    cleaned: dict[str, Any] = {}
    for name in _QUOTED:
        words = getattr(verdict, name)
        if isinstance(words, str):
            cleaned[name] = cleaned_text(words, key_user, redaction, counts) if words else words
        else:
            cleaned[name] = tuple(cleaned_text(one, key_user, redaction, counts) for one in words)
    return replace(verdict, **cleaned)


def unproven(verdict: Verdict) -> Verdict:
    """Return the verdict as one by a typed name; that of a program stays a program's, which is less."""
    return verdict if verdict.identity == "program" else replace(verdict, identity="typed")


def trace_of(trace_id: str) -> str:
    """Return a trace's id as the tables have it: MLflow writes its own before the hex digits.

    >>> trace_of("tr-" + "0f" * 16) == "0f" * 16, trace_of("request-7")
    (True, 'request-7')
    """
    found = _OF_MLFLOW.fullmatch(trace_id)
    return found[1] if found else trace_id


def moment_of(microseconds: int) -> datetime:
    """Return the moment so many microseconds after 1970, UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
