"""What a log says of all of its samples: the task, the model, the version of the code, and how the run went."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.errors import RecordError
from workbench.loaders.reading.fields import is_empty
from workbench.loaders.reading.parts import as_word
from workbench.loaders.reading.shared import Shared

_SAMPLES = frozenset({"samples", "eval", "plan"})


@dataclass(frozen=True, slots=True)
class Log:
    """What a log says of all of its samples."""

    spec: Mapping[str, Any]
    """Task, model and settings."""
    plan: Any
    """The steps that each sample goes through."""
    beside: Mapping[str, Any]
    """Status, results, statistics and whatever else holds for the run as a whole; empty but for the first sample."""

    shared: Shared = field(default_factory=Shared)
    """What of this was kept with a sample before."""

    @property
    def task(self) -> str | None:
        """The task's name."""
        return as_word(self.spec.get("task"))

    @property
    def model(self) -> str | None:
        """The model that the run was made with."""
        return as_word(self.spec.get("model"))

    @property
    def release(self) -> str | None:
        """The commit of the code that ran."""
        revision = self.spec.get("revision")
        return as_word(revision.get("commit")) if isinstance(revision, dict) else None

    @property
    def run_id(self) -> str:
        """An id of this run of the task; empty if it has none."""
        ids = (as_word(self.spec.get(name)) for name in ("eval_id", "run_id", "task_id"))
        return next((said for said in ids if said), "")

    def of_sample(self, place: int) -> "Log":
        """Return what to keep with the sample at a place: of the run as a whole only with the first one."""
        return self if place == 0 else replace(self, beside={})

    def attributes(self) -> dict[str, Any]:
        """Return what is kept on the sample's own span.

        The list of all sample ids is left out: it would be repeated on every one of them.
        """
        spec = dict(self.spec)
        if isinstance(dataset := spec.get("dataset"), dict):
            spec["dataset"] = {name: value for name, value in dataset.items() if name != "sample_ids"}
        kept = {
            "eval": self.shared.part("eval", spec),
            "plan": self.shared.part("plan", self.plan),
            "log": self.beside,
        }
        return {name: value for name, value in kept.items() if not is_empty(value)}


def log_of(value: Any) -> Log:
    """Return what a log, or the header of one, says of all of its samples.

    Raises
    ------
    RecordError
        If it is no log, with the reason wrong_type.
    """
    if not isinstance(value, dict) or not isinstance(value.get("eval"), dict):
        raise RecordError("there is no object `eval` that says what was run")
    beside = {name: entry for name, entry in value.items() if name not in _SAMPLES and not is_empty(entry)}
    return Log(value["eval"], value.get("plan"), beside)
