"""What several tests stand on: the recorded runs beside the project, where they are present."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recorded runs; skip the test where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the recorded runs (../shared/data) are not beside this checkout")
    return SHARED_DATA
