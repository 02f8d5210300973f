"""A user who asks for a person: a human, a supervisor, someone else than this app.

It is said when the app cannot help, or seems not to. An app that hands over by itself, and a user who says yes to its
offer, is no such request: policies ask for it.
"""

import polars as pl

from workbench.detectors.conversation import COLUMNS, NOTHING_SAID, Heard, in_json, of_talks, read
from workbench.detectors.detector import Detector
from workbench.detectors.listening import TALKS
from workbench.detectors.mask import masked
from workbench.detectors.together import Asking
from workbench.detectors.units import answer, first_of

_PERSON_EN = (
    r"(?:human(?: being)?|(?:real|actual|live|human) (?:person|agent|human|representative|rep|advisor|someone)"
    r"|supervisor|manager|representative|customer (?:service|support|care) (?:agent|rep\w*|person)"
    r"|(?:service|support) (?:agent|person|staff|team)|operator)"
)
_OTHER_EN = (
    r"(?:someone|somebody|anyone|anybody)(?: else| higher| above| in charge| with authority"
    r"| (?:who|that) (?:can|could|might|will|has|would|is able))"
)
_ANY_EN = rf"(?:{_PERSON_EN}|{_OTHER_EN}|person|(?:a|an|your) (?:\w+ )?(?:agent|expert|specialist|advis[eo]r))"
ENGLISH = (
    r"\b(?:someone|somebody|a person|a human)(?: from (?:your|the) [\w ]{1,30}?)? (?:call|phone|ring|contact) me\b",
    r"\b(?:speak|talk) (?:to|with) (?:someone|somebody) from (?:your |the )?(?:support|team|staff|company|office)\b",
    rf"\b(?:speak|speaking|talk|talking|chat) (?:to|with) [^.?!]{{0,30}}?\b{_ANY_EN}\b",
    rf"\b(?:transfer|connect|hand|pass|put|escalat\w+|redirect|switch)(?:red|ed)?\b[^.?!]{{0,40}}?\b(?:to|with|by"
    rf"|through|over)"
    rf" [^.?!]{{0,20}}?\b{_ANY_EN}\b",
    rf"\b(?:get|give|need|want|find|send|reach|contact|there|like) (?:me )?(?:a|an|your|the|another"
    rf"|some) (?:{_PERSON_EN})\b",
    rf"\b(?:is there|can i (?:get|have|speak)|could i (?:get|have|speak))[^.?!]{{0,15}}?\b(?:{_OTHER_EN}|anyone else"
    rf"|someone else)\b",
    rf"\b(?:is there|get me) [^.?!]{{0,20}}?\b{_PERSON_EN}\b[^.?!]{{0,30}}?\b(?:i|we) (?:can|could|may"
    rf"|might) (?:speak|talk)\b",
    r"\b(?:someone|somebody|anyone|anybody) else (?:that |who(?:m)? )?(?:i|we) (?:can|could|may|might) (?:speak"
    r"|talk)\b",
    r"\bget me (?:someone|somebody|a real|an actual)\b",
    r"\b(?:human|live|real) (?:agent|person|representative|support)(?:,)? please\b",
)
GERMAN = (
    r"\b(?:mit|an|zu) (?:einem|einen|einer|eine|ihrem|ihren|dem|den) (?:echten |richtigen |lebenden |menschlichen )?"
    r"(?:menschen|mitarbeiter(?:in)?|person|vorgesetzten|berater(?:in)?|sachbearbeiter(?:in)?|ansprechpartner(?:in)?)\b"
    r"[^.?!]{0,25}\b(?:sprechen|reden|verbinden|verbunden|weiterleiten|weitergeleitet|telefonieren)\b",
    r"\b(?:echte[nrm]?|menschliche[nrm]?) (?:menschen?|person|mitarbeiter(?:in)?|ansprechpartner(?:in)?|agenten?)\b",
)
FRENCH = (
    r"\b(?:parler|discuter|échanger|transf[ée]r\w+|pass\w+|mett\w+ en (?:contact|relation))\b[^.?!]{0,15}"
    r"\b(?:à|a|avec|vers|au) (?:un |une |votre |le |la )?(?:vrai |vraie )?"
    r"(?:conseill[eè]re?|humain|responsable|superviseur|personne|agent|être humain|opérateur"
    r"|quelqu['’]un d['’]autre)\b",
)
SPANISH = (
    r"\b(?:hablar|comunicar\w*|p[aá]s[ae]\w*|transf[ie]\w+|cont[aá]ct\w+)\b[^.?!]{0,15}\b(?:con|a) (?:un |una |el "
    r"|la |su |tu |alg[uú]n )?"
    r"(?:persona|humano|agente|supervisora?|representante|encargad[oa]|operadora?|gerente|asesora?)\b",
)
PERSON = "(?i)" + "|".join((*ENGLISH, *GERMAN, *FRENCH, *SPANISH))
"""How users ask for a person, in four languages."""
HINT = in_json(
    "human|person|supervisor|manager|representative|operator|agent|expert|specialist|advis|someone|somebody|anyone|anybody",
    "customer|service|support|mitarbeiter|mensch|vorgesetzt|ansprechpartner|sachbearbeiter|berater",
    "conseill|humain|responsable|superviseur|opérateur|quelqu|encargad|gerente|asesor|representante",
)
"""What an input with such a request holds, before its JSON is read."""
ASSENT = (
    r"(?i)^\W*(?:i (?:see|understand)\W+|ok(?:ay)?\W+|oh\W+|alright\W+|all right\W+|hmm\W+"
    r"|thanks?(?: you)?[^.!?]{0,60}[.!?]\s*)*"
    r"(?:yes|yeah|yep|sure|please do|ok|okay|go ahead|that (?:would|sounds|works)|ja|gerne|oui|d['’]accord|sí|si"
    r"|claro|vale)\b"
)
"""Who begins with yes takes up an offer of the app."""
REFUSES_IT = (
    r"(?i)\b(?:don['’]t|do not|not|without|can['’]t|rather than|instead of|no need|avoid)\b[\w\s'’]{0,40}"
    r"\b(?:transfer\w*|speak\w*|talk\w*|connect\w*|escalat\w+|human|supervisor|person)\b"
    r"|\b(?:kein(?:en|e)?|nicht|pas|no)\b[^.?!]{0,15}\b(?:verbinden|weiterleiten|sprechen|parler|transférer"
    r"|transfer\w+|hablar)\b"
)
"""Who would rather not be handed over."""


def judge(spans: pl.LazyFrame, heard: Heard) -> pl.LazyFrame:
    """Return schemas.UNITS, one row a trace.

    The words of a finding are what the user came for, since requests for a person are all alike.
    """
    said = read(spans, of_talks(heard.turns, heard.turns.filter("may_ask")))
    text = pl.col("text")
    asked = (
        said.with_columns(text.first().over("talk").alias("came_for"))
        .filter(text.str.contains(PERSON), ~text.str.contains(ASSENT), ~text.str.contains(REFUSES_IT))
        .group_by("trace_id", maintain_order=True)
        .agg(pl.len().alias("n_requests"), pl.col("text", "came_for").first())
    )
    judged = heard.traces.lazy().join(asked.lazy(), on="trace_id", how="left")
    return answer(
        judged,
        is_found=text.is_not_null(),
        reason=first_of((pl.col("n_turns").is_null(), NOTHING_SAID)),
        text=masked(pl.col("came_for")),
        evidence=pl.struct("n_requests", said=masked(text)),
    )


DETECTOR = Detector(
    code="asks_for_person",
    version=1,
    unit="trace",
    severity="medium",
    question="Did the user ask for a person instead of this app?",
    detect=Asking(TALKS, (pl.col("input").str.contains(HINT).alias("may_ask"),), judge, COLUMNS),
    groups_by="detector",
)
