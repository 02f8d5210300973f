"""What is shown to whom, and what was said: people's verdicts are the gate between a signal and a change."""

from workbench.review.labels import first_labels, judgements, standing
from workbench.review.sampling import Mode, draw, within_minutes

__all__ = ["Mode", "draw", "first_labels", "judgements", "standing", "within_minutes"]
