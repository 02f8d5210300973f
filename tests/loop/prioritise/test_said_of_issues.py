"""What people said of issues: the names that they gave to what they confirmed."""

from tests.review.said import verdict
from workbench.loop.prioritise.said_of_issues import confirmed_codes
from workbench.records import ERASED


def test_an_erased_name_names_nothing() -> None:
    """Two traces whose names were erased passed for one problem, so that users were counted who never met it."""
    said = [
        verdict("a", "confirmed", code=" Wrong  Court"),
        verdict("b", "confirmed", code=ERASED),
        verdict("c", "rejected", code="slow"),
    ]
    assert confirmed_codes(said) == {"wrong court"}
