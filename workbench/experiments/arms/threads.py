"""Work that is not asynchronous, in a thread of its own.

A pool would let a call wait for a free thread while its time limit runs, and would keep the process from ending for as
long as one call hangs.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Return what the work returns, or raise what it raises; whoever stops waiting leaves it to itself."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, fault: Exception | None) -> None:
        if done.done():  # nobody waits any more
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value: T | None = None
        fault: Exception | None = None
        try:
            value = work()
        except StopIteration as stop:
            fault = RuntimeError(f"{type(stop).__name__} in a thread")  # a future cannot hold it
        except Exception as error:  # noqa: BLE001  (it is raised again where it is waited for)
            fault = error
        try:
            loop.call_soon_threadsafe(tell, value, fault)
        except RuntimeError:  # the loop is closed
            return

    threading.Thread(target=run, daemon=True).start()
    return await done
