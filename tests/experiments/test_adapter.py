"""How an experiment runs the app: what settings and options say, and what stands for it in a frozen plan."""

from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.experiments.adapter import Adapter, AppRun, adapter_of, from_json, read_app_run, to_json
from workbench.experiments.arm import Spend
from workbench.experiments.arms.chat import Price
from workbench.experiments.provider import Limits
from workbench.experiments.runner import AT_ONCE

PRICES = {"m1": {"input_usd": 0.4, "output_usd": 1.6}}
MODEL = {"model": "m1", "at": "HTTP://Localhost:8080/v1/"}


def read(section: Any, prices: Any = None) -> AppRun:
    return read_app_run({"app_run": section, "prices": PRICES if prices is None else prices}, where="workspace.toml")


def of(section: Any, **options: Any) -> Adapter | None:
    return adapter_of(read(section), options)


def test_settings_say_how_the_app_is_run_and_how_fast() -> None:
    section = {**MODEL, "tools": "none", "requests_per_minute": 9, "at_once": 2, "most_usd": 0.5, "cache": "answers"}
    run = read(section)
    assert run[2:] == (Limits(9, None), 2, Spend(0.5, None), "answers")
    found = adapter_of(run)
    assert found == Adapter(model="m1", at="http://localhost:8080/v1", tools="none", price=Price(0.4, 1.6))
    assert found.kind == "model"


def test_settings_that_say_nothing_leave_it_to_the_options() -> None:
    run = read_app_run({}, where="workspace.toml")
    assert run == AppRun({}, {}, Limits(), AT_ONCE, Spend(), "")
    assert adapter_of(run) is None
    assert adapter_of(run, {"python": "app:answer", "model": None}) == Adapter(python="app:answer")


def test_an_option_that_names_an_app_leaves_nothing_of_another_one() -> None:
    section = {**MODEL, "tools": "none", "time_limit_s": 9}
    assert of(section, command="./answer --fast 'two words'") == Adapter(
        command=("./answer", "--fast", "two words"), time_limit_s=9.0
    )
    assert of(section, model="m2") == Adapter(model="m2", at="http://localhost:8080/v1", tools="none", time_limit_s=9.0)
    assert of(section, prompt="prompts/a.md") == Adapter(
        model="m1",
        at="http://localhost:8080/v1",
        tools="none",
        time_limit_s=9.0,
        prompt="prompts/a.md",
        price=Price(0.4, 1.6),
    )


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"tools": "none"}, "must say one of"),
        ({"command": "a", "python": "a:b"}, "command and python"),
        ({"model": "m1"}, "where its server is"),
        ({"python": "os.system"}, "module:function"),
        ({"python": "a b:c"}, "module:function"),
        ({"command": "'a"}, "no command"),
        ({"command": ["a", 1]}, "no way to run"),
        ({"command": "a", "tools": "none"}, "says nothing of a command"),
        ({"command": "a", "secrets": ["A=B"]}, "no name of a variable"),
        ({"command": "a", "shell": True}, "unknown key shell; keys are at, command, "),
        ({**MODEL, "tools": "all"}, "tools == 'all', must be one of live, none, replayed"),
        ({"endpoint": "ftp://a"}, "no http or https URL"),
        ({"endpoint": "http://me:secret@a"}, "user or password"),
        ({**MODEL, "tools": "live"}, "live ones need a program"),
        ({**MODEL, "tools": "none", "tools_command": "t"}, "live ones need a program"),
        ({**MODEL, "tools": "some"}, "no way to run"),
        ({**MODEL, "price": [0, 0]}, "is said under"),
        ({**MODEL, "time_limit_s": 0}, "must be above 0"),
        ({**MODEL, "time_limit_s": float("nan")}, "must be above 0"),
        ({**MODEL, "at_once": 0}, "whole number from 1"),
        ({**MODEL, "most_usd": -1.0}, "must be above 0"),
        ({**MODEL, "cache": 1}, "must be a folder"),
        ("fast", "must be tables"),
    ],
)
def test_what_is_no_way_to_run_an_app_is_refused(section: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(section)


@pytest.mark.parametrize(
    "price", [{"input_usd": 1.0}, {"input_usd": 1.0, "output_usd": "2"}, {"input_usd": -1, "output_usd": 1}, 3]
)
def test_a_price_that_is_none_is_refused(price: Any) -> None:
    """A price that is silently wrong is a cost that is made up."""
    with pytest.raises(ConfigError, match="must say input_usd and output_usd"):
        read({}, {"m1": price})


def test_the_frozen_text_is_read_as_it_was_and_is_the_same_for_the_same_adapter() -> None:
    adapter, again = (
        Adapter(command=("./answer",), environment=dict(order), secrets=("KEY",), time_limit_s=9)
        for order in ([("B", "2"), ("A", "1")], [("A", "1"), ("B", "2")])
    )
    assert from_json(to_json(adapter)) == adapter
    assert to_json(adapter) == to_json(again)
    with pytest.raises(ConfigError, match="no way to run an app"):
        from_json('{"command": ["a"], "shell": true}')
