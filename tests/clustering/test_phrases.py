"""Phrases that tell a cluster from the others."""

from collections import Counter

from workbench.clustering.phrases import N_PHRASES, find_phrases


def phrases(*texts: str, others: tuple[str, ...] = ()) -> list[str]:
    return find_phrases({0: Counter(texts), -2: Counter(others)} if others else {0: Counter(texts)})[0]


def test_a_two_word_phrase_swallows_its_words() -> None:
    assert phrases("gift card", "gift card") == ["gift card"]


def test_a_word_that_mostly_stands_alone_is_not_swallowed() -> None:
    assert "card" in phrases("gift card", "card blocked", "card stolen", "lost card")


def test_what_all_texts_say_tells_no_cluster_apart() -> None:
    assert phrases("error: seats sold", others=("error: card empty",)) == ["seats sold"]


def test_placeholders_numbers_and_words_of_the_language_are_in_no_phrase() -> None:
    assert phrases("the user <id> was in 2024 at gate 7 with <number> bags") == ["bags", "gate", "user"]


def test_no_phrase_reaches_over_a_placeholder_or_a_comma() -> None:
    assert set(phrases("flight <id> sold, sorry")) == {"flight", "sold", "sorry"}


def test_a_negation_comes_with_its_word_and_never_alone() -> None:
    assert phrases("method not found") == ["method not", "not found"]
    assert phrases("it doesn’t work") == ["doesn't work"]


def test_a_repeated_text_weighs_as_often_as_it_stands() -> None:
    counts = {0: Counter({"seat taken": 9, "wifi broken": 1})}
    assert find_phrases(counts)[0] == ["seat taken", "wifi broken"]


def test_the_list_is_short_and_a_blob_is_no_word() -> None:
    assert len(phrases(" and ".join(f"word{letter}" for letter in "abcdefghij"))) == N_PHRASES
    assert phrases("key " + "a" * 100) == ["key"]


def test_nothing_said_is_no_phrase() -> None:
    assert find_phrases({0: Counter({"": 3})}) == {0: []}
    assert find_phrases({}) == {}
