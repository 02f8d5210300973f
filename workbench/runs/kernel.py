"""The kernel of a run: the interpreter that this program runs in, whatever kernels are installed on the machine.

A kernelspec of the same name may belong to another environment; a report made by it would not be made by this code.
"""

import sys

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

_COMMAND = (
    *(sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
    # The folder that a notebook runs in holds data of others: no module is imported from it.
    "--IPKernelApp.ignore_cwd=True",
    # Its log is not ours: it warns of every start without encryption (messages are signed, and stay on this machine)
    # and of every stop; what a notebook does wrong comes back as its output.
    "--IPKernelApp.log_level=CRITICAL",
)


def kernel_command() -> list[str]:
    """Return the command that starts a kernel in the interpreter that is running."""
    return list(_COMMAND)


class ThisInterpreter(AsyncKernelManager):
    """Starts a kernel in the interpreter that is running."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command that starts it; nothing is looked up."""
        return KernelSpec(argv=kernel_command(), display_name="Python 3", language="python")
