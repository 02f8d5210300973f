"""One request to the legal-research product: who asks what, when, and which version of the app answers.

It holds everything that is settled before the agent starts, so that a fault can say where it lives by these fields
alone; those that a table knows (task, model, release, prompt_version) bear the table's names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class State(NamedTuple):
    """A state with the courts, rules and reports that its own law comes from."""

    name: str
    court: str
    rules: str
    reporter: str
    circuit: str


class Opinion(NamedTuple):
    """The opinion that is asked about; invented, as is everyone in it."""

    caption: str
    citation: str
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is known before the agent starts."""

    number: int
    """Place in the order of time, from 0."""
    trace_id: str
    """32 hex digits, following from seed and number."""
    at: datetime
    """When it starts, UTC."""
    user: str
    """The user's made-up id; empty where the caller sent none."""
    user_tier: str
    """What the user pays for: free, pro or firm."""
    is_unhappy: bool
    """True for the few users who thumb everything down."""
    session: str
    """The visit's id."""
    task: str
    """The route that the question was sent down."""
    opinion: Opinion
    """The opinion asked about."""
    state: State
    """The state whose law matters."""
    issue: str
    """The legal point, as a noun phrase."""
    question: str
    """What the user typed."""
    prompt_version: str
    """The version of the case-summary prompt."""
    model: str
    """The model that answers."""
    release: str
    """The app's version."""
    is_long: bool
    """True if the opinion passes 60 pages."""
    has_outcome: bool
    """True if the product learns later whether the task succeeded."""
    has_next: bool = False
    """True if the same visit goes on with another request."""
    is_evaluated: bool = False
    """True if a judge scores the answer."""
    locale: str = ""
    """The user's language and country, such as `es-US`; empty where the product does not say."""
    language: str = "en"
    """The language that the user writes, and should be answered in."""
    output_type: str = ""
    """The form of answer that the app declares, such as `json`; empty where it declares none."""

    @property
    def facts(self) -> dict[str, str]:
        """The words that templates may use."""
        return {
            "caption": self.opinion.caption,
            "citation": self.opinion.citation,
            "plaintiff": self.opinion.caption.partition(" v. ")[0],
            "pages": str(self.opinion.pages),
            "issue": self.issue,
            "state": self.state.name,
            "a_state": f"{'an' if self.state.name[0] in 'IO' else 'a'} {self.state.name}",
            "court": self.state.court,
            "rules": self.state.rules,
            "circuit": self.state.circuit,
            "question": self.question,
        }

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Return True if every named field has the value given."""
        return all(getattr(self, name) == value for name, value in values.items())
