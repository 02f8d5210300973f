"""From an id or a word to a path: what is shipped with the code, and file names that no id can bend.

An id comes from a trace, and a trace is written by strangers: no part of it becomes a part of a path.
"""

from pathlib import Path
from typing import Literal

from workbench.errors import ConfigError
from workbench.ids import digest

FILE_NAME_DIGITS = 32
"""128 bits of the digest: no two of any workspace's ids meet, and every file system takes the length."""
_PACKAGE = Path(__file__).parents[1]
_IN_CHECKOUT = {"notebooks": ("notebooks",), "sample": ("data", "sample")}


def shipped(name: Literal["notebooks", "sample"]) -> Path:
    """Return the folder that came with the code: of the installed package, or of the checkout that is run from.

    Raises
    ------
    ConfigError
        If neither is there: the installation is not whole.
    """
    checkout = _PACKAGE.parent.joinpath(*_IN_CHECKOUT[name])
    for folder in (_PACKAGE / "shipped" / name, checkout):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the shipped {name} are not there", where=str(_PACKAGE), fix="install the package anew")


def file_name(of_id: str, *, suffix: str = "") -> str:
    """Return a file name for any id: hexadecimal digits that follow from it, and the suffix.

    >>> file_name("../../etc/passwd", suffix=".json")
    'ed9d0531ae60e75f33ca0cdb4efd1756.json'
    """
    return digest(of_id)[:FILE_NAME_DIGITS] + suffix
