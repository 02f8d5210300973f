"""A digest as one page of the look of all reports: no script, no request to anywhere, light and dark."""

from workbench import report
from workbench.report import markup
from workbench.report.digest import is_bad
from workbench.runs.page import POLICY, style
from workbench.runs.scheduled.record import ScheduledRun
from workbench.store import Workspace


def digest_page(workspace: Workspace, run: ScheduledRun) -> str:
    """Return the page of a run's digest."""
    title = f"What changed in {workspace.root.resolve().name}"
    topics, health = report.digest_topics(run.digest).html, report.digest_health(run.digest).html
    steps = report.steps_table((*run.steps, *run.hooks)).html
    is_wrong = any(map(is_bad, (*run.steps, *run.hooks)))
    body = (
        markup.title(title),
        report.digest_summary(run.digest, headline=run.headline).html,
        *((steps, topics, health) if is_wrong else (topics, health, steps)),
        markup.paragraph(markup.file_link("All reports", path="../index.html")),
        markup.paragraph(markup.muted(f"Profile {run.profile}, {run.id}. The same for scripts: the .json beside it.")),
    )
    return markup.page(title, *body, policy=POLICY, style=style())
