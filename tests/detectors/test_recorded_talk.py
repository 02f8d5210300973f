"""On recorded runs users are heard as often as a plain loop over the files hears them, and found by what they say."""

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.detectors import Detector, asks_for_person, examine, user_corrects, user_repeats
from workbench.detectors.conversation import listen, read
from workbench.loaders import tau2_bench, tau_bench
from workbench.loaders.batch import Context, Load
from workbench.loaders.source import Source
from workbench.schemas import SIGNALS

FILES: dict[str, Load] = {
    "tau-bench-airline/gpt-4o-airline.json.gz": tau_bench.load,
    "tau2-airline/gpt-4.1.json.gz": tau2_bench.load,
    "tau2-airline/qwen2.5-7b.json.gz": tau2_bench.load,
}
CONTEXT = Context(source_id="src_test", ingest_day=date(2026, 2, 3), key_user=lambda user: f"usr_{user}")


def spans_of(path: Path, load: Load) -> pl.LazyFrame:
    return pl.concat([batch.spans for batch in load(Source(path), CONTEXT)]).lazy()


def words_of_users(path: Path) -> list[str]:
    value = json.loads(gzip.decompress(path.read_bytes()))
    runs: list[list[dict[str, Any]]] = (
        [run["messages"] for run in value["simulations"]] if isinstance(value, dict) else [run["traj"] for run in value]
    )
    said = [message["content"] for run in runs for message in run if message["role"] == "user"]
    return sorted(text for text in said if text and text.strip())


@pytest.mark.parametrize("name", FILES)
def test_every_message_of_a_user_is_heard_once(shared_data: Path, name: str) -> None:
    spans = spans_of(shared_data / name, FILES[name])
    heard = read(spans, listen(spans).turns)["text"].sort().to_list()
    by_hand = words_of_users(shared_data / name)
    # Ids of users in messages are keyed before they are stored.
    assert len(heard) == len(by_hand) > 100
    assert sum(text in by_hand for text in heard) > 0.8 * len(heard)


@pytest.mark.parametrize(
    ("detector", "phrase"),
    [
        (asks_for_person.DETECTOR, "speak to a supervisor"),
        (asks_for_person.DETECTOR, "someone else I can"),
        (user_corrects.DETECTOR, "there must be a mistake"),
        (user_corrects.DETECTOR, "there might have been a misunderstanding"),
    ],
)
def test_users_who_say_so_are_found(shared_data: Path, detector: Detector, phrase: str) -> None:
    name = "tau-bench-airline/gpt-4o-airline.json.gz"
    spans = spans_of(shared_data / name, FILES[name])
    found = findings(detector, spans)
    heard = read(spans, listen(spans).turns)
    said = set(heard.filter(pl.col("text").str.contains(phrase, literal=True))["trace_id"])
    assert said
    assert said <= set(found["trace_id"])
    assert found.height < heard["trace_id"].n_unique() / 10


def test_a_wish_that_is_refused_and_said_again_is_found(shared_data: Path) -> None:
    """One user asks again and again to change a name from Mei Lee to Mei Garcia, and for nothing else."""
    spans = spans_of(shared_data / "tau2-airline/qwen2.5-7b.json.gz", tau2_bench.load)
    wish = pl.col("text").str.contains("from Mei Lee to Mei Garcia")
    (found,) = findings(user_repeats.DETECTOR, spans).filter(wish).to_dicts()
    heard = read(spans, listen(spans).turns).filter(pl.col("trace_id") == found["trace_id"], wish)
    assert json.loads(found["evidence"])["n_repeats"] > 0.8 * (heard.height - 1) > 10


def findings(detector: Detector, spans: pl.LazyFrame) -> pl.DataFrame:
    now = datetime(2026, 2, 3, tzinfo=UTC)
    return examine(detector, spans, SIGNALS.empty().lazy(), run_id="run_1", now=now).findings
