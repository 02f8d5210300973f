"""What the measurement of the redaction says, and the least that it must say."""

from collections import Counter

import pytest

from workbench.boundaries.redact import NAMES, Redacted
from workbench.loop.feed.redaction import measure
from workbench.simulate.personal import LOOK_ALIKES, PERSONAL, personal_texts

FLOORS = {
    # What is known to be missed keeps these low: `ann at example dot com`, IBANs in small letters, ids and telephone
    # numbers in bare figures, keys of an unknown maker.
    "email": 0.94,
    "phone": 0.85,
    "iban": 0.86,
    "token": 0.95,
    "key": 0.92,
    "national_id": 0.83,
    "card": 0.94,
}
LEAST = 0.98


def test_recall_and_precision_keep_their_floors() -> None:
    measured = measure(n=300, seed=3)
    assert [one.kind for one in measured.kinds] == list(NAMES)
    for one in measured.kinds:
        assert one.recall.n == 300
        assert one.recall.low >= FLOORS.get(one.kind, LEAST) - 0.02, one
        assert one.precision.low >= 0.97, one


def test_what_is_nobodys_stays() -> None:
    measured = measure(n=300, seed=4)
    assert set(measured.look_alikes) == set(LOOK_ALIKES)
    assert {name: share.hits for name, share in measured.look_alikes.items() if share.hits > 1} == {}


def test_a_redaction_that_finds_nothing_is_said_to() -> None:
    measured = measure(n=20, redact_text=lambda text: Redacted(text, {}))
    assert {one.recall.share for one in measured.kinds} == {0.0}
    assert {one.precision.share for one in measured.kinds} == {None}


def test_a_redaction_that_takes_everything_has_little_precision() -> None:
    def blind(text: str) -> Redacted:
        return Redacted("[email]", Counter(email=1))

    measured = measure(n=20, redact_text=blind)
    [email] = [one for one in measured.kinds if one.kind == "email"]
    assert email.recall.share == 1.0
    assert email.precision.share == 20 / (20 * (len(PERSONAL) + len(LOOK_ALIKES)))
    assert {share.share for share in measured.look_alikes.values()} == {1.0}


def test_the_texts_follow_from_the_seed() -> None:
    assert list(personal_texts(3, seed=1)) == list(personal_texts(3, seed=1))
    assert list(personal_texts(3, seed=1)) != list(personal_texts(3, seed=2))


def test_every_kind_that_is_searched_for_is_planted() -> None:
    assert set(PERSONAL) == set(NAMES)
    planted = Counter(text.kind or "nobody's" for text in personal_texts(2, seed=0))
    assert planted == {**dict.fromkeys(NAMES, 2), "nobody's": 2 * len(LOOK_ALIKES)}


@pytest.mark.parametrize("kind", PERSONAL)
def test_what_was_planted_stands_in_the_text(kind: str) -> None:
    plain = [text for text in personal_texts(40, seed=5) if text.kind == kind and not text.text.startswith("{")]
    assert plain
    assert all(text.value in text.text for text in plain)
