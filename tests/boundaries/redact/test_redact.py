"""Personal data at the door to the store: what is replaced, what must stay, and what holds for any text.

Numbers and keys are published examples of their makers and registries, or made up within their rules.
"""

import json
import time
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.boundaries.redact import KINDS, NAMES, SUSPECT, redact, redactor, suspect
from workbench.boundaries.redact.replacing import replaced

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90vcNLYLI+4p/=\n-----END RSA PRIVATE KEY-----"
FOUND = {
    "email": [
        "john.doe+news@example.co.uk",
        "j@x.io",
        "müller@example.de",
        "a_b-c%2B1@mail.example.com",
        "ann%40example.com",
    ],
    "phone": [
        "+1 (415) 555-2671",
        "+14155552671",
        "0049 30 901820",
        "+33 6 12 34 56 78",
        "(212) 736-5000",
        "212-736-5000",
        "030 901820",
        "06.12.34.56.78",
    ],
    "card": ["4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "378282246310005", "3782 822463 10005"],
    "iban": ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR14 2004 1010 0505 0001 3M02 606"],
    "national_id": [
        "123-45-6789",
        "12345678Z",
        "RSSMRA85T10A562S",
        "390.533.447-05",
        "943 476 5919",
        "85.07.30-033.28",
        "131052-308T",
    ],
    "ip": ["81.2.69.142", "192.168.1.12", "10.0.0.5", "2001:db8:85a3::8a2e:370:7334", "fe80::1ff:fe23:4567:890a"],
    "key": [
        "AKIAIOSFODNN7EXAMPLE",
        f"sk-proj-{LETTERS}",
        f"ghp_{LETTERS}",
        f"github_pat_{LETTERS}",
        "xoxb-1234567890-abcdefghij",
        f"AIza{LETTERS[:35]}",
        f"sk_live_{LETTERS}",
        PEM,
    ],
    "jwt": [JWT],
}
KEPT = [
    "1767225600132896325 ns, 1767225600132 ms, 1767225600 s",
    "2024-01-05T10:20:30.123456+00:00 and 05.01.2024 10:20 and 01/05/2024 and 01-05-2024",
    "82e2e662f728b4fa42485e3a0a5d2f34 67a9c3787c65c1e5 6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "order #W5744371, item 1008292230, credit_card_4421486, flight HAT170, reservation 4WQ150",
    "$1,234,567.89 and 123 456 789 and 0.8765432109876543 and 1e+1234567 and -4111111111111111",
    "Chrome/126.0.0.0 version 10.20.30.40 v2.34.1.100 section 4.2.1.13 127.0.0.1 255.255.255.0 0.0.0.0",
    "10:20:30 and 1::2 and std::vector and a::b and 00:1A:2B:3C:4D:5E",
    "icon@2x.png react@18.2.0 git@github.com:team/app.git @app.route a@b.T x@w.sum(axis=0) @ann",
    "https://example.com:8080/a@b/c and https://medium.com/@ann and ssh://host/4111111111111111",
    "sk-learn task-force-of-the-many-people basic economy bearer authentication-scheme",
    "4111 1111 1111 1112 and 4111111111111112 and 9999999999999995 and 0000000000000000",
    "730 1095 1460 1825 6935 7300 7665 8030",
    '"Smartphone": "1801728040", iPhone 1234567890, phones 14',
    "usr_gr4afvrqwaqh5tqcvnjnvqe2or src_2222222222222222222222222a",
]
EXAMPLES = [(kind, text) for kind, texts in FOUND.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_each_way_of_writing_is_found_within_a_sentence(kind: str, text: str) -> None:
    assert redact(f"Sure, it is {text}, thanks.") == (f"Sure, it is [{kind}], thanks.", {kind: 1})
    assert redact(text).text == f"[{kind}]"


@pytest.mark.parametrize("text", KEPT)
def test_figures_that_are_nobodys_stay(text: str) -> None:
    assert redact(text) == (text, {})


def test_credentials_go_and_the_host_stays() -> None:
    assert redact("postgresql://ann:s3cr@t@db.example.com/app").text == "postgresql://[credentials]@db.example.com/app"
    assert redact("Authorization: Bearer abcdef0123456789abcdef").text == "Authorization: Bearer [token]"
    assert redact("Authorization: Basic dXNlcjpwYXNz").text == "Authorization: Basic [token]"


def test_a_number_after_a_word_for_a_telephone_is_one() -> None:
    assert redact('{"phone_number": "4155552671"}').text == '{"phone_number": "[phone]"}'
    assert redact('{"order_number": "4155552671"}').counts == {}


def test_a_number_is_found_beside_another() -> None:
    """One that is none swallowed the real one that begins within it, which stayed in the text."""
    assert redact("2024 4111 1111 1111 1111 12/27").text == "2024 [card] 12/27"
    assert redact("call +1 415 555 2671 2 times").text == "call [phone] 2 times"


def test_kinds_to_keep_stay_and_the_others_go() -> None:
    kept = redactor(["ip"])
    assert kept("81.2.69.142 of j@x.io") == ("81.2.69.142 of [email]", {"email": 1})
    assert not pl.Series(["81.2.69.142"]).str.contains(suspect(["ip"])).any()
    assert redactor(NAMES)("81.2.69.142 of j@x.io").counts == {}


def test_an_unknown_kind_to_keep_is_refused() -> None:
    with pytest.raises(ValueError, match=r"keep == \['ipv4'\], must be of credentials, key"):
        redactor(["ipv4"])


def test_a_text_in_json_keeps_its_escapes() -> None:
    """Without care the `n` of a line end goes with the address, and what is left is no JSON."""
    text = json.dumps({"a": "to:\nann@example.com", "b": "é@example.com", "c": "x\t4111111111111111"})
    assert json.loads(redact(text).text) == {"a": "to:\n[email]", "b": "é[email]", "c": "x\t[card]"}


def test_a_bare_number_of_json_gets_quotes_however_deep() -> None:
    inner = {"card": 4111111111111111, "all": [4111111111111111, 7, 5555555555554444]}
    wanted = {"card": "[card]", "all": ["[card]", 7, "[card]"]}
    once, twice = json.dumps(inner, indent=1), json.dumps({"arguments": json.dumps(inner)})
    assert json.loads(redact(once).text) == wanted
    assert json.loads(json.loads(redact(twice).text)["arguments"]) == wanted
    thrice = redact(json.dumps([json.dumps([json.dumps(inner)])])).text
    assert json.loads(json.loads(json.loads(thrice)[0])[0]) == wanted


def test_a_place_within_another_is_replaced_once() -> None:
    assert redact("a@b.com@c.org").counts["email"] >= 1
    assert "@" not in redact("a@b.com@c.org").text
    assert replaced("abcdef", iter([(0, 4), (2, 5)]), "[x]") == ("[x][x]f", 2)


PIECES = st.sampled_from(
    [
        *(text for _, text in EXAMPLES),
        *KEPT,
        *("\\n", "\\", '"', "'", ":", ",", "[", "]", "{", "}", " ", "\n", ".", "-", "/", "//", "@", "+", "(", ")", "="),
        *("phone", "user:pass@", "https://", "Bearer ", "é", "x", "0", "4", "12", "2024", "[card]", "[email]", "%40"),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join)
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.sampled_from([4111111111111111, 5555555555554444, 1.5, 7, None, True]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=4)
        | st.dictionaries(st.sampled_from("ab"), inner, min_size=1, max_size=2).map(json.dumps)
        | st.lists(inner, max_size=3).map(lambda value: json.dumps(value, indent=1, ensure_ascii=False))
    ),
    max_leaves=12,
)


@given(TEXTS)
@example("ann@example.com4111 1111 1111 1111")
def test_a_second_time_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once.text) == (once.text, {})
    assert bool(once.counts) == (once.text != text)


@given(TEXTS)
def test_what_is_changed_was_suspect(text: str) -> None:
    """The search of whole columns decides which texts are looked at: one that it misses is stored as it came."""
    if redact(text).text != text:
        assert pl.Series([text]).str.contains(SUSPECT).all()
    for kind in KINDS:
        if any(kind.places(text)):
            assert pl.Series([text]).str.contains(kind.suspect).all(), kind


@example({"a name's end: \\": 4111111111111111}, None, True)
@given(
    st.dictionaries(TEXTS, VALUES, max_size=4) | st.lists(VALUES, max_size=4), st.sampled_from([None, 2]), st.booleans()
)
def test_json_stays_json_of_the_same_shape(value: Any, indent: int | None, is_ascii: bool) -> None:
    after = json.loads(redact(json.dumps(value, indent=indent, ensure_ascii=is_ascii)).text, object_pairs_hook=list)
    assert _shape(after) == _shape(json.loads(json.dumps(value), object_pairs_hook=list))


def _shape(value: Any) -> Any:
    """Return the value with lists alone in their places: an object is a list of pairs here."""
    if isinstance(value, list | tuple):
        return [_shape(entry) for entry in value]
    return None


LONG = {
    "digits": "4" * 200_000,
    "groups": "4111 " * 40_000,
    "dots": "1." * 100_000,
    "colons": "2001:" * 40_000,
    "at signs": "a@" * 100_000,
    "a long user": "a" * 200_000 + "@example.com",
    "labels": "a@" + "b." * 100_000,
    "urls": "://a:" * 40_000,
    "a long password": "://" + "a:" * 100_000,
    "keys that end nowhere": "-----BEGIN PRIVATE KEY-----" * 7_000,
    "tokens": "eyJ" * 60_000,
    "brackets": "(0" * 100_000,
    "pluses": "+1" * 100_000,
    "words": "phone" * 40_000,
    "capitals": "AB12 " * 40_000,
    "bare numbers of JSON": '{"a":[' + "4111111111111111," * 12_000 + "1]}",
}


@pytest.mark.parametrize("name", LONG)
def test_the_time_grows_as_the_text(name: str) -> None:
    """A text of 200 kB that takes longer is one whose time grows with its square: an ingest would stand still."""
    start = time.process_time()
    redact(LONG[name])
    assert time.process_time() - start < 3
