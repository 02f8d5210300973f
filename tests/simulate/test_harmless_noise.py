"""The noise: what looks wrong for a moment is never called a fault."""

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulate.conftest import Emitted


def test_noise_is_never_called_a_fault(emitted: "Emitted") -> None:
    noisy = [row for row in emitted.truth.values() if row["noise"] != "none"]
    assert {row["fault"] for row in noisy} == {"none"}
    assert {row["in_slice"] for row in noisy} == {None}
    smallest = min(Counter(row["fault"] for row in emitted.truth.values()).values())
    assert max(Counter(row["noise"] for row in noisy).values()) <= 2 * smallest
    assert {row["noise"] for row in noisy} == {
        *("tool_error", "vague_feedback", "slow_span", "short_answer", "stray_failure", "no_content", "unhappy_user")
    }


def test_random_tool_errors_are_of_many_kinds_and_succeed_at_the_second_try(emitted: "Emitted") -> None:
    noisy = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "tool_error"}
    kinds = set()
    for trace_id in noisy:
        calls = [span for span in emitted.traces[trace_id].values() if "tool" in span["name"]]
        (failed,) = [call for call in calls if "error.type" in call["attributes"]]
        same = [
            call
            for call in calls
            if call["attributes"]["gen_ai.tool.call.arguments"] == failed["attributes"]["gen_ai.tool.call.arguments"]
        ]
        kinds.add(failed["attributes"]["error.type"])
        assert len(same) == 2
    assert len(kinds) >= 8


def test_unhappy_users_dislike_everything_in_words_that_say_nothing(emitted: "Emitted") -> None:
    noisy = {trace_id for trace_id, row in emitted.truth.items() if row["noise"] == "unhappy_user"}
    downs = emitted.downs()
    assert noisy <= downs.keys()
    assert len({emitted.root(trace_id)["attributes"]["user.id"] for trace_id in noisy}) <= 3
    assert not [words for trace_id in noisy for words in downs[trace_id] if re.search("federal|state|cit|cut", words)]


def test_traces_in_order_get_no_thumb_down_and_no_error(emitted: "Emitted") -> None:
    clean = {trace_id for trace_id, row in emitted.truth.items() if row["fault"] == row["noise"] == "none"}
    assert not clean & emitted.downs().keys()
    assert not [span for trace_id in clean for span in emitted.traces[trace_id].values() if "status" in span]
