"""A decision as Markdown of GitHub's: what an outside renderer makes of it is the words, and never more than them."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from tests.experiments.made import NOON, RIGHT, counted, plan
from tests.payloads import FIRST as PAYLOADS
from workbench.boundaries.markdown import escaped
from workbench.experiments.analysis import Analysis, analyse
from workbench.experiments.decision import Ruling, decide
from workbench.report.gate_summary import gate_summary

RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def rendered(text: str) -> str:
    return str(RENDER.render(text))


def test_the_decision_comes_first_and_each_metric_is_a_row() -> None:
    made = plan(RIGHT)
    analysis = analyse(made, counted(30, 1, 100))
    ruling = decide(made, analysis, faults=(), now=NOON)
    text = gate_summary(ruling, tests="It tests chg_1.", plan=made, analysis=analysis, facts=("signed by eve",))
    page = rendered(text)
    assert page.startswith("<h3>✅ Ship: the candidate is shown better, and nothing is shown worse.</h3>")
    cells = ["right", "target", "1 %", "30 %", "+29.0 points"]
    assert all(f">{cell}</td>" in page for cell in cells)
    assert (page.count("<th"), page.count("<tr>")) == (10, 2)  # nine headings and their head
    assert "signed by eve" in page


@pytest.mark.parametrize(
    "payload", [*PAYLOADS, "a | b\n| c", "`x` **y** [z](javascript:1)", "# h\n\n- @ann #1 www.x.example"]
)
def test_words_of_others_become_no_markup(payload: str) -> None:
    ruling = Ruling("invalid", (payload,))
    named = replace(RIGHT, name=f"m{payload}")
    made = plan(named)
    analysis = analyse(plan(RIGHT), counted(3, 1, 20))
    hostile = Analysis(tuple(replace(one, metric=named.name) for one in analysis.estimates), ())
    page = rendered(gate_summary(ruling, tests=payload, plan=made, analysis=hostile, facts=(payload,)))
    tags = {"img", "script", "svg", "iframe", "link", "style", "math", "a ", "strong", "em>", "code"}
    assert not any(f"<{tag}" in page for tag in tags)
    assert "@" not in page
    assert page.count("<tr>") == 2


def test_what_is_escaped_reads_as_it_was() -> None:
    said = "difference +0.1 (-0.2 to +0.4): p <0.001 * _x_ & \\ ~ !"
    page = rendered(escaped(said)).removeprefix("<p>").removesuffix("</p>\n")
    assert page.replace("&lt;", "<").replace("&amp;", "&") == said
