"""What a record may be named by, wherever a command takes one: its id, a beginning that no other has, or the newest."""

from typing import NamedTuple

import pytest

from workbench.errors import ConfigError
from workbench.records import chosen, chosen_or_newest


class Known(NamedTuple):
    """A record of which nothing but its id matters here."""

    id: str


EVERY = [Known("exp_20260102"), Known("exp_20260103"), Known("exp_202601")]


def test_an_id_in_full_goes_before_those_that_begin_with_it() -> None:
    assert chosen(EVERY, "exp_202601", word="experiment", fix="") is EVERY[2]
    assert chosen(EVERY, "exp_20260102", word="experiment", fix="") is EVERY[0]


def test_the_newest_is_named_by_a_word() -> None:
    """`experiment run latest` was refused where `review` took the word."""
    assert chosen_or_newest(EVERY, "latest", word="experiment", fix="") is EVERY[1]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("exp_2026010", "experiment == 'exp_2026010', which fits exp_20260102, exp_20260103; give more of the id"),
        ("exp_9", "experiment == 'exp_9', there is no such experiment; see the list"),
        ("", "experiment == '', there is no such experiment; see the list"),
    ],
)
def test_what_names_none_or_several_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        chosen_or_newest(EVERY, wanted, word="experiment", fix="see the list")
    assert str(refused.value) == said
    with pytest.raises(ConfigError, match="there is no such experiment"):
        chosen_or_newest([], "latest", word="experiment", fix="")
