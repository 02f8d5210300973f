"""`workbench` and `python -m workbench`: sets what must be set before any library is loaded, and runs the command line.

Frames come and go by the batch during an ingest. Polars' allocator gives their memory back at once by default and asks
for it again, which cost a tenth of an ingest's CPU; kept for ten seconds, it is there for the next batch. In few arenas
the peak of an ingest is a sixth lower.
"""

import os
import sys

ENVIRONMENT = {"_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:10000,muzzy_decay_ms:10000"}
"""Settings of the allocator, which reads them as it is loaded; what is set already stands."""
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
