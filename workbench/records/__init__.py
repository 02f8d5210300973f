"""Frozen records: what the ledger keeps, and what a stage answers besides a frame.

A field marked `quoted` may hold words from a trace. The ledger chains only a salted digest of it and keeps the words
in a side table, so that a user's text can be erased without breaking the chain.
"""

from workbench.records.actor import WORKBENCH, Actor, Identity, actor_of
from workbench.records.cause import MAX_CONDITIONS, Cause, CauseKind, Condition
from workbench.records.change import AppFileKind, Change, ChangeState, FileEdit
from workbench.records.chosen import LATEST, chosen, chosen_or_newest, chosen_review, chosen_run, none_or_several
from workbench.records.detection import Agreement, Descent, DetectionRun, Tally, Unit
from workbench.records.digest import TOPICS, Digest, Line, Step, StepState, Topic
from workbench.records.experiment import FINAL, Arm, Decision, DecisionKind, Experiment, ExperimentRun, Withdrawal
from workbench.records.health import Health, StageAge, Wait, WaitKind
from workbench.records.holdout import HeldCase, Holdout, HoldoutBasis, HoldoutKind, HoldoutUse
from workbench.records.issue import UNCATEGORISED, Issue, IssueState, Severity
from workbench.records.judgement import Judgement
from workbench.records.load import LoadReport
from workbench.records.look import LiveLook
from workbench.records.quoted import ERASED, quoted, quoted_fields, quoted_text, quoted_texts
from workbench.records.release import Ablation, ReleaseCandidate
from workbench.records.review import CONTROL, Review, SamplingMode
from workbench.records.verdict import OF_CAUSES, Verdict, verdict_id
from workbench.records.watch import Watch, WatchDesign, WatchRound, WatchState

__all__ = [
    "CONTROL",
    "ERASED",
    "FINAL",
    "LATEST",
    "MAX_CONDITIONS",
    "OF_CAUSES",
    "TOPICS",
    "UNCATEGORISED",
    "WORKBENCH",
    "Ablation",
    "Actor",
    "Agreement",
    "AppFileKind",
    "Arm",
    "Cause",
    "CauseKind",
    "Change",
    "ChangeState",
    "Condition",
    "Decision",
    "DecisionKind",
    "Descent",
    "DetectionRun",
    "Digest",
    "Experiment",
    "ExperimentRun",
    "FileEdit",
    "Health",
    "HeldCase",
    "Holdout",
    "HoldoutBasis",
    "HoldoutKind",
    "HoldoutUse",
    "Identity",
    "Issue",
    "IssueState",
    "Judgement",
    "Line",
    "LiveLook",
    "LoadReport",
    "ReleaseCandidate",
    "Review",
    "SamplingMode",
    "Severity",
    "StageAge",
    "Step",
    "StepState",
    "Tally",
    "Topic",
    "Unit",
    "Verdict",
    "Wait",
    "WaitKind",
    "Watch",
    "WatchDesign",
    "WatchRound",
    "WatchState",
    "Withdrawal",
    "actor_of",
    "chosen",
    "chosen_or_newest",
    "chosen_review",
    "chosen_run",
    "none_or_several",
    "quoted",
    "quoted_fields",
    "quoted_text",
    "quoted_texts",
    "verdict_id",
]
