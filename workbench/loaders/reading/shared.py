"""What a source says once for many of its records: short parts stand on each record, a long one on the first only.

Otherwise a small file could ask for any number of copies of its largest part.
"""

from typing import Any

from workbench.loaders.reading.strict import dump

MAX_REPEATED_CHARACTERS = 64 << 10
"""As JSON: settings, tasks and metadata of recorded runs stay below."""


class Shared:
    """Parts that records share, as far as they were given to one."""

    def __init__(self) -> None:
        self._is_short: dict[str, bool] = {}
        """By name, of the parts that were given."""

    def part(self, name: str, value: Any) -> Any:
        """Return the part of this name for one more record; None if it is long and was given before.

        >>> shared = Shared()
        >>> long = "x" * MAX_REPEATED_CHARACTERS
        >>> [shared.part("long", long) == long, shared.part("long", long)]
        [True, None]
        >>> [shared.part("short", "x"), shared.part("short", "x")]
        ['x', 'x']
        """
        if name not in self._is_short:
            self._is_short[name] = len(dump(value)) <= MAX_REPEATED_CHARACTERS
            return value
        return value if self._is_short[name] else None
