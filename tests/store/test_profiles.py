"""`profiles.toml`: the default is what a new workspace says, and whatever else it may not say is refused by name."""

from pathlib import Path

import pytest

from workbench.errors import ConfigError
from workbench.store import DEMO_SECRET, init_workspace
from workbench.store.profiles import PROFILES, Hooks, Profile, read_profiles


def written(root: Path, text: str) -> Path:
    (root / PROFILES).write_text(text, "utf-8")
    return root


def test_a_new_workspace_has_a_nightly_and_a_weekly_profile(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "acme", secret=DEMO_SECRET)
    said = read_profiles(workspace.root)
    assert (list(said.profiles), said.keep, said.hooks) == (["nightly", "weekly"], 30, Hooks("news", "", ()))
    assert said.named("nightly").steps[0] == ("detect", "--window", "30d")
    assert (said.named("nightly").step_minutes, said.named("nightly").limit_minutes) == (60, 180)


def test_a_workspace_of_before_there_were_profiles_has_the_default(tmp_path: Path) -> None:
    assert list(read_profiles(tmp_path).profiles) == ["nightly", "weekly"]


def test_a_profile_is_read_as_it_is_written(tmp_path: Path) -> None:
    text = """
    [profile.hourly]
    steps = ["ingest 'the inbox'", "report 2_detect -p top_n=5"]
    step_minutes = 0.5
    [reports]
    keep = 0
    [hooks]
    when = "always"
    webhook = "https://hooks.example.org/a/b"
    mail = ["mail", "-s", "a subject", "team@example.org"]
    """
    said = read_profiles(written(tmp_path, text))
    steps = (("ingest", "the inbox"), ("report", "2_detect", "-p", "top_n=5"))
    assert said.named("hourly") == Profile("hourly", steps, 0.5, 480)
    assert said.keep == 0
    mail = ("mail", "-s", "a subject", "team@example.org")
    assert said.hooks == Hooks("always", "https://hooks.example.org/a/b", mail)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profile.nightly]\nsteps = []", "steps must be a list"),
        ("[profile.nightly]\nsteps = ['erase --user ann --yes']", "is none of"),
        ("[profile.nightly]\nsteps = ['experiment sign exp_1']", "is none of"),
        ("[profile.nightly]\nsteps = ['review']", "is none of"),
        ("[profile.nightly]\nsteps = ['']", "is none of"),
        ("[profile.nightly]\nsteps = ['ingest --follow logs']", "cannot have --follow"),
        ("[profile.nightly]\nsteps = ['detect --workspace=/other']", "cannot have --workspace"),
        ("""[profile.nightly]\nsteps = ["ingest 'half"]""", "cannot be read"),
        ("[profile.nightly]\nsteps = ['detect']\nlimit_minutes = 0", "limit_minutes == 0"),
        ("[profile.nightly]\nsteps = ['detect']\nlimit_minuts = 5", "limit_minuts"),
        ("[profile.'../x']\nsteps = ['detect']", "lower-case letters"),
        ("[reports]\nkeep = -1", "reports.keep == -1"),
        ("[hooks]\nmail = 'mail team@example.org'", "must be a list"),
        ("[hooks]\nwebhook = 'file:///etc/passwd'", "no http or https URL"),
        ("[hooks]\nwhen = 'never'", "must be always or news"),
        ("[hook]\nwhen = 'news'", "'hook'"),
        ("profile = 3", "is no section"),
        ("[profile", "cannot be read"),
    ],
)
def test_what_it_may_not_say_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_profiles(written(tmp_path, text))


def test_an_unknown_profile_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are: nightly, weekly"):
        read_profiles(tmp_path).named("daily")
