"""The columns of every table, once: name, type, and what the value means.

Loaders fill them, the store creates its tables from them, stages check at their door that they are there.
"""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from workbench.errors import SchemaError

Time = pl.Datetime("us", "UTC")


class Column(NamedTuple):
    """One column: its name, its type, and one line on its meaning and unit."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str


class Table(NamedTuple):
    """One table: what a row is, what makes it the same row, and its columns."""

    name: str
    grain: str
    key: tuple[str, ...]
    """Rows that agree in these columns are the same row."""
    statistics: tuple[str, ...]
    """Columns whose least and greatest value each file's log entry may state: never text, and never a person's id."""
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pl.Schema:
        """The polars schema, in column order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """Return a frame of this schema with no rows."""
        return pl.DataFrame(schema=self.schema)

    def fitted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame in this schema: columns that it has are cast, those that it lacks are null, others go."""
        return frame.select(
            pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in self.schema.items()
        )


SPANS = Table(
    "spans",
    "one row a timed operation and content; one span id with two contents has two rows",
    ("trace_id", "span_id", "content_digest"),
    ("trace_id", "started_at", "time_known", "kind"),
    (
        Column("trace_id", pl.String, "the request that the span belongs to; OTLP ids in lower-case hex"),
        Column("span_id", pl.String, "the span, unique in its trace"),
        Column("parent_span_id", pl.String, "the enclosing span; null for a root"),
        Column("session_id", pl.String, "the user's visit, where the source names one"),
        Column("user_key", pl.String, "the user, keyed (usr_...); the raw id is not stored"),
        Column("user_tier", pl.String, "the user's tier or plan, where the source says it: free, pro, ..."),
        Column(
            "kind", pl.String, "OpenInference span kind: LLM, TOOL, AGENT, CHAIN, RETRIEVER, ...; UNKNOWN if not said"
        ),
        Column("operation", pl.String, "OpenTelemetry gen_ai.operation.name: chat, execute_tool, invoke_agent, ..."),
        Column("name", pl.String, "the span's own name"),
        Column("started_at", Time, "start, UTC; null where the source has no time"),
        Column("ended_at", Time, "end, UTC; null where the source has no end"),
        Column("duration_ms", pl.Float64, "end minus start, ms"),
        Column(
            "time_known", pl.Boolean, "false where the source gives no time; such rows lie in the day of their ingest"
        ),
        Column("status", pl.String, "OpenTelemetry status: OK, ERROR or UNSET"),
        Column("error_type", pl.String, "error.type, or the exception's class"),
        Column("error_message", pl.String, "the status or exception message, or the text of a refused tool call"),
        Column("service", pl.String, "service.name"),
        Column("environment", pl.String, "deployment environment"),
        Column("release", pl.String, "the app's version: service.version or the source's release"),
        Column("agent", pl.String, "the agent's name"),
        Column("model", pl.String, "the model that answered, or that was asked for"),
        Column("provider", pl.String, "gen_ai.provider.name"),
        Column("prompt_name", pl.String, "the prompt template's name"),
        Column("prompt_version", pl.String, "the prompt template's version"),
        Column("tool_name", pl.String, "the tool, of a tool span"),
        Column("tool_call_id", pl.String, "the model's id of the call"),
        Column("input", pl.String, "what went in: text, or JSON of messages or arguments"),
        Column("output", pl.String, "what came out: text, or JSON of messages or result"),
        Column(
            "finish_reason",
            pl.String,
            "why the model stopped: stop, length, tool_calls, ...; why a run ended, of an agent span",
        ),
        Column("input_tokens", pl.Int64, "tokens in; null where not recorded"),
        Column("output_tokens", pl.Int64, "tokens out; null where not recorded"),
        Column("cost_usd", pl.Float64, "cost of this span, USD; null where not recorded"),
        Column("task", pl.String, "what the run was about, where the source names it: task id, workflow, route"),
        Column("attributes", pl.String, "JSON object of all that has no column of its own"),
        Column("source", pl.String, "the source that it came from (src_...)"),
        Column("content_digest", pl.String, "digest of all columns above but source"),
        Column("day", pl.Date, "partition: the UTC day of started_at, or of the ingest where that is null"),
    ),
)

SIGNALS = Table(
    "signals",
    "one row a statement about a span, trace, session or user, made from outside it",
    ("signal_id",),
    ("trace_id", "at", "kind"),
    (
        Column("signal_id", pl.String, "follows from the content (sig_...)"),
        Column("target_kind", pl.String, "span, trace, session or user"),
        Column("target_id", pl.String, "the id of that span, trace or session; of a user the key (usr_...)"),
        Column("trace_id", pl.String, "the trace that the target is, or is in; null for a session or user"),
        Column(
            "kind",
            pl.String,
            "feedback, outcome, evaluation, edit, profile (a fact about the user), or exposure (to a flag)",
        ),
        Column("name", pl.String, "what is stated: thumb, reward, toxicity, ..."),
        Column(
            "value",
            pl.Float64,
            "the number; thumbs are 1 and 0; of an edit the share that was changed, 0 to 1; unit by name",
        ),
        Column("label", pl.String, "the category, where there is one"),
        Column("comment", pl.String, "the free text, or the explanation"),
        Column("annotator_kind", pl.String, "OpenInference: HUMAN, LLM or CODE"),
        Column("annotator", pl.String, "who said it; users are keyed (usr_...)"),
        Column("at", Time, "when it was said, UTC; null where not recorded"),
        Column("attributes", pl.String, "JSON object of all that has no column of its own"),
        Column("source", pl.String, "the source that it came from (src_...)"),
        Column("day", pl.Date, "partition: the UTC day of at, or of the ingest where that is null"),
    ),
)

UNITS = Table(
    "units",
    "one row a unit that one detector examined, found or not; not stored",
    ("trace_id", "span_id", "session_id"),
    (),
    (
        Column("trace_id", pl.String, "the trace that the unit is, or is in; null for a session"),
        Column("span_id", pl.String, "the span; null where the unit is larger"),
        Column("session_id", pl.String, "the session, where there is one"),
        Column("state", pl.String, "found, clear or not_applicable"),
        Column("reason", pl.String, "why not_applicable; null otherwise"),
        Column("text", pl.String, "of a finding: the words to group it by, numbers and ids masked"),
        Column("evidence", pl.String, "of a finding: JSON object of the values that decided"),
    ),
)

FINDINGS = Table(
    "findings",
    "one row a claim of one detector about one span, trace or session, in one detection run",
    ("run_id", "finding_id"),
    ("run_id",),
    (
        Column("run_id", pl.String, "the detection run (run_...)"),
        Column("finding_id", pl.String, "follows from detector and unit (fnd_...): the same in every run"),
        Column("detector", pl.String, "the detector's code"),
        Column("detector_version", pl.Int64, "the detector's version"),
        Column("severity", pl.String, "the detector's severity: low, medium or high"),
        Column("unit", pl.String, "span, trace or session"),
        *(column for column in UNITS.columns if column.name not in {"state", "reason"}),
        Column("user_key", pl.String, "the user of the trace, keyed; null where not known"),
        Column("at", Time, "start of the unit, UTC; null where not known"),
        Column("day", pl.Date, "partition: the day of the unit"),
    ),
)

MEMBERSHIPS = Table(
    "memberships",
    "one row a finding of one detection run, with its place in the clusters",
    ("run_id", "finding_id"),
    ("run_id",),
    (
        Column("run_id", pl.String, "the detection run (run_...)"),
        Column("finding_id", pl.String, "the finding (fnd_...)"),
        Column("cluster_id", pl.String, "the cluster (clu_...); null for noise"),
        Column("cluster", pl.Int64, "the cluster's number in this run, largest first; -1 is noise"),
        Column("suggested", pl.Int64, "for noise: the cluster whose edge it lies at; null otherwise"),
        Column("strength", pl.Float64, "membership strength, 0 to 1; 0 for noise"),
        Column("x", pl.Float64, "place on the map, arbitrary unit; null where there is no map"),
        Column("y", pl.Float64, "place on the map, arbitrary unit; null where there is no map"),
        Column("day", pl.Date, "partition: the day of the finding"),
    ),
)

CLUSTERS = Table(
    "clusters",
    "one row a cluster of one detection run",
    ("run_id", "cluster_id"),
    ("run_id",),
    (
        Column("run_id", pl.String, "the detection run (run_...)"),
        Column("cluster_id", pl.String, "the cluster (clu_...): follows from run and members"),
        Column("cluster", pl.Int64, "its number in this run, largest first"),
        Column("detector", pl.String, "the detector whose findings it holds"),
        Column("phrases", pl.List(pl.String), "key phrases, best first"),
        Column("name", pl.String, "what a namer called it; null where none was asked or its answer was refused"),
        Column("named_by", pl.String, "the namer; null where none was asked"),
        Column("named_from", pl.List(pl.String), "finding ids whose texts the namer saw beside the phrases"),
        Column("family", pl.Int64, "number of its family of clusters; null where there are few clusters"),
        Column("stability", pl.Float64, "how much of it resampling finds again, 0 to 1; null where not known"),
        Column("continues", pl.String, "the cluster of an earlier run that it goes on with; null for a new one"),
        Column("exemplars", pl.List(pl.String), "finding ids of the most typical members, best first"),
        Column("n_findings", pl.Int64, "findings in it"),
        Column("n_traces", pl.Int64, "distinct traces"),
        Column("n_sessions", pl.Int64, "distinct sessions; 0 where the source names none"),
        Column("n_users", pl.Int64, "distinct users; 0 where the source names none"),
        Column("first_at", Time, "start of its first unit, UTC"),
        Column("last_at", Time, "start of its last unit, UTC"),
        Column("day", pl.Date, "partition: the day of the run"),
    ),
)

VERDICTS = Table(
    "verdicts",
    "one row a verdict on a trace, in its newest revision; read from the ledger, not stored as a table",
    ("verdict_id",),
    (),
    (
        Column("verdict_id", pl.String, "the verdict (ver_...)"),
        Column("trace_id", pl.String, "the trace that was judged"),
        Column(
            "cluster_id", pl.String, "the cluster that it was shown in (clu_...); null where drawn from all traffic"
        ),
        Column("detector", pl.String, "the detector whose finding was judged; null where none had found it"),
        Column("detector_version", pl.Int64, "that detector's version"),
        Column("label", pl.String, "confirmed, rejected or uncertain"),
        Column("annotator_kind", pl.String, "OpenInference: HUMAN, LLM or CODE"),
        Column("annotator", pl.String, "who judged"),
        Column("is_adjudication", pl.Boolean, "whether it decides between annotators who disagree"),
        Column("review_id", pl.String, "the review in which it was given (rev_...); null outside of any"),
        Column("at", Time, "when, UTC"),
    ),
)

REVIEW_ITEMS = Table(
    "review_items",
    "one row an item of one review, in the order in which it is shown; kept beside the ledger, not as a table",
    ("place",),
    (),
    (
        Column("place", pl.Int64, "when it is shown, from 0"),
        Column("kind", pl.String, "trace, cause or issue"),
        Column("cluster_id", pl.String, "the cluster (clu_...); null: a trace that no detector had found"),
        Column("detector", pl.String, "the cluster's detector; null as above"),
        Column("target_id", pl.String, "what is judged: a trace's id, cau_... or iss_...; `[erased]` once it is"),
        Column("n_alike", pl.Int64, "traces that it stands for as a copy of them, itself included; 1 for others"),
        Column("inclusion_probability", pl.Float64, "its chance to be drawn, above 0, at most 1; 1 for others"),
    ),
)

RESULTS = Table(
    "results",
    "one row a case, arm, trial and metric of an experiment, or of two recorded result sets that are compared",
    ("experiment_id", "case_id", "arm", "trial", "metric"),
    ("arm", "metric"),
    (
        Column(
            "experiment_id",
            pl.String,
            "the experiment (exp_...), or the look at live traffic (look_...); empty for recorded result sets",
        ),
        Column("case_id", pl.String, "the case"),
        Column("arm", pl.String, "baseline or candidate"),
        Column("trial", pl.Int64, "which run of the case in this arm, from 0"),
        Column(
            "metric",
            pl.String,
            "the metric's name in the plan; of what people said of a judged one, followed by (people)",
        ),
        Column("value", pl.Float64, "its value; null where there is none"),
        Column("status", pl.String, "ok; error: the run broke, a failure of its arm; missing: not run, or not scored"),
        Column("error_type", pl.String, "of an error: its type; null otherwise"),
        Column("user_key", pl.String, "whose case it is, keyed (usr_...); null where no user is known"),
        Column("commit", pl.String, "the app's version that ran; null where not known"),
        Column("judge", pl.String, "who scored it, with its version; null where nothing says so"),
        Column("duration_ms", pl.Float64, "how long the run took, ms; null where not recorded"),
        Column("input_tokens", pl.Int64, "tokens in; null where not recorded"),
        Column("output_tokens", pl.Int64, "tokens out; null where not recorded"),
        Column("cost_usd", pl.Float64, "what the run cost, USD; null where not recorded"),
        Column("trace_id", pl.String, "the run as a trace; null where it is none"),
        Column("at", Time, "when it ran, UTC; null where not known"),
        Column("day", pl.Date, "partition: the UTC day of at, or of the experiment where that is null"),
    ),
)

EXPOSURES = Table(
    "exposures",
    "one row a user and feature flag: when the user first met it, and in which arm; made from spans and signals",
    ("flag", "user_key"),
    ("flag", "arm"),
    (
        Column("flag", pl.String, "the feature flag's key: the experiment of live traffic"),
        Column("user_key", pl.String, "the user, keyed (usr_...)"),
        Column("arm", pl.String, "baseline or candidate: the arm of the first exposure"),
        Column("first_at", Time, "the first exposure, UTC"),
        Column("trace_id", pl.String, "the trace of the first exposure"),
        Column("n_exposures", pl.Int64, "evaluations of the flag, all together"),
        Column("is_mixed", pl.Boolean, "whether the user was seen in both arms"),
    ),
)

QUARANTINE = Table(
    "quarantine",
    "one row a record that was refused",
    ("source", "offset", "piece", "digest"),
    ("source",),
    (
        Column("source", pl.String, "the source that it came from (src_...)"),
        Column("path", pl.String, "the file, as it was given"),
        Column("offset", pl.Int64, "byte at which the line or document starts, after decompression"),
        Column("piece", pl.Int64, "place of the record in that line or document; -1 is the whole of it"),
        Column("n_bytes", pl.Int64, "length of the raw bytes"),
        Column("reason", pl.String, "one word for the fault: not_json, no_id, too_large, ..."),
        Column("detail", pl.String, "the fault in a sentence, without the record's own text"),
        Column("digest", pl.String, "SHA-256 of the raw bytes, and their file name in the quarantine folder"),
        Column("day", pl.Date, "partition: the day of the ingest"),
    ),
)

TRACES = Table(
    "traces",
    "one row a trace, derived from its spans; not stored",
    ("trace_id",),
    (),
    (
        Column("trace_id", pl.String, "the request"),
        Column("root_span_id", pl.String, "its root, or the span that stands for it where the root did not come"),
        Column("session_id", pl.String, "the user's visit: the root's, or the least that any span names"),
        Column("user_key", pl.String, "the user, keyed (usr_...): as session_id"),
        Column("user_tier", pl.String, "the user's tier or plan: as session_id"),
        Column("name", pl.String, "the root's name"),
        Column("service", pl.String, "service.name: as session_id"),
        Column("environment", pl.String, "deployment environment: as session_id"),
        Column("release", pl.String, "the app's version: as session_id"),
        Column("task", pl.String, "what the run was about, as the root says"),
        Column("started_at", Time, "first start of any span, UTC; null where none is known"),
        Column("ended_at", Time, "last end of any span, UTC; null where none is known"),
        Column("duration_ms", pl.Float64, "ended_at minus started_at, ms"),
        Column("status", pl.String, "the root's status: OK, ERROR or UNSET"),
        Column("n_spans", pl.Int64, "spans"),
        Column("n_errors", pl.Int64, "spans with status ERROR"),
        Column("input_tokens", pl.Int64, "tokens in, of its LLM spans; of all spans where no LLM span has any"),
        Column("output_tokens", pl.Int64, "tokens out: as input_tokens"),
        Column("cost_usd", pl.Float64, "cost, USD: as input_tokens; null where none is recorded"),
        Column("input", pl.String, "the root's input"),
        Column("output", pl.String, "the root's output"),
        Column("day", pl.Date, "the first day that a span lies in, UTC"),
    ),
)

SESSIONS = Table(
    "sessions",
    "one row a session, derived from its traces; not stored",
    ("session_id",),
    (),
    (
        Column("session_id", pl.String, "the user's visit"),
        Column("user_key", pl.String, "the user, keyed (usr_...); the least where its traces name several"),
        Column("user_tier", pl.String, "the user's tier or plan; the least where its traces name several"),
        Column("service", pl.String, "service.name; the least where its traces name several"),
        Column("first_trace_id", pl.String, "the trace that began first"),
        Column("last_trace_id", pl.String, "the trace that began last"),
        Column("started_at", Time, "start of its first trace, UTC; null where none is known"),
        Column("ended_at", Time, "last end of any trace, UTC; null where none is known"),
        Column("duration_ms", pl.Float64, "ended_at minus started_at, ms"),
        Column("n_traces", pl.Int64, "traces"),
        Column("n_traces_with_errors", pl.Int64, "traces with a span of status ERROR"),
        Column("n_spans", pl.Int64, "spans"),
        Column("n_errors", pl.Int64, "spans with status ERROR"),
        Column("input_tokens", pl.Int64, "tokens in, of its traces; null where none is recorded"),
        Column("output_tokens", pl.Int64, "tokens out, of its traces; null where none is recorded"),
        Column("cost_usd", pl.Float64, "cost of its traces, USD; null where none is recorded"),
        Column("input", pl.String, "the input of its first trace"),
        Column("output", pl.String, "the output of its last trace"),
        Column("day", pl.Date, "the first day that a trace lies in, UTC"),
    ),
)

TABLES = (SPANS, SIGNALS, FINDINGS, MEMBERSHIPS, CLUSTERS, RESULTS, QUARANTINE)
"""Every table that the store creates."""
DERIVED = (TRACES, SESSIONS)
"""Frames that are made from the tables when they are asked for."""


def require(frame: pl.DataFrame | pl.LazyFrame, columns: Iterable[str], *, of: str) -> None:
    """Check that the frame has the columns; a function calls this at its door.

    Raises
    ------
    SchemaError
        If a column is missing; the message names all that are, and the function that needs them.
    """
    present = set(frame.collect_schema().names())
    missing = [name for name in columns if name not in present]
    if missing:
        raise SchemaError(
            f"missing column {', '.join(missing)}", where=of, fix=f"the frame has {', '.join(sorted(present))}"
        )
