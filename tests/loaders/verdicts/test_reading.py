"""The TOML that says how labels are read: a mistake is named with its key."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.loaders.source import Source
from workbench.loaders.verdicts import choose, reading
from workbench.loaders.verdicts.reading import Judged, Reading, read_reading, reading_of


def test_the_example_of_the_docstring_is_read_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "labels.toml"
    path.write_text(str(reading.__doc__).split("\n\n", 1)[1].rsplit("\n\n", 1)[0])
    read = read_reading(path)
    assert (read.question, read.explanation, read.code, read.detector) == ("quality", "why", "problem", "tool_error")
    assert (read.trace_id, read.detector_version, read.is_code) == ("metadata.request", 1, True)
    assert read.judged(("BAD",)) == Judged("confirmed", ())
    assert read.judged(("0",)) == Judged("rejected", ())
    assert read.judged(("Not  sure", "slow")) == Judged("uncertain", ("slow",))


def test_the_readme_of_the_data_shows_the_same_example() -> None:
    readme = (Path(__file__).parents[3] / "data" / "README.md").read_text()
    shown = readme.split("```toml\n", 1)[1].split("```", 1)[0]
    told = dedent(str(reading.__doc__).split("\n\n", 1)[1].rsplit("\n\n", 1)[0])
    assert shown.strip() == told.strip()


def test_without_a_file_the_three_words_are_the_labels() -> None:
    assert [Reading().judged((word,)).label for word in ("Confirmed", "rejected", "uncertain", "bad")] == [
        "confirmed",
        "rejected",
        "uncertain",
        None,
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"reed": {}}, "unknown key 'reed'"),
        ({"read": {"questions": "a"}}, "unknown key 'questions'"),
        ({"labels": {"good": ["a"]}}, "unknown key 'good'"),
        ({"read": {"question": ""}}, "question must be a text"),
        ({"read": {"detector_version": "2"}}, "detector_version must be a whole number"),
        ({"read": {"other_labels": "keep"}}, "other_labels must be one of refuse, code"),
        ({"labels": {"confirmed": "bad"}}, "confirmed must be a list of labels"),
        ({"labels": {"confirmed": ["Bad"], "rejected": ["bad"]}}, "'bad' is there twice, for confirmed and rejected"),
        ({"labels": []}, "labels is no table"),
    ],
)
def test_a_mistake_is_named(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        reading_of(document)


def test_a_file_that_is_no_toml_or_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_reading(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[read")
    with pytest.raises(ConfigError, match="is no TOML"):
        read_reading(tmp_path / "bad.toml")


def test_a_file_of_no_known_format_names_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('{"a": 1}')
    with pytest.raises(Exception, match="verdicts, openinference, argilla, label_studio, langfuse"):
        choose(Source(path))
    path.write_text("")
    with pytest.raises(Exception, match="is empty"):
        choose(Source(path))
