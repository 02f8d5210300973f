"""The sample app as an arm: one version's files, asked as an experiment asks any app, with no network and no model."""

from collections.abc import Mapping
from typing import Any

from workbench.experiments.answer import Answer
from workbench.experiments.arm import Arm
from workbench.experiments.arms.function import function_arm
from workbench.loop.refine.app_arms import version_of
from workbench.simulate.app.response import Response
from workbench.simulate.app.sample_app import SampleApp
from workbench.simulate.faults import FAULTS, Fault


def sample_arm(
    files: Mapping[str, str], *, name: str, version: str | None = None, faults: tuple[Fault, ...] = FAULTS
) -> Arm:
    """Return an arm that is the sample app with these files; the same answers for the same case and seed.

    Its answers tell `success` and `changed_share` where the simulation knows them. A run without an answer for its user
    is an error.

    Parameters
    ----------
    files
        Texts by path.
    name
        The arm's name.
    version
        The commit that holds the files; None names them by their digest.
    faults
        What can go wrong in it, the sample's own; those of another world where its traffic is of one.

    Raises
    ------
    ConfigError
        If the app does not start with these files.
    """
    app = SampleApp(files)

    def respond(given: Mapping[str, Any], seed: int) -> Answer:
        return _answer(app.respond(given, seed=seed, faults=faults))

    return function_arm(respond, name=name, version=version or version_of(files), settings="sample")


def _answer(response: Response) -> Answer:
    told = {"success": response.success, "changed_share": response.changed_share}
    has_answer = bool(response.output)
    return Answer(
        output=response.output if has_answer else None,
        status="ok" if has_answer else "error",
        error_kind=None if has_answer else "no_end" if response.finish_reason == "max_steps" else "failed",
        error_message="" if has_answer else response.error_type or response.finish_reason,
        latency_ms=response.duration_ms,
        input_tokens=response.input_tokens,
        output_tokens=response.output_tokens,
        cost_usd=response.cost_usd,
        finish_reason=response.finish_reason,
        otlp=response.otlp.decode(),
        trace_id=response.trace_id,
        signals={name: float(value) for name, value in told.items() if value is not None},
    )
