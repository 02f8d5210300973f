"""Wait for what runs asynchronously, wherever one stands: in a script, or in a notebook, where a loop runs already."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


def to_end(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Return what a coroutine comes to; interrupted, it is cancelled and has ended before the interrupt goes on.

    >>> to_end(asyncio.sleep(0, result=7))
    7
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    cancel: list[Callable[[], object]] = []

    async def cancellable() -> ResultT:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        cancel.append(lambda: loop.call_soon_threadsafe(task.cancel))
        return await work

    with ThreadPoolExecutor(max_workers=1) as thread:
        running = thread.submit(asyncio.run, cancellable())
        try:
            return running.result()
        except KeyboardInterrupt:
            for stop in cancel:
                stop()
            raise
