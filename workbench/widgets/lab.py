"""What a view says where it cannot be made: which package is missing, and the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.errors import ConfigError


@contextmanager
def lab_needed(*, otherwise: str) -> Iterator[None]:
    """Import a view inside of it: ipywidgets and anywidget come with the extra `lab`.

    Parameters
    ----------
    otherwise
        What else a reader can do.

    Raises
    ------
    ConfigError
        If one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"a view needs {missing.name}, which is not installed",
            fix=f"pip install '.[lab]' in the checkout, or {otherwise}",
        ) from missing
