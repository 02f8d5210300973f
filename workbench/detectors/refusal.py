"""An answer that refuses: "I can't help with that", a refusal that the model marks as one, or a filter that stopped it.

Some refusals are what a policy asks for. Which requests are refused, and how often, a team should know either way.
"""

import polars as pl

from workbench.detectors.conversation import in_json
from workbench.detectors.detector import Detector
from workbench.detectors.explain import NO_WORDS, first_requests
from workbench.detectors.mask import label, masked
from workbench.detectors.reading import MODELS, of_traces
from workbench.detectors.recorded import asks_for_tool, last_answer, requests
from workbench.detectors.together import Asking
from workbench.detectors.units import KEY, answer, first_of

FILTERED = (
    r"(?i)\b(?:content_filter(?:ed)?|safety|refusal|blocklist|prohibited_content|spii|recitation|image_safety"
    r"|guardrail_intervened|content_policy_violation)\b"
)
"""What providers call a refusal or a filter as a reason to stop: OpenAI, Azure, Anthropic, Google, Amazon, Mistral."""
MARKED = r'"refusal"\s*:\s*"[^"]|"type"\s*:\s*"refusal"'
"""How OpenAI's messages hold a refusal: as a field of its own, or as a part."""
MAX_LOOKED_AT = 300
"""Who refuses says so at the beginning; further down an answer tells what else cannot be done."""
_DO = (
    r"(?:help|assist|do (?:that|this|so|it)|process|proceed with|complete|comply|fulfil\w*|answer|discuss|offer|give"
    r"|share|make"
    r"|create|write|generate|produce|grant|approve|authori[sz]e|issue|modify|change|cancel|refund|waive|add|remove"
    r"|provide"
    r"|override|support|engage|participate|advise|book|update|extend|honou?r|perform|carry out|draft|summari[sz]e"
    r"|translate)"
)
_I_CANNOT = (
    r"\b(?:i|we)(?:['’]m|['’]re| am| are)?(?: really| truly| very)?(?: sorry| afraid)?(?:,? but (?:i|we)(?:['’]m"
    r"| am)?| that (?:i|we))?"
    r"(?: still| also| currently| unfortunately| simply| just)?"
    r" (?:can['’]?t|cannot|can not|could not|couldn['’]t|won['’]t|unable to|not able to|won['’]t be able to"
    r"|not allowed to"
    r"|not permitted to|not authori[sz]ed to)(?: directly| currently| actually| personally)?"
)
ENGLISH = (
    rf"{_I_CANNOT} {_DO}\b",
    r"\bi(?:['’]m| am)? (?:must|have to|will have to|need to|going to have to) (?:respectfully "
    r"|politely )?(?:decline|refuse)\b",
    r"\bas an ai(?: language model| assistant)?,? i (?:can['’]?t|cannot|do not|don['’]t|am not|am unable)\b",
    r"\b(?:against|violates?) (?:my|our|the) (?:guidelines|programming|content policy|usage polic\w+)\b",
    r"\bi(?:['’]m| am) not (?:comfortable|programmed|designed) (?:to |with )",
)
GERMAN = (
    r"\b(?:leider|tut mir leid)\b[^.?!]{0,30}\bkann ich\b[^.?!]{0,60}\b(?:nicht|keine[nrsm]?)\b",
    r"\bich kann (?:ihnen |dir |euch )?(?:bei |mit |zu )?(?:dies\w+ |das |dabei |damit "
    r"|dazu )[^.?!]{0,40}\bnicht (?:helfen|weiterhelfen"
    r"|unterstützen|beantworten|durchführen|machen|erstellen)\b",
    r"\bich (?:darf|kann) (?:ihnen |dir )?(?:leider )?(?:nicht|keine[nrsm]?)\b[^.?!]{0,40}\b(?:helfen|geben"
    r"|erstellen|anbieten)\b",
)
FRENCH = (
    r"\bje ne (?:peux|pourrai|puis)(?: malheureusement)? pas (?:vous |t['’])?(?:aider|répondre|fournir|donner|faire"
    r"|traiter|effectuer"
    r"|générer|écrire|créer|annuler|modifier|rembourser)\b",
    r"\bje ne suis(?: malheureusement)? pas (?:en mesure|autorisée?|capable) (?:de|d['’]|à)",
)
SPANISH = (
    r"\bno (?:puedo|podemos|podré) (?:ayudar\w*|asistir\w*|proporcionar\w*|cumplir|hacer\w*|responder|generar|crear"
    r"|dar\w*|procesar"
    r"|cancelar|modificar|reembolsar|ofrecer\w*)\b",
    r"\bno (?:estoy|me está|tengo) (?:autorizad[oa]|permitido|capacitad[oa])\b",
)
REFUSAL = "(?i)" + "|".join((*ENGLISH, *GERMAN, *FRENCH, *SPANISH))
"""How apps refuse, in four languages."""
HINT = in_json(*ENGLISH, *GERMAN, *FRENCH, *SPANISH)
"""What an output with a refusal holds, before its JSON is read."""
STILL_OPEN = (
    r"(?i)\b(?:can['’]?t|cannot|unable|not able)\b[^.?!]{0,80}\b(?:without (?:your|the|a|an|knowing|more|that|this"
    r"|further)|until"
    r"|unless|before|yet)\b"
)
"""Who cannot go on without something asks for it, and does not refuse."""

FACTS = (
    pl.col("output").is_not_null().alias("is_recorded"),
    pl.col("finish_reason").str.contains(FILTERED).fill_null(value=False).alias("is_filtered"),
    pl.col("output").str.contains(MARKED).fill_null(value=False).alias("is_marked"),
    pl.col("output").str.contains(HINT).fill_null(value=False).alias("may_say"),
)
"""What is asked of each answer."""
_COLUMNS = (*KEY, "parent_span_id", "kind", "started_at", "agent", "model", "input", "output", "finish_reason")


def judge(spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return schemas.UNITS, one row an LLM span.

    An answer that calls a tool does something and is clear, unless a filter stopped it. The words of a finding are what
    the user asked for.
    """
    may_refuse = calls.filter(pl.any_horizontal("is_filtered", "is_marked", "may_say")).collect(engine="streaming")
    judged = calls.join(_refused(spans, may_refuse).lazy(), on=KEY, how="left", nulls_equal=True)
    return answer(
        judged,
        is_found=pl.col("by").is_not_null(),
        reason=first_of((~pl.col("is_recorded"), "output not recorded")),
        text=pl.coalesce("asked", "request", pl.lit(NO_WORDS)),
        evidence=pl.struct("by", "said", label(pl.col("finish_reason")), label(pl.col("model"))),
    )


def _refused(spans: pl.LazyFrame, may_refuse: pl.DataFrame) -> pl.DataFrame:
    """Return one row a span that refuses: how it is known, what it said, and what was asked for; texts are masked."""
    near = of_traces(spans, may_refuse.lazy())
    read = (
        near.select(*KEY, "input", "output", "finish_reason", "model")
        .join(may_refuse.lazy(), on=KEY, nulls_equal=True)
        .collect(engine="streaming")
    )
    said = read["output"].map_elements(last_answer, return_dtype=pl.String).str.slice(0, MAX_LOOKED_AT)
    is_said = pl.col("said").str.contains(REFUSAL) & ~pl.col("said").str.contains(STILL_OPEN)
    is_said = is_said & ~asks_for_tool(pl.col("output"))
    by = (
        pl.when("is_filtered")
        .then(pl.lit("finish reason"))
        .when("is_marked")
        .then(pl.lit("refusal of the message"))
        .when(pl.col("may_say") & is_said)
        .then(pl.lit("words"))
    )
    found = read.with_columns(said.alias("said")).with_columns(by.alias("by")).filter(pl.col("by").is_not_null())
    asked = pl.Series("asked", [_last(text) for text in found["input"]], dtype=pl.String)
    request = first_requests(near.join(found.lazy().select("trace_id"), on="trace_id", how="semi"))
    return (
        found.with_columns(asked)
        .select(*KEY, "by", "finish_reason", "model", masked(pl.col("said")), masked(pl.col("asked")))
        .join(request.collect(engine="streaming"), on="trace_id", how="left")
    )


def _last(recorded: str | None) -> str | None:
    return None if recorded is None else next(iter(requests(recorded)[-1:]), None)


DETECTOR = Detector(
    code="refusal",
    version=1,
    unit="span",
    severity="medium",
    question="Does this answer of the model refuse what was asked, or was it stopped by a filter?",
    detect=Asking(MODELS, FACTS, judge, _COLUMNS),
    reads="trace",
    groups_by="detector",
    decided_by=("finish_reason",),
)
