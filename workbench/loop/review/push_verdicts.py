"""Step 3, review, to a running server: verdicts where the app's own people look at its traces.

Nothing is remembered here: the server is asked what it has, and gets what it lacks. So a push may be repeated, be
broken off, and be made by two people.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from workbench.boundaries.http import Server
from workbench.errors import ConfigError
from workbench.loaders.servers import SERVERS
from workbench.loaders.servers.boards import Held, revision_of
from workbench.loop.feed.files import IngestProgress
from workbench.loop.feed.pull import open_server
from workbench.records import Verdict
from workbench.store import Workspace


class Pushed(NamedTuple):
    """What became of the newest revision of each verdict: one of these."""

    n_verdicts: int
    """All of them: the sum of the others."""
    n_written: int
    """Written now, new or revised."""
    n_there: int
    """There already, or withdrawn before they were ever there."""
    n_no_trace: int
    """On traces that the server does not have."""
    n_not_traces: int
    """On causes, issues and clusters, which it knows nothing of."""
    n_erased: int
    """On traces of users who were erased: nothing of them is sent anywhere."""


def open_board_server(kind: str, url: str, *, environment: Mapping[str, str]) -> Server:
    """Return a connection to a server that takes verdicts, with the key that the environment has for it; for `with`.

    Raises
    ------
    ConfigError
        If no such server takes verdicts, the URL cannot be used, or the key belongs to another server.
    """
    taking = [name for name, known in SERVERS.items() if known.open_board is not None]
    if kind not in taking:
        raise ConfigError(f"kind == {kind!r}, must be one of {', '.join(taking)}")
    return open_server(kind, url, environment=environment)


def push_verdicts(
    workspace: Workspace,
    server: Server,
    *,
    kind: str,
    project: str | None = None,
    review_id: str | None = None,
    progress: IngestProgress | None = None,
) -> Pushed:
    """Write to a server what it lacks of the verdicts on traces, and return how many; a second push writes nothing.

    Parameters
    ----------
    workspace
        Whose verdicts.
    server
        The server, open.
    kind
        What it is: a name in `loaders.servers.SERVERS` that takes verdicts.
    project
        The project's name, where the server wants one.
    review_id
        Only verdicts of one review; None for all.
    progress
        Called after each block.

    Raises
    ------
    ServerError
        If the server does not answer, or not as it should; what it has taken it has, and the next call goes on.
    ConfigError
        If the server does not take the key.
    """
    open_board = SERVERS[kind].open_board
    if open_board is None:
        raise ConfigError(f"kind == {kind!r}, takes no verdicts")
    board = open_board(server, project)
    newest = list({one.id: one for one in workspace.ledger.revisions(Verdict, review_id=review_id)}.values())
    refusal = workspace.erasures.refusal()
    on_traces = [one for one in newest if one.target_kind == "trace"]
    verdicts = [one for one in on_traces if refusal.is_admitted(one.target_id.encode())]
    n_written = n_there = n_no_trace = 0
    for block in _blocks(verdicts, board.n_at_once):
        held = board.look(list(dict.fromkeys(one.target_id for one in block)))
        lacking = [one for one in block if _is_lacking(one, held)]
        n_sent = board.send(lacking, held)
        n_written, n_there = n_written + n_sent, n_there + len(block) - len(lacking)
        n_no_trace += len(lacking) - n_sent
        if progress is not None:
            progress(kind, n_written + n_there + n_no_trace, (n_written + n_there + n_no_trace) / len(verdicts))
    n_not_traces, n_erased = len(newest) - len(on_traces), len(on_traces) - len(verdicts)
    return Pushed(len(newest), n_written, n_there, n_no_trace, n_not_traces, n_erased)


def _is_lacking(verdict: Verdict, held: Held) -> bool:
    posted = held.get(verdict.id)
    return verdict.label != "withdrawn" if posted is None else posted.revision != revision_of(verdict)


def _blocks(verdicts: Sequence[Verdict], n_at_once: int) -> Iterator[Sequence[Verdict]]:
    for first in range(0, len(verdicts), n_at_once):
        yield verdicts[first : first + n_at_once]
