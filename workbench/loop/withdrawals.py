"""Which experiments people have withdrawn, and whether that gives the uses of their holdouts back."""

from workbench.records import Withdrawal
from workbench.store import Workspace


def withdrawals(workspace: Workspace) -> dict[str, Withdrawal]:
    """Return by experiment how it was withdrawn, as a person first put that into the ledger; read-only."""
    found: dict[str, Withdrawal] = {}
    for one in workspace.ledger.appended(Withdrawal):
        if one.actor.kind == "HUMAN":
            found.setdefault(one.record.experiment_id, one.record)
    return found


def unseen(workspace: Workspace) -> frozenset[str]:
    """Return the experiments that were withdrawn before anybody can have seen an answer: they tried nothing out."""
    return frozenset(one for one, withdrawal in withdrawals(workspace).items() if withdrawal.n_answers == 0)
