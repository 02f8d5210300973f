"""Numbers that a state gave a person, where the number itself shows that it is one.

Only those with check digits, a form of their own, or both: ten bare digits are more often an order than a person.
"""

import re
from collections.abc import Callable

from stdnum import luhn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.no import fodselsnummer
from stdnum.se import personnummer
from stdnum.us import ssn

from workbench.boundaries.redact.kind import AFTER, AFTER_SEARCHED, BEFORE, BEFORE_SEARCHED, Kind, Place


def _is_social_insurance(text: str) -> bool:
    """Return whether Canada could have given this number: Luhn's check, and a province in front."""
    return text[0] not in "08" and luhn.is_valid(text.replace("-", ""))


_NUMBERS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("us", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", ssn.is_valid),
    ("ca", r"[0-9]{3}-[0-9]{3}-[0-9]{3}", _is_social_insurance),
    ("gb", r"[0-9]{3} [0-9]{3} [0-9]{4}", nhs.is_valid),
    ("es", r"[0-9]{8}-?[A-Z]", dni.is_valid),
    ("es_foreigner", r"[XYZ]-?[0-9]{7}-?[A-Z]", nie.is_valid),
    ("fr", r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", nir.is_valid),
    ("it", r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", codicefiscale.is_valid),
    ("br", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", cpf.is_valid),
    ("cl", r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9K]", rut.is_valid),
    ("mx", r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]", curp.is_valid),
    ("se", r"(?:[0-9]{2})?[0-9]{6}[+-][0-9]{4}", personnummer.is_valid),
    ("fi", r"[0-9]{6}[A+-][0-9]{3}[0-9A-Z]", hetu.is_valid),
    ("no", r"[0-9]{6} ?[0-9]{5}", fodselsnummer.is_valid),
    ("be", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", nn.is_valid),
    ("ch", r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}", ahv.is_valid),
    ("de", r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}", idnr.is_valid),
    ("cz", r"[0-9]{6}/[0-9]{4}", rc.is_valid),
    ("in", r"[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}", aadhaar.is_valid),
    ("cn", r"[1-9][0-9]{16}[0-9X]", ric.is_valid),
    ("kr", r"[0-9]{6}-[1-8][0-9]{6}", rrn.is_valid),
)
"""Country, how the number is written, and its check."""
_GROUPED = frozenset({"gb", "fr", "no", "de", "in"})
"""Written with spaces as the columns of a table are: with another figure beside it, it is one of those."""
_NO_FIGURE_BEFORE, _NO_FIGURE_AFTER = r"(?<![0-9] )", r"(?! [0-9])"


def _kind(country: str, form: str, is_valid: Callable[[str], bool]) -> Kind:
    def check(found: re.Match[str]) -> Place | None:
        return found.span() if is_valid(found[0]) else None

    before, after = (_NO_FIGURE_BEFORE, _NO_FIGURE_AFTER) if country in _GROUPED else ("", "")
    pattern = re.compile(rf"{BEFORE}{before}{form}{AFTER}{after}", re.ASCII)
    return Kind("national_id", f"{BEFORE_SEARCHED}{form}{AFTER_SEARCHED}", pattern, check)


NATIONAL_IDS = tuple(_kind(country, form, is_valid) for country, form, is_valid in _NUMBERS)
