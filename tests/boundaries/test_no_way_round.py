"""Nothing goes round the doors: what is dangerous stands in the module that guards it and nowhere else.

Each rule has a planted snippet that it must find, so that a rule that has gone blind is a failing test.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent

# A tag with its end, an attribute or a placeholder after its name; `(?P<name>` of a regular expression is none.
TAG = re.compile(r"(?<!\?P)</?(?:[a-z][a-z0-9-]*(?:[\s/>]|$)|!--)", re.IGNORECASE)
SERIALISERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch"}
NETWORK = {"socket", "httpx", "requests", "aiohttp", "urllib.request", "http.client", "ftplib", "smtplib"}
RICH_DISPLAY = {"HTML", "Markdown", "Latex", "Math", "Javascript", "SVG", "IFrame"}
TYPESETTING_WIDGETS = {"HTML", "HTMLMath", "Label"}
# What a command puts into a table as it is: words and ids of our own, and functions that escape or write numbers.
OWN_CELLS = {
    "one.by",
    "one.table",
    "one.kind",
    "report.format",
    "file['format']",
    "report.WHY[one.why]",
    "row.issue.state",
    "issue.id",
    "row.issue.id[:12]",
    "state",
    "asked",
    "since",
    "ends",
    "sums",
    "counts",
    "len(files)",
    "n_used",
    "one.n_uses",
    "name.replace('_', ' ')",
    "what.replace('_', ' ')",
}
OWN_WRITERS = {"escape", "counted", "str", "_shown", "_pain", "_share", "_written"}


class Rule(NamedTuple):
    """One thing that only its doors may do."""

    name: str
    doors: tuple[str, ...]
    finds: Callable[[ast.AST], bool]
    planted: tuple[str, ...]


def called(node: ast.AST) -> str:
    """Return the dotted name that a call calls; empty for all else."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def imported(node: ast.AST) -> set[str]:
    """Return the modules, and the dotted names in them, that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def imports_any(node: ast.AST, modules: set[str]) -> bool:
    """Tell whether a statement imports one of the modules, or something in it."""
    return any(name == module or name.startswith(f"{module}.") for name in imported(node) for module in modules)


def imports_from(node: ast.AST, module: str, names: set[str]) -> bool:
    """Tell whether a statement or a dotted name takes one of the names from the module."""
    dotted = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
    last = module.rsplit(".", 1)[-1]
    in_module = dotted.rpartition(".")[0].endswith(last) and dotted.rpartition(".")[2] in names
    return in_module or bool(imported(node) & {f"{module}.{name}" for name in names})


def is_true_keyword(node: ast.AST, name: str) -> bool:
    """Tell whether a keyword is passed as anything but a plain False."""
    is_false = isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and node.value.value is False
    return isinstance(node, ast.keyword) and node.arg == name and not is_false


def has_tag(node: ast.AST) -> bool:
    """Tell whether a node is a constant text with a tag in it."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and TAG.search(node.value) is not None


def builds_markup(node: ast.AST) -> bool:
    """Tell whether text is put between tags: by an f-string, `+`, `%`, `format` or `replace`."""
    if isinstance(node, ast.JoinedStr):
        is_filled = any(isinstance(part, ast.FormattedValue) for part in node.values)
        return is_filled and any(map(has_tag, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return has_tag(node.left) or has_tag(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"format", "replace", "substitute"} and has_tag(node.func.value)
    return False


def is_own_cell(node: ast.AST) -> bool:
    """Tell whether a cell of a table holds no stranger's markup: escaped, a number in a format, or words of our own."""
    if isinstance(node, ast.Starred):
        return is_own_cell(node.value)
    if isinstance(node, ast.GeneratorExp):
        return is_own_cell(node.elt)
    if isinstance(node, ast.IfExp):
        return is_own_cell(node.body) and is_own_cell(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return all(is_own_cell(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return node.format_spec is not None or ast.unparse(node.value) in OWN_CELLS
    if isinstance(node, ast.Call):
        writer = node.args[0] if called(node) == "map" else node.func
        return ast.unparse(writer) in OWN_WRITERS or ast.unparse(node) in OWN_CELLS
    return isinstance(node, ast.Constant) or ast.unparse(node) in OWN_CELLS


RULES = (
    Rule(
        "markup is built",
        ("boundaries/", "report/markup.py", "runs/"),
        builds_markup,
        (
            "page = f'<td>{text}</td>'",
            "page = '<b>' + text",
            "page = '<td class=x>%s</td>' % text",
            "page = '<p>{}</p>'.format(text)",
            "page = f'<img src={text}'",
            "page = f'{text}</q>'",
            "page = f'<!-- {text} -->'",
        ),
    ),
    Rule(
        "a rich display of IPython's is used",
        ("boundaries/",),
        lambda node: imports_from(node, "IPython.display", RICH_DISPLAY),
        (
            "from IPython.display import HTML",
            "import IPython.display\nIPython.display.Markdown(text)",
            "display.Latex(text)",
        ),
    ),
    Rule(
        "a widget that sets markup or mathematics is used",
        (),
        lambda node: imports_from(node, "ipywidgets", TYPESETTING_WIDGETS),
        ("from ipywidgets import HTML", "import ipywidgets\nipywidgets.Label(text)"),
    ),
    Rule(
        "text is run as code",
        (),
        lambda node: called(node) in {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec"},
        ("eval(text)", "exec(text)", "__import__(text)"),
    ),
    Rule(
        "a serialiser that runs code is used",
        (),
        lambda node: imports_any(node, SERIALISERS) or is_true_keyword(node, "allow_pickle"),
        ("import pickle", "from joblib import load", "np.load(path, allow_pickle=True)", "import torch.serialization"),
    ),
    Rule(
        "YAML is loaded with constructors",
        (),
        lambda node: called(node) in {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"},
        ("yaml.load(text)", "yaml.unsafe_load(text)"),
    ),
    Rule(
        "a shell is started",
        (),
        lambda node: (
            is_true_keyword(node, "shell")
            or called(node) in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
        ),
        ("subprocess.run(command, shell=True)", "subprocess.run(command, shell=wanted)", "os.system(command)"),
    ),
    Rule(
        "a program is started",
        ("boundaries/", "report/provenance.py", "runs/"),
        lambda node: imports_any(node, {"subprocess", "pty"}) or called(node).startswith(("os.exec", "os.spawn")),
        ("import subprocess", "from subprocess import run", "os.execv(path, arguments)"),
    ),
    Rule(
        "git is called",
        ("boundaries/", "changes/", "loop/sample_app/app.py"),
        lambda node: bool(imported(node) & {"workbench.boundaries.git", "workbench.boundaries.git.Git"}),
        ("from workbench.boundaries.git import Git", "import workbench.boundaries.git"),
    ),
    Rule(
        "a change is committed or taken back without its gate",
        ("loop/refine/changing.py", "loop/refine/committing.py"),
        lambda node: bool(imported(node) & {"workbench.changes.commit.commit", "workbench.changes.roll_back"}),
        ("from workbench.changes.commit import commit", "from workbench.changes.roll_back import roll_back"),
    ),
    Rule(
        "the network is reached",
        ("boundaries/",),
        lambda node: imports_any(node, NETWORK),
        ("import urllib.request", "from http import client", "import httpx", "import socket"),
    ),
    Rule(
        "an archive is unpacked",
        (),
        lambda node: called(node).endswith((".extractall", ".unpack_archive")),
        ("archive.extractall(folder)", "shutil.unpack_archive(path)"),
    ),
    Rule(
        "a template engine is used",
        ("boundaries/",),
        lambda node: imports_any(node, {"jinja2", "mako"}) or called(node) in {"string.Template", "Template"},
        ("from jinja2 import Environment", "string.Template(text)"),
    ),
    Rule(
        "a spreadsheet is written",
        ("boundaries/", "loop/text_file.py"),
        lambda node: called(node).endswith((".write_csv", ".sink_csv", ".write_excel", "csv.writer", "csv.DictWriter")),
        ("frame.write_csv(path)", "csv.writer(stream)"),
    ),
    Rule(
        "markup goes through unescaped",
        (),
        lambda node: (
            called(node).endswith(("Markup", ".set_tbl_html", "innerHTML"))
            or is_true_keyword(node, "unsafe_allow_html")
        ),
        ("markupsafe.Markup(text)", "show(text, unsafe_allow_html=True)"),
    ),
    Rule(
        "a stranger's words go into a table of the terminal unescaped",
        (),
        lambda node: (
            isinstance(node, ast.Call) and called(node).endswith(".add_row") and not all(map(is_own_cell, node.args))
        ),
        (
            "table.add_row(visible(seen.name), escape(note))",
            "table.add_row(visible(seen.name) or 'not named')",
            "table.add_row(*(visible(word) for word in words))",
            "table.add_row(f'{seen.name} {n:,}')",
            "table.add_row(*words)",
        ),
    ),
)


def found(rule: Rule, source: str) -> Iterator[int]:
    """Yield the lines at which the rule finds what it forbids."""
    return (getattr(node, "lineno", 0) for node in ast.walk(ast.parse(source)) if rule.finds(node))


@pytest.fixture(scope="module")
def ways_round() -> dict[str, list[str]]:
    """Return by rule where it finds something outside of its doors; each file is parsed once for all of them."""
    places: dict[str, list[str]] = {rule.name: [] for rule in RULES}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        rules = [rule for rule in RULES if not name.startswith(rule.doors)]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for rule in rules:
                if rule.finds(node):
                    places[rule.name].append(f"{name}:{getattr(node, 'lineno', 0)}")
    return places


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_only_its_door_does_it(rule: Rule, ways_round: dict[str, list[str]]) -> None:
    assert ways_round[rule.name] == [], f"{rule.name} outside of {rule.doors or 'any door'}"


@pytest.mark.parametrize(("rule", "snippet"), [(rule, snippet) for rule in RULES for snippet in rule.planted])
def test_a_planted_way_round_is_found(rule: Rule, snippet: str) -> None:
    assert list(found(rule, snippet)), f"{rule.name} is not seen in {snippet!r}"


@pytest.mark.parametrize(
    "snippet",
    [
        "words = f'{n} < {m}'",
        "pattern = rf'(?P<day>{DAY})'",
        "mask = '<number>'",
        "raise ValueError(f'n == {n}, must be below 1')",
        "np.load(path, allow_pickle=False)",
        "value = re.compile(pattern)",
        "from urllib.parse import quote",
        "table.add_row(escape(visible(name)), f'{n:,}', *(escape(word) for word in words), 'none')",
    ],
)
def test_what_is_harmless_is_left_alone(snippet: str) -> None:
    assert [rule.name for rule in RULES if list(found(rule, snippet))] == []


def test_the_package_is_really_read() -> None:
    """The markup rule finds the module that builds the report's HTML, if nobody tells it that this is a door."""
    assert list(found(RULES[0], (PACKAGE / "report" / "markup.py").read_text(encoding="utf-8")))
