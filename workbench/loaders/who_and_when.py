"""Who&When: failed runs of teams of agents, each with the agent and the step that people blame.

A run is a list of what was said, step by step. A step of a terminal is a tool call, any other a model call of the agent
that speaks; nothing says when.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import RecordError
from workbench.ids import content_id
from workbench.loaders.batch import Batch, Context, Rows
from workbench.loaders.reading.blame import Blame, add_verdict
from workbench.loaders.reading.fields import Fields, is_empty
from workbench.loaders.reading.messages import text_of
from workbench.loaders.reading.parts import as_object
from workbench.loaders.reading.pieces import Piece, load_pieces
from workbench.loaders.reading.strict import dump, dump_sorted, samples
from workbench.loaders.source import Source

TERMINALS = frozenset({"Computer_terminal", "ComputerTerminal"})
"""Speakers that run the code of the step before: AutoGen's and Magentic-One's."""
HUMAN = "human"
_ENDED = re.compile(r"(?:exitcode: |The script ran, then exited with Unix exit code: )(\d{1,6})")
_PHASE = re.compile(r" \([^)]{0,99}\)$")
"""What Magentic-One adds to a speaker: `Orchestrator (thought)`."""
_LABELS = frozenset({"mistake_agent", "mistake_step", "mistake_reason"})
_VERDICTS = ("is_correct", "is_corrected")
_STEP_ASSUMED = "a step of a speaker that is no terminal is read as a model call"
_ID_ASSUMED = "a run has no id of its own: its trace id follows from its question and its steps"
_CORRECTED_ASSUMED = "is_corrected is read as whether the answer was correct"


def recognises(head: bytes) -> bool:
    """Return whether this is the beginning of a labelled run, or of several."""
    return any(_is_run(sample) for sample in samples(head))


def load(source: Source, context: Context) -> Iterator[Batch]:
    """Yield the spans, outcomes and labels of all runs in the file; no span has a time."""
    return load_pieces(source, context, _add_run)


def _is_run(sample: Mapping[str, Any]) -> bool:
    """Return whether this is a run; where its steps come first, a long one shows nothing but them."""
    history = sample.get("history")
    if not isinstance(history, list) or not history:
        return False
    if not all(isinstance(step, dict) and step.keys() <= {"content", "role", "name"} for step in history):
        return False
    is_magentic = any(str(step.get("role", "")).startswith("Orchestrator (") for step in history)
    return is_magentic or bool(sample.keys() & {*_LABELS, *_VERDICTS})


def _add_run(piece: Piece, rows: Rows) -> None:
    if not isinstance(piece.value, dict) or not isinstance(piece.value.get("history"), list):
        raise RecordError("there is no list of steps in history")
    piece.require_single_keys(piece.value, besides=frozenset({"history"}))
    fields, history = Fields(piece.value), piece.value["history"]
    fields.pass_over("history", *_LABELS)
    fields.assume(_ID_ASSUMED)
    task = fields.text("question_ID", column="task")
    trace_id = content_id("trc", task or "", dump_sorted(history))
    shared = {"trace_id": trace_id, "task": task, "time_known": False}
    question = fields.text("question", column="input")
    steps = _Steps(shared, rows)
    for place, step in enumerate(history):
        try:
            piece.require_single_keys(step)
            steps.add(step, place)
        except RecordError as error:
            rows.refused.append(piece.refused(error, 1 + place, at=("history", place)))
    outcome = _outcome(fields)
    rows.add_span(
        {
            **shared,
            "span_id": trace_id,
            "kind": "AGENT",
            "operation": "invoke_agent",
            "name": "invoke_agent",
            "status": "UNSET",
            "input": question if question is not None else steps.asked,
            "output": steps.said,
            "attributes": dump_sorted(fields.rest()),
        }
    )
    if outcome is not None:
        rows.add_signal({**outcome, "target_id": trace_id, "trace_id": trace_id})
    try:
        _add_labels(piece.value, trace_id, steps, rows)
    except RecordError as error:
        rows.refused.append(piece.refused(error, 1 + len(history)))
    fields.report(rows)


class _Steps:
    """The steps of a run so far."""

    def __init__(self, shared: Mapping[str, Any], rows: Rows) -> None:
        self._shared, self._rows = shared, rows
        self._before: dict[str, Any] | None = None
        self.asked: str | None = None
        """What a person asked."""
        self.said: str | None = None
        """What was said last."""
        self.spans: set[str] = set()

    def add(self, step: Any, place: int) -> None:
        """Add the span of a step; what a person says is the input of the next."""
        fields = Fields(as_object(step), of="history.")
        role = fields.text("role", column="name")
        speaker = fields.text("name", column="agent") or role
        if speaker is None:
            raise RecordError("a step has no speaker", reason="no_id")
        content = text_of(fields.raw("content", column="output"))
        if speaker == HUMAN:
            self.asked = content if self.asked is None else self.asked
        else:
            self._add_span(fields, speaker, content, place)
        fields.report(self._rows)
        self._before, self.said = {"role": "user", "name": speaker, "content": content}, content

    def _add_span(self, fields: Fields, speaker: str, content: str | None, place: int) -> None:
        span_id = f"{self._shared['trace_id']}:{place}"
        is_tool = speaker in TERMINALS
        fields.assume(None if is_tool else _STEP_ASSUMED)
        role = {"role": fields.record.get("role")} if "name" in fields.record else {}
        self._rows.add_span(
            {
                **self._shared,
                **(
                    _of_terminal(speaker, content)
                    if is_tool
                    else {"kind": "LLM", "operation": "chat", "status": "UNSET"}
                ),
                "span_id": span_id,
                "parent_span_id": self._shared["trace_id"],
                "name": speaker,
                "agent": _PHASE.sub("", speaker),
                "input": None if self._before is None else self._before["content"] if is_tool else dump([self._before]),
                "output": content,
                "attributes": dump_sorted({**fields.rest(), **role}),
            }
        )
        self.spans.add(span_id)


def _of_terminal(speaker: str, content: str | None) -> dict[str, Any]:
    ended = _ENDED.match(content or "")
    is_failed = ended is not None and int(ended[1]) != 0
    return {
        "kind": "TOOL",
        "operation": "execute_tool",
        "tool_name": speaker,
        "status": "ERROR" if is_failed else "UNSET" if ended is None else "OK",
        "error_message": content if is_failed else None,
    }


def _outcome(fields: Fields) -> dict[str, Any] | None:
    """Return whether the answer was right; the two kinds of runs name it differently."""
    name = next((name for name in _VERDICTS if isinstance(fields.record.get(name), bool)), None)
    if name is None:
        return None
    is_correct = fields.raw(name, column="value")
    fields.assume(_CORRECTED_ASSUMED if name == "is_corrected" else None)
    return {
        "target_kind": "trace",
        "kind": "outcome",
        "name": "correct",
        "value": float(is_correct),
        "label": "pass" if is_correct else "fail",
        "attributes": "{}",
    }


def _add_labels(run: Mapping[str, Any], trace_id: str, steps: _Steps, rows: Rows) -> None:
    fields = Fields({name: run[name] for name in _LABELS if not is_empty(run.get(name))})
    if not fields.record:
        return
    agent = fields.identity("mistake_agent", column="label")
    step = fields.identity("mistake_step", column="target_id")
    if not step.isdecimal() or len(step) > len("1000000"):
        raise RecordError("mistake_step is no number of a step")
    span_id = f"{trace_id}:{int(step)}"
    add_verdict(
        rows,
        Blame(
            trace_id=trace_id,
            span_id=span_id if span_id in steps.spans else None,
            agent=agent,
            category=None,
            reason=fields.text("mistake_reason", column="comment"),
            beside={"step_number": int(step)},
        ),
    )
    fields.report(rows)
