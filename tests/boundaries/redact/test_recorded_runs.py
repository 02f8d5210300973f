"""Recorded customer-service runs: their addresses go, their order, product, payment and reservation numbers stay."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.boundaries.redact import redact, redactor, suspect

RUNS = ("agentrx-tau-retail/tau_dataset_full.json.gz", "tau-bench-airline/gpt-4o-airline.json.gz")
ADDRESS = re.compile(r"\b[a-z]+[._]?[a-z]+[._]?\d+@[a-z]+\.com\b")
"""How the people of these made-up worlds write their addresses."""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def read(path: Path) -> pl.Series:
    return pl.Series(list(texts(json.loads(gzip.decompress(path.read_bytes())))))


@pytest.mark.parametrize("name", RUNS)
def test_nothing_but_addresses_is_redacted(shared_data: Path, name: str) -> None:
    said = read(shared_data / name)
    redact_others = redactor(["email"])
    assert len(said) > 10_000
    suspects = said.filter(said.str.contains(suspect(["email"])))
    assert [text for text in suspects if redact_others(text).text != text] == []


@pytest.mark.parametrize("name", RUNS)
def test_every_address_is_redacted(shared_data: Path, name: str) -> None:
    said = [text for text in read(shared_data / name) if ADDRESS.search(text)]
    assert len(said) > 100
    after = [redact(text) for text in said]
    assert [one.text for one in after if ADDRESS.search(one.text)] == []
    assert all(set(one.counts) == {"email"} for one in after)
