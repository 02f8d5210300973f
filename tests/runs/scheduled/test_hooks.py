"""Who hears of a run: a real server and a real program; one that fails keeps nothing from the other."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer, Served
from workbench.records import Step
from workbench.runs.scheduled.hooks import tell_hooks
from workbench.store import DEMO_SECRET, Workspace, init_workspace
from workbench.store.profiles import WEBHOOK_KEY, WEBHOOK_URL, Hooks

Serve = Callable[..., Served]
PAYLOAD = b'{"headline":"2 new"}'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "acme", secret=DEMO_SECRET)


def told(workspace: Workspace, hooks: Hooks, **environment: str) -> list[Step]:
    return list(
        tell_hooks(
            hooks,
            payload=PAYLOAD,
            text="2 new: ü",
            workspace=workspace,
            environment=environment,
            pause=lambda seconds: None,
        )
    )


def test_a_webhook_gets_the_digest_at_its_address_to_the_letter(workspace: Workspace, serve: Serve) -> None:
    served = serve(lambda asked: Answer())
    (step,) = told(workspace, Hooks(webhook=f"{served.url}/services/T0/x"))
    (asked,) = served.asked
    assert (step.command, step.state, step.said) == ("webhook", "done", "")
    assert (asked.method, asked.path, asked.body) == ("POST", "/services/T0/x", PAYLOAD)
    assert "authorization" not in asked.headers


def test_a_token_goes_to_its_own_server_and_to_no_other(workspace: Workspace, serve: Serve) -> None:
    served = serve(lambda asked: Answer())
    given: dict[str, Any] = {WEBHOOK_KEY: "secret-token", WEBHOOK_URL: f"{served.url}/hook"}
    assert told(workspace, Hooks(webhook=WEBHOOK_URL), **given)[0].state == "done"
    assert served.asked[0].headers["authorization"] == "Bearer secret-token"
    other = serve(lambda asked: Answer())
    (step,) = told(workspace, Hooks(webhook=other.url), **given)
    assert (step.state, other.asked) == ("refused", [])
    (step,) = told(workspace, Hooks(webhook=other.url), **{WEBHOOK_KEY: "secret-token"})
    assert (step.state, other.asked) == ("refused", [])
    (step,) = told(workspace, Hooks(webhook=WEBHOOK_URL))
    assert step.state == "refused"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500), "answers 500, 6 times in a row"),
        (Answer(404, b"no such hook"), "answers 404: no such hook"),
        (Answer(302, headers={"Location": "https://outside.example/"}), "no redirect is followed"),
    ],
)
def test_a_webhook_that_fails_is_told_without_its_address(
    workspace: Workspace, serve: Serve, answer: Answer, said: str
) -> None:
    """The path of a webhook may be a secret, and a digest is read by many."""
    served = serve(lambda asked: answer)
    (step,) = told(workspace, Hooks(webhook=f"{served.url}/services/secret-path"))
    assert (step.state, said in step.said, "secret-path" in step.said) == ("failed", True, False)


def test_a_mail_program_gets_the_text_and_none_of_our_keys(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_SECRET", "a secret")
    program = "import os, sys; open(sys.argv[1], 'w').write(sys.stdin.read() + str('WORKBENCH_SECRET' in os.environ))"
    (step,) = told(workspace, Hooks(mail=(sys.executable, "-c", program, f"{tmp_path}/a; touch b")))
    assert step.state == "done"
    assert (tmp_path / "a; touch b").read_text() == "2 new: üFalse"


def test_one_that_fails_keeps_nothing_from_the_other(workspace: Workspace, serve: Serve) -> None:
    served = serve(lambda asked: Answer(400))
    fails = (sys.executable, "-c", "import sys; sys.exit('no such user')")
    steps = told(workspace, Hooks(webhook=served.url, mail=fails))
    assert [(step.command, step.state) for step in steps] == [("webhook", "failed"), ("mail", "failed")]
    assert "no such user" in steps[1].said
    (step,) = told(workspace, Hooks(mail=("/no/such/program",)))
    assert (step.state, "cannot be started" in step.said) == ("failed", True)
