"""After the ship: whether the problem is really gone, whether it came back, and whether it was the change."""

from workbench.watch.assess import Evidence, Since, assess
from workbench.watch.course import Course, course_of
from workbench.watch.effect import CONTROL_HITS, Effect, best_effect
from workbench.watch.looked import Looked
from workbench.watch.sample import draw_blind
from workbench.watch.target import TARGET_RATIO, before_of, target_of
from workbench.watch.traffic import MOST_WEEKS_BEFORE, TRAFFIC, WEEK, by_day, by_week
from workbench.watch.unowned import begun_anew, course_with_unowned

__all__ = [
    "CONTROL_HITS",
    "MOST_WEEKS_BEFORE",
    "TARGET_RATIO",
    "TRAFFIC",
    "WEEK",
    "Course",
    "Effect",
    "Evidence",
    "Looked",
    "Since",
    "assess",
    "before_of",
    "begun_anew",
    "best_effect",
    "by_day",
    "by_week",
    "course_of",
    "course_with_unowned",
    "draw_blind",
    "target_of",
]
