"""A wrong mapping is refused with the key that is wrong and what to do."""

from pathlib import Path

import pytest

from workbench.errors import ConfigError
from workbench.loaders.mapped import mapping as mapping_module
from workbench.loaders.mapped.mapping import read_mapping


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_in_the_documentation_is_a_mapping(tmp_path: Path) -> None:
    mapping = read_mapping(_written(tmp_path, _example(after="what to do.\n", until="A table of feedback")))
    assert mapping.columns["user_id"] == "customer.id"
    assert mapping.constants == {"service": "support-bot"}
    assert mapping.values == {"status": {"failed": "ERROR"}}
    assert (mapping.time.unit, str(mapping.time.zone)) == ("ms", "Europe/Berlin")
    assert mapping.messages == "messages"
    assert mapping.signals[0].values == {"up": 1.0, "down": 0.0}


def test_the_table_of_feedback_in_the_documentation_is_a_mapping_without_spans(tmp_path: Path) -> None:
    mapping = read_mapping(_written(tmp_path, _example(after="`trace_id`:\n", until="\0")))
    assert not mapping.has_spans
    assert mapping.signals[0].paths == {"target_id": "customer", "label": "plan"}


def _example(*, after: str, until: str) -> str:
    document = (mapping_module.__doc__ or "").split(after, 1)[1].split(until)[0]
    return "\n".join(line[4:] for line in document.splitlines())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("columns = 3", "columns is no table"),
        ("", "columns names no column"),
        ('[columns]\nquestion = "q"', "columns.question is not known"),
        ("[columns]\ninput = 3", "columns.input is no text"),
        ('[colums]\ninput = "q"', "colums is not known"),
        ('[columns]\ninput = "q"\n[constants]\ntrace_id = "1"', "constants.trace_id is not known"),
        ('[columns]\ninput = "q"\n[time]\nunit = "minutes"', "time.unit is 'minutes'"),
        ('[columns]\ninput = "q"\n[time]\nzone = "Atlantis"', "time.zone is 'Atlantis'"),
        ('[columns]\ninput = "q"\n[time]\nzone = "../../etc/passwd"', "time.zone is '../../etc/passwd'"),
        ('format = "xml"\n[columns]\ninput = "q"', "format is 'xml'"),
        ('[columns]\ninput = "q"\n[messages]\nrole = "r"', "messages.role is not known"),
        ('[columns]\ninput = "q"\n[signals]\nname = "t"', "signals is no list"),
        ('[columns]\ninput = "q"\n[[signals]]\nname = "t"', "signals[0] has no name, or no path"),
        ('[columns]\ninput = "q"\n[[signals]]\nname = "t"\nvalue = "v"\nkind = "joy"', "signals[0].kind is 'joy'"),
        ('[columns]\ninput = "q"\n[[signals]]\nname = "t"\nvalue = "v"\nvalues = {up = "1"}', "signals[0].values"),
        ('[[signals]]\nname = "t"\nvalue = "v"', "signals[0] has no target_id"),
        ('[[signals]]\nname = "t"\nvalue = "v"\ntarget = "span"\ntarget_id = "s"', "signals[0] has no trace_id"),
        ("[columns", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_mapping(_written(tmp_path, text))
    assert key in error.value.what
    assert str(tmp_path) in error.value.where


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mapping(tmp_path / "missing.toml")
