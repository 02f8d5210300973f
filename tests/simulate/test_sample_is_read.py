"""The sample through the loaders and the detectors: every record arrives, and what was planted is found."""

from collections import Counter
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import pytest

from workbench import loaders
from workbench.detectors import DETECTORS
from workbench.loaders.batch import Context, Refused
from workbench.loaders.source import Source

if TYPE_CHECKING:
    from tests.simulate.conftest import Emitted


class Loaded(NamedTuple):
    """The sample as the loaders give it, duplicates and all."""

    formats: dict[str, str]
    spans: pl.DataFrame
    signals: pl.DataFrame
    refused: list[Refused]

    def found(self, detector: str) -> set[str]:
        """Return the traces in which a detector finds something."""
        (detect,) = [known.detect for known in DETECTORS if known.code == detector]
        units = detect(self.spans.unique("span_id").lazy(), self.signals.unique("signal_id").lazy()).collect()
        return set(units.filter(pl.col("state") == "found")["trace_id"])


@pytest.fixture(scope="module")
def loaded(sample: Path) -> Loaded:
    context = Context("src_sample", date(2026, 10, 26), lambda user: f"key of {user}")
    sources = [Source(place) for place in loaders.expand([sample / "telemetry", sample / "signals.jsonl"])]
    chosen = {source.name: loaders.choose(source) for source in sources}
    batches = list(chain.from_iterable(chosen[source.name][1](source, context) for source in sources))
    return Loaded(
        {name: format_name for name, (format_name, _) in chosen.items()},
        pl.concat(batch.spans for batch in batches),
        pl.concat(batch.signals for batch in batches),
        [refused for batch in batches for refused in batch.refused],
    )


def test_each_file_is_known_for_what_it_is(loaded: Loaded) -> None:
    weeks = {f"2026-W{week}.jsonl.gz": "otlp" for week in range(32, 44)}
    assert loaded.formats == weeks | {"signals.jsonl": "signals"}


def test_every_record_arrives_and_the_broken_line_alone_is_refused(loaded: Loaded, emitted: "Emitted") -> None:
    assert loaded.spans.height == len(emitted.records)
    assert loaded.signals.height == len(emitted.signals)
    assert len(loaded.refused) == emitted.n_broken == 1
    assert loaded.spans.n_unique(["trace_id", "span_id", "content_digest"]) == sum(map(len, emitted.traces.values()))


def test_columns_say_what_the_records_say(loaded: Loaded, emitted: "Emitted") -> None:
    sources = {
        "session_id": "gen_ai.conversation.id",
        "operation": "gen_ai.operation.name",
        "model": "gen_ai.request.model",
        "prompt_name": "gen_ai.prompt.name",
        "prompt_version": "gen_ai.prompt.version",
        "tool_name": "gen_ai.tool.name",
        "input_tokens": "gen_ai.usage.input_tokens",
        "output_tokens": "gen_ai.usage.output_tokens",
        "cost_usd": "gen_ai.usage.cost",
        "task": "gen_ai.workflow.name",
        "error_type": "error.type",
    }
    for row in loaded.spans.iter_rows(named=True):
        span = emitted.traces[row["trace_id"]][row["span_id"]]
        attributes = span["attributes"]
        assert {column: row[column] for column in sources} == {
            column: attributes.get(name) for column, name in sources.items()
        }
        assert row["release"] == span["release"]
        assert row["user_key"] == (f"key of {attributes['user.id']}" if "user.id" in attributes else None)
        assert [row["finish_reason"]] == attributes.get("gen_ai.response.finish_reasons", [None])
        assert row["error_message"] == span.get("status", {}).get("message")
        took_ns = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
        assert row["duration_ms"] == pytest.approx(took_ns / 1e6, abs=1e-3)


def test_signals_keep_their_words_and_times(loaded: Loaded, emitted: "Emitted") -> None:
    read = Counter(loaded.signals.select("trace_id", "name", "value", "label", "comment", "at").rows())
    told = Counter(
        (
            *(signal[name] for name in ("trace_id", "name", "value", "label", "comment")),
            datetime.fromisoformat(signal["at"]).astimezone(UTC),
        )
        for signal in emitted.signals
    )
    assert read == told


@pytest.mark.parametrize(
    ("detector", "faults", "noise"),
    [
        ("tool_error", {"search_loop", "citation_error"}, {"tool_error"}),
        ("repeated_call", {"search_loop"}, set()),
        ("incomplete_answer", {"truncated_answer"}, set()),
        ("premature_end", {"premature_end"}, set()),
    ],
)
def test_detector_finds_the_traces_of_these_faults_and_no_others(
    detector: str, faults: set[str], noise: set[str], loaded: Loaded, emitted: "Emitted"
) -> None:
    expected = {id_ for id_, row in emitted.truth.items() if row["fault"] in faults or row["noise"] in noise}
    assert loaded.found(detector) == expected


def test_every_thumb_down_and_every_failed_outcome_is_found(loaded: Loaded, emitted: "Emitted") -> None:
    failed = {s["trace_id"] for s in emitted.signals if s["name"] == "task_success" and s["value"] == 0}
    assert loaded.found("negative_feedback") == emitted.downs().keys()
    assert loaded.found("failed_outcome") == failed


def test_latency_regression_is_found_in_nine_of_ten_traces(loaded: Loaded, emitted: "Emitted") -> None:
    """Four times as long is near what hours and chance do, so that some may hide and a few others may show."""
    found = loaded.found("latency_outlier")
    slow = emitted.planted("latency_regression")
    in_order = {trace_id for trace_id, row in emitted.truth.items() if row["fault"] == row["noise"] == "none"}
    assert len(found & slow) >= 0.9 * len(slow)
    assert len(found & in_order) <= 0.01 * len(in_order)
