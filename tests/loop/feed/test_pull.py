"""Pulling from a server, kills and faults included: Langfuse as its API is described, served on loopback."""

import base64
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import cli
from workbench.boundaries.http import Server
from workbench.boundaries.urls import read_address
from workbench.errors import ConfigError, ServerError, StoreError
from workbench.loaders.servers import SERVERS
from workbench.loop.feed.pull import pull
from workbench.records import LoadReport
from workbench.schemas import QUARANTINE, SIGNALS, SPANS
from workbench.store import Workspace, durability, init_workspace, telemetry
from workbench.store.pulls import Pulls

SECRET = "a secret of these tests, public"
KEYS = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-very-secret"}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
LONG = "x" * 500
Serve = Callable[..., Any]


def observation(number: int, **fields: Any) -> dict[str, Any]:
    """Return one observation as the API lists it; they are a minute apart, the last one at noon."""
    at = NOW - timedelta(minutes=10 - number)
    return {
        "id": f"o{number}",
        "traceId": f"t{number // 2}",
        "projectId": "p1",
        "type": "GENERATION" if number % 2 else "AGENT",
        "name": "answer",
        "startTime": at.isoformat().replace("+00:00", "Z"),
        "endTime": (at + timedelta(seconds=2)).isoformat().replace("+00:00", "Z"),
        "parentObservationId": f"o{number - 1}" if number % 2 else None,
        "level": "DEFAULT",
        "userId": "ann@example.com",
        "sessionId": "s1",
        "environment": "production",
        "usageDetails": {"input": 10, "output": 4} if number % 2 else {},
        "metadata": {},
        **fields,
    }


def score(number: int, subject: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return one score as the API lists it."""
    at = NOW - timedelta(minutes=5 - number)
    return {
        "id": f"sc{number}",
        "projectId": "p1",
        "name": "thumb",
        "value": 0,
        "dataType": "NUMERIC",
        "source": "ANNOTATION",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "environment": "production",
        "subject": subject,
        **fields,
    }


class Langfuse:
    """The lists of a project, newest first, two a page, behind cursors; metadata cut to 200 characters."""

    def __init__(self) -> None:
        self.observations = [observation(number) for number in range(7)]
        self.scores = [score(0, {"kind": "trace", "id": "t0"})]
        self.before: Callable[[Any], Any] = lambda asked: None
        """Gives an answer of its own to a request, or None."""

    def __call__(self, asked: Any) -> Any:
        if asked.headers.get("authorization") != "Basic " + base64.b64encode(b"pk-lf-1:sk-lf-very-secret").decode():
            return Said(401)
        if (said := self.before(asked)) is not None:
            return said
        lists = {
            "/api/public/v2/observations": (self.observations, "startTime", "fromStartTime"),
            "/api/public/v3/scores": (self.scores, "timestamp", "fromTimestamp"),
        }
        if asked.path == "/api/public/projects":
            return Said(200, {"data": [{"id": "p1", "name": "demo"}]})
        if asked.path not in lists:
            return Said(404, {"message": "not found"})
        records, time, since = lists[asked.path]
        wanted = sorted(
            (record for record in records if record.get(time, "") >= asked.query.get(since, [""])[0]),
            key=lambda record: str(record.get(time, "")),
            reverse=True,
        )
        start = int(base64.urlsafe_b64decode(asked.query["cursor"][0])) if "cursor" in asked.query else 0
        whole = asked.query.get("expandMetadata", [""])[0].split(",")
        page = [self._cut(record, whole) for record in wanted[start : start + 2]]
        cursor = base64.urlsafe_b64encode(str(start + 2).encode()).decode() if start + 2 < len(wanted) else None
        return Said(200, {"data": page, "meta": {"cursor": cursor} if cursor else {}})

    @staticmethod
    def _cut(record: dict[str, Any], whole: list[str]) -> dict[str, Any]:
        said = record.get("metadata") or {}
        return {**record, "metadata": {name: v if name in whole else v[:200] for name, v in said.items()}}


class Said:
    """An answer of the server, as JSON."""

    raw = None

    def __init__(self, status: int, content: Any = None, **headers: str) -> None:
        self.status, self.body, self.headers = status, json.dumps(content).encode(), headers


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a new workspace."""
    monkeypatch.setenv("WORKBENCH_SECRET", SECRET)
    return init_workspace(tmp_path / "workspace", secret=SECRET.encode())


def pulled(workspace: Workspace, url: str, *, now: datetime = NOW, **how: Any) -> LoadReport:
    """Pull once, without pauses."""
    key = SERVERS["langfuse"].key(KEYS)
    with Server(read_address(url), key, pause=lambda seconds: None, rng=random.Random(0)) as server:
        return pull(workspace, server, kind="langfuse", now=now, **how)


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    """Return in, stored, duplicate, quarantined."""
    return report.n_in, report.n_stored, report.n_duplicate, report.n_quarantined


def spans(workspace: Workspace) -> pl.DataFrame:
    """Return all stored spans, by id."""
    return workspace.telemetry.scan(SPANS).collect().sort("span_id")


def paths(served: Any, wanted: str) -> list[Any]:
    """Return the requests for a list, but for the first look whether it is there."""
    return [asked for asked in served.asked if asked.path.endswith(wanted) and "fields" in asked.query]


def test_all_pages_are_read_and_counted(workspace: Workspace, serve: Serve) -> None:
    served = serve(Langfuse())
    report = pulled(workspace, served.url)
    assert counts(report) == (7 + 1, 7 + 1, 0, 0)
    assert (report.n_spans, report.n_traces, report.n_signals, report.format) == (7, 4, 1, "langfuse")
    assert len(paths(served, "observations")) == 4
    assert [kept for _, kept in workspace.loads.all()] == [report]


def test_what_a_page_says_is_in_the_columns_of_an_export(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    langfuse.observations = [
        observation(1, traceName="support", release="1.2", model="gpt-4o", totalCost=0.5, costDetails={"total": 0.5})
    ]
    pulled(workspace, serve(langfuse).url)
    (span,) = spans(workspace).to_dicts()
    assert (span["trace_id"], span["span_id"], span["parent_span_id"]) == ("t0", "o1", "o0")
    assert (span["kind"], span["model"], span["input_tokens"], span["output_tokens"]) == ("LLM", "gpt-4o", 10, 4)
    assert (span["session_id"], span["environment"], span["cost_usd"]) == ("s1", "production", 0.5)
    assert (span["user_key"], span["duration_ms"]) == (workspace.user_key("ann@example.com"), 2000.0)
    assert (span["task"], span["release"]) == ("support", "1.2")


@pytest.mark.parametrize(
    ("subject", "target"),
    [
        ({"kind": "trace", "id": "t0"}, ("trace", "t0", "t0")),
        ({"kind": "observation", "id": "o1", "traceId": "t0"}, ("span", "o1", "t0")),
        ({"kind": "session", "id": "s1"}, ("session", "s1", None)),
    ],
)
def test_a_score_is_a_signal_on_its_subject(
    workspace: Workspace, serve: Serve, subject: dict[str, Any], target: tuple[str, str, str | None]
) -> None:
    langfuse = Langfuse()
    langfuse.scores = [score(0, subject, comment="wrong", authorUserId="bob")]
    pulled(workspace, serve(langfuse).url)
    (signal_row,) = workspace.telemetry.scan(SIGNALS).collect().to_dicts()
    assert (signal_row["target_kind"], signal_row["target_id"], signal_row["trace_id"]) == target
    assert (signal_row["name"], signal_row["value"], signal_row["comment"]) == ("thumb", 0.0, "wrong")
    assert signal_row["annotator"] == workspace.user_key("bob")


def test_a_score_of_an_experiment_is_refused_as_it_came(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    langfuse.scores = [score(0, {"kind": "experiment", "id": "e1"})]
    report = pulled(workspace, serve(langfuse).url)
    assert counts(report) == (8, 7, 0, 1)
    assert report.refused == {"no_id": 1}


def test_metadata_that_was_cut_is_asked_for_again(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    langfuse.observations = [observation(0, metadata={"prompt": LONG, "short": "y"}), observation(1)]
    served = serve(langfuse)
    pulled(workspace, served.url)
    assert json.loads(spans(workspace)["attributes"][0])["metadata"] == {"prompt": LONG, "short": "y"}
    assert [asked.query.get("expandMetadata") for asked in paths(served, "observations")] == [None, ["prompt"]]


def test_the_next_pull_asks_for_the_overlap_alone(workspace: Workspace, serve: Serve) -> None:
    served = serve(Langfuse())
    pulled(workspace, served.url)
    report = pulled(workspace, served.url, now=LATER, overlap=timedelta(minutes=5, seconds=30))
    again = paths(served, "observations")[4:]
    assert [asked.query["fromStartTime"][0] for asked in again] == ["2026-03-10T11:54:30Z"]
    assert counts(report) == (2 + 1, 0, 2 + 1, 0)  # those of 11:55 and 11:56, and the score of 11:55
    assert counts(pulled(workspace, served.url, now=LATER, overlap=timedelta(0))) == (0, 0, 0, 0)
    assert spans(workspace).height == 7


def test_what_comes_late_is_found_by_the_next_pull(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    served = serve(langfuse)
    pulled(workspace, served.url)
    langfuse.observations.append(observation(-600))  # ten hours before the others, but a day is read again
    langfuse.scores.append(score(-100, {"kind": "trace", "id": "t1"}))
    report = pulled(workspace, served.url, now=LATER)
    assert counts(report) == (10, 2, 8, 0)


def test_since_leaves_out_what_began_earlier(workspace: Workspace, serve: Serve) -> None:
    served = serve(Langfuse())
    report = pulled(workspace, served.url, since=NOW - timedelta(minutes=5))
    assert report.n_spans == 2  # those of 11:55 and 11:56
    earlier = pulled(workspace, served.url, now=LATER)
    assert earlier.n_spans == 2  # it goes on, and nothing before the first `since` comes in
    assert pulled(workspace, served.url, now=LATER, since=NOW - timedelta(days=9)).n_spans == 7


def test_a_broken_connection_loses_nothing(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    served = serve(langfuse)
    langfuse.before = lambda asked: Said(500) if _page_of(asked) == 4 else None
    with pytest.raises(ServerError, match="500"):
        pulled(workspace, served.url)
    ((_, report),) = workspace.loads.all()
    assert counts(report) == (4, 4, 0, 0)
    langfuse.before = lambda asked: None
    n_before = len(paths(served, "observations"))
    report = pulled(workspace, served.url)
    assert _page_of(paths(served, "observations")[n_before]) == 4  # where it broke off, not at the beginning
    assert counts(report) == (3 + 1, 3 + 1, 0, 0)
    assert spans(workspace)["span_id"].to_list() == [f"o{number}" for number in range(7)]


def test_what_a_killed_pull_stored_is_flushed_before_the_place_moves_on(
    workspace: Workspace, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next pull moved on past rows that it found in the tables, and that a power cut could still take."""
    langfuse = Langfuse()
    served = serve(langfuse)
    with monkeypatch.context() as killed:
        killed.setattr(telemetry, "sync_commit", lambda *_: None)
        langfuse.before = lambda asked: Said(404) if "cursor" in asked.query else None
        with pytest.raises(ServerError):
            pulled(workspace, served.url)
    flushed: set[Path] = set()
    seen: list[bool] = []
    commit = workspace.root / "telemetry" / "spans" / "_delta_log" / f"{1:020d}.json"
    monkeypatch.setattr(durability, "sync", flushed.update)
    langfuse.before = lambda asked: seen.append(commit in flushed) if "fields" in asked.query else None
    pulled(workspace, served.url)
    assert commit.exists()
    assert set(seen) == {True}


def test_a_kill_loses_nothing_and_doubles_nothing(workspace: Workspace, serve: Serve) -> None:
    """A pull that is killed while it waits for a page must neither lose nor repeat what it has read."""
    langfuse = Langfuse()
    served = serve(langfuse)
    command = [sys.executable, "-m", "workbench", "pull", "langfuse", served.url, "--workspace", str(workspace.root)]
    running: list[subprocess.Popen[bytes]] = []
    for place in (2, 6):

        def kill(asked: Any, place: int = place) -> Any:
            if "observations" in asked.path and "fields" in asked.query and _page_of(asked) == place:
                os.kill(running[-1].pid, signal.SIGKILL)
            return None

        langfuse.before = kill
        running.append(subprocess.Popen(command, env={**os.environ, **KEYS}, stderr=subprocess.PIPE))
        running[-1].communicate()
        assert running[-1].returncode == -signal.SIGKILL
        assert spans(workspace).height == place
    langfuse.before = lambda asked: None
    subprocess.run(command, env={**os.environ, **KEYS}, check=True, capture_output=True)
    assert spans(workspace)["span_id"].to_list() == [f"o{number}" for number in range(7)]
    assert workspace.telemetry.scan(SIGNALS).collect().height == 1
    assert {path.suffix for path in (workspace.root / "pulls").iterdir()} == {".json", ".lock"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("langfuse", "http://user:password@127.0.0.1:9"), "environment"),
        (("langfuse", "file:///etc/passwd"), "http"),
        (("helicone", "http://127.0.0.1:9"), "phoenix"),
        (("langfuse", "http://127.0.0.1:9", "--since", "yesterday"), "yesterday"),
    ],
)
def test_a_wrong_call_is_refused_at_once(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert _command(monkeypatch, *arguments, "--workspace", str(workspace.root)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "user:password" not in printed.err


def test_the_command_says_what_became_of_the_records(
    workspace: Workspace, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served = serve(Langfuse())
    arguments = ("langfuse", served.url, "-w", str(workspace.root), "--json")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    assert _command(monkeypatch, *arguments) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["path"], file["format"], file["in"], file["stored"]) == (f"{served.url} p1", "langfuse", 8, 8)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "another")
    assert _command(monkeypatch, *arguments) == 2
    assert "LANGFUSE_SECRET_KEY" in capsys.readouterr().err


def _command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["workbench", "pull", *arguments])
    with pytest.raises(SystemExit) as leave:
        cli.main()
    return int(leave.value.code or 0)


def test_a_mark_that_the_server_forgot_costs_a_new_beginning(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    served = serve(langfuse)
    langfuse.before = lambda asked: Said(500) if _page_of(asked) == 4 else None
    with pytest.raises(ServerError):
        pulled(workspace, served.url)
    langfuse.before = lambda asked: Said(400, {"message": "invalid cursor"}) if _page_of(asked) == 4 else None
    with pytest.raises(ServerError, match="400"):  # it read on from the beginning, up to that page
        pulled(workspace, served.url)
    langfuse.before = lambda asked: None
    pulled(workspace, served.url)
    assert spans(workspace).height == 7


def test_a_server_that_turns_in_a_circle_is_left(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    page = Said(200, {"data": [observation(1)], "meta": {"cursor": base64.urlsafe_b64encode(b"2").decode()}})
    langfuse.before = lambda asked: page if asked.path.endswith("observations") else None
    with pytest.raises(ServerError, match="again and again"):
        pulled(workspace, serve(langfuse).url)


@pytest.mark.parametrize(
    "body", [b"<html>sign in</html>", b"", b"[]", b'{"data": 7}', b'{"data": [{"id": ', b"\xff\xfe"]
)
def test_garbage_is_an_error_that_names_the_server(workspace: Workspace, serve: Serve, body: bytes) -> None:
    langfuse = Langfuse()

    def garbage(asked: Any) -> Any:
        said = Said(200)
        said.body = body
        return said if asked.path.endswith("scores") else None

    langfuse.before = garbage
    with pytest.raises(ServerError, match="scores: answers with something else"):
        pulled(workspace, serve(langfuse).url)
    assert spans(workspace).height == 7


def test_a_bad_record_is_refused_once_and_its_neighbours_are_kept(workspace: Workspace, serve: Serve) -> None:
    langfuse = Langfuse()
    bad = observation(7)
    del bad["id"]
    langfuse.observations += [bad, {"startTime": NOW.isoformat(), "id": 7}, observation(8, endTime="yesterday")]
    served = serve(langfuse)
    report = pulled(workspace, served.url)
    assert counts(report) == (7 + 3 + 1, 8, 0, 3)
    assert counts(pulled(workspace, served.url, now=LATER)) == (11, 0, 8, 3)
    refused = workspace.telemetry.scan(QUARANTINE).collect()
    assert refused.height == 3
    kept = [json.loads((workspace.quarantine / name).read_bytes()) for name in refused["digest"]]
    assert bad in kept


def test_no_key_and_no_raw_user_id_is_kept(workspace: Workspace, serve: Serve) -> None:
    pulled(workspace, serve(Langfuse()).url)
    content = b"".join(path.read_bytes() for path in workspace.root.rglob("*") if path.is_file())
    for secret in (b"sk-lf-very-secret", b"pk-lf-1", b"ann@example.com", base64.b64encode(b"pk-lf-1:sk-lf")[:12]):
        assert secret not in content


def test_a_project_is_the_keys_own(workspace: Workspace, serve: Serve) -> None:
    with pytest.raises(ConfigError, match="one project"):
        pulled(workspace, serve(Langfuse()).url, project="other")


def test_two_pulls_of_one_project_do_not_run_at_once(workspace: Workspace, serve: Serve) -> None:
    served = serve(Langfuse())
    report = pulled(workspace, served.url)
    with Pulls(workspace.root / "pulls").alone(report.source), pytest.raises(StoreError, match="another process"):
        pulled(workspace, served.url)


def test_a_damaged_place_is_named_with_what_to_do(workspace: Workspace, serve: Serve) -> None:
    served = serve(Langfuse())
    pulled(workspace, served.url)
    (place,) = (workspace.root / "pulls").glob("*.json")
    place.write_bytes(b"{")
    with pytest.raises(StoreError, match="delete it"):
        pulled(workspace, served.url)
    place.unlink()
    assert counts(pulled(workspace, served.url)) == (8, 0, 8, 0)


def test_a_server_before_version_4_is_read_by_its_own_lists(workspace: Workspace, serve: Serve) -> None:
    served = serve(_before_4)
    report = pulled(workspace, served.url)
    assert counts(report) == (4 + 1, 5, 0, 0)
    assert spans(workspace)["task"].unique().to_list() == ["support"]
    assert counts(pulled(workspace, served.url, now=LATER)) == (5, 0, 5, 0)


def _before_4(asked: Any) -> Any:
    """Answer as version 3 does: three traces on two pages, one of them deleted meanwhile, each of two observations."""
    head = {"projectId": "p1", "name": "support", "timestamp": "2026-03-10T11:00:00Z", "sessionId": "s1"}
    last = asked.path.rpartition("/")[2]
    if asked.path == "/api/public/projects":
        return Said(200, {"data": [{"id": "p1"}]})
    if asked.path == "/api/public/traces":
        pages = {"1": ["t0", "gone"], "2": ["t1"]}
        data = [{"id": name, **head} for name in pages[asked.query["page"][0]]]
        return Said(200, {"data": data, "meta": {"page": 1, "limit": 2, "totalItems": 3, "totalPages": 2}})
    if asked.path == "/api/public/v2/scores":
        one = {"id": "sc1", "traceId": "t0", "name": "thumb", "value": 1, "source": "API", "dataType": "NUMERIC"}
        more = {"timestamp": "2026-03-10T11:30:00Z", "trace": {"userId": "ann@example.com", "tags": []}}
        return Said(200, {"data": [{**one, **more}], "meta": {"totalPages": 1}})
    if asked.path.startswith("/api/public/traces/") and last in ("t0", "t1"):
        inside = [{**observation(number), "id": f"{last}-{number}", "traceId": last} for number in (0, 1)]
        return Said(200, {"id": last, **head, "observations": inside, "scores": [{"id": "sc1"}]})
    return Said(404)


def _page_of(asked: Any) -> int:
    if not asked.path.endswith("observations"):
        return -1
    return int(base64.urlsafe_b64decode(asked.query["cursor"][0])) if "cursor" in asked.query else 0
