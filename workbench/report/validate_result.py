"""An experiment as data: every figure of its report for scripts, the same each time that it is made anew."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import msgspec

from workbench.experiments.bill import bill_of
from workbench.experiments.comparison import sentence_of
from workbench.experiments.estimate import Estimate
from workbench.experiments.judged_gain import Rates
from workbench.experiments.judges.quality import JudgeQuality
from workbench.experiments.pairs import ARMS
from workbench.experiments.threats import threats_to
from workbench.experiments.validation import Held, Validation, changed_by_case
from workbench.experiments.validity import results_digest
from workbench.records import LiveLook
from workbench.report.validate_live import p_of_split

RESULT_TYPE = "application/vnd.workbench.result+json"
"""The kind of data of a result in a notebook, which a run puts into its record; other programs pass it by."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a notebook found, for the record of its run; a reader sees a sentence that says where it is."""

    content: Mapping[str, Any]
    """JSON values."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        words = "All figures are in the record of this run too, as JSON."
        return {RESULT_TYPE: dict(self.content), "text/plain": words}


def validation_result(validation: Validation) -> Result:
    """Return every figure of an experiment as JSON values; numbers that are none are null."""
    ruling, decision = validation.ruling, validation.decision
    changed = changed_by_case(validation)
    broken = [case_id for case_id, ones in changed.items() if any(not one.is_fixed for one in ones)]
    return Result(
        {
            "sentence": sentence_of(ruling),
            "decision": ruling.decision,
            "reasons": list(ruling.reasons),
            "settle": [one._asdict() for one in ruling.settle],
            "known_costs": list(ruling.known_costs),
            "expected": [one._asdict() for one in ruling.reported],
            "is_due": ruling.is_due,
            "signers": list(validation.signers),
            "is_signed_by_author_alone": validation.is_own,
            "n_experiments": len(validation.earlier) + 1,
            "decision_id": decision.id if decision else None,
            "experiment": _plain(validation.experiment),
            "run": _plain(validation.run),
            "results_digest": results_digest(validation.results),
            "metrics": {one.metric: _estimate(one) for one in validation.analysis.estimates},
            "metrics_on_random": {one.metric: _estimate(one) for one in validation.analysis.on_random},
            "holdouts": [_held(held) for held in validation.held],
            "broken": broken,
            "fixed": [case_id for case_id in changed if case_id not in set(broken)],
            "slices": [
                {"attribute": one.attribute, "value": one.value, "q": one.q, "is_flagged": one.is_flagged}
                | {"metric": one.estimate.metric, **_estimate(one.estimate)}
                for one in validation.slices.found
            ],
            "failure_kinds": None if validation.kinds is None else [one._asdict() for one in validation.kinds],
            "bill": [bill_of(arm, validation.outcomes)._asdict() for arm in ARMS],
            "judges": [_judge(one) for one in validation.judges],
            "looks": [_look(validation, one) for one in validation.looks],
            "threats": [one._asdict() for one in threats_to(validation)],
        }
    )


def _plain(record: Any) -> Any:
    return msgspec.to_builtins(record)


def _held(held: Held) -> dict[str, Any]:
    return {
        "id": held.record.id,
        "kind": held.record.kind,
        "digest": held.record.digest,
        "n_cases": len(held.cases),
        "n_uses": len(held.uses),
        "n_leaking": held.leakage.n_overlap if held.leakage else None,
    }


def _judge(quality: JudgeQuality) -> dict[str, Any]:
    """Return what is known of a judge; rates of which no case is known are null."""
    held = {"here": quality.here, "before": quality.before.rates if quality.before else None}
    return {
        "metric": quality.metric,
        "version": quality.version,
        "bill": quality.bill._asdict(),
        "flips": quality.flips._asdict() if quality.flips else None,
        **{name: _rates(rates) if rates else None for name, rates in held.items()},
        "agreement_before": quality.before.agreement if quality.before else None,
        "domain": quality.domain._asdict() if quality.domain else None,
    }


def _rates(rates: Rates) -> dict[str, Any]:
    return {
        "counts": rates.counts._asdict(),
        **{name: [end if isfinite(end) else None for end in getattr(rates, name)] for name in ("tpr", "tnr")},
    }


def _look(validation: Validation, look: LiveLook) -> dict[str, Any]:
    return {**_plain(look), "p_of_split": p_of_split(validation, look)}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in asdict(estimate).items()
        if name != "metric"
    }
