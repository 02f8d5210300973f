"""What was found in the words in which it stands in the traces, not in those by which findings are grouped.

Numbers, names and dates are masked so that texts that differ in them alone become one. Whoever reads an example needs
them: "30 days" where the policy has 14 is the whole problem.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from workbench.boundaries.display import shorten
from workbench.detectors.mask import MAX_RAW_CHARACTERS, MAX_TEXT_CHARACTERS, masked
from workbench.detectors.recorded import first_request, last_answer, requests
from workbench.report.detection import DetectionReport
from workbench.report.remarks import Remark, read_remarks, units_of

_MOST_PREFIXES = 2
"""Labels before a text, such as a tool's name: detectors put at most so many, each followed by a colon."""


def own_words(
    findings: Iterable[Mapping[str, Any]], spans: pl.DataFrame, remarks: Sequence[Remark] = ()
) -> dict[str, str]:
    """Return by finding what was found as it was recorded; the masked text where no recorded one is masked to it.

    Parameters
    ----------
    findings
        Rows of schemas.FINDINGS.
    spans
        schemas.SPANS of their traces and sessions; where one is not there its text stays masked.
    remarks
        What users said of these.
    """
    recorded: dict[str, list[str]] = {}
    for row in spans.select("trace_id", "session_id", "input", "output", "error_message").iter_rows(named=True):
        for unit in {row["trace_id"], row["session_id"]} - {None}:
            recorded.setdefault(unit, []).extend(_texts(row))
    for remark in remarks:
        recorded.setdefault(remark.unit, []).append(remark.comment)
    of_unit = {unit: list(dict.fromkeys(one[:MAX_RAW_CHARACTERS] for one in texts)) for unit, texts in recorded.items()}
    known: dict[str, str] = {}
    return {
        row["finding_id"]: _unmasked(
            row["text"] or "",
            [one for unit in (row["trace_id"], row["session_id"]) for one in of_unit.get(unit, ())],
            known=known,
        )
        for row in findings
    }


def words_in(report: DetectionReport, finding_ids: Iterable[str]) -> dict[str, str]:
    """Return by finding what was found as it was recorded, of some findings of a report; one scan of the spans."""
    mine = report.findings.filter(pl.col("finding_id").is_in(sorted(set(finding_ids))))
    spans, remarks = read_units(report, mine)
    return own_words(mine.iter_rows(named=True), spans, remarks)


def words_reader(report: DetectionReport) -> Callable[[pl.DataFrame], dict[str, str]]:
    """Return a function from rows of `Explored.findings` to `words_in` of these; each call reads the store."""
    return lambda findings: words_in(report, findings["finding_id"])


def read_units(report: DetectionReport, findings: pl.DataFrame) -> tuple[pl.DataFrame, list[Remark]]:
    """Return the spans of the traces and sessions that some findings are about, and what users said of these."""
    traces = findings["trace_id"].drop_nulls().unique().sort().to_list()
    sessions = findings.filter(pl.col("trace_id").is_null())["session_id"].drop_nulls().unique().sort().to_list()
    is_of = pl.col("trace_id").is_in(traces) | pl.col("session_id").is_in(sessions)
    spans = report.spans.filter(is_of).collect(engine="streaming")
    return spans, read_remarks(report.signals, units_of(spans))


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a span that a detector may have masked: as they are, and as they are read."""
    if row["error_message"]:
        yield row["error_message"]
    if row["input"]:
        yield from (first_request(row["input"]), *requests(row["input"]))
    if row["output"]:
        yield from (last_answer(row["output"]), row["output"])


def _unmasked(text: str, recorded: Sequence[str], *, known: dict[str, str]) -> str:
    """Return the recorded text that is masked to a text; of each text in `known` the masked one is known already."""
    if "<" not in text:
        return text
    for prefix, rest in _parts(text):
        kept = max((part.rpartition(">")[2] for part in rest.split("<")), key=len).split()
        # A session may have thousands of texts: none is masked twice, and none that lacks a word which masking keeps.
        near = [one for one in recorded if all(word in one for word in kept)]
        _mask_all([one for one in near if one not in known], known)
        found = next((one for one in near if known[one] == rest), None)
        if found is not None:
            return shorten(f"{prefix}{' '.join(found.split())}", MAX_TEXT_CHARACTERS)
    return text


def _mask_all(texts: Sequence[str], known: dict[str, str]) -> None:
    if texts:
        known.update(zip(texts, pl.DataFrame({"text": texts}).select(masked(pl.col("text")))["text"], strict=True))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield a text as a label before it and the rest, from no label on."""
    yield "", text
    at = 0
    for _ in range(_MOST_PREFIXES):
        at = text.find(": ", at) + 2
        if at < 2:
            return
        yield text[:at], text[at:]
