"""The sample's app in production under a feature flag: users assigned by a hash, answered by their arm's version."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.loop.under_review import NOON
from tests.loop.validated import STATES
from workbench import loop
from workbench.experiments.assign import assign
from workbench.loop.named import app_of
from workbench.records import Experiment
from workbench.simulate.app.sample_app import SampleApp
from workbench.simulate.otlp import attributes
from workbench.store import Workspace

FLAG = "jurisdiction-first"
A_USER = timedelta(minutes=10)
ASKED_AT = NOON
Assign = Callable[[str], str]


def live(
    workspace: Workspace,
    experiment: Experiment,
    users: range,
    *,
    start: datetime,
    n_requests: int = 3,
    n_before: int = 0,
    arm_of: Assign = lambda user: assign(user, FLAG),
    served: Assign | None = None,
    is_logged: bool = False,
) -> None:
    """Let users come one after the other, ask what they ask, and ingest what the app records of it.

    Parameters
    ----------
    workspace, experiment
        Whose app, and whose arms.
    users
        Numbers of those who come.
    start
        When user 0 comes; each other so many times A_USER later.
    n_requests, n_before
        Requests of each user under the flag, and the week before without it.
    arm_of, served
        The arm that the app records of a user, and the one whose version answers; as assigned if not given.
    is_logged
        Whether the flag's evaluations are log records; otherwise attributes of the agent's span.
    """
    repository = app_of(workspace)
    contents: dict[str, dict[str, bytes]] = {arm.name: repository.contents(arm.commit) for arm in experiment.arms}
    apps = {
        name: SampleApp({path: content.decode() for path, content in files.items()}) for name, files in contents.items()
    }
    commits: dict[str, str] = {arm.name: arm.commit for arm in experiment.arms}
    lines: list[dict[str, Any]] = []
    for number in users:
        user, at = f"user-{number}", start + number * A_USER
        arm = arm_of(user)
        answered = (served or arm_of)(user)
        past = [at - timedelta(days=7) + place * timedelta(seconds=40) for place in range(n_before)]
        for place, then in enumerate([*past, *(at + place * timedelta(seconds=40) for place in range(n_requests))]):
            by = "baseline" if place < n_before else answered
            line = orjson.loads(apps[by].respond(_asked(number, place), seed=number).otlp)
            _move(line, to=then, release=commits[by])
            lines += _told(line, user, arm if place >= n_before else None, is_logged=is_logged)
    path = Path(workspace.root) / "live.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    loop.feed(workspace, [path], now=start + users.stop * A_USER)
    path.unlink()


def _asked(number: int, place: int) -> dict[str, Any]:
    """Return what is asked; it holds nothing that differs from day to day, so that the same answers come of it."""
    state = STATES[(number + place) % len(STATES)]
    question = f"Is Doe v. Roe {number}-{place} good law in {state}?"
    return {"question": question, "task": "state_court", "state": state, "at": ASKED_AT.isoformat()}


def _move(line: dict[str, Any], *, to: datetime, release: str) -> None:
    """Let a run be of another time, and of a release."""
    by_ns = round((to - ASKED_AT) / timedelta(microseconds=1)) * 1_000
    for one in line["resourceSpans"]:
        others = [said for said in one["resource"]["attributes"] if said["key"] != "service.version"]
        one["resource"]["attributes"] = [*others, *attributes({"service.version": release})]
    for span in _spans(line):
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            span[name] = str(int(span[name]) + by_ns)


def _told(line: dict[str, Any], user: str, arm: str | None, *, is_logged: bool) -> Iterator[dict[str, Any]]:
    """Yield what the app exports: its spans with their user, and the evaluation of the flag."""
    flag = attributes({"feature_flag.key": FLAG, "feature_flag.result.variant": arm}) if arm else []
    (root,) = (span for span in _spans(line) if "parentSpanId" not in span)
    root["attributes"] += [*attributes({"user.id": user}), *([] if is_logged else flag)]
    yield line
    if is_logged and flag:
        record = {"eventName": "feature_flag.evaluation", "traceId": root["traceId"], "attributes": flag}
        yield {
            "resourceLogs": [
                {"scopeLogs": [{"logRecords": [record | {"timeUnixNano": root["startTimeUnixNano"]}]}]},
            ]
        }


def _spans(line: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [span for one in line["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]]
