"""Paths: shipped folders are found, and no id leaves its folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.boundaries.paths import file_name, shipped


def test_shipped_notebooks_and_sample_are_folders() -> None:
    assert (shipped("notebooks") / "1_telemetry.ipynb").is_file()
    assert shipped("sample").is_dir()


@pytest.mark.parametrize("hostile", ["../../x", "/etc/passwd", "CON", "-rf", "a\0b", "x" * 300, "", ".", "\ud800"])
def test_no_id_bends_a_file_name(hostile: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}\.json", file_name(hostile, suffix=".json"))


@given(st.text(), st.text())
def test_two_ids_have_two_file_names(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)
