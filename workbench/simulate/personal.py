"""Texts with known personal data in them, and texts that only look so: what a redaction is measured on.

From a seed. The ways of writing are those of people, programs and countries, the awkward ones included, so that a
figure measured here says what is missed; nothing here knows how anything is searched for.
"""

import json
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import NamedTuple

from workbench.simulate import numbers
from workbench.simulate.draws import between, happens, hex_digits, pick
from workbench.simulate.numbers import figures, letters

_FIRST = ("ann", "ben", "chloé", "dmitri", "elif", "fatima", "george", "hana", "ivan", "joão", "katrin", "li", "müge")
_LAST = ("lee", "miller", "o'brien", "garcia", "schmidt", "van-dijk", "rossi", "tanaka", "kowalska", "silva", "ng")
_HOSTS = (
    "example.com",
    "gmail.com",
    "mail.example.co.uk",
    "firma.example.de",
    "uni.example.edu",
    "xn--bcher-kva.example",
)
_PHONES = (
    # Where a figure is free stands a d; the rest is what the country's plan demands.
    *("+1 (415) 5dd-2ddd", "+1 212 736 5ddd", "+12127365ddd", "1-800-343-3ddd", "(212) 736-5ddd", "212-736-5ddd"),
    *("212.736.5ddd", "212 736 5ddd", "2127365ddd"),
    *("+44 20 7946 2ddd", "+44 (0)20 7946 2ddd", "020 7946 2ddd", "07911 12dddd", "+447911 12dddd"),
    *("+49 30 9018dddd", "+49 (0)30 9018dddd", "030 9018dddd", "0171-234dddd", "0049 171 234dddd", "030/9018dddd"),
    *("+33 6 12 34 dd dd", "06 12 34 dd dd", "06.12.34.dd.dd", "+33612 34dddd", "01 42 68 dd dd"),
    *("+34 612 34 dd dd", "612 34 dd dd", "+39 347 123dddd", "347 123 dddd", "+31 6 1234dddd", "06-1234dddd"),
    *("+91 98765 4dddd", "98765 4dddd", "+81 90-1234-dddd", "090-1234-dddd", "+55 11 98765-dddd", "(11) 98765-dddd"),
    *(
        "+48 601 23d ddd",
        "+46 70 123 dd dd",
        "+61 412 345 ddd",
        "0412 345 ddd",
        "+86 138 1234 dddd",
        "+90 532 123 dd dd",
    ),
)
_SENTENCES = (
    "My {0} is {1}, please use it.",
    "sure, {1}",
    "{1}",
    "I gave you my {0} already: {1}. Can you look again?",
    "The customer ({1}) asked for a refund of $120.50 on 2026-03-01.",
    "Error: no account for '{1}' after 3 attempts",
    "please reach out under <{1}>; the order is #W5744371",
    "first line\n{1}\nlast line",
    "{0}={1}",
    "| name | {0} |\n| --- | --- |\n| x | {1} |",
)

_IDS = (
    *(numbers.social_security, numbers.dni, numbers.nhs, numbers.cpf, numbers.personnummer, numbers.hetu),
    *(numbers.nir, numbers.aadhaar),
)


class Planted(NamedTuple):
    """One text, and what was planted in it."""

    text: str
    kind: str | None
    """The kind of personal data, or None where it only looks like some."""
    value: str
    """What was planted; of what only looks so, what must stay."""


def personal_texts(n: int, *, seed: int) -> Iterator[Planted]:
    """Yield n texts of each kind, and of each look-alike; the same for a seed on every machine."""
    for name, make in (*PERSONAL.items(), *LOOK_ALIKES.items()):
        for place in range(n):
            rng = random_of(seed, name, place)
            value = make(rng)
            yield Planted(_set(rng, name, value), name if name in PERSONAL else None, value)


def random_of(*seed: object) -> random.Random:
    """Return a generator that follows from the seed's parts alone."""
    return random.Random("/".join(map(str, seed)))  # noqa: S311  (nothing secret is drawn)


def _set(rng: random.Random, name: str, value: str) -> str:
    """Return the value in a sentence, in a JSON object, or in JSON within JSON."""
    sentence = pick(rng, _SENTENCES).format(name.replace("_", " "), value)
    how = rng.random()
    if how < 0.5:
        return sentence
    field = {"id": hex_digits(rng, 12), "text": sentence, "n": between(rng, 1, 999_999), name: value}
    inner = json.dumps(field, ensure_ascii=happens(rng, 0.7), indent=pick(rng, (None, None, 2)))
    return inner if how < 0.8 else json.dumps({"name": "update_user", "arguments": inner})


def _email(rng: random.Random) -> str:
    first, last = pick(rng, _FIRST), pick(rng, _LAST)
    user = pick(rng, (f"{first}.{last}", f"{first}_{last}{between(rng, 1, 9999)}", first, f"{first[0]}{last}+news"))
    host = pick(rng, _HOSTS)
    if happens(rng, 0.03):
        return f"{user} at {host.replace('.', ' dot ')}"
    return f"{user}%40{host}" if happens(rng, 0.03) else f"{user}@{host}"


def _phone(rng: random.Random) -> str:
    return "".join(figures(rng, 1) if sign == "d" else sign for sign in pick(rng, _PHONES))


def _card(rng: random.Random) -> str:
    number = numbers.card(rng)
    if len(number) != 16:
        return number
    gap = "." if happens(rng, 0.03) else pick(rng, ("", " ", "-", " "))
    return gap.join(number[at : at + 4] for at in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    number = numbers.iban(rng)
    grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    return pick(rng, (number, grouped, grouped, number.lower())) if happens(rng, 0.3) else pick(rng, (number, grouped))


def _national_id(rng: random.Random) -> str:
    number = pick(rng, _IDS)(rng)
    return "".join(sign for sign in number if sign.isalnum()) if happens(rng, 0.15) else number


def _ip(rng: random.Random) -> str:
    if happens(rng, 0.3):
        groups = [hex_digits(rng, 4) for _ in range(4)]
        return f"2001:db8::{':'.join(groups[:2])}" if happens(rng, 0.5) else f"2a02:{':'.join(groups)}:1:2:3"
    first = pick(rng, (*range(1, 127), *range(128, 224)))
    return f"{first}.{between(rng, 0, 255)}.{between(rng, 0, 255)}.{between(rng, 1, 254)}"


def _key(rng: random.Random) -> str:
    if happens(rng, 0.05):
        return f"api-key-{letters(rng, 32)}"
    pem = f"-----BEGIN PRIVATE KEY-----\n{letters(rng, 64)}\n{letters(rng, 40)}==\n-----END PRIVATE KEY-----"
    return pick(
        rng,
        (
            *(f"sk-proj-{letters(rng, 48)}", f"sk-{letters(rng, 48)}", f"sk-ant-api03-{letters(rng, 40)}"),
            f"AKIA{letters(rng, 16, of='ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}",
            *(f"ghp_{letters(rng, 36)}", f"github_pat_{letters(rng, 22)}_{letters(rng, 59)}"),
            f"xoxb-{figures(rng, 12)}-{figures(rng, 12)}-{letters(rng, 24)}",
            *(f"AIza{letters(rng, 35)}", f"{pick(rng, ('sk', 'rk'))}_live_{letters(rng, 24)}"),
            *(f"hf_{letters(rng, 34)}", f"glpat-{letters(rng, 20)}", pem),
        ),
    )


def _jwt(rng: random.Random) -> str:
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": figures(rng, 10), "iat": between(rng, 1_600_000_000, 1_800_000_000)},
    )
    encoded = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, letters(rng, 43)])


def _credentials(rng: random.Random) -> str:
    scheme = pick(rng, ("postgresql", "https", "redis", "amqp", "mongodb+srv", "ftp"))
    password = letters(rng, between(rng, 6, 20)) + pick(rng, ("", "!", "%23", "@x", "$"))
    return f"{scheme}://{pick(rng, ('admin', 'app', 'ann.lee', ''))}:{password}@{pick(rng, _HOSTS)}/x"


def _token(rng: random.Random) -> str:
    token = letters(rng, between(rng, 20, 64))
    return f"{pick(rng, ('Bearer', 'Bearer', 'bearer'))} {token}"


PERSONAL: dict[str, Callable[[random.Random], str]] = {
    "email": _email,
    "phone": _phone,
    "card": _card,
    "iban": _iban,
    "national_id": _national_id,
    "ip": _ip,
    "key": _key,
    "jwt": _jwt,
    "credentials": _credentials,
    "token": _token,
}
"""How each kind is written."""


def _moment(rng: random.Random) -> str:
    day = f"2026-{between(rng, 1, 12):02d}-{between(rng, 1, 28):02d}"
    clock = f"{between(rng, 0, 23):02d}:{between(rng, 0, 59):02d}:{between(rng, 0, 59):02d}"
    return pick(rng, (day, f"{day}T{clock}.{figures(rng, 6)}Z", f"{day} {clock}+02:00", f"{clock}.{figures(rng, 3)}"))


def _version(rng: random.Random) -> str:
    parts = [str(between(rng, 0, 30)), *(str(between(rng, 0, 99)) for _ in range(3))]
    return pick(rng, (f"version {'.'.join(parts)}", f"v{'.'.join(parts[:3])}", f"Chrome/{between(rng, 90, 140)}.0.0.0"))


LOOK_ALIKES: dict[str, Callable[[random.Random], str]] = {
    "timestamp": lambda rng: str(between(rng, 1_500_000_000, 1_800_000_000)) + figures(rng, pick(rng, (0, 3, 6, 9))),
    "moment": _moment,
    "trace_id": lambda rng: hex_digits(rng, 12) + hex_digits(rng, 12) + hex_digits(rng, 8),
    "span_id": lambda rng: hex_digits(rng, 8) + hex_digits(rng, 8),
    "uuid": lambda rng: "-".join(hex_digits(rng, n) for n in (8, 4, 4, 4, 12)),
    "order_number": lambda rng: pick(rng, ("#W", "ORD-", "SO", "")) + figures(rng, pick(rng, (7, 8, 10, 12))),
    "product_id": lambda rng: figures(rng, 10),
    "amount": lambda rng: pick(rng, ("${:,.2f}", "{:,} EUR", "{:.14f}")).format(between(rng, 1, 99_999_999)),
    "score": lambda rng: f"{rng.random():.16f}",
    "version": _version,
    "handle": lambda rng: pick(
        rng, ("@ann_lee", "@app.route", "react@18.2.0", "icon@2x.png", "git@github.com:a/b.git")
    ),
    "tracking": lambda rng: f"1Z{letters(rng, 16, of='ABCDEFGHJKLMNPRSTUVWXYZ0123456789')}",
    "isbn": lambda rng: f"978-3-{figures(rng, 4)}-{figures(rng, 4)}-{figures(rng, 1)}",
    "flight": lambda rng: f"HAT{figures(rng, 3)} on seat {between(rng, 1, 40)}A, gate B{between(rng, 1, 60)}",
    "place_on_a_map": lambda rng: f"{rng.random() * 90:.6f}, {rng.random() * 180:.6f}",
}
"""What is nobody's, however it looks."""
