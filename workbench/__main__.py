"""`workbench` and `python -m workbench`: sets what must be set before any library is loaded, and runs the command line.

Frames come and go by the batch during an ingest. Polars' allocator gives their memory back at once by default and asks
for it again, which cost a tenth of an ingest's CPU; kept for ten seconds, it is there for the next batch. In few arenas
the peak of an ingest is a sixth lower.

The threads of NumPy's and SciPy's linear algebra wait for work by spinning: a command that gave them none spent 15
to 100 ms of CPU on that. They still share the work where there is any, and sleep after some 20 microseconds without it.
"""

import os
import sys

ENVIRONMENT = {
    "_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:10000,muzzy_decay_ms:10000",
    "OPENBLAS_THREAD_TIMEOUT": "16",  # two to this power cycles of the processor
}
"""Settings of the allocator and of OpenBLAS, which read them as they are loaded; what is set already stands."""
INTERRUPTED = 130
"""What a shell shows of a command that Ctrl-C ended."""


def main() -> None:
    """Run the command line."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        from workbench import cli

        cli.main()
    except KeyboardInterrupt:  # while libraries are loaded; later the command line deals with it, in the same way
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
