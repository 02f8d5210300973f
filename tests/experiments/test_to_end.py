"""What runs asynchronously can be waited for in a script and in a notebook."""

import asyncio
import threading

import pytest

from workbench.experiments.to_end import to_end


async def double(value: int) -> int:
    await asyncio.sleep(0)
    return 2 * value


def test_it_is_waited_for_where_no_loop_runs() -> None:
    assert to_end(double(4)) == 8


def test_it_is_waited_for_where_a_loop_runs_as_in_a_notebook() -> None:
    """An experiment could not be run from a cell: "asyncio.run() cannot be called from a running event loop"."""

    async def cell() -> tuple[int, bool]:
        here = threading.get_ident()
        return to_end(double(4)), threading.get_ident() == here

    loop = asyncio.new_event_loop()
    told: list[tuple[int, bool]] = []
    thread = threading.Thread(target=lambda: told.append(loop.run_until_complete(cell())))
    thread.start()
    thread.join()
    loop.close()
    assert told == [(8, True)]


def test_its_error_is_the_callers() -> None:
    async def fails() -> None:
        raise ValueError("n == 0")

    with pytest.raises(ValueError, match="n == 0"):
        to_end(fails())
