"""Why a change is made: the issue that people confirmed, the cause they believe, and the traces it is written from."""

from workbench.report import formats
from workbench.report.blocks import Block, Figure, check_top_n, key_figures, sentences, stack, table, words
from workbench.report.diff_view import diff_summary, diff_view
from workbench.report.markup import Html, badge, file_name, folded, join, muted, paragraph, quote, said, strong
from workbench.report.naming import where
from workbench.report.refine import RefineReport, statement

_VERBS = {
    "draft": "is being written",
    "committed": "is committed on a branch of its own",
    "merged": "is merged into the app",
    "rolled_back": "was rolled back",
    "abandoned": "was given up",
}
TITLE_CHARACTERS = 120


def refine_summary(report: RefineReport) -> Block:
    """Return the change in a few sentences, for the top of the page; the first line is the headline."""
    issue = report.issue
    of = f"{formats.counted(issue.n_traces, 'trace')} of {formats.counted(issue.n_users, 'user')}"
    about = join([" It is for an issue in ", of, ": ", said(issue.title, limit=TITLE_CHARACTERS), "."])
    change = report.change
    if change is None:
        return sentences(strong("No change is begun for this issue yet."), about)
    head = join([said(change.title, limit=TITLE_CHARACTERS), strong(f" {_VERBS[change.state]}: {_edited(report)}.")])
    signed = join(["Signed by ", said(change.author, limit=40), *_drafted(change.drafted_by), "."])
    why = [join(["Why it should help, in their words: ", said(change.why, limit=600)])] if change.why else []
    return sentences(head, about, *why, signed)


def refine_figures(report: RefineReport) -> Block:
    """Return how much there is to write the change from, and to judge it on."""
    splits = report.splits
    return key_figures(
        [
            Figure(
                formats.count(report.issue.n_traces), "traces with the problem", f"severity {report.issue.severity}"
            ),
            Figure(formats.count(splits.n_development), "read to write it", "never used to judge it"),
            Figure(
                formats.count(splits.n_target),
                "left to judge it on",
                f"by {formats.counted(splits.n_target_users, 'other user')}",
            ),
            Figure(formats.count(splits.n_random), "to look for harm in", "all traffic by other users"),
        ]
    )


def why_it_is_changed(report: RefineReport) -> Block:
    """Return one row an issue of the change: where it stands, who confirmed it, and the cause that they believe."""
    rows = [
        (
            badge(issue.state),
            said(issue.title, limit=80),
            issue.severity,
            formats.words(issue.category),
            _by_whom(report, issue.id),
            muted(issue.id),
        )
        for issue in report.issues
    ]
    shown = table(
        words("issue", "what it is", "severity", "category", "what people said", "id"),
        rows,
        caption="Which confirmed issues is the change for?",
        of="issue",
    )
    return stack(shown, _cause(report))


def evidence(report: RefineReport, *, top_n: int) -> Block:
    """Return what the development traces were asked and answered, the first ones at once.

    Raises
    ------
    ValueError
        If `top_n` is not 1 to 20.
    """
    shown = report.development[: check_top_n(top_n)]
    if not shown:
        return sentences("No trace is named that the change is written from.")
    blocks = [_example(report, trace_id) for trace_id in shown]
    rest = len(report.development) - len(shown)
    more = (
        [sentences(muted(f"{formats.counted(rest, 'more trace')} of the same kind; top_n shows more."))] if rest else []
    )
    if len(blocks) == 1:
        return stack(*blocks, *more, name="evidence")
    others = Block(folded(formats.counted(len(blocks) - 1, "more trace"), stack(*blocks[1:]).html))
    return stack(blocks[0], others, *more, name="evidence")


def change_diff(report: RefineReport) -> Block:
    """Return what the change says otherwise, a file at a time."""
    if report.change is None or report.change.commit is None:
        return sentences("Nothing is committed yet, so that there is no difference to show.")
    return diff_view(report.diffs)


def how_to_edit(report: RefineReport) -> Block:
    """Return how a person writes or goes on with a change, where the page has no editor."""
    change = report.change
    if change is not None and change.state == "draft":
        command = f"workbench change edit {change.id}"
        return sentences(join(["It is a draft: ", file_name(command), " lays its files out for an editor."]))
    command = f'workbench change begin {report.issue.id} --title "..."'
    return sentences(
        join(["Another change for this issue begins here in JupyterLab, or with ", file_name(command), "."])
    )


def _edited(report: RefineReport) -> str:
    change = report.change
    if change is None or change.commit is None:
        return "nothing is committed yet"
    kinds = [edit.kind for edit in change.edits]
    files = [
        formats.counted(kinds.count(kind), noun, many)
        for kind, noun, many in (
            ("prompt", "prompt", None),
            ("tool", "tool", None),
            ("guardrail", "guardrail", None),
            ("settings", "settings file", None),
        )
        if kind in kinds
    ]
    return f"{', '.join(files) or 'no file'}, {diff_summary(report.diffs).partition(', ')[2] or 'no word changed'}"


def _drafted(drafted_by: str) -> list[Html | str]:
    return [", drafted by ", said(drafted_by, limit=80)] if drafted_by else []


def _by_whom(report: RefineReport, issue_id: str) -> Html | str:
    said_of = [one for one in report.verdicts if one.target_id == issue_id]
    if not said_of:
        return muted("nobody judged it")
    return join([join([said(one.annotator, limit=30), f" {one.label}"]) for one in said_of[:4]], ", ")


def _cause(report: RefineReport) -> Block:
    """Return the cause that people confirmed; else the likeliest, said to be a hypothesis."""
    if words_of_it := statement(report):
        return sentences(join([badge("confirmed cause"), " ", said(words_of_it, limit=400)]))
    if report.causes:
        first = report.causes[0]
        return sentences(join([badge("hypothesis"), " No cause is confirmed. The likeliest: ", where(first), "."]))
    return sentences(muted("No cause is confirmed, and none was proposed."))


def _example(report: RefineReport, trace_id: str) -> Block:
    quoted = report.quotes.get(trace_id)
    parts = [paragraph(join([muted("Trace "), said(trace_id, limit=64)]))]
    found = report.detection.findings
    of_trace = found.filter((found["trace_id"] == trace_id) & (found["cluster_id"] == report.issue.cluster_id))
    parts += [quote("what was found", text) for text in of_trace["text"].head(1) if text]
    if quoted is None:
        parts.append(paragraph(muted("It is no longer stored.")))
    else:
        parts += [quote("what it was asked", quoted.asked)] if quoted.asked else []
        parts += [quote("what it answered", quoted.answered)] if quoted.answered else []
    return stack(Block(join(parts)), name="example")
