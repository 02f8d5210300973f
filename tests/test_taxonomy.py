"""The taxonomy: what it says of a problem, what is refused and how, and that adding to it keeps what people wrote."""

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.detectors import DETECTORS, Detector
from workbench.errors import ConfigError
from workbench.records import UNCATEGORISED
from workbench.taxonomy import Category, code_of, default_text, parse, with_category, without_open_codes

SLOW = '[[category]]\ncode = "slow"\nname = "Slow"\nabout = "Late."\n'
OWN = Category(code="wrong_court", name="Wrong court", about="Cites a court of another state.", also=("bad court",))
MAST = 14
"""Failure modes of the taxonomy of Cemri et al. (2025)."""


def test_the_default_has_the_modes_of_mast_and_the_errors_of_tools() -> None:
    groups = [one.group for one in parse(default_text()).categories]
    of_mast = [group for group in groups if group in {"instructions", "cooperation", "checking"}]
    assert len(of_mast) == MAST + 1, "and `outcome_failed`, which says where nothing else does"
    assert groups.count("tools") == 6


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.code)
def test_every_detector_of_the_project_has_a_category(detector: Detector) -> None:
    found = parse(default_text()).of_detector(detector.code)
    assert found != UNCATEGORISED, "name it under `detectors` of a category in workbench/taxonomy.toml"


def test_a_detector_that_no_category_lists_is_uncategorised() -> None:
    taxonomy = parse(f'version = 1\n{SLOW}detectors = ["latency_outlier"]\n')
    assert (taxonomy.of_detector("latency_outlier"), taxonomy.of_detector("odd")) == ("slow", "uncategorised")


def test_open_codes_are_taken_out_of_their_lists_and_all_else_stays() -> None:
    text = """version = 1  # "bad court" was said in March
[[category]]
code = "wrong_court"
name = "Wrong court"
about = "Not the bad court's"
also = ["bad  Court", 'so "slow"', "caf\\u00e9, late"]  # keep this
[[category]]
code = "slow"
name = "Slow"
about = '''Late.'''
also = [
    "takes ages",
    'Bad Manners',
]
"""
    shorter = without_open_codes(text, {"bad court", "bad manners", "café, late", "never said"})
    assert [one.also for one in parse(shorter).categories] == [('so "slow"',), ("takes ages",)]
    expected = text.replace('"bad  Court", ', "").replace('"caf\\u00e9, late"', "").replace("'Bad Manners',", "")
    assert shorter == expected
    assert without_open_codes(text, set()) == text
    assert [one.also for one in parse(without_open_codes(text, {'so "slow"', "takes ages"})).categories] == [
        ("bad  Court", "café, late"),
        ("Bad Manners",),
    ]


def test_open_codes_lead_to_their_category_in_any_spelling() -> None:
    taxonomy = parse(f'version = 1\n{SLOW}also = ["takes  Ages"]\n')
    assert [taxonomy.of_open_code(said) for said in ("Takes ages", "SLOW", "fast")] == ["slow", "slow", None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 2", "version == 2, must be 1"),
        (SLOW, "version == None, must be 1"),
        ("version = 1\n[[category", "no TOML"),
        ("version = 1\nrules = 3", "unknown key rules"),
        ("version = 1\ncategory = 3", "no list of tables"),
        (f"version = 1\n{SLOW}{SLOW.replace('slow', 'Too slow')}", "category 2: code must be"),
        ('version = 1\n[[category]]\ncode = "uncategorised"', "code must be"),
        ('version = 1\n[[category]]\ncode = "slow"\nname = "Slow"', r"category 1 \(slow\): about must be one line"),
        (f'version = 1\n{SLOW}group = "a\\nb"', r"category 1 \(slow\): group must be one line"),
        (f'version = 1\n{SLOW}detectors = "latency"', r"\(slow\): detectors must be a list"),
        (f"version = 1\n{SLOW}colour = 3", r"\(slow\): unknown key colour"),
        (f"version = 1\n{SLOW}{SLOW}", "code 'slow' is there twice"),
        (f'version = 1\n{SLOW}also = ["a", "A"]', "open code 'a' is there twice, in slow and slow"),
        (f"version = 1 #{'x' * 500_000}", "longer than 500,000"),
    ],
)
def test_a_mistake_is_named_with_its_category(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"^taxonomy\.toml.*{said}"):
        parse(text)


def test_a_category_is_added_at_the_end_and_comments_stay() -> None:
    before = f"version = 1  # ours\n# what users hate\n{SLOW}"
    after = with_category(before, OWN)
    assert after.startswith(before)
    assert parse(after).categories[1] == OWN
    with pytest.raises(ConfigError, match="'wrong_court' is there twice"):
        with_category(after, OWN)


printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)


@given(name=printable, about=printable, also=st.lists(printable, max_size=3, unique_by=str.casefold))
def test_whatever_words_a_category_has_it_is_read_as_it_was_written(name: str, about: str, also: list[str]) -> None:
    own = replace(OWN, name=name, about=about, also=tuple(also))
    text = with_category("version = 1\n", own)
    assert parse(text).categories == (own,)
    assert tomllib.loads(text)["category"][0]["name"] == name


@pytest.mark.parametrize("name", ['x"\n[[category]]', "a\x1b[31mb", "right\u202eleft", " ", "x" * 501])
def test_words_that_are_no_plain_line_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name must be one line"):
        with_category("version = 1\n", replace(OWN, name=name))


def test_a_code_follows_from_the_name() -> None:
    assert [code_of(name) for name in ("Too slow!", "9 Lives", "Straße", "法院")] == ["too_slow", "lives", "stra_e", ""]
