"""An app that answers nothing at all is stopped after a few questions: it is not the app that is to be measured.

What fails is then how it is run: an adapter that reads a field which no case has, a key that is not there, a port.
"""

from collections.abc import Callable

from workbench.counted import counted
from workbench.errors import GateError
from workbench.experiments.outcome import Outcome

N_FAILED = 10
"""Outcomes of both arms, all of them errors, after which the app is taken to answer nothing."""
ALL_FAILED = "the app answered nothing"


def stop_of_failing() -> Callable[[Outcome], str]:
    """Return what says why a run is to be stopped at an outcome: it is the tenth, and all were errors."""
    n_failed, has_answered = 0, False

    def stop(outcome: Outcome) -> str:
        nonlocal n_failed, has_answered
        has_answered = has_answered or outcome.answer.status == "ok"
        n_failed += outcome.answer.status == "error"
        if has_answered or n_failed < N_FAILED:
            return ""
        last = outcome.answer.error_message or outcome.answer.error_kind
        return f"{ALL_FAILED}: the first {counted(n_failed, 'answer')} are errors, the last says: {last}"

    return stop


def check_answered(stopped: str, *, experiment_id: str) -> None:
    """Check that a run was not stopped because the app answers nothing.

    Raises
    ------
    GateError
        If it was: its errors are outcomes, and stay.
    """
    if stopped.startswith(ALL_FAILED):
        fix = (
            f"take it back, which is no use of its holdouts (`workbench experiment withdraw {experiment_id} --reason "
            "TEXT`), mend how the app is run, and plan anew"
        )
        raise GateError(stopped, where=experiment_id, fix=fix)
