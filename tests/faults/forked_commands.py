"""Commands of the workbench, each in a fork of a process that has loaded what there is to load.

Reads the arguments of one command a line, as JSON, and says its exit code; what it says itself goes to standard error.
"""

import json
import os
import sys

from workbench import cli


def run(arguments: list[str]) -> None:
    """Run one command in this process, and leave."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    sys.argv = ["workbench", *arguments]
    code = 0
    try:
        cli.main()
    except SystemExit as leave:
        code = int(leave.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
