"""What a trace's info says for all of its spans: session, user, release, task, and the prompt that it is linked to.

Schema 2 calls the trace a request, and may write tags and metadata as lists of keys and values.
"""

from typing import Any, NamedTuple

from workbench.errors import RecordError
from workbench.loaders.batch import Rows
from workbench.loaders.conventions import CANDIDATES
from workbench.loaders.mlflow.values import TRACE_BYTES, id_of, pairs_of, said_in
from workbench.loaders.reading.fields import Fields
from workbench.loaders.reading.quoting import unpacked
from workbench.loaders.users import user_id

PARTS = ("data", "spans", "assessments")
"""What a table's row has beside the fields of the info: parts of the trace that are read by themselves."""
PROMPTS = "mlflow.linkedPrompts"
_SEVERAL_PROMPTS = "of several linked prompts none is the span's own: they stay in the attributes"


class Prompt(NamedTuple):
    """The prompt that a trace or a span is linked to."""

    name: str | None
    version: str | None


class Header(NamedTuple):
    """What the info says for all spans of its trace."""

    trace_id: str | None
    session_id: str | None
    user_key: str | None
    user_tier: str | None
    environment: str | None
    release: str | None
    task: str | None
    prompt: Prompt


class Info(NamedTuple):
    """A trace's info, partly taken."""

    header: Header
    fields: Fields
    metadata: Fields
    tags: Fields

    def report(self, rows: Rows) -> None:
        """Count what was taken from it."""
        for fields in (self.fields, self.metadata, self.tags):
            fields.report(rows)


def read_info(info: Any, rows: Rows) -> Info:
    """Return what a trace's info says.

    Raises
    ------
    RecordError
        If it is no object, or has no id.
    """
    if info is None:
        return Info(Header(*(None,) * 7, Prompt(None, None)), Fields({}), Fields({}), Fields({}))
    if not isinstance(info, dict):
        raise RecordError("a trace's info is no object")
    fields = Fields(info, of="info.")
    metadata = Fields(_pairs(fields, "trace_metadata", "request_metadata"), of="trace_metadata.")
    tags = Fields(_pairs(fields, "tags"), of="tags.")
    fields.pass_over(*(name for name in PARTS if isinstance(unpacked(info.get(name)), dict | list)))
    raw_user = user_id(metadata.raw("mlflow.trace.user", column="user_key"))
    header = Header(
        trace_id=id_of(fields.identity("trace_id", "request_id", column="trace_id"), n_bytes=TRACE_BYTES),
        session_id=metadata.word("mlflow.trace.session", column="session_id"),
        user_key=None if raw_user is None else rows.context.key_user(raw_user),
        user_tier=_named("user_tier", metadata, tags),
        environment=_named("environment", metadata, tags),
        release=metadata.word("mlflow.modelId", "mlflow.source.git.commit", column="release"),
        task=tags.word("mlflow.traceName", column="task"),
        prompt=linked_prompt(tags),
    )
    return Info(header, fields, metadata, tags)


def _pairs(fields: Fields, *names: str) -> dict[str, Any]:
    """Return tags or metadata as `name: value`; what is none stays where it is."""
    pairs: dict[str, Any] = {}
    for name in names:
        if (read := pairs_of(unpacked(fields.record.get(name)))) is not None:
            fields.pass_over(name)
            pairs |= read
    return pairs


def _named(column: str, metadata: Fields, tags: Fields) -> str | None:
    """Return what metadata or tags of the app's own say under the column's name."""
    names = (column, *CANDIDATES[column])
    return metadata.word(*names, column=column) or tags.word(*names, column=column)


def linked_prompt(fields: Fields) -> Prompt:
    """Return the one prompt that is linked; none where there are several."""
    linked = said_in(fields.record.get(PROMPTS))
    prompts = [one for one in linked if isinstance(one, dict)] if isinstance(linked, list) else []
    if len(prompts) != 1:
        fields.assume(_SEVERAL_PROMPTS if prompts else None)
        return Prompt(None, None)
    inner = Fields(prompts[0], of=f"{PROMPTS}.")
    prompt = Prompt(inner.word("name", column="prompt_name"), inner.word("version", column="prompt_version"))
    fields.include(inner)
    return prompt
