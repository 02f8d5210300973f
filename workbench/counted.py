"""A number of things with its noun: one way for every page, mail and message, so that none speaks of "1 traces"."""


def count(n: int) -> str:
    """Return a number of things with thousands separated.

    >>> count(1903)
    '1,903'
    """
    return f"{n:,}"


def counted(n: int, one: str, many: str | None = None) -> str:
    """Return a number and its noun.

    >>> counted(1, "trace"), counted(3, "trace"), counted(2, "does", "do")
    ('1 trace', '3 traces', '2 do')
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"
