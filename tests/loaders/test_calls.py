"""A tool result finds its call among any number of open ones: by id, or the oldest."""

import time

from workbench.loaders.reading.calls import Call, OpenCalls, calls_of


def _open(*ids: str | None) -> OpenCalls:
    calls = OpenCalls()
    for place, call_id in enumerate(ids):
        calls.add(Call(call_id, f"f{place}", None))
    return calls


def _names(calls: OpenCalls, *ids: str | None) -> list[str | None]:
    taken = [calls.take(call_id) for call_id in ids]
    return [None if call is None else call.name for call in taken]


def test_a_result_closes_the_call_that_it_names_and_any_other_the_oldest() -> None:
    assert _names(_open("a", "b", "c"), "b", None, "a", None, None) == ["f1", "f0", None, "f2", None]


def test_calls_of_one_id_are_closed_in_their_order() -> None:
    assert _names(_open("a", None, "a", "a"), None, "a", None, "a", "a") == ["f0", "f2", "f1", "f3", None]


def test_calls_are_read_in_both_spellings() -> None:
    message = {
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"n": 1}}}, {"id": "", "name": "g"}, 7]
    }
    assert calls_of(message) == [Call("1", "f", '{"n":1}'), Call(None, "g", None)]


def test_as_many_results_as_open_calls_take_linear_time() -> None:
    """Each result was looked for among all open calls: one hostile line of 32 MB would have taken hours."""
    n = 100_000
    calls = _open(*map(str, range(n)))
    start = time.process_time()
    assert _names(calls, *map(str, reversed(range(n // 2, n)))) == [f"f{place}" for place in reversed(range(n // 2, n))]
    assert not any(_names(calls, *(f"unknown {place}" for place in range(n // 2))))
    assert _names(calls, *[None] * (n // 2)) == [f"f{place}" for place in range(n // 2)]
    assert time.process_time() - start < 5
