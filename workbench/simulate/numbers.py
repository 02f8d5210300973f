"""Numbers with check digits, made up within the rules of those who give them out: nobody's, and valid.

Computed here from the published rules: whoever reads such numbers is held against somebody else's arithmetic.
"""

import random
import string

from workbench.simulate.draws import between, pick

_VERHOEFF_PRODUCT = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_VERHOEFF_SHIFT = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)
_CARDS = (
    *(("4", 16), ("4", 16), ("4", 13), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15)),
    *(("6011", 16), ("65", 16), ("36", 14), ("3530", 16), ("62", 16), ("5018", 16)),
)
"""First figures and lengths, as the schemes publish them."""
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def figures(rng: random.Random, n: int) -> str:
    """Return n decimal figures."""
    return "".join(str(between(rng, 0, 9)) for _ in range(n))


def letters(rng: random.Random, n: int, *, of: str = string.ascii_letters + string.digits) -> str:
    """Return n of the letters."""
    return "".join(pick(rng, of) for _ in range(n))


def card(rng: random.Random) -> str:
    """Return the number of a payment card, with Luhn's check digit (ISO/IEC 7812)."""
    prefix, length = pick(rng, _CARDS)
    body = prefix + figures(rng, length - len(prefix) - 1)
    return body + luhn(body)


def luhn(body: str) -> str:
    """Return the check digit: every second figure from the right is doubled, and its figures added."""
    doubled = [sum(divmod(int(figure) * (2 - place % 2), 10)) for place, figure in enumerate(reversed(body))]
    return str(-sum(doubled) % 10)


def iban(rng: random.Random) -> str:
    """Return an IBAN of a country whose bank codes are figures, with its two check digits (ISO 13616)."""
    country, n = pick(rng, (("DE", 18), ("AT", 16), ("FI", 14), ("DK", 14), ("SE", 20), ("PL", 24), ("PT", 21)))
    account = figures(rng, n)
    if country == "FI":
        account = account[:13] + luhn(account[:13])
    if country == "PT":
        account = account[:19] + f"{98 - int(account[:19] + '00') % 97:02d}"
    if country == "PL":
        weights = (3, 9, 7, 1, 3, 9, 7)
        check = -sum(weight * int(figure) for weight, figure in zip(weights, account[:7], strict=True)) % 10
        account = account[:7] + str(check) + account[8:]
    as_number = account + "".join(str(string.ascii_uppercase.index(letter) + 10) for letter in country) + "00"
    return f"{country}{98 - int(as_number) % 97:02d}{account}"


def birthday(rng: random.Random) -> tuple[str, str, str]:
    """Return year, month and day of a birth in two figures each, 1950 to 1999."""
    return f"{between(rng, 50, 99)}", f"{between(rng, 1, 12):02d}", f"{between(rng, 1, 28):02d}"


def social_security(rng: random.Random) -> str:
    """Return a number of the United States, within the ranges that are given out."""
    area = pick(rng, [n for n in (*range(1, 666), *range(667, 750)) if n != 78])
    return f"{area:03d}-{between(rng, 1, 99):02d}-{between(rng, 1, 9999):04d}"


def dni(rng: random.Random) -> str:
    """Return a Spanish number: the letter is the remainder by 23."""
    number = figures(rng, 8)
    return number + _DNI_LETTERS[int(number) % 23]


def nhs(rng: random.Random) -> str:
    """Return a number of the British health service in its groups: weights 10 to 2, by 11."""
    while True:
        body = pick(rng, "4679") + figures(rng, 8)
        check = -sum(weight * int(figure) for weight, figure in zip(range(10, 1, -1), body, strict=True)) % 11
        if check < 10:
            return f"{body[:3]} {body[3:6]} {body[6:]}{check}"


def cpf(rng: random.Random) -> str:
    """Return a Brazilian number as it is written: two check digits by 11."""
    body = figures(rng, 9)
    for start in (10, 11):
        total = sum(weight * int(figure) for weight, figure in zip(range(start, 1, -1), body, strict=True))
        body += str(total * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def personnummer(rng: random.Random) -> str:
    """Return a Swedish number: a birthday, and Luhn's check digit."""
    body = "".join(birthday(rng)) + f"{between(rng, 1, 999):03d}"
    return f"{body[:6]}-{body[6:]}{luhn(body)}"


def hetu(rng: random.Random) -> str:
    """Return a Finnish number: a birthday, and a letter by 31."""
    year, month, day = birthday(rng)
    number = f"{between(rng, 2, 899):03d}"
    return f"{day}{month}{year}-{number}{_HETU_LETTERS[int(day + month + year + number) % 31]}"


def nir(rng: random.Random) -> str:
    """Return a French number, in its groups or in one piece: two check digits by 97."""
    year, month, _ = birthday(rng)
    parts = [pick(rng, "12"), year, month, f"{between(rng, 1, 95):02d}", f"{between(rng, 1, 400):03d}"]
    parts.append(f"{between(rng, 1, 500):03d}")
    if parts[3] == "20":  # Corsica has letters there
        parts[3] = "21"
    check = f"{97 - int(''.join(parts)) % 97:02d}"
    return pick(rng, ("", " ")).join([*parts, check])


def aadhaar(rng: random.Random) -> str:
    """Return an Indian number in its groups: Verhoeff's check digit."""
    while True:
        body = pick(rng, "23456789") + figures(rng, 10)
        state = 0
        for place, figure in enumerate(reversed(body), start=1):
            state = int(_VERHOEFF_PRODUCT[state][int(_VERHOEFF_SHIFT[place % 8][int(figure)])])
        number = body + next(str(n) for n in range(10) if _VERHOEFF_PRODUCT[state][n] == "0")
        if number != number[::-1]:
            return f"{number[:4]} {number[4:8]} {number[8:]}"
