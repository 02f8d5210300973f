"""Commands of step 6, holdouts: cases are set apart, checked for leaks, listed and exported."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from workbench import loop
from workbench.boundaries.display import shorten, visible
from workbench.cli.app import (
    ByOption,
    EmbedderOption,
    JsonOption,
    WindowOption,
    WorkspaceOption,
    embedder_of,
    group,
)
from workbench.cli.feeding import parsed_window
from workbench.cli.output import answer_with, new_table, now_and_then, tell
from workbench.counted import counted
from workbench.errors import ConfigError, GateError
from workbench.experiments.case import to_jsonl
from workbench.experiments.holdout import N_USES
from workbench.experiments.leakage import Leakage
from workbench.loop.holdouts import (
    FEWEST_RANDOM,
    MOST_CASES,
    Made,
    check_leakage,
    find_holdout,
    held_cases,
    import_holdout,
    make_holdout,
    read_cases,
    uses_of,
)
from workbench.records import Holdout
from workbench.store import open_workspace
from workbench.store.durability import write_durably

SHOWN_CHARACTERS = 100
"""Of a case in a table: two lines of a screen."""
FEW_CASES = 30
"""Targeted ones: with so many, half of an issue mended is shown nineteen times in twenty (README)."""
HoldoutArgument = Annotated[
    str, typer.Argument(metavar="HOLDOUT", help="Its id (hol_...), the beginning of that, or `latest`.")
]
IssuesOption = Annotated[
    list[str] | None,
    typer.Option("--issue", metavar="ISSUE", help="An issue (iss_...) that it is for; repeatable."),
]
UsesOption = Annotated[int, typer.Option(min=1, help="Experiments that may use it.")]

holdouts = group("holdout", "Holdouts: cases that judge a change, and that it was not developed on.")


@holdouts.command()
def make(
    kind: Annotated[
        Literal["targeted", "random", "development"],
        typer.Argument(help="Confirmed cases of the issue, random traffic, or what its changes were developed on."),
    ],
    issues: IssuesOption = None,
    n: Annotated[
        int | None,
        typer.Option(
            *("--cases", "-n"),
            metavar="N",
            min=1,
            help=f"Cases, at most; else {MOST_CASES}, and of random ones half of the traces that may be cases, "
            f"{FEWEST_RANDOM} to {MOST_CASES}, so that targeted ones find some too.",
        ),
    ] = None,
    uses: UsesOption = N_USES,
    is_unjudged: Annotated[
        bool,
        typer.Option("--unjudged", help="Targeted: also what nobody judged of the issue's clusters."),
    ] = False,
    window: WindowOption = "all",
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    embedder: EmbedderOption = "auto",
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Set cases apart: of other users than the development traces, and no near-duplicate of one.

    Targeted cases are of other weeks too, and share no case and no words with random ones: make the random ones first.
    What a reviewer wrote in a line of a note after `expected:`, `contains:`, `lacks:`, `matches:`, `calls:`,
    `calls_not:` or `states:` is what answers are held to.

    Example: `workbench holdout make targeted --issue iss_os72hnt --workspace acme`
    """
    opened, now, who = open_workspace(workspace), datetime.now(UTC), loop.who_reviews(by)
    embed, name = embedder_of(embedder, told=now_and_then(tell))
    made = make_holdout(
        opened,
        kind=kind,
        issue_ids=issues or (),
        n=n,
        seed=seed,
        author=who.name,
        identity=who.identity,
        now=now,
        basis="found" if is_unjudged else "confirmed",
        window=parsed_window(window, now=now),
        n_uses=uses,
        embed=embed,
        embedder=name,
    )
    if kind == "targeted" and not is_unjudged and len(made.cases) < min(n or FEW_CASES, FEW_CASES):
        tell("so few cases show large gains alone: --unjudged takes in what nobody has judged of the issue's traces")
    _tell_made(made, is_usual=n is None, as_json=as_json)


@holdouts.command("import")
def import_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases as JSONL, or an evalset or test file of ADK.")],
    kind: Annotated[
        Literal["targeted", "random"], typer.Option(help="Cases of the issue, or such as stand for the traffic.")
    ] = "random",
    issues: IssuesOption = None,
    uses: UsesOption = N_USES,
    embedder: EmbedderOption = "auto",
    by: ByOption = loop.ME,
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Set cases of a file apart: JSONL as `export` writes it, or a `*.evalset.json` or `*.test.json` of Google ADK.

    An evalset's final response is what is expected, its tools and rubrics what answers are held to.

    Example: `workbench holdout import support.evalset.json --workspace acme`
    """
    opened, who = open_workspace(workspace), loop.who_reviews(by)
    embed, name = embedder_of(embedder, told=now_and_then(tell))
    made = import_holdout(
        opened,
        read_cases(file),
        kind=kind,
        issue_ids=issues or (),
        author=who.name,
        identity=who.identity,
        now=datetime.now(UTC),
        n_uses=uses,
        embed=embed,
        embedder=name,
    )
    _tell_made(made, as_json=as_json)


@holdouts.command()
def check(
    holdout: HoldoutArgument,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--change", metavar="CHG", help="A change that it is to judge; repeatable; else all of its issues."
        ),
    ] = None,
    embedder: EmbedderOption = "auto",
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say which cases leak: those that are, or nearly are, a development trace or an example in a prompt.

    Exit code 2 if one does, or if that cannot be known.

    Example: `workbench holdout check hol_20261027 --change chg_20261027 --workspace acme`
    """
    embed, _ = embedder_of(embedder, told=now_and_then(tell))
    found = check_leakage(open_workspace(workspace), holdout, change_ids=changes or None, embed=embed)
    answer_with(_leaks(found), "" if as_json else _table(found), as_json=as_json)
    if found.n_overlap != 0:
        raise typer.Exit(GateError.exit_code)


@holdouts.command("list")
def list_holdouts(workspace: WorkspaceOption = Path(), as_json: JsonOption = False) -> None:
    """List all holdouts, oldest first, with how often each was used and may be used.

    Example: `workbench holdout list --workspace acme`
    """
    opened = open_workspace(workspace)
    found = [(one, len(uses_of(opened, one.id))) for one in opened.ledger.latest(Holdout)]
    table = new_table(("holdout", "kind", "issues", "made", "by", "cases", "uses"), n_text=5)
    for one, n_used in found:
        words = (one.id, one.kind, "\n".join(one.issue_ids), f"{one.at:%Y-%m-%d}", one.author)
        n_cases = len(one.cases) - len(one.erased)
        table.add_row(
            *(escape(visible(word, keep="\n")) for word in words), f"{n_cases:,}", f"{n_used} of {one.n_uses}"
        )
    table.caption = counted(len(found), "holdout")
    answer_with({"holdouts": [_answer(one, n_used=n_used) for one, n_used in found]}, table, as_json=as_json)


@holdouts.command()
def export(
    holdout: HoldoutArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, `.jsonl`; only its owner can read it.")],
    workspace: WorkspaceOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the cases of a holdout to a file, raw: users' words leave the workspace, and no erasure reaches them there.

    Example: `workbench holdout export hol_20261027 cases.jsonl --workspace acme`
    """
    opened = open_workspace(workspace)
    record = find_holdout(opened, holdout)
    if out.exists():
        raise ConfigError("the file is there already", where=str(out), fix="name a new one")
    cases = held_cases(opened, record)
    write_durably(out, to_jsonl(cases))
    text = f"{out} has {counted(len(cases), 'case')} of {record.id}"
    answer_with({"holdout": record.id, "file": str(out), "n_cases": len(cases)}, text, as_json=as_json)


def _rest(made: Made, *, is_usual: bool) -> str:
    """Return what a random holdout leaves for targeted ones, and why; empty of any other."""
    if made.n_rest is None:
        return ""
    of_issues = "" if made.n_rest_of_issues is None else f", of its issues at most {made.n_rest_of_issues:,}"
    why = f": half are drawn, {FEWEST_RANDOM} to {MOST_CASES}, unless --cases says how many" if is_usual else ""
    return f"\n{counted(made.n_rest, 'trace')} that may be cases are left for targeted ones{of_issues}{why}"


def _tell_made(made: Made, *, is_usual: bool = False, as_json: bool) -> None:
    if made.holdout.kind == "random" and made.left_out.get("holdout"):
        tell("cases of a targeted holdout were kept out: made before it, a random one stands for all traffic")
    left_out = ", ".join(f"{n_left:,} by {why}" for why, n_left in made.left_out.items() if n_left)
    text = f"{made.holdout.id} has {counted(len(made.cases), 'case')}" + (f"; left out: {left_out}" if left_out else "")
    text += _rest(made, is_usual=is_usual)
    rest = {"n_rest": made.n_rest, "n_rest_of_issues": made.n_rest_of_issues}
    answer_with({**_answer(made.holdout, n_used=0), "left_out": dict(made.left_out), **rest}, text, as_json=as_json)


def _answer(holdout: Holdout, *, n_used: int) -> dict[str, Any]:
    return {
        "id": holdout.id,
        "kind": holdout.kind,
        "basis": holdout.basis,
        "issues": list(holdout.issue_ids),
        "changes": list(holdout.change_ids),
        "n_cases": len(holdout.cases) - len(holdout.erased),
        "n_erased": len(holdout.erased),
        "n_uses": holdout.n_uses,
        "n_used": n_used,
        "digest": holdout.digest,
        "embedder": holdout.embedder,
        "seed": holdout.seed,
        "at": holdout.at.isoformat(),
        "author": holdout.author,
    }


def _leaks(found: Leakage) -> dict[str, Any]:
    return {
        "n_cases": found.n_cases,
        "n_leaking": found.n_leaking,
        "n_overlap": found.n_overlap,
        "n_development": found.n_development,
        "n_examples": found.n_examples,
        "n_unknown": found.n_unknown,
        "users": list(found.users),
        "pairs": [pair._asdict() for pair in found.pairs],
    }


def _table(found: Leakage) -> Table:
    table = new_table(("case", "asks", "why", "where", "which says", "alike"), n_text=5)
    for pair in found.pairs:
        words = (pair.case_id, pair.text, pair.why, f"{pair.of}: {pair.other}", pair.other_text)
        table.add_row(*(escape(visible(shorten(word, SHOWN_CHARACTERS))) for word in words), f"{pair.similarity:.2f}")
    table.caption = (
        f"{found.n_leaking:,} of {counted(found.n_cases, 'case')} leak, of "
        f"{counted(found.n_development, 'development case')} and {counted(found.n_examples, 'text')} of prompts."
    )
    if found.n_unknown:
        tell(f"nothing is known any more of {counted(found.n_unknown, 'development trace')}: no one can say what leaks")
    return table
