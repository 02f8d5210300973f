"""A workspace: made once, opened many times, and never keyed with the wrong secret."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.errors import ConfigError, StoreError
from workbench.ids import key_user
from workbench.store import DEMO_SECRET, durability, init_workspace, open_workspace
from workbench.store import workspace as workspaces
from workbench.store.secret import ENVIRONMENT_VARIABLE, key_id, load_secret, make_secret, secret_file

SECRET = "a secret of the whole team"


@pytest.fixture(autouse=True)
def configuration_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    return tmp_path / "config"


def test_a_new_workspace_opens_again_with_its_tables_and_an_empty_ledger(tmp_path: Path) -> None:
    made = init_workspace(tmp_path / "acme", secret=SECRET.encode())
    opened = open_workspace(tmp_path / "acme")
    assert opened.key_id == made.key_id == key_id(SECRET.encode())
    assert set(opened.telemetry.versions().values()) == {0}
    assert opened.ledger.verify() == 0


def test_only_the_owner_may_read_the_quarantine(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=SECRET.encode())
    workspace.keep_refused({"a" * 64: b"raw"})
    assert stat.S_IMODE(workspace.quarantine.stat().st_mode) == 0o700
    assert stat.S_IMODE((workspace.quarantine / ("a" * 64)).stat().st_mode) == 0o600


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        init_workspace(tmp_path, secret=SECRET.encode())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_second_init_is_refused(tmp_path: Path) -> None:
    init_workspace(tmp_path / "acme", secret=SECRET.encode())
    with pytest.raises(ConfigError, match="already"):
        init_workspace(tmp_path / "acme", secret=SECRET.encode())


def test_of_two_that_make_a_workspace_at_once_the_second_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one put its key into the settings of the first, which then refused every secret that it knew."""
    root, turns = tmp_path / "acme", iter([True])

    @contextmanager
    def turn_after_another(path: Path, *, is_alone: bool) -> Iterator[None]:
        if next(turns, False):
            init_workspace(root, secret=SECRET.encode())
        with durability.turn(path, is_alone=is_alone):
            yield

    monkeypatch.setattr(workspaces, "turn", turn_after_another)
    with pytest.raises(ConfigError, match="already"):
        init_workspace(root, secret=b"a secret of somebody else")
    assert open_workspace(root).key_id == key_id(SECRET.encode())


def test_a_url_that_names_no_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    init_workspace(tmp_path / "acme", secret=SECRET.encode())
    settings = tmp_path / "acme" / "workspace.toml"
    settings.write_text(settings.read_text().replace("sqlite:///ledger.db", "ledger.db"))
    with pytest.raises(ConfigError, match=r"workspace\.toml: ledger is no URL"):
        open_workspace(tmp_path / "acme")


def test_a_kind_of_storage_that_is_not_known_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such kind of storage"):
        init_workspace(tmp_path / "acme", secret=SECRET.encode(), telemetry="foo://bucket/prefix")


def test_an_init_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    (tmp_path / "acme" / "telemetry").mkdir(parents=True)
    assert init_workspace(tmp_path / "acme", secret=SECRET.encode()).ledger.verify() == 0


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="workbench init"):
        open_workspace(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("version = 1", "key_id is missing"),
        ("version = 2\nkey_id = 'x'", "must be 1"),
        ("version = ", "cannot be read"),
    ],
)
def test_unfit_settings_are_named(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "workspace.toml").write_text(settings)
    with pytest.raises(ConfigError, match=said):
        open_workspace(tmp_path)


def test_the_secret_is_made_once_for_its_owner_alone_and_outside_the_workspace(tmp_path: Path) -> None:
    secret = make_secret()
    assert make_secret() == load_secret() == secret
    assert stat.S_IMODE(secret_file().stat().st_mode) == 0o600
    workspace = init_workspace(tmp_path / "acme", secret=secret)
    held = b"".join(path.read_bytes() for path in workspace.root.rglob("*") if path.is_file())
    assert secret not in held


def test_without_a_secret_there_is_no_plain_hash_to_fall_back_to() -> None:
    with pytest.raises(ConfigError, match="no secret"):
        load_secret()


def test_another_secret_than_the_workspaces_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=SECRET.encode())
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "quite another secret")
    with pytest.raises(ConfigError, match="keyed with secret"):
        workspace.secret()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, SECRET)
    assert workspace.user_key("ann") == key_user(SECRET.encode(), "ann")


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "short")
    with pytest.raises(ConfigError, match="at least 16"):
        load_secret()


def test_the_demo_needs_no_secret_of_its_own(tmp_path: Path) -> None:
    assert init_workspace(tmp_path / "demo", secret=DEMO_SECRET).secret() == DEMO_SECRET


@pytest.mark.parametrize("content", [b"\xe9" * 32, b"\xff" * 32])
def test_a_secret_that_is_no_text_is_said_in_one_sentence(configuration_folder: Path, content: bytes) -> None:
    secret_file().parent.mkdir(parents=True)
    secret_file().write_bytes(content)
    with pytest.raises(ConfigError, match="no UTF-8"):
        load_secret()
