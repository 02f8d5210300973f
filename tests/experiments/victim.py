"""An experiment in a process of its own, which may be killed at any write to its journal; run by tests as a program.

    python victim.py URL JOURNAL N_CASES [WRITE MOMENT]

It asks two versions of a prompt at an OpenAI-compatible server and prints what it came to as JSON. With WRITE it is
gone, as by kill -9, at that write (from 0): before it, half-way through, or after it, as MOMENT says.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.boundaries.asking import Line
from workbench.boundaries.keys import Key
from workbench.boundaries.urls import read_address
from workbench.experiments.arms.chat import Model, chat_arm
from workbench.experiments.arms.chat_app import chat_app
from workbench.experiments.arms.tools import replayed
from workbench.experiments.case import Case
from workbench.experiments.provider import Provider
from workbench.experiments.runner import run
from workbench.experiments.schedule import schedule
from workbench.experiments.session import Run

PROMPTS = {"baseline": "You summarise.", "candidate": "You summarise, and name the state first."}
QUESTIONS = ("Is Smith v. Jones binding in Ohio?", "What did the court hold?", "Who appealed?", "Is it overruled?")


async def main(url: str, journal: Path, n_cases: int) -> Run:
    """Run the experiment, or go on with it."""
    cases = [
        Case(case_id=f"c{number}", input={"question": QUESTIONS[number % len(QUESTIONS)], "number": number})
        for number in range(n_cases)
    ]
    provider = Provider("the server")
    async with Line(read_address(f"{url}/v1"), Key(), answer_s=300) as line:
        arms = [
            chat_arm(
                chat_app(prompt, parameters={"temperature": 0}),
                line,
                name=name,
                version=prompt,
                model=Model("m1", max_output_tokens=24),
                tools=replayed(),
                tools_version="replayed",
                provider=provider,
                now=lambda: datetime.now(UTC),
                max_tokens=2_000,
            )
            for name, prompt in PROMPTS.items()
        ]
        items = schedule(cases, arms, seed=5)
        return await run(items, journal, now=lambda: datetime.now(UTC), n_at_once=2)


def die_at(n_write: int, moment: str) -> None:
    """Have this process killed at a write of a file."""
    write, n_written = os.write, 0

    def counted(handle: int, raw: bytes) -> int:
        nonlocal n_written
        if n_written == n_write:
            if moment != "before":
                write(handle, raw[: len(raw) // 2] if moment == "half" else raw)
            os.kill(os.getpid(), signal.SIGKILL)
        n_written += 1
        return write(handle, raw)

    os.write = counted  # type: ignore[assignment]


def told(done: Run) -> dict[str, Any]:
    """Return what a test wants to know of a run."""
    return {
        "n_missing": done.n_missing,
        "n_interrupted": done.n_interrupted,
        "answers": {f"{one.arm} {one.case_id}": one.answer.output for one in done.outcomes},
        "errors": [one.answer.error_message for one in done.outcomes if one.answer.status == "error"],
    }


if __name__ == "__main__":
    if len(sys.argv) > 4:
        die_at(int(sys.argv[4]), sys.argv[5])
    sys.stdout.write(json.dumps(told(asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))))
