"""What can go wrong, as the caller may catch it: where it happened and what to do next.

The command line turns each class into one line and an exit code, so that a scheduler can tell
a wrong call from a broken run and from a lack of data.
"""

from typing import ClassVar


class WorkbenchError(Exception):
    """A state that a caller may handle; the message says what, where and what to do.

    Parameters
    ----------
    what
        The fault in the reader's words.
    where
        File and line, table, column or id; empty where there is none.
    fix
        The next thing to do, as an instruction; empty where there is none.
    """

    exit_code: ClassVar[int] = 3
    """What the command line exits with: 2 wrong call or setting, 3 failed run, 4 not enough data."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        located = f"{where}: {what}" if where else what
        super().__init__(f"{located}; {fix}" if fix else located)


def first_line(error: Exception) -> str:
    """Return what an error of another program says, in one line; where it says nothing, which it is."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class ConfigError(WorkbenchError):
    """A setting, a parameter or a path is missing or wrong: nothing was done."""

    exit_code = 2


class FormatError(WorkbenchError):
    """No loader knows this file, or its mapping does not fit: nothing of it was stored."""

    exit_code = 2


class RecordError(WorkbenchError):
    """One record cannot be read: it goes to quarantine and its neighbours are kept.

    Parameters
    ----------
    what
        The fault in a sentence, without the record's own text.
    reason
        One word for the fault, such as not_json, no_id or bad_time: load reports count by it.
    """

    def __init__(self, what: str, *, reason: str = "wrong_type", where: str = "") -> None:
        super().__init__(what, where=where)
        self.reason = reason


class SchemaError(WorkbenchError):
    """A frame lacks a column, or a column has the wrong type."""


class StoreError(WorkbenchError):
    """A table or the ledger cannot be read or written, or is not what it was."""


class TakenError(WorkbenchError):
    """Other reviewers have this item of a review, as many as it needs: nothing was saved."""


class ServerError(WorkbenchError):
    """A server does not give what it was asked for: what was read of it before is stored.

    Parameters
    ----------
    what
        The fault in the reader's words.
    status
        The HTTP status that it answered with; None where there was no answer.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "", status: int | None = None) -> None:
        super().__init__(what, where=where, fix=fix)
        self.status = status


class RepositoryError(WorkbenchError):
    """The app's git repository is in a state in which nothing may be written to it, or git refused: it is as it was."""


class GateError(WorkbenchError):
    """What must come before this has not: no confirmed verdict, no linked change, no frozen plan. Nothing was done."""

    exit_code = 2


class ReportError(WorkbenchError):
    """A notebook stopped; its report is kept, with the failure in it."""


class InsufficientDataError(WorkbenchError):
    """There is too little in the store for what was asked."""

    exit_code = 4
