"""Commands of step 3, review: how far those who judge agree."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from workbench.boundaries.display import visible
from workbench.cli.app import JsonOption, app
from workbench.cli.output import answer_with, finite, new_table
from workbench.counted import counted
from workbench.loop.review.agreement import Agreed, agree
from workbench.loop.text_file import read_texts
from workbench.stats.agreement import Estimate


@app.command()
def agreement(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON lines or Parquet: one row a label.")],
    item: Annotated[str, typer.Option("--item", metavar="COL", help="The column that names what was labelled.")],
    annotator: Annotated[str, typer.Option("--annotator", metavar="COL", help="The column that names who labelled.")],
    label: Annotated[str, typer.Option("--label", metavar="COL", help="The column that holds the label.")],
    seed: Annotated[int, typer.Option(help="Seed of the intervals' bootstrap.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Say how far annotators agree: raw, within each label, alpha, kappa and AC1, with 95 % intervals over items.

    For any table of labels, from here or elsewhere, of any number of annotators, with labels missing. Of two labels by
    one annotator for one item the first counts.

    Example: `workbench agreement labels.csv --item trace_id --annotator reviewer --label verdict`
    """
    table = read_texts(file, column=label, others=(item, annotator))
    agreed = agree(table.rows.iter_rows(named=True), item=item, annotator=annotator, label=label, seed=seed)
    shown = new_table(("figure", "value", "95 % interval"), n_text=1)
    for name, estimate in _estimates(agreed).items():
        shown.add_row(escape(visible(name)), *_written(estimate))
    figures = agreed.figures
    shown.caption = (
        f"{counted(figures.n_labels, 'label')} of {counted(len(agreed.annotators), 'annotator')}; "
        f"{figures.n_compared:,} of {counted(figures.n_items, 'item')} have two labels or more. "
        f"Passed over: {counted(agreed.n_repeated, 'second label')}, "
        f"{counted(agreed.n_incomplete, 'row')} without item, annotator or label, "
        f"{counted(table.n_refused, 'line that is no row', 'lines that are no rows')}."
    )
    answer_with(_answer(agreed, n_refused=table.n_refused), shown, as_json=as_json)


def _estimates(agreed: Agreed) -> Mapping[str, Estimate]:
    figures = agreed.figures
    within = {f"within {name!r}": one for name, one in zip(agreed.labels, figures.by_label, strict=False)}
    return {
        "raw": figures.raw,
        **within,
        "Krippendorff's alpha": figures.alpha,
        "kappa (Conger; of two, Cohen)": figures.kappa,
        "Gwet's AC1": figures.ac1,
    }


def _answer(agreed: Agreed, *, n_refused: int) -> dict[str, Any]:
    figures = agreed.figures
    return {
        "annotators": list(agreed.annotators),
        "labels": figures.n_labels,
        "items": figures.n_items,
        "items_compared": figures.n_compared,
        "raw": finite(figures.raw._asdict()),
        "by_label": {name: finite(one._asdict()) for name, one in zip(agreed.labels, figures.by_label, strict=False)},
        "alpha": finite(figures.alpha._asdict()),
        "kappa": finite(figures.kappa._asdict()),
        "ac1": finite(figures.ac1._asdict()),
        "passed_over": {
            "second_labels": agreed.n_repeated,
            "incomplete_rows": agreed.n_incomplete,
            "unreadable_lines": n_refused,
        },
    }


def _written(estimate: Estimate) -> tuple[str, str]:
    value, low, high = ("" if one is None else f"{one:.3f}" for one in finite(estimate._asdict()).values())
    return value or "undefined", f"{low} to {high}" if low else ""
