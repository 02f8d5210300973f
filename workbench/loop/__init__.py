"""The loop, one step a package: each reads from the store, calls its stage, and appends what came out.

feed -> detect -> review -> prioritise -> refine -> validate -> watch
"""

from workbench.loop.chain import chain
from workbench.loop.desk import Desk
from workbench.loop.detect.own_files import check_own_files
from workbench.loop.detect.running import Detection, detect
from workbench.loop.detect.train import train
from workbench.loop.digest import digest
from workbench.loop.erase.user import Found, erase_user, find_user
from workbench.loop.feed.files import feed
from workbench.loop.feed.follow import POLL_S, follow
from workbench.loop.feed.pull import OVERLAP, open_server, pull
from workbench.loop.health import health
from workbench.loop.moves import moves
from workbench.loop.named import find_issue
from workbench.loop.next_step import NextStep, next_step
from workbench.loop.people import a_person
from workbench.loop.prioritise.issues import categorise_issue, merge_issues, split_issue
from workbench.loop.prioritise.opening import open_issue
from workbench.loop.prioritise.ranking import pain_of_issues, prioritise
from workbench.loop.refine.app_versions import app_versions
from workbench.loop.refine.changing import abandon, begin_change, lay_out_change, roll_back
from workbench.loop.refine.committing import commit_change, reconcile_changes
from workbench.loop.refine.compare_app import Compared, compare_change, compare_versions
from workbench.loop.refine.draft import Drafted, draft_change
from workbench.loop.refine.edit_desk import EditDesk, sit_down_to_edit
from workbench.loop.release import (
    Bundled,
    bundle_changes,
    candidates,
    check_candidate,
    find_candidate,
    freeze_candidate,
    make_candidate,
    release_change,
    withdraw_candidate,
)
from workbench.loop.review.open_codes import OpenCode, make_category, open_codes
from workbench.loop.review.opening import close_review, open_review
from workbench.loop.review.replay import Replayed, replay
from workbench.loop.review.reviewing import (
    ALL,
    ANYONE,
    ME,
    Wanted,
    Who,
    latest_review,
    newest_first,
    open_wanted,
    review_for,
    review_to_judge,
    sit_down,
    who_reviews,
)
from workbench.loop.sample.later import Later, watch_sample
from workbench.loop.sample.making import SAMPLE, SAMPLE_NOW, Sample, make_sample, open_or_sample, sample_files
from workbench.loop.sample.reviewed import review_sample
from workbench.loop.settle import settle
from workbench.loop.validate import read_validation, versions_differ
from workbench.loop.validate.label_desk import LabelDesk, sit_down_to_label
from workbench.loop.watch import find_watch, look, open_blind_review, start_watch, watched, watches
from workbench.records import LATEST

__all__ = [
    "ALL",
    "ANYONE",
    "LATEST",
    "ME",
    "OVERLAP",
    "POLL_S",
    "SAMPLE",
    "SAMPLE_NOW",
    "Bundled",
    "Compared",
    "Desk",
    "Detection",
    "Drafted",
    "EditDesk",
    "Found",
    "LabelDesk",
    "Later",
    "NextStep",
    "OpenCode",
    "Replayed",
    "Sample",
    "Wanted",
    "Who",
    "a_person",
    "abandon",
    "app_versions",
    "begin_change",
    "bundle_changes",
    "candidates",
    "categorise_issue",
    "chain",
    "check_candidate",
    "check_own_files",
    "close_review",
    "commit_change",
    "compare_change",
    "compare_versions",
    "detect",
    "digest",
    "draft_change",
    "erase_user",
    "feed",
    "find_candidate",
    "find_issue",
    "find_user",
    "find_watch",
    "follow",
    "freeze_candidate",
    "health",
    "latest_review",
    "lay_out_change",
    "look",
    "make_candidate",
    "make_category",
    "make_sample",
    "merge_issues",
    "moves",
    "newest_first",
    "next_step",
    "open_blind_review",
    "open_codes",
    "open_issue",
    "open_or_sample",
    "open_review",
    "open_server",
    "open_wanted",
    "pain_of_issues",
    "prioritise",
    "pull",
    "read_validation",
    "reconcile_changes",
    "release_change",
    "replay",
    "review_for",
    "review_sample",
    "review_to_judge",
    "roll_back",
    "sample_files",
    "settle",
    "sit_down",
    "sit_down_to_edit",
    "sit_down_to_label",
    "split_issue",
    "start_watch",
    "train",
    "versions_differ",
    "watch_sample",
    "watched",
    "watches",
    "who_reviews",
    "withdraw_candidate",
]
