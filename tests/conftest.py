"""What several tests stand on: the recorded runs beside the project and a real PostgreSQL, where they are present."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recorded runs; skip the test where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the recorded runs (../shared/data) are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real PostgreSQL on a socket of its own; skip where it is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL (Debian's package postgresql) is not installed")
    folder = tmp_path_factory.mktemp("postgresql")
    run = _as_owner(folder)
    run(
        [
            programs[-1] / "initdb",
            "--pgdata",
            folder / "data",
            "--auth",
            "trust",
            "--username",
            "workbench",
            "--no-sync",
        ]
    )
    control: list[str | Path] = [programs[-1] / "pg_ctl", "--pgdata", folder / "data", "--wait"]
    run([*control, "--options", f"-k {folder} -c listen_addresses=", "--log", folder / "log", "start"])
    yield f"postgresql+psycopg://workbench@/postgres?host={folder}"
    run([*control, "--mode", "immediate", "stop"])


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Return the URL of a new, empty database on the real server."""
    name = f"ledger_{secrets.token_hex(6)}"
    admin = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def _as_owner(folder: Path) -> Callable[[Sequence[str | Path]], None]:
    """Return a function that runs a server program; root hands it to the user `postgres`, as the server demands."""
    prefix = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        for parent in list(folder.parents)[:-2]:
            parent.chmod(parent.stat().st_mode | 0o011)
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(command: Sequence[str | Path]) -> None:
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd=folder)

    return run
