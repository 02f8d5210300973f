"""What verdicts teach: it finds what is like the confirmed, abstains with the reason, and its file can do no harm."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.detectors import Detector
from workbench.detectors.trained import trace_texts, trained_detector
from workbench.detectors.trained_file import from_bytes, to_bytes
from workbench.detectors.training import MIN_OF_EACH, N_PARTS, Trained, train
from workbench.errors import ConfigError

Answers = Callable[..., list[dict[str, Any]]]
WORDS = ("court", "wrong", "refund", "weather", "please", "thanks", "late", "seat")
NAME = "words"
NO_HEADER = np.zeros(1, np.uint8)


def embed(texts: Sequence[str], /) -> NDArray[np.float32]:
    """Return which of eight words a text has, in rows of length 1: an embedder whose vectors can be seen through."""
    has = np.array([[word in text.split() for word in WORDS] for text in texts], dtype=np.float32).reshape(-1, 8)
    return np.asarray(has / np.maximum(np.linalg.norm(has, axis=1, keepdims=True), 1), dtype=np.float32)


def rows(said: str, n: int, label: str | None, *, name: str) -> list[dict[str, Any]]:
    return [
        {"trace_id": f"{name}{at}", "request": f"{said} {WORDS[at % 8]} no{at}", "answer": None, "label": label}
        for at in range(n)
    ]


def examples(n_confirmed: int = MIN_OF_EACH, n_rejected: int = MIN_OF_EACH, n_unjudged: int = 100) -> pl.DataFrame:
    """Return verdicts that a word decides: the wrong court is confirmed, the weather is not."""
    every = [
        *rows("wrong court", n_confirmed, "confirmed", name="c"),
        *rows("late weather", n_rejected, "rejected", name="r"),
        *rows("seat please", n_unjudged, None, name="u"),
    ]
    schema = dict.fromkeys(("trace_id", "request", "answer", "label"), pl.String)
    return pl.DataFrame(every, schema=schema)


def learn(given: pl.DataFrame, *, n_traffic: int = 100) -> Trained:
    return train(given, n_traffic=n_traffic, embed=embed, embedder=NAME)


def detector(learned: Trained, *, embedder: str = NAME) -> Detector:
    return trained_detector(learned, embed=embed, embedder=embedder)


@pytest.fixture(scope="module")
def learned() -> Trained:
    return learn(examples())


def test_what_is_like_the_confirmed_is_found_the_rest_is_clear_and_silence_cannot_be_judged(
    learned: Trained, answers: Answers
) -> None:
    said = [{"role": "user", "content": "the wrong court in 1999"}]
    found, clear, silent = answers(
        detector(learned),
        [
            {"trace_id": "t1", "kind": "LLM", "input": json.dumps(said), "output": "thanks"},
            {"trace_id": "t2", "kind": "LLM", "input": "the weather is late", "output": "thanks"},
            {"trace_id": "t3", "kind": "LLM", "input": " ", "output": None},
        ],
    )
    assert [unit["state"] for unit in (found, clear, silent)] == ["found", "clear", "not_applicable"]
    assert found["text"] == "the wrong court in <number>"
    assert silent["reason"] == "neither request nor answer recorded"
    evidence = json.loads(found["evidence"])
    assert evidence["probability"] >= evidence["threshold"] == 0.8
    assert (evidence["n_confirmed"], evidence["n_rejected"]) == (MIN_OF_EACH, MIN_OF_EACH)


def test_it_was_tested_on_verdicts_that_were_kept_from_it(learned: Trained) -> None:
    assert learned.held_out.n_found == learned.held_out.n_confirmed > MIN_OF_EACH / 2
    assert learned.reason is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (examples(MIN_OF_EACH - 1), f"{MIN_OF_EACH - 1} requests confirmed and {MIN_OF_EACH} rejected"),
        (examples(n_rejected=3), f"40 requests confirmed and 3 rejected, {MIN_OF_EACH} of each are needed"),
        (examples(0, 0), "0 requests confirmed and 0 rejected"),
        (examples(n_unjudged=5), f"5 traces that nobody has judged, {MIN_OF_EACH} are needed"),
    ],
)
def test_with_too_few_verdicts_it_abstains_and_says_how_many_it_needs(
    given: pl.DataFrame, reason: str, answers: Answers
) -> None:
    untaught = learn(given)
    (unit,) = answers(detector(untaught), [{"kind": "LLM", "input": "the wrong court"}])
    assert unit["state"] == "not_applicable"
    assert unit["reason"].startswith(reason)


def test_one_request_said_forty_times_is_one() -> None:
    """Copies of one complaint told the model nothing about others, and let it pass its test by heart."""
    copies = examples().with_columns(
        request=pl.when(pl.col("label") == "confirmed").then(pl.lit("wrong court")).otherwise("request")
    )
    assert str(learn(copies).reason).startswith("1 request confirmed and 40 rejected")


def test_where_verdicts_follow_no_word_it_abstains(answers: Answers) -> None:
    """Labels that words cannot tell apart: what it finds among verdicts kept from it is right by luck alone."""
    alike = [*rows("wrong court", 60, "confirmed", name="c"), *rows("wrong court", 60, "rejected", name="r")]
    taught = learn(pl.DataFrame(alike + rows("seat please", 100, None, name="u"), schema=examples().schema))
    assert str(taught.reason).startswith("on verdicts kept from it, reviewers had confirmed")
    (unit,) = answers(detector(taught), [{"kind": "LLM", "input": "the wrong court"}])
    assert (unit["state"], unit["reason"]) == ("not_applicable", taught.reason)


def test_vectors_of_another_embedder_are_not_judged(learned: Trained, answers: Answers) -> None:
    (unit,) = answers(detector(learned, embedder="other"), [{"kind": "LLM", "input": "the wrong court"}])
    assert unit["reason"] == "trained on vectors of words, these are of other"


def test_the_order_of_verdicts_changes_nothing_and_another_label_changes_the_version() -> None:
    given = examples()
    again, other = learn(given.reverse()), learn(examples(MIN_OF_EACH + 1))
    first = learn(given)
    assert to_bytes(first) == to_bytes(again)
    assert detector(first).version == detector(again).version != detector(other).version


def test_every_part_is_scored_by_a_model_that_did_not_see_it() -> None:
    """A word that only one request has says nothing about it: with the request in training it would decide."""
    from workbench.detectors.training import _parts  # the cut is what must not leak

    rows_of = examples().with_columns(said="request")
    doubled = pl.concat([rows_of, rows_of.with_columns(trace_id=pl.lit("copy") + pl.col("trace_id"))])
    parts = _parts(doubled)
    by_request: dict[str, set[int]] = {}
    for said, part in zip(doubled["said"], parts, strict=True):
        by_request.setdefault(said, set()).add(int(part))
    assert {len(found) for found in by_request.values()} == {1}
    assert set(parts.tolist()) == set(range(N_PARTS))


def test_the_words_of_a_trace_are_its_first_request_and_its_roots_answer(
    span_frame: Callable[..., pl.LazyFrame],
) -> None:
    spans = span_frame(
        [
            {"kind": "AGENT", "session_id": "v1", "started_at": 0, "input": "ask", "output": "answer"},
            {"kind": "LLM", "parent_span_id": "s0", "started_at": 1, "input": "inner", "output": "draft"},
            {"kind": "TOOL", "parent_span_id": "s0", "started_at": 2, "input": "{}", "output": "result"},
            {"kind": "TOOL", "trace_id": "t2", "input": "{}"},
        ]
    )
    assert trace_texts(spans).sort("trace_id").rows() == [("t1", "v1", "ask", "answer"), ("t2", None, None, None)]


def test_a_file_gives_back_what_was_learned(learned: Trained) -> None:
    read = from_bytes(to_bytes(learned))
    assert to_bytes(read) == to_bytes(learned)
    assert read.model is not None
    assert learned.model is not None
    assert np.array_equal(read.model.weights, learned.model.weights)
    assert replace(read, model=None) == replace(learned, model=None)
    untaught = learn(examples(0))
    assert from_bytes(to_bytes(untaught)) == untaught


def packed(**arrays: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


def changed(raw: bytes, **fields: Any) -> bytes:
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        header, weights = json.loads(arrays["header"].tobytes()), arrays["weights"]
    said = np.frombuffer(json.dumps(header | fields).encode(), np.uint8)
    return packed(weights=weights, header=said)


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.npy", b"\x00" * 5_000_000)
    return file.getvalue()


def claims(shape: bytes) -> bytes:
    """Return a file whose array says that it is of another shape."""
    said = b"{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + b"}\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("weights.npy", b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda raw: claims(b"(1099511627776,)"), "cannot be read: .*MemoryError"),
        (lambda raw: claims(b"((((("), "cannot be read"),
        (lambda raw: b"", "cannot be read"),
        (lambda raw: b"\x80\x04cos\nsystem\n", "cannot be read"),
        (lambda raw: raw[:200], "cannot be read"),
        (lambda raw: bomb(), "cannot be read: ValueError"),
        (lambda raw: b"x" * 4_000_001, "larger than 4,000,000"),
        (lambda raw: packed(weights=np.array([{}], object), header=NO_HEADER), "cannot be read: ValueError"),
        (lambda raw: packed(weights=np.zeros(3, np.float32), header=NO_HEADER), "cannot be read: ValueError"),
        (lambda raw: packed(weights=np.zeros(3)), "cannot be read: KeyError"),
        (lambda raw: changed(raw, extra=1), "cannot be read: ValidationError"),
        (lambda raw: changed(raw, version=2), "version == 2"),
        (lambda raw: changed(raw, intercept=5.0), "its digest is another one"),
        (lambda raw: changed(raw, reason="trust me"), "its digest is another one"),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(
    make: Callable[[bytes], bytes], said: str, learned: Trained
) -> None:
    with pytest.raises(ConfigError, match=said):
        from_bytes(make(to_bytes(learned)))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_make_no_sense_are_refused_whatever_their_digest(bad: float, learned: Trained) -> None:
    assert learned.model is not None
    wrong = replace(learned, model=learned.model._replace(weights=np.full(16, bad)))
    with pytest.raises(ConfigError, match="makes no sense"):
        from_bytes(to_bytes(wrong))
