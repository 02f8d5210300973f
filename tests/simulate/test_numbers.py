"""Made-up numbers hold by somebody else's arithmetic: python-stdnum's."""

import random
from collections.abc import Callable

import pytest
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.se import personnummer
from stdnum.us import ssn

from workbench.simulate import numbers

CHECKED: dict[str, tuple[Callable[[random.Random], str], Callable[[str], bool]]] = {
    "card": (numbers.card, luhn.is_valid),
    "iban": (numbers.iban, iban.is_valid),
    "social_security": (numbers.social_security, ssn.is_valid),
    "dni": (numbers.dni, dni.is_valid),
    "nhs": (numbers.nhs, nhs.is_valid),
    "cpf": (numbers.cpf, cpf.is_valid),
    "personnummer": (numbers.personnummer, personnummer.is_valid),
    "hetu": (numbers.hetu, hetu.is_valid),
    "nir": (numbers.nir, nir.is_valid),
    "aadhaar": (numbers.aadhaar, aadhaar.is_valid),
}


@pytest.mark.parametrize("name", CHECKED)
def test_a_made_up_number_is_valid(name: str) -> None:
    make, is_valid = CHECKED[name]
    made = [make(random.Random(seed)) for seed in range(300)]
    assert [number for number in made if not is_valid(number)] == []
    assert len(set(made)) > 250
