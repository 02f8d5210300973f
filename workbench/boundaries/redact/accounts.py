"""Numbers of accounts that carry check digits: payment cards and IBANs.

One number of ten passes Luhn's check by chance, so that a card must also have the length and the first digits of an
issuer; an IBAN's two check digits let one of 97 pass, and its country fixes the rest of its form.
"""

import re

from stdnum import iban, luhn

from workbench.boundaries.redact.kind import AFTER, BEFORE, BEFORE_SEARCHED, Kind, Place, digits

_CARD = re.compile(
    rf"{BEFORE}[2-6](?:\d{{12,18}}"
    r"|\d{3}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,4}(?:(?P=gap)\d{3})?"
    r"|\d{3}(?P<gap3>[ -])\d{6}(?P=gap3)\d{4,5})"
    rf"{AFTER}",
    re.ASCII,
)
_ISSUERS = (
    # First digits from, to, and lengths: ISO/IEC 7812 ranges as the schemes publish them.
    (r"4", r"4", (13, 16, 19)),  # Visa
    (r"51", r"55", (16,)),  # Mastercard
    (r"2221", r"2720", (16,)),
    (r"34", r"34", (15,)),  # American Express
    (r"37", r"37", (15,)),
    (r"6011", r"6011", (16, 19)),  # Discover
    (r"644", r"659", (16, 19)),
    (r"300", r"305", (14,)),  # Diners Club
    (r"3095", r"3095", (14,)),
    (r"36", r"36", (14,)),
    (r"38", r"39", (14,)),
    (r"3528", r"3589", (16,)),  # JCB
    (r"62", r"62", (16, 17, 18, 19)),  # UnionPay
    (r"5018", r"5018", (16,)),  # Maestro
    (r"5020", r"5020", (16,)),
    (r"5038", r"5038", (16,)),
    (r"6304", r"6304", (16,)),
    (r"6759", r"6759", (16,)),
    (r"6761", r"6763", (16,)),
)
_SHORTEST_IBAN = 15
"""Norway's."""
_IBAN = re.compile(
    rf"{BEFORE}[A-Z]{{2}}\d{{2}}(?:[0-9A-Z]{{11,30}}+|(?: [0-9A-Z]{{4}}){{2,7}}+(?: [0-9A-Z]{{1,3}})?){AFTER}",
    re.ASCII,
)


def _card(found: re.Match[str]) -> Place | None:
    number = digits(found[0])
    is_issued = any(
        len(number) in lengths and first <= number[: len(first)] <= last for first, last, lengths in _ISSUERS
    )
    return found.span() if is_issued and len(set(number)) > 1 and luhn.is_valid(number) else None


def _account(found: re.Match[str]) -> Place | None:
    """Return the place of an IBAN; in groups of four, a word of capitals may follow that is none of it."""
    text = found[0]
    while len(text) >= _SHORTEST_IBAN:
        if _remainder(text) == 1 and iban.is_valid(text):
            return found.start(), found.start() + len(text)
        text = text.rpartition(" ")[0]
    return None


def _remainder(text: str) -> int:
    """Return what ISO 7064 divides by 97 and leaves: 1 for an IBAN; a tenth of the time of the whole check."""
    figures = text.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in figures[4:] + figures[:4])) % 97


ACCOUNTS = (
    Kind("iban", rf"{BEFORE_SEARCHED}[A-Z]{{2}}[0-9]{{2}}(?:[0-9A-Z]{{11}}|(?: [0-9A-Z]{{4}}){{2}})", _IBAN, _account),
    Kind(
        "card",
        rf"{BEFORE_SEARCHED}(?:[2-6][0-9]{{12}}|[2-6][0-9]{{3}}[ -][0-9]{{4}}[ -][0-9]{{4}}[ -][0-9]"
        r"|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4})",
        _CARD,
        _card,
    ),
)
