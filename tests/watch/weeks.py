"""Traffic around a ship, made by hand: so many traces a day, some of them found, some with a control issue."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from workbench.watch import TRAFFIC

SHIP = datetime(2026, 3, 2, tzinfo=UTC)


def traffic(
    found: Sequence[int],
    *,
    n: int = 10,
    controls: Sequence[int] | None = None,
    unowned: Sequence[int] = (),
    first: int = 0,
) -> pl.DataFrame:
    """Return TRAFFIC of n traces a day, from `first` days after the ship on, `found[k]` of the k-th day found.

    Every day's first traces are those that were found; of control issues, the last; those of no
    issue come after those that were found.
    """
    beside, loose = controls or [0] * len(found), unowned or [0] * len(found)
    rows = [
        (
            *(f"t{first + day}-{place}", SHIP + timedelta(days=first + day, hours=1, minutes=place), f"usr_{place}"),
            *(first + day >= 0, place < hits, hits <= place < hits + loose[day], int(place >= n - beside[day])),
        )
        for day, hits in enumerate(found)
        for place in range(n)
    ]
    return pl.DataFrame(rows, schema=TRAFFIC, orient="row")
