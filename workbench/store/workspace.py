"""A workspace: one folder with the telemetry, the ledger, the quarantine and the reports of one app.

It says where everything lies and with which key its user ids are made; it holds no secret.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from workbench.changes.app_files import Layout
from workbench.errors import ConfigError, StoreError
from workbench.experiments.adapter import AppRun
from workbench.ids import key_user
from workbench.records import LoadReport
from workbench.store.compaction import LOCK
from workbench.store.database import connect, migrate
from workbench.store.durability import lock, turn, write_durably
from workbench.store.erasures import Erasures, Refusal
from workbench.store.ledger import Ledger
from workbench.store.loads import Loads
from workbench.store.policy import Policy
from workbench.store.profiles import DEFAULT_TEXT as PROFILES_TEXT
from workbench.store.profiles import PROFILES
from workbench.store.reservations import Reservations
from workbench.store.review_items import ReviewItems
from workbench.store.settings import APP, SETTINGS, check_secret, settings_of, settings_text
from workbench.store.telemetry import Telemetry
from workbench.store.waits import Waits
from workbench.taxonomy import TAXONOMY, default_text

WRITING = ".writing"
"""The file whose lock writers share, and an erasure has alone."""
_PLACE = re.compile(r"(?:[a-z][a-z0-9]*://)?[A-Za-z0-9._~/@-]+")
"""A folder or URL that stands in TOML as it is."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One open workspace."""

    root: Path
    """Its folder."""
    telemetry: Telemetry
    """Its Delta tables."""
    ledger: Ledger
    """Its decisions."""
    loads: Loads
    """What became of each file."""
    erasures: Erasures
    """Whose data was erased."""
    review_items: ReviewItems
    """What is judged in each review."""
    reservations: Reservations
    """Who has which item of a review before them."""
    key_id: str
    """Fingerprint of the secret that keys its user ids."""
    policy: Policy
    """What it keeps about people, and for how long."""
    app: Path
    """The app's own git repository; it need not be there."""
    layout: Layout
    """Which of its files are prompts, tools, guardrails and settings."""
    app_run: AppRun
    """How experiments run the app."""
    waits: Waits
    """How long problems may wait to be judged, and who is asked then."""

    @property
    def answers(self) -> Path | None:
        """The folder of answers that later experiments may use, in the workspace or not; None where none are kept."""
        return self.root / Path(self.app_run.cache).expanduser() if self.app_run.cache else None

    @property
    def drafts(self) -> Path:
        """The folder of drafts: the app's files as they are being edited, a folder a change."""
        return self.root / "changes"

    @property
    def holdouts(self) -> Path:
        """The folder of what the cases of holdouts say, a file a holdout, readable by its owner alone."""
        return self.root / "holdouts"

    @property
    def experiments(self) -> Path:
        """The folder of experiments' journals, a file each, readable by its owner alone: they hold answers."""
        return self.root / "experiments"

    @property
    def reports(self) -> Path:
        """The folder of executed notebooks."""
        return self.root / "reports"

    @property
    def quarantine(self) -> Path:
        """The folder of refused records' raw bytes, readable by its owner alone."""
        return self.root / "quarantine"

    def keep_load_report(self, report: LoadReport, *, now: datetime) -> None:
        """Keep what became of a file."""
        with self.writing() as refusal:
            self.loads.add(replace(report, path=refusal.path(report.path)), now=now)

    def keep_refused(self, raw: Mapping[str, bytes]) -> None:
        """Keep the raw bytes of refused records, each under its digest, before their rows are written."""
        for name, content in raw.items():
            path = self.quarantine / name
            if not path.exists():
                write_durably(path, content)

    @contextmanager
    def writing(self) -> Iterator[Refusal]:
        """Keep an erasure waiting while records are stored, and give what may not come in again."""
        with turn(self.root / WRITING, is_alone=False):
            yield self.erasures.refusal()

    @contextmanager
    def compacting(self) -> Iterator[None]:
        """Be the only process of this machine that takes files out of the tables.

        Raises
        ------
        StoreError
            If another process is compacting the tables.
        """
        folder = self.telemetry.root if isinstance(self.telemetry.root, Path) else self.root
        with lock(folder / LOCK) as is_mine:
            if not is_mine:
                raise StoreError("another process is compacting", where=str(self.root), fix="try again when it is done")
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody writes, and keep all writers waiting, and compaction away; on this machine.

        Raises
        ------
        StoreError
            If another process is compacting the tables.
        """
        with turn(self.root / WRITING, is_alone=True), self.compacting():
            yield

    def secret(self) -> bytes:
        """Return the secret that keys this workspace's user ids.

        Raises
        ------
        ConfigError
            If there is none on this machine, or it is another one than the workspace was made with.
        """
        return check_secret(self.root, self.key_id)

    def user_key(self, user_id: str) -> str:
        """Return the keyed form of a user id, as it stands in this workspace's tables."""
        return key_user(self.secret(), user_id)


def init_workspace(root: Path, *, secret: bytes, telemetry: str = "telemetry", app: str = APP) -> Workspace:
    """Make a workspace in a new or empty folder, or complete one whose making was cut short; return it open.

    Parameters
    ----------
    root
        The folder.
    secret
        Keys its user ids; only its fingerprint is kept.
    telemetry
        Where its tables go: a folder in it, or a URL (`s3://bucket/prefix`).
    app
        The app's own git repository: a path, relative to the workspace.

    Raises
    ------
    ConfigError
        If the folder holds anything else, or cannot be written, or the URL is none.
    """
    if not _PLACE.fullmatch(telemetry):
        raise ConfigError(f"telemetry == {telemetry!r}, must be a folder or a URL", fix="write s3://bucket/prefix")
    try:
        _check_new(root)
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with turn(root / WRITING, is_alone=True):
            _check_new(root)  # of two that make it at once the second is told, and does not change the first one's key
            for folder in (root / "telemetry", root / "reports", root / "quarantine"):
                folder.mkdir(mode=0o700, exist_ok=True)
            for name, own in ((TAXONOMY, default_text()), (PROFILES, PROFILES_TEXT)):
                if not (root / name).exists():
                    write_durably(root / name, own.encode(), mode=0o644)
            text = settings_text(secret=secret, telemetry=telemetry, app=app)
            write_durably(root / SETTINGS, text.encode(), mode=0o644)
    except OSError as error:
        raise ConfigError(f"cannot make a workspace: {error.strerror}", where=str(root)) from error
    return open_workspace(root)


def open_workspace(root: Path | str) -> Workspace:
    """Return the workspace of a folder, its tables and ledger there and up to date.

    Raises
    ------
    ConfigError
        If the folder is no workspace, or its settings cannot be read.
    """
    root = Path(root)
    settings = settings_of(root)
    telemetry = Telemetry(settings.telemetry)
    telemetry.create()
    engine = connect(settings.ledger)
    migrate(engine)
    erasures = Erasures(engine, partial(check_secret, root, settings.key_id))
    return Workspace(
        root=root,
        telemetry=telemetry,
        ledger=Ledger(engine),
        loads=Loads(engine),
        erasures=erasures,
        review_items=ReviewItems(engine),
        reservations=Reservations(engine),
        key_id=settings.key_id,
        policy=settings.policy,
        app=settings.app,
        layout=settings.layout,
        app_run=settings.app_run,
        waits=settings.waits,
    )


def _check_new(root: Path) -> None:
    if (root / SETTINGS).exists():
        raise ConfigError(
            "there is a workspace here already", where=str(root), fix="use it, delete it, or name another folder"
        )
    if root.exists() and any(not _is_left_over(entry.name) for entry in root.iterdir()):
        raise ConfigError("the folder is not empty", where=str(root), fix="name a new folder")


def _is_left_over(name: str) -> bool:
    """Return whether this is what an init that was cut short may leave behind."""
    return name in {"telemetry", "quarantine", "reports", TAXONOMY, PROFILES, WRITING} or (
        name.startswith(".") and name.endswith(".part")
    )
