"""A notebook is found by its name, and nothing that it does not declare reaches it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.runs.notebooks import check, declared, find, folder_name, is_shipped

Notebook = Callable[..., Path]


@pytest.mark.parametrize("name", ["2_detect", "2", "detect", "2_detect.ipynb"])
def test_a_shipped_notebook_has_a_name_a_number_and_a_word(name: str) -> None:
    assert find(name).name == "2_detect.ipynb"


def test_a_file_of_ones_own_comes_before_a_shipped_one_of_its_file_name(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(notebook("1", name="2_detect").parent)
    assert find("2_detect.ipynb") == Path("2_detect.ipynb")
    assert is_shipped(find("2_detect"))
    assert not is_shipped(find("2_detect.ipynb"))


@pytest.mark.parametrize(("name", "value"), [("top_n", 0), ("top_n", 21), ("top_n", -1), ("share", 1.5), ("share", 2)])
def test_a_value_out_of_the_bounds_of_its_help_is_refused(notebook: Notebook, name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"{name} == {value}, must be . to "):
        check({name: value}, declared(notebook("1")), notebook="9_probe")
    check({"top_n": 20, "share": 0}, declared(notebook("1")), notebook="9_probe")


def test_a_path_is_a_notebook(notebook: Notebook) -> None:
    path = notebook("1")
    assert find(path) == path
    assert find(str(path)) == path


@pytest.mark.parametrize("name", ["9", "nonsense", "", "../2_detect", "/etc/passwd", "missing.ipynb"])
def test_an_unknown_notebook_is_named_beside_those_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match=r"1_telemetry, 2_detect"):
        find(name)


def test_parameters_are_declared_with_type_default_and_help(notebook: Notebook) -> None:
    known = declared(notebook("1"))
    assert known["top_n"] == ("top_n", "int", "3", "rows, 1 to 20")
    assert list(known) == ["workspace", "top_n", "share"]


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text("no notebook")
    with pytest.raises(ConfigError, match="cannot be read as a notebook"):
        declared(broken)


@pytest.mark.parametrize(
    "name", ["unknown", "x = __import__('os').system('touch hacked') #", "top_n\nimport os", "top n", "töp", ""]
)
def test_a_name_that_is_not_declared_never_becomes_code(notebook: Notebook, name: str) -> None:
    with pytest.raises(ConfigError, match="it has workspace, top_n, share"):
        check({name: 2}, declared(notebook("1")), notebook="9_probe")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_n", "5"),
        ("top_n", True),
        ("top_n", 1.5),
        ("share", "half"),
        ("share", float("nan")),
        ("share", float("inf")),
        ("workspace", 3),
        ("workspace", Path("x")),
        ("workspace", {1: 2}),
        ("workspace", ("a", "b")),
        ("workspace", ["a", {"b": object()}]),
    ],
)
def test_a_value_of_another_type_or_none_of_json_is_refused(notebook: Notebook, name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        check({name: value}, declared(notebook("1")), notebook="9_probe")


def test_values_of_the_declared_types_pass(notebook: Notebook) -> None:
    check({"top_n": 5, "share": 1, "workspace": "a"}, declared(notebook("1")), notebook="9_probe")


@pytest.mark.parametrize(
    ("stem", "folder"), [("2_detect", "2_detect"), ("-rf", None), ("a b", None), ("x" * 200, None)]
)
def test_the_folder_of_reports_is_safe_in_any_file_system(stem: str, folder: str | None) -> None:
    name = folder_name(Path(f"{stem}.ipynb"))
    assert name == folder if folder else name.startswith("notebook-")
    assert len(name) < 64
