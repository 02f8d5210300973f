"""Arms by hash: digests written out, chi-squares of ten thousand users, and experiments that know nothing of others."""

import hashlib

import pytest
from scipy.stats import chi2_contingency, chisquare

from workbench.experiments import assign

USERS = [f"user-{number}" for number in range(10_000)]


def place(unit: str, experiment: str) -> float:
    """Return the place of a unit as any language works it out."""
    framed = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in ("assign", experiment, unit))
    return int.from_bytes(hashlib.sha256(framed).digest()[:8], "big") / 2**64


@pytest.mark.parametrize(("unit", "experiment"), [("ann", "exp"), ("bén", "exp"), ("ann", "other"), ("annexp", "x")])
def test_the_arm_follows_from_a_digest_that_any_language_has(unit: str, experiment: str) -> None:
    at = place(unit, experiment)
    assert assign(unit, experiment, share=at) == "baseline"
    assert assign(unit, experiment, share=at + 1e-9) == "candidate"


def test_a_digest_worked_out_by_another_program_is_the_same() -> None:
    """By `sha256sum` of the three parts with their lengths before them, written out by `printf`."""
    assert place("ann", "exp") == pytest.approx(0x94EB6F61FAE47D35 / 2**64)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_ten_thousand_users_are_split_as_planned(share: float) -> None:
    n = sum(assign(user, "split", share=share) == "candidate" for user in USERS)
    assert chisquare([n, 10_000 - n], [10_000 * share, 10_000 * (1 - share)]).pvalue > 0.001


def test_experiments_know_nothing_of_one_another() -> None:
    table = [[0, 0], [0, 0]]
    for user in USERS:
        table[assign(user, "one") == "candidate"][assign(user, "two") == "candidate"] += 1
    assert chi2_contingency(table).pvalue > 0.001


def test_a_share_that_grows_moves_nobody_back() -> None:
    arms = [[assign(user, "grows", share=share) for share in (0, 0.1, 0.5, 1)] for user in USERS[:500]]
    assert all(one == sorted(one) for one in arms)
    assert {one[0] for one in arms} == {"baseline"}
    assert {one[-1] for one in arms} == {"candidate"}


def test_arms_have_the_names_that_the_app_gives_them() -> None:
    named = {assign(user, "named", arms=("short", "long")) for user in USERS[:50]}
    assert named == {"short", "long"}


@pytest.mark.parametrize(
    "wrong", [{"unit": ""}, {"experiment": ""}, {"arms": ("one", "one")}, {"share": 1.5}, {"share": float("nan")}]
)
def test_what_is_no_assignment_is_refused(wrong: dict[str, object]) -> None:
    given = {"unit": "ann", "experiment": "exp"} | wrong
    with pytest.raises(ValueError, match="must"):
        assign(**given)  # type: ignore[arg-type]
