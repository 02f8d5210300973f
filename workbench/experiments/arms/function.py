"""An arm that is a function in Python: the app itself where it can be imported, or a simulation of it."""

import asyncio
import inspect
import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import UNKNOWN, Arm, Spend
from workbench.experiments.arms.reply import reply_of
from workbench.experiments.arms.threads import in_thread
from workbench.experiments.case import Case
from workbench.experiments.provider import Provider
from workbench.ids import digest

TIME_LIMIT_S = 120.0
"""As of a server's answer."""


def function_arm(
    function: Callable[[Mapping[str, Any], int], Any],
    *,
    name: str,
    version: str,
    settings: str = "",
    most: Spend = UNKNOWN,
    time_limit_s: float = TIME_LIMIT_S,
    provider: Provider | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Arm:
    """Return an arm that calls a function with a case's input and a seed; it never sees what is expected.

    Parameters
    ----------
    function
        Returns the output as a text, an object as `arms.reply` has it, or an `Answer`; or an awaitable of these. One
        that is not asynchronous runs in a thread of its own, which a time limit lets go of but cannot end.
    name
        The arm's name.
    version
        Digest of the code and files that it stands for, or their commit.
    settings
        What else its answers depend on.
    most
        What one answer can cost at most.
    time_limit_s
        After so many seconds it has failed.
    provider
        Whose limits hold, where it asks one.
    monotonic
        Gives seconds, for how long it took.
    """

    async def once(case: Case, seed: int) -> Answer:
        began = monotonic()
        try:
            async with asyncio.timeout(time_limit_s) as limit:
                value = await _called(function, case.input, seed)
        except Exception as fault:  # noqa: BLE001  (an app may raise anything: it failed)
            if isinstance(fault, TimeoutError) and limit.expired():
                return error("timeout", f"no answer within {time_limit_s:g} s")
            return error("failed", f"{type(fault).__name__} in the app")
        return reply_of(value, took_ms=(monotonic() - began) * 1_000)

    async def ask(case: Case, trial: int, seed: int) -> Answer:
        if provider is None:
            return await once(case, seed)
        return await provider.patiently(lambda: once(case, seed), most_tokens=most.tokens or 0)

    adapter = digest("function", settings, f"{time_limit_s}")
    return Arm(name=name, version=version, adapter=adapter, ask=ask, most=most)


async def _called(function: Callable[[Mapping[str, Any], int], Any], given: Mapping[str, Any], seed: int) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(given, seed)
    value = await in_thread(lambda: function(given, seed))
    return await value if inspect.isawaitable(value) else value
