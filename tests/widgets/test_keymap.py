"""Which key does what: numbers and letters for labels, and whatever a reviewer has in their stead."""

import pytest

from workbench.widgets.keymap import KEYS, RESERVED, keymap_of, remapped

TRACE = [{"label": "confirmed", "key": "c"}, {"label": "rejected", "key": "r"}, {"label": "uncertain", "key": "u"}]
CAUSE = [*TRACE, {"label": "edited", "key": "e"}]


def test_a_label_has_its_number_and_its_letter_unless_that_does_something_else() -> None:
    """`u` goes to the next that one was not sure of."""
    keys = keymap_of({"trace": TRACE, "cause": CAUSE})
    assert [keys[name] for name in ("confirmed", "rejected", "uncertain", "edited")] == [
        ["1", "c"],
        ["2", "r"],
        ["3"],
        ["4", "e"],
    ]


def test_no_key_does_two_things() -> None:
    keys = [key for given in keymap_of({"cause": CAUSE}).values() for key in given]
    assert len(keys) == len(set(keys))
    assert not RESERVED & set(keys)


def test_what_is_not_named_keeps_its_keys() -> None:
    known = keymap_of({"trace": TRACE})
    changed = remapped({"confirmed": ["y"], "skip": ["s"]}, known=known)
    assert (changed["confirmed"], changed["skip"], changed["undo"]) == (["y"], ["s"], list(KEYS["undo"]))


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"confirm": ["y"]}, "keymap names 'confirm'"),
        ({"confirmed": ["n"]}, "'n' to 'note' and 'confirmed'"),
        ({"skip": ["Enter"]}, "'Enter' to 'skip'"),
    ],
)
def test_a_keymap_that_cannot_be_is_refused_with_the_key(keymap: dict[str, list[str]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        remapped(keymap, known=keymap_of({"trace": TRACE}))
