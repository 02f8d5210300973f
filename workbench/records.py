"""Frozen records: what the ledger keeps, and what a stage answers besides a frame.

A field marked `quoted` may hold words from a trace. The ledger chains only a salted digest of it and keeps the words
in a side table, so that a user's text can be erased without breaking the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple

from workbench.ids import content_id

IssueState = Literal[
    "proposed",
    "confirmed",
    "rejected",
    "changing",
    "validating",
    "shipped",
    "watching",
    "resolved",
    "reopened",
    "merged",
]
Severity = Literal["low", "medium", "high"]
Unit = Literal["span", "trace", "session"]
Identity = Literal["program", "os_user", "typed", "database_role", "hub_token"]
ERASED = "[erased]"
"""What stands for a quoted text that was erased."""
UNCATEGORISED = "uncategorised"
"""The category of a problem that no category of the taxonomy takes in."""


SamplingMode = Literal["random", "uncertain", "diverse"]
"""random: every trace of a cluster has the same chance. uncertain: traces that the cluster hardly holds have a greater
one, and come first. diverse: the same chance, and spread over the map."""
CONTROL = "control"
"""What stands for the traces that no detector found, where the others are named by their cluster."""
OF_CAUSES = ("edited", "split", "merge")
"""Labels that a cause alone can have."""

CauseKind = Literal["contrast", "blame", "onset", "phrase", "check", "proposed"]
MAX_CONDITIONS = 3
"""Conditions of one cause: with four, nearly every trace is a slice of its own."""


def quoted() -> Any:
    """Mark a text field of a record that may hold words from a trace."""
    return field(metadata={"quoted": True})


def quoted_text() -> Any:
    """Mark a text field of this kind that is empty where it is not given."""
    return field(metadata={"quoted": True}, default="")


def quoted_texts() -> Any:
    """Mark a field of several such texts, none where they are not given."""
    return field(metadata={"quoted": True}, default=())


def quoted_fields(record_type: type) -> frozenset[str]:
    """Return the names of the fields of a record type that may hold words from a trace."""
    return frozenset(entry.name for entry in fields(record_type) if entry.metadata.get("quoted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who appended a record, and how that is known."""

    kind: Literal["HUMAN", "CODE"]
    """A person, or a run of this program."""
    name: str
    """The person's name, or the program's."""
    identity: Identity
    """How the name was obtained."""


WORKBENCH = Actor(kind="CODE", name="workbench", identity="program")
"""The actor of every record that no person made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of one file: every record is stored, duplicate or quarantined."""

    path: str
    """The file, as it was given."""
    source: str
    """The source's id (src_...): digest of its first complete record."""
    format: str
    """The loader that read it."""
    n_in: int
    """Records read: spans, signals, and pieces that could not be read."""
    n_stored: int
    """Records that this ingest added."""
    n_duplicate: int
    """Records that were in the store already."""
    n_quarantined: int
    """Records that were refused."""
    n_spans: int
    """Distinct spans of this file, stored now or before."""
    n_traces: int
    """Distinct traces of this file's spans."""
    n_signals: int
    """Signals of this file, stored now or before."""
    refused: Mapping[str, int]
    """Refused records by reason."""
    mapped: Mapping[str, int]
    """How often a source field filled a column, by `field -> column`."""
    guessed: Mapping[str, int]
    """What was assumed, in words, and for how many records."""
    left: Mapping[str, int]
    """How often a source field had no column and went into `attributes`, by field."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """How many of the spans read have a value in a column, by column, and are of a kind, by `kind LLM` and so on."""
    redacted: Mapping[str, int] = field(default_factory=dict)
    """Places with personal data that were replaced, by kind."""
    n_bytes_waiting: int = 0
    """Bytes of a last record that is not whole yet: still being written, or cut off; it is read next time."""

    def __post_init__(self) -> None:
        if self.n_in != self.n_stored + self.n_duplicate + self.n_quarantined:
            raise ValueError(
                f"{self.path}: n_in == {self.n_in}, must be stored {self.n_stored} + duplicate {self.n_duplicate} "
                f"+ quarantined {self.n_quarantined}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one detector said in one run; `failed` with its error is an answer too."""

    detector: str
    """The detector's code."""
    version: int
    """The detector's version."""
    state: Literal["found", "clear", "not_applicable", "failed"]
    """The detector's answer as a whole: found if any unit is, failed if it raised."""
    n_examined: int
    """Units looked at."""
    n_found: int
    """Units with the problem."""
    n_clear: int
    """Units without it."""
    not_applicable: Mapping[str, int]
    """Units that it cannot judge, by reason."""
    error: str | None
    """The error's class and message, where it failed."""
    question: str = ""
    """What it asks of each unit, as a sentence; empty where it could not be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far one detector agrees with the others in one run, in traces."""

    detector: str
    """The detector's code."""
    n_window: int
    """Traces in the window."""
    n_judged: int
    """Those that it could judge, found or clear."""
    n_found: int
    """Those that it found."""
    n_overlap: int
    """Of these, those that another detector found too."""
    n_conflict: int
    """Of these, those that another detector of the same category judged clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRun:
    """One run of all detectors over one window; a later run of the same window supersedes it."""

    KIND: ClassVar[str] = "detection_run"

    id: str
    """run_..., sorts by time."""
    at: datetime
    """When it ran, UTC."""
    window: str
    """What it looked at, as `windows.Window` prints it."""
    table_versions: Mapping[str, int]
    """The version of each table that it read."""
    tallies: tuple[Tally, ...]
    """One a detector."""
    n_findings: int
    """Findings written."""
    n_clusters: int
    """Clusters found."""
    noise_share: float | None
    """Share of the findings in no cluster, 0 to 1; None without findings."""
    seed: int
    """The seed of the grouping."""
    embedder: str
    """The name of the embedder."""
    supersedes: str | None
    """The earlier run of the same window, if any."""
    agreements: tuple[Agreement, ...] = ()
    """One a detector that could judge."""
    demoted: Mapping[str, str] = field(default_factory=dict)
    """Detectors whose problems rank last because reviewers reject them, each with the reason in a sentence."""
    grouped: Mapping[str, int] = field(default_factory=dict)
    """Findings in a cluster, by detector; the others are noise."""
    joins: str | None = None
    """The earlier run whose clusters the findings joined; None where all were clustered anew."""
    n_joined: int = 0
    """Findings that are new and joined a cluster of that run."""


class Condition(NamedTuple):
    """One attribute value that traces have in common."""

    attribute: str
    """The attribute: tool_name, prompt_version, model, operation, task, ..."""
    value: str
    """Its value; `[erased]` where the words were a user's who is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A proposed explanation of a cluster: a hypothesis until a person confirms it, whatever its kind and numbers.

    Numbers that a kind does not have are None: a blamed step has no lift, and what a model proposed has no p.
    """

    KIND: ClassVar[str] = "cause"

    id: str
    """cau_..., follows from cluster, kind and conditions."""
    run_id: str
    """The detection run that proposed it."""
    cluster_id: str
    """The cluster that it explains."""
    kind: CauseKind
    """How it was found: contrast is attribute values that the cluster's traces have more often than others, blame the
    step at which they first went wrong, onset a change of version after which they became more frequent, phrase words
    that they have more often than others, check a test or gold answer that may be wrong, proposed a model's idea."""
    attributes: tuple[str, ...] = ()
    """The attributes of its conditions, all of which hold together; at most MAX_CONDITIONS."""
    values: tuple[str, ...] = quoted_texts()
    """The value of each of `attributes`; `conditions` has them in pairs."""
    statement: str = quoted()
    """The hypothesis as a sentence."""
    notes: tuple[str, ...] = quoted_texts()
    """What to know before believing it, a sentence each: what else the same traces share, what could not be told."""
    n_cluster_with: int | None = None
    """Traces of the cluster for which the conditions hold."""
    n_cluster: int | None = None
    """Traces of the cluster where the attributes are known."""
    n_rest_with: int | None = None
    """Other traces for which the conditions hold."""
    n_rest: int | None = None
    """Other traces where the attributes are known."""
    lift: float | None = None
    """Share with the conditions in the cluster over the share elsewhere; infinite where no other trace has them."""
    lift_low: float | None = None
    """Lower end of the 95 % interval of the lift."""
    lift_high: float | None = None
    """Upper end of the 95 % interval of the lift."""
    p_value: float | None = None
    """How likely so much or more is by chance; the kind says which test, one-sided."""
    q_value: float | None = None
    """False-discovery-rate adjusted p, over all that was tested in the run."""
    share_explained: float | None = None
    """Share of the cluster's traces that it accounts for beyond what the rest predicts, 0 to 1."""
    onset_at: datetime | None = None
    """Of an onset: when the cluster became more frequent, UTC."""
    onset_low_at: datetime | None = None
    """Lower end of the 95 % interval of `onset_at`."""
    onset_high_at: datetime | None = None
    """Upper end of the 95 % interval of `onset_at`."""
    evidence: tuple[str, ...] = quoted_texts()
    """Trace ids of the cluster that bear it out, at most twenty; erasable like words, as they are somebody's."""
    counter_examples: tuple[str, ...] = quoted_texts()
    """Trace ids outside the cluster for which the conditions hold too, at most twenty."""
    spans: tuple[str, ...] = quoted_texts()
    """Of a blame: the blamed span of each trace in `evidence`, in that order; else empty."""
    quotes: tuple[str, ...] = quoted_texts()
    """Words of the evidence that it rests on, each found in one of those traces."""
    shown: tuple[str, ...] = quoted_texts()
    """Of what a model proposed: ids of all traces that it read, those of `evidence` among them; else empty."""
    proposer: str = ""
    """Of what a model proposed: the model and the server's origin; else empty."""
    exchange: tuple[str, ...] = ()
    """Of what a model proposed: SHA-256 of what was sent and of what came back; else empty."""

    def __post_init__(self) -> None:
        if not len(self.attributes) == len(self.values) <= MAX_CONDITIONS:
            raise ValueError(
                f"{self.id}: {len(self.attributes)} attributes and {len(self.values)} values, must be as many of both "
                f"and at most {MAX_CONDITIONS}"
            )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The attribute values that hold together, none for a kind that has none."""
        return tuple(Condition(*pair) for pair in zip(self.attributes, self.values, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A recurring problem that the team owns; each revision is a new record under the same id."""

    KIND: ClassVar[str] = "issue"

    id: str
    """iss_..., follows from the first cluster that showed it."""
    state: IssueState
    """Where it stands."""
    title: str = quoted()
    """One line that names it."""
    detector: str
    """The detector whose findings it holds."""
    severity: Severity
    """The detector's severity, until a person sets another."""
    run_id: str
    """The detection run that saw it last."""
    cluster_id: str
    """Its cluster in that run."""
    cause_ids: tuple[str, ...]
    """Its proposed causes, best first."""
    n_findings: int
    """Findings in that cluster."""
    n_traces: int
    """Traces in that cluster."""
    n_sessions: int
    """Sessions in that cluster; 0 where the source names none."""
    n_users: int
    """Users in that cluster; 0 where the source names none."""
    first_seen_at: datetime | None
    """Start of its first unit, UTC."""
    last_seen_at: datetime | None
    """Start of its last unit, UTC."""
    category: str = UNCATEGORISED
    """Its category's code in the workspace's taxonomy: the detector's, until a person sets another."""
    reason: str = quoted_text()
    """Why it is in its state, in a sentence; empty for one that was only ever proposed."""
    evidence: tuple[str, ...] = ()
    """Ids of what moved it there: verdicts, a change, a decision, a watch; never of a trace."""
    merged_into: str | None = None
    """Of a merged issue: the issue (iss_...) that goes on for it."""
    split_from: str | None = None
    """The issue (iss_...) of which a person made this one a part of its own; None for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement by one annotator, in OpenInference's fields; a later one of the same on the same revises it."""

    KIND: ClassVar[str] = "verdict"

    id: str
    """ver_..., follows from target, cluster, annotator and review: see `verdict_id`."""
    target_kind: Literal["trace", "cause", "issue", "cluster"]
    """What is judged; a cluster where all its traces are judged at once."""
    target_id: str
    """The trace's id, the cause (cau_...), the issue (iss_...) or the cluster (clu_...)."""
    cluster_id: str | None = None
    """Of a trace: the cluster that it was shown in (clu_...); None where it was drawn from all traffic."""
    detector: str | None = None
    """Of a trace: the detector whose finding is judged; None where no detector had found it."""
    detector_version: int | None = None
    """That detector's version; what was said of an older one says nothing of a newer."""
    label: Literal["confirmed", "rejected", "uncertain", "edited", "split", "merge", "withdrawn"]
    """Whether it is so. OF_CAUSES are of a cause alone: it should read otherwise, is several, or is the same as another
    one. An issue is confirmed if it deserves a change. `withdrawn` is no judgement: what was said is taken back."""
    score: float | None = None
    """How sure, 0 to 1, where the annotator says it."""
    explanation: str = quoted()
    """Why, in the annotator's words; empty if not said."""
    code: str = quoted()
    """The problem in the annotator's own words, before any category: an open code; empty if not said."""
    statement: tuple[str, ...] = quoted_texts()
    """Of `edited`: the cause as it should read. Of `split`: its parts. Else empty."""
    same_as: str | None = None
    """Of `merge`: the cause (cau_...) that it is the same as."""
    category: str | None = None
    """Of an issue: its category's code in the taxonomy, where the annotator says it."""
    severity: Severity | None = None
    """Of an issue: how bad it is, where the annotator says it."""
    is_flagged: bool = False
    """Whether the annotator wants others to look at it."""
    is_adjudication: bool = False
    """Whether it decides between annotators who disagree, whose labels were shown."""
    is_undo: bool = False
    """Whether it takes the annotator's last judgement back: it is withdrawn, or what was said before stands again."""
    n_checked: int | None = None
    """Of a cluster: traces of it, drawn at random, that the annotator had judged one by one before."""
    n_agreed: int | None = None
    """Those of them that have this label."""
    review_id: str | None = None
    """The review in which it was given (rev_...); None outside of any."""
    annotator_kind: Literal["HUMAN", "LLM", "CODE"]
    """Who judges: a person, a model, a program."""
    annotator: str
    """Their name."""
    identity: Identity
    """How the name was obtained."""
    at: datetime
    """When, UTC."""
    seen: str = ""
    """Digest of what the annotator was shown; empty where nothing shows it."""

    def __post_init__(self) -> None:
        if self.label in OF_CAUSES and self.target_kind != "cause":
            raise ValueError(f"label == {self.label!r} on a {self.target_kind}, only a cause can be {self.label}")
        if self.label == "split" and len(self.statement) < 2:
            raise ValueError(f"label == 'split' with {len(self.statement)} statements, must be at least 2")
        if self.label == "merge" and not self.same_as:
            raise ValueError("label == 'merge' without same_as, must be the id of the other cause")
        if self.target_kind == "cluster" and self.label != "withdrawn" and None in (self.n_checked, self.n_agreed):
            raise ValueError("a verdict on a cluster without n_checked and n_agreed, must say its check sample")
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"score == {self.score}, must be from 0 to 1")


def verdict_id(
    target_kind: str,
    target_id: str,
    *,
    cluster_id: str | None = None,
    annotator: str,
    review_id: str | None = None,
    is_adjudication: bool = False,
) -> str:
    """Return the id of one annotator's judgement of one thing in one review: judging again makes the next revision.

    Who decides between others says it beside what they may have said as one of them.

    >>> verdict_id("trace", "t1", annotator="ann") == verdict_id("trace", "t1", annotator="ben")
    False
    """
    of_review = (() if review_id is None else (review_id,)) + (("adjudication",) if is_adjudication else ())
    return content_id("ver", target_kind, target_id, cluster_id or "", annotator, *of_review)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One round of review: a sample of one detection run, shown to people; closing it is its last revision.

    Its items are in the side table `review_items`, where the ids of traces can be erased.
    """

    KIND: ClassVar[str] = "review"

    id: str
    """rev_..., sorts by time."""
    at: datetime
    """When it was opened, UTC."""
    run_id: str
    """The detection run whose findings, causes and issues are judged."""
    mode: SamplingMode
    """How its traces were chosen."""
    seed: int
    """The seed of the choice."""
    n_per_item: int
    """Reviewers that each item is to have."""
    reviewers: tuple[str, ...] = ()
    """Who judges; each item is assigned to some of them. Empty: whoever comes."""
    n_items: int
    """Items: traces, causes and issues; their places count from 0."""
    n_control: int
    """Of these, traces that no detector had found."""
    n_population: Mapping[str, int]
    """Traces from which they were drawn, by cluster; those that no detector had found under CONTROL."""
    items_digest: str
    """Digest of all items as they were drawn."""
    deadline_at: datetime
    """When it ends, whatever is still open, UTC: nothing waits for ever."""
    closed_at: datetime | None = None
    """When it was closed, UTC; None while it is open."""

    def __post_init__(self) -> None:
        if self.n_per_item < 1:
            raise ValueError(f"n_per_item == {self.n_per_item}, must be at least 1")
        if self.reviewers and self.n_per_item > len(self.reviewers):
            raise ValueError(
                f"n_per_item == {self.n_per_item}, must be at most the {len(self.reviewers)} reviewers named"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """What one detection run saw become of an issue: a part left it, it went into another, or it came back."""

    KIND: ClassVar[str] = "descent"

    id: str
    """des_..., follows from run, kind and both issues."""
    run_id: str
    """The detection run that saw it."""
    kind: Literal["split", "merge", "return"]
    """split: `issue_id` is a part of `from_issue_id`, which goes on. merge: `from_issue_id` went into `issue_id`.
    return: `issue_id` was resolved and is found again."""
    issue_id: str
    """The issue that the findings are in now."""
    from_issue_id: str
    """The issue that they were in before; of a return the same one."""
    cluster_id: str
    """The cluster of the run that shows it."""
    n_findings: int
    """Findings that both issues hold; of a return those that came after it was resolved."""
    share: float
    """Of a split the share of the part that was in the other issue; of a merge the share of the ended issue that is in
    this one, both of the findings that both runs know; of a return the share of the cluster; 0 to 1."""


AppFileKind = Literal["prompt", "tool", "guardrail", "settings"]
"""What a file of the app's repository is to the loop."""
ChangeState = Literal["draft", "committed", "merged", "rolled_back", "abandoned"]
"""draft: it has no commit yet. committed: its branch holds one. merged: a branch of the app has it. rolled_back: a
revert of it is committed. abandoned: it was given up, its branch is left or gone."""


class FileEdit(NamedTuple):
    """One file of the app as a change leaves it."""

    path: str
    """Path in the app's repository, with `/`."""
    kind: AppFileKind
    """What it is to the loop."""
    before: str | None
    """Git's id of the blob at the change's base; None for a new file."""
    after: str | None
    """Git's id of the blob after it; None for a deleted file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One versioned edit of prompts, tools, guardrails or settings, made for confirmed issues; see `changes`."""

    KIND: ClassVar[str] = "change"

    id: str
    """chg_..., sorts by time."""
    at: datetime
    """When it was begun, UTC; the time of its commit too, so that a repeated commit is the same commit."""
    state: ChangeState
    """Where it stands."""
    issue_ids: tuple[str, ...]
    """The confirmed issues that it is for; at least one."""
    title: str = quoted()
    """What it does in one line, in its author's words: the first line of the commit."""
    why: str = quoted_text()
    """Why that should help; empty if not said."""
    branch: str
    """`change/<id>`."""
    base: str
    """The commit that it starts from, 40 or 64 hex digits."""
    commit: str | None = None
    """Its own commit; None while it is a draft."""
    edits: tuple[FileEdit, ...] = ()
    """The files that it changes, by path; empty while it is a draft."""
    ledger_head: str
    """The head of the ledger when it was begun, as its commit's trailers name it."""
    author: str
    """Who signs it: a person."""
    identity: Identity
    """How that name was obtained."""
    drafted_by: str = ""
    """The program or model that drafted the edit, for a person to sign; empty where a person wrote it."""
    development: tuple[str, ...] = quoted_texts()
    """Ids of the traces that it was written from: no experiment may judge it on them."""
    shown: tuple[str, ...] = quoted_texts()
    """Of a drafted edit: ids of the traces that the model read, of `development` all; else empty."""
    quotes: tuple[str, ...] = quoted_texts()
    """Of a drafted edit: words of those traces that the model gives for it."""
    exchange: tuple[str, ...] = ()
    """Of a drafted edit: SHA-256 of what was sent to the model and of what came back, of each attempt; else empty."""
    reverted_by: str | None = None
    """Of a change that was rolled back: the commit of the revert."""
    reason: str = quoted_text()
    """Of a change that was rolled back or abandoned: why."""

    def __post_init__(self) -> None:
        if not self.issue_ids:
            raise ValueError(f"{self.id}: issue_ids is empty, a change is for at least one confirmed issue")
        if self.state != "abandoned" and (self.commit is None) != (self.state == "draft"):
            raise ValueError(f"{self.id}: state == {self.state!r} with commit == {self.commit!r}")


class Ablation(NamedTuple):
    """A release candidate without one of its changes: what the rest does alone."""

    without: str
    """The change (chg_...) that is left out."""
    commit: str
    """The merged commit of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCandidate:
    """Changes that travel together, merged into one commit and frozen by digest; see `releases`."""

    KIND: ClassVar[str] = "release_candidate"

    id: str
    """rel_..., sorts by time."""
    at: datetime
    """When it was put together, UTC."""
    state: Literal["open", "frozen", "withdrawn"]
    """open: changes may still be put in or left out. frozen: what it is, it stays."""
    name: str
    """What people call it, such as `2026-W44`."""
    change_ids: tuple[str, ...]
    """Its changes, the one for the greatest pain first; at least one."""
    base: str
    """The commit of the app that it starts from."""
    commit: str | None = None
    """The merged commit of all its changes; None until it is frozen."""
    tree: str | None = None
    """Git's id of that commit's tree; None until it is frozen."""
    ablations: tuple[Ablation, ...] = ()
    """One a change, where there are two or more; empty until it is frozen."""
    pain: float | None = None
    """The pain of the issues of all its changes in all, each issue counted once; None where it was not measured."""
    pain_low: float | None = None
    """Lower end of the 95 % interval of `pain`."""
    pain_high: float | None = None
    """Upper end of the 95 % interval of `pain`."""
    digest: str = ""
    """Digest of base, changes, their commits and the tree; empty until it is frozen."""
    ledger_head: str
    """The head of the ledger when it was last put together."""
    author: str
    """Who put it together."""
    identity: Identity
    """How that name was obtained."""
    frozen_at: datetime | None = None
    """When it was frozen, UTC."""
    reason: str = quoted_text()
    """Of a withdrawn one: why."""


class Arm(NamedTuple):
    """One side of an experiment."""

    name: Literal["baseline", "candidate"]
    """Which it is."""
    commit: str
    """The app's version that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A plan, frozen before any arm ran; a later revision of the same id is refused by `plan_digest`."""

    KIND: ClassVar[str] = "experiment"

    id: str
    """exp_..., sorts by time."""
    change_ids: tuple[str, ...] = ()
    """The changes (chg_...) under test, where it tests changes by themselves."""
    candidate_id: str | None = None
    """The release candidate (rel_...) under test; None where it tests changes by themselves."""
    plan: str
    """The plan as JSON, as `experiments.plan.to_json` writes it."""
    plan_digest: str
    """Its digest: results that rest on another plan decide nothing."""
    arms: tuple[Arm, Arm]
    """Baseline and candidate."""
    holdout_id: str
    """The holdout whose use it is."""
    frozen_at: datetime
    """When it was frozen, UTC."""
    deadline_at: datetime | None = None
    """When "inconclusive" becomes a decision of a person, UTC; None where the plan ends with a number of cases."""
    author: str
    """Who froze it."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.change_ids and self.candidate_id is None:
            raise ValueError(f"{self.id}: neither change_ids nor candidate_id, must say what it tests")
        if [arm.name for arm in self.arms] != ["baseline", "candidate"]:
            raise ValueError(f"{self.id}: arms == {self.arms}, must be baseline and candidate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided of an experiment, and why; who signs it stands by it."""

    KIND: ClassVar[str] = "decision"

    id: str
    """dec_..., follows from experiment and results."""
    at: datetime
    """When, UTC."""
    experiment_id: str
    """The experiment (exp_...)."""
    decision: Literal["ship", "dont_ship", "inconclusive", "invalid"]
    """What the rules came to."""
    reasons: tuple[str, ...]
    """Every reason, a sentence each; at least one."""
    settle: tuple[str, ...] = ()
    """Of an inconclusive one: what would settle it, a sentence each."""
    known_costs: tuple[str, ...] = ()
    """Losses within the margin that was allowed, a sentence each."""
    ended_as: Literal["dropped", "extended", "accepted"] | None = None
    """Of an inconclusive one whose plan has ended: what the signer made of it."""
    plan_digest: str
    """Of the plan that was decided by."""
    result_digest: str
    """Of the results that it rests on."""
    signer: str = ""
    """The person who signed it; empty while nobody has."""
    identity: Identity
    """How that name was obtained."""

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError(f"{self.id}: reasons is empty, a decision must have one")
        if self.ended_as is not None and (self.decision != "inconclusive" or not self.signer):
            raise ValueError(f"{self.id}: ended_as == {self.ended_as!r}, must be inconclusive and signed by a person")
