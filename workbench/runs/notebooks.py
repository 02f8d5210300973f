"""A notebook found by its name, and its parameters checked before anything runs.

papermill makes code of the names that it is given: a name that the notebook does not declare never reaches it.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from workbench.boundaries.paths import file_name, shipped
from workbench.errors import ConfigError

OWN = ("workspace", "as_of", "is_live")
"""Parameters that a run fills in itself where a notebook declares them."""
DIGESTS = "digests"
"""The folder beside the notebooks' own that has the digests of profiles."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BOUNDS = re.compile(r"(?:^|[ ,])(-?\d+(?:\.\d+)?) to (-?\d+(?:\.\d+)?)$")
"""The end of a parameter's help: `rows of a table, 1 to 20`."""
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_TYPES: Mapping[str, tuple[type, ...]] = {"str": (str,), "bool": (bool,), "int": (int,), "float": (int, float)}


class Parameter(NamedTuple):
    """One declared parameter of a notebook, as its parameters cell says it."""

    name: str
    type: str
    """Its annotation; empty where there is none."""
    default: str
    """The default as it is written."""
    help: str
    """The comment beside it."""


def find(notebook: str | Path) -> Path:
    """Return the notebook's file: a path, or the name of a shipped one, `2_detect`, `2`, `detect` or its file name.

    Raises
    ------
    ConfigError
        If there is no such notebook; the message names those that there are.
    """
    folder = shipped("notebooks")
    known = sorted(path for path in folder.glob("*.ipynb"))
    for path in known:
        number, _, word = path.stem.partition("_")
        if str(notebook) in {path.stem, number, word}:
            return path
    if Path(notebook).suffix == ".ipynb" and Path(notebook).is_file():
        return Path(notebook)
    for path in known:
        if str(notebook) == path.name:
            return path
    names = ", ".join(path.stem for path in known)
    raise ConfigError(
        f"there is no notebook {str(notebook)!r}", fix=f"name one of {names}, or the path of an .ipynb file"
    )


def is_shipped(notebook: Path) -> bool:
    """Return whether a notebook comes with the code."""
    return notebook.parent == shipped("notebooks")


def folder_name(notebook: Path) -> str:
    """Return the name of the folder of a notebook's reports: its own where that is safe in any file system."""
    is_safe = _FOLDER.fullmatch(notebook.stem) and notebook.stem.lower() != DIGESTS
    return notebook.stem if is_safe else f"notebook-{file_name(notebook.stem)[:12]}"


def declared(notebook: Path) -> dict[str, Parameter]:
    """Return the parameters that a notebook declares, by name.

    Raises
    ------
    ConfigError
        If the file is no notebook.
    """
    import papermill

    try:
        found = papermill.inspect_notebook(escape_braces(notebook))
    except (ValueError, OSError, KeyError, AttributeError) as error:
        raise ConfigError(f"cannot be read as a notebook: {error}", where=str(notebook)) from error
    return {
        name: Parameter(name, _plain_type(entry["inferred_type_name"]), entry["default"], entry["help"])
        for name, entry in found.items()
    }


def check(given: Mapping[str, Any], known: Mapping[str, Parameter], *, notebook: str) -> None:
    """Check that every parameter is declared, is JSON, is of its declared type and within the bounds of its help.

    Raises
    ------
    ConfigError
        Otherwise; nothing was run.
    """
    for name, value in given.items():
        if not _NAME.fullmatch(name) or name not in known:
            raise ConfigError(
                f"there is no parameter {name!r}", where=notebook, fix=f"it has {', '.join(known) or 'no parameters'}"
            )
        if not _is_json(value):
            raise ConfigError(f"parameter {name} is no JSON value: {value!r}", where=notebook)
        allowed = _TYPES.get(known[name].type)
        if allowed is not None and (
            not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)
        ):
            raise ConfigError(f"{name} == {value!r}, must be {known[name].type}", where=notebook)
        _check_bounds(name, value, known[name].help, notebook=notebook)


def _check_bounds(name: str, value: Any, help_of_it: str, *, notebook: str) -> None:
    found = _BOUNDS.search(help_of_it.strip())
    if found and isinstance(value, int | float) and not float(found[1]) <= value <= float(found[2]):
        raise ConfigError(f"{name} == {value!r}, must be {found[1]} to {found[2]}", where=notebook)


def escape_braces(path: Path) -> str:
    """Return the path for papermill, which would put parameters into braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _plain_type(annotation: str) -> str:
    return "" if annotation in {"None", ""} else annotation


def _is_json(value: Any) -> bool:
    if value is None or isinstance(value, str | bool | int):
        return type(value) in {type(None), str, bool, int}
    if isinstance(value, float):
        return type(value) is float and math.isfinite(value)
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    return isinstance(value, dict) and all(type(key) is str and _is_json(item) for key, item in value.items())
