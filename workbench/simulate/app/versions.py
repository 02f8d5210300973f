"""The sample app as it was shipped: its versions, and example changes of it with what each is for.

They are files in `data/sample`, so that whoever reads the sample reads what the app read.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from workbench.boundaries.paths import shipped

PRODUCTION, CANARY = "7", "8"
"""The version that is live at the end of the sample, and the one on trial beside it."""


class Version(NamedTuple):
    """One version of the app."""

    name: str
    """The version of its prompt, as telemetry names it."""
    title: str
    """What was done, in one line."""
    why: str
    """Why."""
    days_before: int
    """How many days before the sample's end it was committed."""
    files: Mapping[str, str]
    """Texts by path."""


class ExampleChange(NamedTuple):
    """One change that somebody might make for a fault of the sample; not all of them are good."""

    name: str
    """Its folder."""
    title: str
    """What it does, in one line."""
    why: str
    """Why its author thinks that it helps."""
    for_fault: str
    """The planted fault that it is for."""
    files: Mapping[str, str]
    """Texts by path, of the files that it changes alone."""


def versions() -> tuple[Version, ...]:
    """Return the versions of the sample's app, oldest first; each is whole."""
    live = _texts(shipped("sample") / "app")
    found = []
    for folder in sorted((shipped("sample") / "versions").iterdir()):
        said = tomllib.loads((folder / "version.toml").read_text("utf-8"))
        files = live | {path: text for path, text in _texts(folder).items() if path != "version.toml"}
        found.append(Version(folder.name, said["title"], said["why"], said["days_before"], files))
    return tuple(found)


def example_changes() -> Mapping[str, ExampleChange]:
    """Return the example changes by name."""
    found = {}
    for folder in sorted((shipped("sample") / "changes").iterdir()):
        texts = _texts(folder)
        said = tomllib.loads(texts.pop("change.toml"))
        found[folder.name] = ExampleChange(folder.name, said["title"], said["why"], said["for_fault"], texts)
    return found


def _texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
