"""Telephone numbers: written as such, and possible in a numbering plan (phonenumbers).

Bare digits are a number only after a word that says so. Without a country in front, the plans of REGIONS are tried.
"""

import re
from functools import lru_cache

import phonenumbers

from workbench.boundaries.redact.kind import AFTER, BEFORE, BEFORE_SEARCHED, Kind, Place

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "SE", "PL", "AU", "IN", "JP", "BR")
"""Whose plans a number without a country is looked up in."""
_WORD = r"(?:[Pp]hone|PHONE|[Mm]obile|MOBILE|[Cc]ell|[Ww]hats[Aa]pp|[Ff]ax|FAX|[Tt]el|TEL|[Tt]elefon)"
_GAP = r"[^0-9A-Za-z\n]{0,8}"
_SAID = rf"{_WORD}(?:[ _-]?(?:[Nn]umber|NUMBER|[Nn]o|[Nn]r))?{_GAP}(?:(?:is|at|on){_GAP})?"
_BEFORE = rf"(?:{BEFORE}|(?<=[^0-9A-Za-z]/))"
_PHONE_SAID = re.compile(
    rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=[PMT]))(?<!\bi){_SAID}(?P<number>[0-9](?:[ ./()-]{{0,2}}[0-9]){{6,14}}+)(?![\w+])",
    re.ASCII,
)
_ABROAD = re.compile(
    rf"{_BEFORE}(?P<number>(?:\+|00(?=[1-9]))[1-9](?:[ ./()-]{{0,2}}[0-9]){{6,14}}+)(?![\w+])", re.ASCII
)
_AREA = re.compile(rf"{_BEFORE}(?P<number>\(0?[0-9]{{1,4}}\)(?:[ ./-]{{0,2}}[0-9]){{5,9}}+){AFTER}", re.ASCII)
_AMERICAN = re.compile(
    rf"{_BEFORE}(?P<number>(?:1[ .-])?\(?[2-9][0-9]{{2}}\)?(?P<gap>[.-])[2-9][0-9]{{2}}(?P=gap)[0-9]{{4}}){AFTER}",
    re.ASCII,
)
_TRUNK = re.compile(
    rf"{_BEFORE}(?P<number>0[0-9]{{1,4}}[ /-](?:[ -]?[0-9]){{5,9}}+|0[1-9](?:\.[0-9]{{2}}){{4}}){AFTER}", re.ASCII
)
_DATE = re.compile(r"[0-9]{1,2}[ ./-][0-9]{1,2}[ ./-](?:19|20)[0-9]{2}(?![0-9])|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]")
_LAST_GROUP = re.compile(r"[ ./()-]+[0-9]+$")
_KNOWN_NUMBERS = 1 << 12


def _phone(found: re.Match[str]) -> Place | None:
    """Return the place of a number, without digits that follow it after a gap and belong to something else."""
    text, start = found["number"], found.start("number")
    while text and not _DATE.match(text):
        if _is_number(text):
            return start, start + len(text)
        shorter = _LAST_GROUP.sub("", text)
        text = "" if shorter == text else shorter
    return None


@lru_cache(_KNOWN_NUMBERS)
def _is_number(text: str) -> bool:
    """Return whether a number is possible in the plan of its own country, or of one of REGIONS if it names none."""
    if text.startswith(("+", "00")):
        return _is_valid(f"+{text.removeprefix('00').removeprefix('+')}", None)
    return any(_is_valid(text, region) for region in REGIONS)


def _is_valid(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


_BEFORE_SEARCHED = rf"(?:{BEFORE_SEARCHED}|(?:^|[^0-9A-Za-z])/)"
_SUSPECTS = (
    (rf"{_SAID}[0-9](?:[ ./()-]{{0,2}}[0-9]){{6}}", _PHONE_SAID),
    (rf"{_BEFORE_SEARCHED}(?:\+|00)[1-9](?:[ ./()-]{{0,2}}[0-9]){{6}}", _ABROAD),
    (rf"{_BEFORE_SEARCHED}\(0?[0-9]{{1,4}}\)(?:[ ./-]{{0,2}}[0-9]){{5}}", _AREA),
    (rf"{_BEFORE_SEARCHED}(?:1[ .-])?\(?[2-9][0-9]{{2}}\)?[.-][2-9][0-9]{{2}}[.-][0-9]{{4}}", _AMERICAN),
    (rf"{_BEFORE_SEARCHED}0(?:[0-9]{{1,4}}[ /-](?:[ -]?[0-9]){{5}}|[1-9](?:\.[0-9]{{2}}){{4}})", _TRUNK),
)
PHONES = tuple(Kind("phone", suspect, pattern, _phone) for suspect, pattern in _SUSPECTS)
