"""Which request, or which sub-agent of one, a line belongs to.

Lines form a tree: each names the line that it follows. A session can go back and on from an earlier line, and
sub-agents write between the lines of others or into a file of their own, so that the order alone says little.
"""

from collections import defaultdict, deque

from workbench.loaders.claude.lines import Entry
from workbench.loaders.claude.runs import Run, ToolCall

REQUEST_NAMED = "a trace begins at each prompt, and is named after it"
NO_PROMPT = "a request whose prompt is not in the file is named after its first line"
SAME_PROMPT = "a sub-agent is put under the call that was given its prompt"
SAME_TIME = "a sub-agent that names no call is put under the request in whose midst it writes"
OTHER_FILE = "a sub-agent whose request is in another file is put under the request of its prompt id"
ON_ITS_OWN = "a sub-agent whose request is not known is a trace of its own"
_SUB_AGENTS = ("Task", "Agent")
"""Tools that start a sub-agent, by the names that they have had."""

Key = tuple[str | None, str]
"""Something in a session."""


class Scopes:
    """The requests and sub-agents of a file, as far as it has been read."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        """In the order in which they began."""
        self._callers: dict[Key, Run] = {}
        """By tool call, whose it is."""
        self._by_line: dict[str, Run] = {}
        self._by_prompt: dict[Key, Run] = {}
        self._last: dict[str | None, Run] = {}
        """The last request of each session."""
        self._agents: dict[Key, Run] = {}
        """Sub-agents by their id, or by the call that started them."""
        self._told: dict[Key, deque[ToolCall]] = defaultdict(deque)
        """Calls that started a sub-agent, by the prompt that it was given."""
        self._spawned: dict[Key, str] = {}
        """Calls that started a sub-agent, by its id."""

    def run_of(self, entry: Entry, line_id: str) -> Run:
        """Return the run of a line; a prompt begins a new one, and so does a line that belongs to none."""
        run = self._known(entry)
        if run is None and (entry.is_sidechain or entry.under):
            run = self._sub_agent(entry, line_id)
        elif run is None or (entry.kind == "prompt" and not run.is_sub):
            again = self._by_prompt.get((entry.session_id, entry.prompt_id)) if entry.prompt_id else None
            run = again or self._request(entry, line_id)
        self._by_line[line_id] = run
        return run

    def run_around(self, entry: Entry) -> Run | None:
        """Return the run in whose midst a line lies that is no part of one; None if none has begun."""
        run = self._known(entry)
        if run is None and entry.session_id is None and self.runs:
            run = self.runs[-1]
        if run is not None and entry.uuid is not None:
            self._by_line[entry.uuid] = run
        return run

    def end(self, entry: Entry) -> None:
        """Let the session's next line begin a new request."""
        self._last.pop(entry.session_id, None)

    def add_call(self, run: Run, call: ToolCall) -> None:
        """Remember whose a tool call is, and what prompt it gave to a sub-agent."""
        self._callers[run.session_id, call.asked.call_id] = run
        if call.asked.name in _SUB_AGENTS and call.asked.prompt is not None:
            self._told[run.session_id, call.asked.prompt].append(call)

    def add_spawned(self, entry: Entry, call_id: str) -> None:
        """Remember which sub-agent a result says that its call started, and put that below the call."""
        told = entry.fields.record.get("toolUseResult")
        agent_id = told.get("agentId") if isinstance(told, dict) else None
        caller = self._callers.get((entry.session_id, call_id))
        if caller is None or not isinstance(agent_id, str):
            return
        self._spawned[entry.session_id, agent_id] = call_id
        run = self._agents.get((entry.session_id, agent_id))
        if run is not None and not caller.is_in(run):
            run.above, run.parent_span_id, run.assumed = caller, call_id, None
            run.agent = run.agent or caller.calls[call_id].asked.agent

    def take(self, besides: str | None) -> list[Run]:
        """Let go of all runs but those of one session, and return them."""
        gone = [run for run in self.runs if run.session_id != besides]
        taken = {id(run) for run in gone}
        self.runs = [run for run in self.runs if id(run) not in taken]
        self._callers = {key: run for key, run in self._callers.items() if id(run) not in taken}
        self._by_line = {key: run for key, run in self._by_line.items() if id(run) not in taken}
        self._by_prompt = {key: run for key, run in self._by_prompt.items() if id(run) not in taken}
        self._last = {key: run for key, run in self._last.items() if id(run) not in taken}
        self._agents = {key: run for key, run in self._agents.items() if id(run) not in taken}
        self._told = defaultdict(deque, {key: calls for key, calls in self._told.items() if key[0] == besides})
        self._spawned = {key: call_id for key, call_id in self._spawned.items() if key[0] == besides}
        return gone

    def _known(self, entry: Entry) -> Run | None:
        session_id = entry.session_id
        if named := entry.under or (entry.agent_id if entry.is_sidechain else None):
            return self._agents.get((session_id, named))
        before = self._by_line.get(entry.parent) if entry.parent else None
        if entry.is_sidechain:
            return before if before is not None and before.is_sub else None
        for block in entry.blocks if entry.kind == "tool_results" else []:
            if (caller := self._callers.get((session_id, str(block.get("tool_use_id"))))) is not None:
                return caller
        return before or self._last.get(session_id)

    def _request(self, entry: Entry, line_id: str) -> Run:
        trace_id = entry.prompt_id or line_id
        run = Run(trace_id, entry.session_id, trace_id)
        run.assumed = REQUEST_NAMED if entry.kind == "prompt" else NO_PROMPT
        self._last[entry.session_id] = run
        if entry.prompt_id:
            self._by_prompt[entry.session_id, entry.prompt_id] = run
        self.runs.append(run)
        return run

    def _sub_agent(self, entry: Entry, line_id: str) -> Run:
        session_id, named = entry.session_id, entry.under or entry.agent_id
        run = Run(entry.agent_id or line_id, session_id, entry.agent_id or line_id, is_sub=True, assumed=ON_ITS_OWN)
        call_id = entry.under or (self._spawned.get((session_id, named)) if named else None)
        told = self._told.get((session_id, entry.text)) if call_id is None and entry.kind == "prompt" else None
        if told:
            call_id = told.popleft().asked.call_id
        caller, last = self._callers.get((session_id, call_id or "")), self._last.get(session_id)
        if caller is not None:
            run.above, run.parent_span_id, run.assumed = caller, call_id, SAME_PROMPT if told is not None else None
            run.agent = caller.calls[call_id or ""].asked.agent
        elif last is not None:
            run.above, run.parent_span_id, run.assumed = last, last.span_id, SAME_TIME
        elif entry.prompt_id is not None:
            run.own_trace_id = run.parent_span_id = entry.prompt_id
            run.assumed = OTHER_FILE
        if named:
            self._agents[session_id, named] = run
        self.runs.append(run)
        return run
