"""The language of prose is told, and of nothing else."""

import polars as pl
import pytest

from workbench.detectors.language import are_kin, languages, prose


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I would like to cancel my reservation, please.", "en"),
        ("Ich möchte meine Reservierung stornieren.", "de"),
        ("Je voudrais annuler ma réservation, merci.", "fr"),
        ("Vorrei cancellare la mia prenotazione, grazie.", "it"),
        ("Chciałbym anulować moją rezerwację, dziękuję.", "pl"),
        ("Я хотел бы отменить бронирование билета", "ru"),
        ("予約をキャンセルしたいのですが、できますか", "ja"),
    ],
)
def test_a_sentence_has_its_language(text: str, language: str) -> None:
    (told,) = languages([text])
    assert told is not None
    assert are_kin(told, language)


@pytest.mark.parametrize("text", [None, "", "Ok, danke", "HAT156 SFO JFK 2024-05-20 345 USD", "x" * 60])
def test_what_is_short_or_no_prose_has_none(text: str | None) -> None:
    assert languages([text]) == [None]


def test_prose_has_no_code_no_quotes_and_no_addresses() -> None:
    text = (
        'Er sagte: "I will be there" und ging.\n> an old mail\n```\nfor x in y\n```\nSiehe `pip install` und'
        " https://example.org/a b@example.org HAT156 <br>"
    )
    assert prose(pl.Series([text, None])).to_list() == ["Er sagte: und ging. Siehe und", None]


def test_languages_that_are_not_told_apart_are_kin() -> None:
    assert are_kin("da", "no")
    assert are_kin("de", "de")
    assert not are_kin("de", "en")
