"""The command that walks the evidence chain of any id."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import loop
from workbench.boundaries.display import visible
from workbench.cli.app import JsonOption, WorkspaceOption, app
from workbench.cli.output import answer_with
from workbench.loop.chain import FAN_OUT, Chain, Linked, Node, tree
from workbench.report.chain import HEADINGS, counted
from workbench.store import open_workspace


@app.command()
def trace(
    any_id: Annotated[
        str, typer.Argument(metavar="ID", help="Of anything from a trace to a decision, or its beginning.")
    ],
    workspace: WorkspaceOption = Path(),
    top: Annotated[int, typer.Option(min=1, help="Links of one kind that are shown of each; the rest is counted.")] = (
        FAN_OUT
    ),
    as_json: JsonOption = False,
) -> None:
    """Print the chain of an id: what it came from, back to production, and what came of it, forward to a release.

    Of a trace, session, finding, cluster, cause, verdict, review, issue, change, release candidate, experiment,
    decision, commit or branch.

    Example: `workbench trace iss_os72hnt --workspace acme`
    """
    found = loop.chain(open_workspace(workspace), any_id, fan_out=top)
    answer_with(_answer(found), "" if as_json else _text(found), as_json=as_json)


def _text(found: Chain) -> str:
    """Return the chain as indented lines; words from traces are made visible one by one, so that none adds a line."""
    said, part = [], "start"
    for row in tree(found).iter_rows(named=True):
        if row["part"] != part:
            part = row["part"]
            said += ["", HEADINGS[part]]
        said.append("  " * row["depth"] + visible(_line(row)))
    return "\n".join([*said, "", f"In all: {', '.join(counted(kind, n) for kind, n in found.n.items())}."])


def _line(row: Mapping[str, Any]) -> str:
    if row["id"] is None:
        return f"... and {counted(row['kind'], row['n_more'], more=True)}"
    state = f" [{row['state']}]" if row["state"] else ""
    at = f" {row['at']:%Y-%m-%d %H:%M}" if row["at"] else ""
    again = " (above)" if row["is_again"] else f"  {row['what']}"
    return f"{row['kind']} {row['id']}{state}{at}{again}"


def _answer(found: Chain) -> dict[str, Any]:
    return {
        "start": found.start._asdict(),
        "n": dict(found.n),
        "nodes": [_node(node) for node in found.nodes.values()],
    }


def _node(node: Node) -> dict[str, Any]:
    what, state, at = node.line
    return {
        **node.key._asdict(),
        "what": what,
        "state": state,
        "at": at and at.isoformat(),
        "comes_from": _links(node.comes_from),
        "leads_to": _links(node.leads_to),
        "beside": _links(node.beside),
    }


def _links(linked: Linked) -> dict[str, Any]:
    return {"links": [key._asdict() for key in linked.keys], "more": dict(linked.more)}
