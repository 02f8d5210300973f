"""An answer that the user corrects: "no, I meant ...", "that's not what I asked", "there must be a mistake".

A correction is the plainest verdict that a user gives unasked. It is about the answer before it, so that the trace with
that answer is found, and not the one that was then right.
"""

import polars as pl

from workbench.detectors.conversation import COLUMNS, NOT_FOLLOWED, NOTHING_SAID, Heard, in_json, of_talks, read
from workbench.detectors.detector import Detector
from workbench.detectors.listening import TALKS
from workbench.detectors.mask import masked
from workbench.detectors.together import Asking
from workbench.detectors.units import answer, first_of

MAX_LOOKED_AT = 240
"""Who corrects says so in the first sentence or two; further on people tell of other mistakes, and documents do."""
ENGLISH = (
    r"\bno\W{1,3}(?:no\W{1,3})?(?:sorry\W{1,3})?(?:but )?i (?:meant|mean|said|asked|wanted)\b",
    r"\bi meant\b",
    r"\bnot what i (?:asked|said|meant|wanted|want|need|needed|requested|ordered|was asking|was looking|am looking)\b",
    r"\b(?:that|this|it|answer|which)(?:['’]s| is| was| looks| seems| sounds)(?: still| just| simply| completely"
    r"| totally| also)? (?:wrong|incorrect|inaccurate|not (?:right|correct|true|accurate|it|the (?:right|one)))\b",
    r"\b(?:that|this|it) (?:is|was|does|did)n['’]t (?:seem to |seem |look |sound |quite )?"
    r"(?:right|correct|true|accurate|match|what i|answer)\b",
    r"\byou(?:['’]re| are| were| have|['’]ve)? (?:got it |still )?(?:wrong|mistaken|misunderst\w+|confus\w+ (?:me|my"
    r"|it))\b",
    r"\byou (?:misunderst\w+|misread|ignored|(?:did|have)n['’]t (?:answer|understand|listen|read))\b",
    r"\b(?:must|might|may|could|seems? to|has to) (?:be|have been) (?:a|some|an)(?: kind of)?"
    r" (?:mistake|misunderstanding|mix-?up|confusion|error)\b",
    r"\bi(?:['’]ve| have)? already (?:told|said|gave|given|provided|mentioned|explained|answered|shared)\b",
)
AT_THE_START = (
    r"^\W*not (?:that|this) one\b",
    r"^\W*i (?:said|asked|meant|wrote|wanted)\b[^.?!]{0,120}, not\b",
    r"^\W*(?:no\W{1,3})?(?:that['’]?s )?(?:wrong|incorrect|falsch|faux|incorrecto)\b",
    r"^\W*(?:actually|no|wait|hold on|sorry, but)\b[^.?!]{0,120}, not (?:the |a |an |from |to |for |in |on "
    r"|my )?[\p{L}\p{N}#$]",
)
GERMAN = (
    r"\bich (?:meinte|habe nicht gemeint)\b",
    r"\bnein\W{1,3}(?:ich (?:wollte|habe|hatte|sagte)|das (?:ist|war|meine))\b",
    r"\b(?:das|es) (?:ist|war|stimmt)(?: so| leider| aber| doch)? (?:falsch|nicht (?:richtig|korrekt|das\W{1,2}was"
    r"|gemeint))\b",
    r"\b(?:das|es) stimmt (?:so |aber |doch )?nicht\b",
    r"\b(?:danach|das) (?:habe|hatte) ich (?:doch |gar |so )?nicht (?:gefragt|gesagt|gemeint|gewollt)\b",
    r"\b(?:falsch|miss)verstanden\b",
    r"\bhabe ich (?:doch |ihnen |dir )?(?:schon|bereits) (?:gesagt|geschrieben|genannt|angegeben)\b",
)
FRENCH = (
    r"\bje voulais (?:plutôt )?dire\b",
    r"\bpas ce que (?:j['’]ai|je) (?:demandé|dit|voulu|voulais|demandais|cherche)\b",
    r"\bc['’](?:est|était) (?:faux|incorrect|inexact|pas (?:ça|cela|correct|juste|exact|vrai))\b",
    r"\bce n['’](?:est|était) pas (?:ça|cela|correct|juste|exact|vrai)\b",
    r"\b(?:vous vous trompez|tu te trompes|mal compris|erreur de votre part)\b",
    r"\bje (?:vous |t['’])?(?:l['’])?ai déjà (?:dit|donné|expliqué|fourni|indiqué)\b",
)
SPANISH = (
    r"\b(?:me refería|quise decir|quería decir)\b",
    r"\bno es lo que (?:ped[íi]|pregunt[ée]|dije|quer[íi]a|quiero|busco)\b",
    r"\b(?:eso|esto|ah[íi]) (?:est[áa]|es) (?:mal|incorrecto|equivocado|falso)\b",
    r"\b(?:eso|esto) no es (?:correcto|cierto|as[íi]|verdad)\b",
    r"\b(?:te equivocas|se equivoca|te has equivocado|se ha equivocado|no (?:me )?(?:has|ha) entendido)\b",
    r"\bya (?:te |se )?(?:lo )?(?:dije|he dicho|di|expliqu[ée])\b",
)
CORRECTION = "(?i)" + "|".join((*ENGLISH, *AT_THE_START, *GERMAN, *FRENCH, *SPANISH))
"""How users say that an answer is wrong, in four languages."""
HINT = in_json(*ENGLISH, *GERMAN, *FRENCH, *SPANISH, ", not ", "not (?:that|this) one", "wrong|incorrect|falsch|faux")
"""What an input with a correction holds, before its JSON is read."""
OWN_SLIP = (
    r"(?i)\b(?:my (?:mistake|bad|apologies|error|fault)|i (?:made|may have made) a mistake|i apologi[sz]e"
    r"|sorry\W{1,3}(?:about that\W{1,3})?i meant|i (?:misspoke|mistyped)|typo|sorry for the confusion"
    r"|now that (?:you|i) (?:mention|think)|mein fehler|mon erreur|mi error)\b"
)
"""Who corrects themselves does not correct the answer."""


def judge(spans: pl.LazyFrame, heard: Heard) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    A trace is clear if the user went on and did not correct it, and cannot be judged if the user said nothing after it.
    """
    said = read(spans, of_talks(heard.turns, heard.turns.filter("may_correct")))
    early = pl.col("text").str.slice(0, MAX_LOOKED_AT)
    corrections = (
        said.filter(pl.col("before").is_not_null(), early.str.contains(CORRECTION), ~early.str.contains(OWN_SLIP))
        .group_by("answered", maintain_order=True)
        .agg(pl.len().alias("n_corrections"), pl.col("text", "before", "trace_id").first())
        .rename({"answered": "trace_id", "trace_id": "said_in"})
    )
    judged = heard.traces.lazy().join(corrections.lazy(), on="trace_id", how="left")
    return answer(
        judged,
        is_found=pl.col("text").is_not_null(),
        reason=first_of(
            (pl.col("n_turns").is_null(), NOTHING_SAID),
            (~pl.col("is_followed"), NOT_FOLLOWED),
        ),
        text=masked(pl.col("text")),
        evidence=pl.struct("said_in", "n_corrections", asked=masked(pl.col("before"))),
    )


DETECTOR = Detector(
    code="user_corrects",
    version=1,
    unit="trace",
    severity="high",
    question="Did the user say that the answer was wrong, or not what they asked?",
    detect=Asking(TALKS, (pl.col("input").str.contains(HINT).alias("may_correct"),), judge, COLUMNS),
    groups_by="detector",
)
