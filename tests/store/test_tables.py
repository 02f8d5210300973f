"""A table as it stands: made by whoever is first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.schemas import SPANS
from workbench.store.tables import make_table, open_table

N_ROUNDS, N_AT_ONCE = 20, 8
"""Before it was mended, one round in four ended in a stack."""


def test_many_who_make_a_table_at_once_all_find_it_made(tmp_path: Path) -> None:
    """Of commands that opened a new workspace at once, those that came second ended in the stack of a library."""
    for number in range(N_ROUNDS):
        uri, start = str(tmp_path / str(number)), threading.Barrier(N_AT_ONCE)

        def make(_: int, uri: str = uri, start: threading.Barrier = start) -> bool:
            start.wait()
            return make_table(uri, SPANS)

        with ThreadPoolExecutor(N_AT_ONCE) as pool:
            assert True in list(pool.map(make, range(N_AT_ONCE)))
        assert [field.name for field in open_table(uri).schema().fields] == SPANS.schema.names()
