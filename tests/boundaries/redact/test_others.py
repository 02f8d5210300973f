"""Redactors of other packages: what they find is replaced as safely as the rest."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from workbench.boundaries.redact import Redacted, others, redactor
from workbench.errors import ConfigError


class Entity(NamedTuple):
    """A place, as an analyzer tells it."""

    start: int
    end: int
    entity_type: str


def names(text: str, *wanted: str) -> list[Entity]:
    """Stand for an analyzer that knows some names."""
    return [Entity(text.index(name), text.index(name) + len(name), "PERSON") for name in wanted if name in text]


def test_an_entity_is_replaced_by_its_type() -> None:
    redact = others.around(lambda text: names(text, "Ann Lee", "Ben"))
    assert redact("Ann Lee met Ben.") == Redacted("[person] met [person].", {"person": 2})


def test_of_entities_that_overlap_the_first_and_longer_stands() -> None:
    redact = others.around(lambda text: names(text, "Ann", "Ann Lee", "Lee met"))
    assert redact("Ann Lee met Ben.").text == "[person] met Ben."


def test_an_entity_never_reaches_over_the_structure_of_json() -> None:
    text = json.dumps({"a": "Ann", "b": "Lee"})
    redact = others.around(lambda _: [Entity(text.index("Ann"), text.index("Lee") + 3, "PERSON")])
    assert redact(text) == Redacted(text, {})


def test_a_type_is_a_word_whatever_it_says() -> None:
    redact = others.around(lambda text: [Entity(0, len(text), 'X"]<b>_1')])
    assert redact("Ann").text == "[xb_]"


def test_others_look_at_every_text_after_the_kinds() -> None:
    redact = redactor(also=[others.around(lambda text: names(text, "Ann"))])
    assert redact("Ann has ann@example.com") == Redacted("[person] has [email]", {"email": 1, "person": 1})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package that offers two redactors, one of which cannot be loaded."""
    (tmp_path / "shouting.py").write_text(
        "from workbench.boundaries.redact import Redacted\n\ndef hush(text):\n    return Redacted(text.lower(), {})\n"
    )
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[workbench.redactors]\nhush = shouting:hush\nbroken = shouting:nothing\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("shouting", None)


@pytest.mark.usefixtures("package")
def test_a_package_offers_a_redactor_by_name() -> None:
    [hush] = others.load(["hush"])
    assert hush("ANN").text == "ann"


@pytest.mark.usefixtures("package")
def test_one_that_is_not_there_or_broken_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no installed package offers .* 'presidio' \(there is: broken, hush"):
        others.load(["presidio"])
    with pytest.raises(ConfigError, match="the redactor 'broken' cannot be loaded"):
        others.load(["broken"])
