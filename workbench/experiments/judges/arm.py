"""A judge as an arm: what it is asked is in the journal before, its answer after, and none is paid for twice.

Its answer is the checked reply as JSON. What cannot be read is an error of its own kind, and nothing is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from workbench.boundaries.asking import Line
from workbench.boundaries.llm import Exchange, fenced
from workbench.boundaries.urls import read_address
from workbench.errors import RecordError
from workbench.experiments.answer import Answer, error
from workbench.experiments.arm import Arm, Spend
from workbench.experiments.arms.completion import Said, said_in, usd_of
from workbench.experiments.case import Case
from workbench.experiments.judges.prompt import MAX_CHARACTERS, Prompt, judge_version, prompt_of
from workbench.experiments.judges.reply import read_judgement
from workbench.experiments.metric import Metric
from workbench.experiments.provider import Provider
from workbench.experiments.scoring import Compared, Judged
from workbench.ids import digest

JUDGE = "judge"
"""The name of a judge as an arm."""
_AROUND_BYTES = 2_000
"""Marks, labels and the schema around the texts; a token has at least one byte."""


def judge_arm(metric: Metric, line: Line, *, provider: Provider, n_bytes: int) -> Arm:
    """Return the judge of a metric as an arm; the input of a case are the texts that it is shown, by label.

    Parameters
    ----------
    metric
        What it judges.
    line
        Open connections to its server.
    provider
        That server's limits.
    n_bytes
        Of the longest question's texts, for what one answer can cost at most.
    """
    scoring = metric.scorer
    assert isinstance(scoring, Judged | Compared)
    prompt = prompt_of(metric)
    n_out = scoring.max_output_tokens
    n_in = len(prompt.instructions.encode()) + n_bytes + _AROUND_BYTES
    most = Spend(usd_of(scoring.price, n_in, n_out), n_in + n_out)
    judge = _Judge(metric, scoring, prompt, line, provider, n_in + n_out)
    return Arm(name=JUDGE, version=judge_version(metric), adapter=judge_adapter(scoring), ask=judge.ask, most=most)


def judge_adapter(scoring: Judged | Compared) -> str:
    """Return what stands for all that a judge's replies depend on besides what it is told."""
    return digest(
        "judge", str(read_address(scoring.url)), scoring.model, str(scoring.max_output_tokens), scoring.limit_name
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    metric: Metric
    scoring: Judged | Compared
    prompt: Prompt
    line: Line
    provider: Provider
    most_tokens: int

    async def ask(self, case: Case, trial: int, seed: int) -> Answer:
        """Return what the judge says of one answer, or of two."""
        texts = {label: str(text) for label, text in case.input.items()}
        if any(len(text) > MAX_CHARACTERS for text in texts.values()):
            return error("not_asked", f"a text has more than {MAX_CHARACTERS:,} characters")
        body = self._body(texts, seed)
        work_id = digest("judge", judge_version(self.metric), case.asked_digest, f"{trial} {seed}")

        async def once() -> Said | Answer:
            told = await self.line.post("chat/completions", body, work_id=work_id)
            if told.fault is not None:
                return error(told.fault, told.what, retry_after_s=told.retry_after_s)
            return self._read(told.body, body, texts, took_ms=told.took_ms)

        said = await self.provider.patiently(once, most_tokens=self.most_tokens)
        assert isinstance(said, Answer)
        return said

    def _body(self, texts: Mapping[str, str], seed: int) -> bytes:
        scoring = self.scoring
        schema = {"name": "judgement", "strict": True, "schema": self.prompt.schema}
        return msgspec.json.encode(
            {
                "model": scoring.model,
                "messages": [
                    {"role": "system", "content": self.prompt.instructions},
                    {"role": "user", "content": fenced(texts)},
                ],
                **({} if scoring.temperature == "default" else {"temperature": scoring.temperature}),
                "seed": seed,
                scoring.limit_name: scoring.max_output_tokens,
                "stream": False,
                "response_format": {"type": "json_schema", "json_schema": schema},
            }
        )

    def _read(self, raw: bytes, body: bytes, texts: Mapping[str, str], *, took_ms: float) -> Answer:
        exchanges = (Exchange(digest(body), digest(raw)),)
        said = said_in(raw, max_output_tokens=self.scoring.max_output_tokens)
        if isinstance(said, Answer):
            return replace(said, exchanges=exchanges)
        try:
            output, fault = msgspec.json.encode(read_judgement(said.text, texts, self.metric)).decode(), ""
        except RecordError as refused:
            output, fault = None, refused.what
        return Answer(
            output=output,
            status="error" if output is None else "ok",
            error_kind="bad_answer" if output is None else None,
            error_message=fault,
            latency_ms=took_ms,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
            cost_usd=usd_of(self.scoring.price, said.input_tokens, said.output_tokens),
            finish_reason=said.finish_reason,
            exchanges=exchanges,
        )
