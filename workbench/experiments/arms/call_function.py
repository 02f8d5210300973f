"""A program that calls one function of an app with one case: run by `arms.module`, in the folder of a version.

    python call_function.py module:function   <   {"input": {...}, "seed": 7, ...}

What the app prints goes to standard error: standard output is the answer's alone.
"""

import asyncio
import importlib
import inspect
import json
import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any


async def _waited(value: Awaitable[Any]) -> Any:
    return await value


def main() -> None:
    """Read the case, call the function, and write what it returns."""
    asked = json.load(sys.stdin)
    answers = os.dup(1)
    os.dup2(2, 1)
    sys.path[0] = str(Path.cwd())
    module, _, name = sys.argv[1].partition(":")
    said = getattr(importlib.import_module(module), name)(asked["input"], asked["seed"])
    if inspect.isawaitable(said):
        said = asyncio.run(_waited(said))
    with os.fdopen(answers, "w", encoding="utf-8") as out:
        json.dump({"output": said} if isinstance(said, str) else said, out)


if __name__ == "__main__":
    main()
