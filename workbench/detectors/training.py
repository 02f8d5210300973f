"""What verdicts teach: a model that tells confirmed traces from rejected ones, and how it did on verdicts kept from it.

It is as good as its verdicts: with too few of them, or where it was wrong on those kept from it, it abstains and says
why.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.counted import counted
from workbench.embedder import Embed
from workbench.ids import digest
from workbench.schemas import require
from workbench.stats.intervals import wilson
from workbench.stats.logistic import Calibration, Logistic, fit_logistic, fit_platt

MIN_OF_EACH = 40
"""Requests confirmed, and requests rejected. On the sample, taught by complaints of one fault, 45 of the 49 traces that
it finds beyond those have the fault; with 25 of each it is 37 of 53."""
N_UNJUDGED = 1_000
"""Traces that nobody has judged, to tell from: with 300 of them it is 43 of 54."""
N_PARTS = 5
"""Each part is judged by a model that was trained on the others: Kohavi (1995) finds five to ten parts enough."""
THRESHOLD = 0.8
"""Probability from which a trace is found: of five that a reviewer opens four should be worth it."""
MIN_PRECISION = 0.5
"""Low end of the 95 % interval of the precision on verdicts kept from it: else most of what it finds may be wrong."""
RIDGE = 0.01
"""For vectors of length 1: with 0.1 it is 42 of 76, with 1 it is 42 of 150."""

Vectors = NDArray[np.float64]
Marks = NDArray[np.bool_]
_SAID = "said"


class HeldOut(NamedTuple):
    """How the model did on verdicts that were kept from it."""

    n_found: int
    """Traces that it would have found."""
    n_confirmed: int
    """Those of them that reviewers had confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What was learned, or why nothing could be."""

    model: Logistic | None
    """Scores a trace by its two vectors side by side; None where it abstains."""
    calibration: Calibration | None
    """Makes the score the probability that a trace of all traffic is one that was confirmed."""
    seen_share: float
    """Share of the traces like those confirmed that were judged at all: what the probability is divided by."""
    embedder: str
    """Whose vectors it goes by."""
    training_set: str
    """Digest of the texts, labels and settings that it was trained with."""
    n_confirmed: int
    """Traces confirmed."""
    n_rejected: int
    """Traces rejected."""
    held_out: HeldOut
    """How it did on verdicts kept from it."""
    reason: str | None
    """Why it abstains; None where it does not."""

    def probability(self, vectors: Vectors) -> Vectors:
        """Return for each trace the probability that a reviewer would confirm it, 0 to 1; nan where it abstains."""
        if self.model is None or self.calibration is None:
            return np.full(len(vectors), np.nan)
        return _adjusted(self.calibration.probability(self.model.score(vectors)), self.seen_share)


def train(examples: pl.DataFrame, *, n_traffic: int, embed: Embed, embedder: str) -> Trained:
    """Return what the verdicts teach; deterministic, whatever the order of the rows.

    Parameters
    ----------
    examples
        One row a trace: trace_id, request, answer, and label: confirmed, rejected, or null for one that nobody has
        judged.
    n_traffic
        How many traces those without a label stand for, at least as many as they are.
    embed
        Texts to vectors.
    embedder
        Its name.

    Raises
    ------
    SchemaError
        If a column is missing.

    Notes
    -----
    Ridge logistic regression on the vectors of request and answer, confirmed traces weighing as much as the others. It
    learns to tell confirmed traces from all traffic, and traces that nobody has judged are traffic that may hold more
    of the same; so its probability is divided by that of confirmed traces themselves (Elkan, Noto 2008, Learning
    classifiers from only positive and unlabeled data). Each part, cut by request so that a repeated one is in one part
    alone, is scored by a model that did not see it; those scores give the calibration (Platt 1999). For the precision a
    part is calibrated by the scores of the others, so that none is judged by a line that was drawn through it.
    """
    require(examples, ("trace_id", "request", "answer", "label"), of="train")
    rows = examples.filter(has_words()).sort("trace_id").with_columns(pl.coalesce("request", "answer").alias(_SAID))
    counts = [rows.filter(pl.col("label") == label)[_SAID].n_unique() for label in ("confirmed", "rejected")]
    untaught = Trained(
        model=None,
        calibration=None,
        seen_share=1.0,
        embedder=embedder,
        training_set=_training_set(rows, embedder),
        n_confirmed=int((rows["label"] == "confirmed").sum()),
        n_rejected=int((rows["label"] == "rejected").sum()),
        held_out=HeldOut(0, 0),
        reason=f"{counted(counts[0], 'request')} confirmed and {counts[1]} rejected, {MIN_OF_EACH} of each are needed",
    )
    n_unjudged = rows["label"].null_count()
    if min(counts) < MIN_OF_EACH:
        return untaught
    if n_unjudged < MIN_OF_EACH:
        return replace(
            untaught, reason=f"{counted(n_unjudged, 'trace')} that nobody has judged, {MIN_OF_EACH} are needed"
        )
    vectors, labels = vectors_of(rows, embed), (rows["label"] == "confirmed").fill_null(value=False).to_numpy()
    is_judged = rows["label"].is_not_null().to_numpy()
    parts = _parts(rows)
    scores = _held_out_scores(vectors, labels, is_judged, parts=parts)
    stands_for = np.where(is_judged, 1.0, max(1.0, n_traffic / n_unjudged))
    calibration = fit_platt(scores, labels, sample_weights=stands_for)
    taught = replace(
        untaught,
        model=_fit(vectors, labels, is_judged),
        calibration=calibration,
        seen_share=_seen_share(calibration, scores, labels),
    )
    is_found = _held_out_probabilities(scores, labels, stands_for, parts=parts) >= THRESHOLD
    held_out = HeldOut(int((is_found & is_judged).sum()), int((is_found & labels).sum()))
    return replace(taught, held_out=held_out, reason=_too_poor(held_out))


def has_words() -> pl.Expr:
    """Return whether a trace has anything to go by."""
    return pl.any_horizontal(pl.col(name).str.contains(r"\S").fill_null(value=False) for name in ("request", "answer"))


def vectors_of(texts: pl.DataFrame, embed: Embed) -> Vectors:
    """Return one row a trace, (n, 2 d): the vectors of request and answer side by side; each distinct text once."""
    distinct = pl.concat([texts["request"], texts["answer"]]).fill_null("").unique().sort().to_list() or [""]
    place_of = {text: place for place, text in enumerate(distinct)}
    vectors = np.asarray(embed(distinct), np.float64)
    sides = [[place_of[text] for text in texts[name].fill_null("")] for name in ("request", "answer")]
    return np.asarray(np.hstack([vectors[side] for side in sides]) / np.sqrt(2))


def _fit(vectors: Vectors, labels: Marks, is_judged: Marks) -> Logistic:
    """Return the model: confirmed traces weigh as much as all others, and of those the rejected as the unjudged."""
    groups = ((labels, 0.5), (is_judged & ~labels, 0.25), (~is_judged, 0.25))
    weights = np.zeros(len(labels))
    for is_in, share in groups:
        weights[is_in] = share * is_judged.sum() / is_in.sum()
    return fit_logistic(vectors, labels, sample_weights=weights, ridge=RIDGE)


def _held_out_scores(vectors: Vectors, labels: Marks, is_judged: Marks, *, parts: NDArray[np.int64]) -> Vectors:
    scores = np.empty(len(labels))
    for part in range(N_PARTS):
        is_out = parts == part
        scores[is_out] = _fit(vectors[~is_out], labels[~is_out], is_judged[~is_out]).score(vectors[is_out])
    return scores


def _held_out_probabilities(scores: Vectors, labels: Marks, weights: Vectors, *, parts: NDArray[np.int64]) -> Vectors:
    """Return each trace's probability by a calibration that did not see it."""
    likely = np.empty(len(labels))
    for part in range(N_PARTS):
        is_out = parts == part
        calibration = fit_platt(scores[~is_out], labels[~is_out], sample_weights=weights[~is_out])
        seen_share = _seen_share(calibration, scores[~is_out], labels[~is_out])
        likely[is_out] = _adjusted(calibration.probability(scores[is_out]), seen_share)
    return likely


def _seen_share(calibration: Calibration, scores: Vectors, labels: Marks) -> float:
    """Return the mean probability of the traces that were confirmed."""
    return float(calibration.probability(scores)[labels].mean())


def _adjusted(likely: Vectors, seen_share: float) -> Vectors:
    """Return the probability that a trace is like those confirmed, from that of being one of them."""
    return np.asarray(np.minimum(1.0, likely / seen_share))


def _parts(rows: pl.DataFrame) -> NDArray[np.int64]:
    """Return each trace's part: distinct requests by label, in the order of their digests, are dealt out in turn."""
    distinct = rows.unique(_SAID, keep="first", maintain_order=True).select("label", _SAID)
    dealt = sorted(distinct.iter_rows(), key=lambda row: (row[0] or "", digest(row[1])))
    part_of = {said: place % N_PARTS for place, (_, said) in enumerate(dealt)}
    return np.array([part_of[said] for said in rows[_SAID]], dtype=np.int64)


def _too_poor(held_out: HeldOut) -> str | None:
    if wilson(held_out.n_confirmed, held_out.n_found).low > MIN_PRECISION:
        return None
    share = f"reviewers had confirmed {held_out.n_confirmed} of the {held_out.n_found} that it found"
    return f"on verdicts kept from it, {share}: too few to believe it"


def _training_set(rows: pl.DataFrame, embedder: str) -> str:
    settings = (embedder, str(RIDGE), str(THRESHOLD), str(N_PARTS))
    texts = rows.select(pl.col("trace_id", "label", "request", "answer").fill_null("")).iter_rows()
    return digest(*settings, *(part for row in texts for part in row))
