"""OTLP/JSON: spans and evaluations as OpenTelemetry's exporters and the Collector write them.

One document (`ExportTraceServiceRequest`, pretty-printed or not), or one on each line (the Collector's file exporter),
or an array of spans as the JavaScript SDK holds them. Attributes of OpenTelemetry's GenAI conventions, their earlier
names, OpenInference, Traceloop, the Vercel AI SDK and Langfuse fill the columns (conventions.py).

What has no column stays in `attributes`: the span's own attributes under their names, and under `otlp` the rest:
resource, scope, kind, flags, events, links, trace state, dropped counts, fields that the protocol did not have when
this was written. Times are kept to the microsecond, durations to the nanosecond. A log record that is no evaluation,
of an answer or of a feature flag, is refused as `unsupported_log`. A user id is replaced by its key in its column and
in attributes that name users; the text of messages is not searched for it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.errors import RecordError
from workbench.loaders.batch import Batch, Context, Refused, Rows
from workbench.loaders.otlp.exact import parse
from workbench.loaders.otlp.lines import LineReader
from workbench.loaders.otlp.pieces import resources
from workbench.loaders.otlp.plan import ShapePlan
from workbench.loaders.otlp.scope import Scope
from workbench.loaders.otlp.spans import Harvest
from workbench.loaders.source import MAX_LINE_BYTES, Source

FORMAT = "otlp"
MAX_REPORTED_FIELDS = 2000
"""Names of fields in one batch's report; hostile spans may carry millions of names."""
_MARK = re.compile(rb'(?<!\\)"(?:resourceSpans|resourceLogs|spanContext)"\s*:')
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def recognises(head: bytes) -> bool:
    """Return whether a file that begins with `head` holds OTLP/JSON, good or damaged.

    >>> recognises(b'{"resourceSpans": []}'), recognises(b'{"trace": {}}')
    (True, False)
    """
    if encoding := _UTF_16.get(head[:2]):
        head = head[2:].decode(encoding, "ignore").encode()
    return _MARK.search(head) is not None


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans and signals of one file; every record is in exactly one batch, read or refused."""
    rows = Collected(Rows(context))
    reader = LineReader(context.key_user)
    if _is_lines(source.head()):
        yield from _load_lines(source, rows, reader)
    else:
        yield from _load_document(source.document(), rows, reader)


@dataclass(slots=True)
class Collected:
    """Rows for the next batch, and which plans and scopes made them: counted by the group, not by the span."""

    rows: Rows
    plans: Counter[int] = field(default_factory=Counter)
    known: dict[int, ShapePlan] = field(default_factory=dict)
    scopes: Counter[Scope] = field(default_factory=Counter)

    def add(self, harvest: Harvest, refused: list[Refused]) -> None:
        """Add what one line holds."""
        for columns, n in harvest.spans:
            self.rows.add_spans(columns, n=n)
        for signal in harvest.signals:
            self.rows.add_signal(signal)
        self.rows.refused += refused
        self.rows.guessed.update(harvest.guessed)
        self.rows.mapped.update(harvest.mapped)
        for plan, n_spans in harvest.plans:
            self.known[id(plan)] = plan
            self.plans[id(plan)] += n_spans
        for scope, n_spans in harvest.scopes:
            self.scopes[scope] += n_spans

    def take(self, end_offset: int) -> Batch:
        """Return what was collected as a batch and start anew."""
        for number, n_spans in self.plans.items():
            _count(self.rows.mapped, self.known[number].mapped, n_spans)
            _count(self.rows.left, self.known[number].unmapped, n_spans)
        for scope, n_spans in self.scopes.items():
            _count(self.rows.mapped, scope.mapped, n_spans)
        self.plans.clear()
        self.known.clear()
        self.scopes.clear()
        return self.rows.take(end_offset)


def _count(counts: Counter[str], names: tuple[str, ...], n_spans: int) -> None:
    for name in names:
        counts[name if name in counts or len(counts) < MAX_REPORTED_FIELDS else "(further fields)"] += n_spans


def _load_lines(source: Source, rows: Collected, reader: LineReader) -> Iterator[Batch]:
    end = rows.rows.context.start
    for line in source.lines(start=end):
        end = line.end
        if line.damage:
            rows.add(Harvest(), [Refused(line.start, -1, line.reason, line.damage, line.raw)])
        elif line.is_too_long:
            detail = f"a line longer than {MAX_LINE_BYTES >> 20} MB; its beginning is kept"
            rows.add(Harvest(), [Refused(line.start, -1, "too_large", detail, line.raw)])
        else:
            rows.add(*reader.read(line.raw, offset=line.start))
        if rows.rows.is_full:
            yield rows.take(end)
    yield rows.take(end)


def _load_document(document: bytes, rows: Collected, reader: LineReader) -> Iterator[Batch]:
    """Yield one document's records, a batch at a time where its first level can be taken apart."""
    parts = resources(document) or [(document.strip(), len(document))]
    start, n_records = rows.rows.context.start, 0
    for number, (part, end) in enumerate(parts, 1):
        harvest, refused = reader.read(part, offset=0, first_piece=n_records)
        n_records += harvest.n_spans + len(harvest.signals) + len(refused)
        if end > start:
            rows.add(harvest, refused)
        if rows.rows.is_full and number < len(parts):
            yield rows.take(end)
    yield rows.take(len(document))


def _is_lines(head: bytes) -> bool:
    """Return whether the file is one record a line, rather than one document over several lines."""
    first, *others = head.strip().split(b"\n")
    if not others or (first.strip() != b"[" and any(line.startswith(b'{"') for line in others)):
        return True
    try:
        parse(first.strip())
    except RecordError as error:
        return error.reason != "not_json"
    return True
