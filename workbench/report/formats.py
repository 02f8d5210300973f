"""Numbers and moments as words for a reader, rounded to what she can use.

Nothing rounds to "none" or "all" unless it is: 0.4 % reads `<1 %`, and 999 of 1,000 reads `>99 %`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from workbench.counted import count as count
from workbench.counted import counted as counted

NOT_KNOWN = "not recorded"
"""What stands where the telemetry has no value: never a zero."""
_SMALLEST_P = 0.001
_SMALLEST_USD = 0.0001
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000


def share(part: float) -> str:
    """Return a share, 0 to 1, in whole per cent.

    >>> share(0.5), share(0.004), share(0.999), share(1.0)
    ('50 %', '<1 %', '>99 %', '100 %')
    """
    if 0 < part < 0.01:
        return "<1 %"
    if 0.99 < part < 1:
        return ">99 %"
    return f"{100 * part:.0f} %"


def share_of(n: int, total: int) -> str:
    """Return a share with its count; `not recorded` where there is nothing to take a share of.

    >>> share_of(5, 6)
    '5 of 6 (83 %)'
    """
    return f"{count(n)} of {count(total)} ({share(n / total)})" if total else NOT_KNOWN


def share_within(value: float, low: float, high: float) -> str:
    """Return a share with its interval.

    >>> share_within(0.5, 0.4, 0.6)
    '50 % (40 to 60)'
    """
    return f"{share(value)} ({ends(low, high)})"


def ends(low: float, high: float) -> str:
    """Return the ends of an interval of a share, in whole per cent without the sign.

    >>> ends(0.002, 0.6)
    '<1 to 60'
    """
    return f"{share(low).removesuffix(' %')} to {share(high).removesuffix(' %')}"


def versions(of: Mapping[str, object]) -> str:
    """Return the version of each thing: tables, packages.

    >>> versions({"spans": 3, "signals": 1})
    'spans 3, signals 1'
    """
    return ", ".join(f"{name} {version}" for name, version in of.items()) or "none"


def ratio(times: float, low: float, high: float) -> str:
    """Return how many times as much, with its interval; where nothing else has it, at least how many times.

    >>> ratio(3.14, 1.8, 4.46), ratio(659, 300, 1445.1), ratio(math.inf, 3.24, math.inf)
    ('3.1× (1.8 to 4.5)', '659× (300 to 1,445)', 'only here (at least 3.2×)')
    """
    if math.isinf(times):
        return f"only here (at least {_two_digits(low)}×)"
    above = "no bound" if math.isinf(high) else _two_digits(high)
    return f"{_two_digits(times)}× ({_two_digits(low)} to {above})"


def probability(p: float) -> str:
    """Return a p or q value.

    >>> probability(0.0312), probability(1e-9)
    ('0.031', '<0.001')
    """
    return f"<{_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.2g}"


def duration(ms: float | None) -> str:
    """Return a duration given in milliseconds.

    >>> duration(850), duration(1234), duration(90_000), duration(None)
    ('850 ms', '1.2 s', '1.5 min', 'not recorded')
    """
    if ms is None:
        return NOT_KNOWN
    for unit, size in (("h", _HOUR_MS), ("min", _MINUTE_MS), ("s", 1_000)):
        if ms >= size:
            return f"{ms / size:.1f} {unit}"
    return f"{ms:.0f} ms"


def usd(amount: float | None) -> str:
    """Return an amount of US dollars: cents from one dollar on, two digits below.

    >>> usd(1234.5), usd(0.01234), usd(0.0), usd(None)
    ('$1,234.50', '$0.012', '$0', 'not recorded')
    """
    if amount is None:
        return NOT_KNOWN
    if 0 < amount < _SMALLEST_USD:
        return f"<${_SMALLEST_USD}"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.2g}"


def age(elapsed: timedelta) -> str:
    """Return how long ago, in its largest unit.

    >>> age(timedelta(minutes=5)), age(timedelta(hours=30)), age(timedelta(days=-1))
    ('5 minutes ago', '30 hours ago', 'in the future')
    """
    if elapsed < timedelta(0):
        return "in the future"
    hours = elapsed / timedelta(hours=1)
    if hours < 1:
        return counted(int(hours * 60), "minute") + " ago"
    if hours < 48:
        return counted(int(hours), "hour") + " ago"
    return counted(elapsed.days, "day") + " ago"


def moment(at: datetime | None) -> str:
    """Return a moment to the minute, UTC.

    >>> moment(datetime(2026, 1, 5, 8, 30, tzinfo=UTC))
    '2026-01-05 08:30 UTC'
    """
    return NOT_KNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def words(code: str) -> str:
    """Return a code as words.

    >>> words("tool_error")
    'tool error'
    """
    return code.replace("_", " ")


def _two_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"
