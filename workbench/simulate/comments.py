"""What users write beside a thumb: patterns by complaint, roughened as people type.

No two people word the same complaint alike, and grouping has to bear that; a pattern that came back unchanged would
make it too easy.
"""

import random

from workbench.simulate.draws import between, happens, pick
from workbench.simulate.request import Request
from workbench.simulate.words import fill

JURISDICTION = (
    "This cites federal cases for {a_state} state law question.",
    "Wrong jurisdiction. I asked about {state} state court and got the {circuit}.",
    "It mixes up federal and state authority, the {circuit} does not bind {a_state} trial court here",
    "federal rules of civil procedure do not apply in {state} state court!!",
    "The summary says {federal_citation} controls. It doesn't, this is a state claim.",
    "why is it quoting Fed. R. Civ. P. {rule} when my motion is in {state} superior court",
    "State court question answered with federal law.",
    "Confuses {circuit} precedent with binding {state} precedent.",
    "Jurisdiction is wrong, I needed {state} authority only.",
    "Half of the authorities are federal and half are state, and it never says which ones control.",
    "The answer treats a federal district court decision as binding on the {court}. It is not.",
    "You can't apply 28 U.S.C. to {a_state} state court claim about {issue}.",
    "asked for {state} law, got federal law. again.",
    "Good structure but the controlling authority is from the wrong court system, should be {court}.",
    "Please keep federal and state cases apart. The test for {issue} in {state} is not the federal one.",
    "The federal standard for {issue} is not the {state} standard, embarrassing in front of the judge.",
    "It told me a {circuit} opinion is mandatory in state court. That is a first-year mistake.",
    "Mixed jurisdictions, useless for a state filing.",
    "No mention of the {court} until the last line, everything before is federal.",
    "I had to strip out all the federal citations by hand. My case is in {state} state court.",
    "State and federal rules jumbled together. Which procedure am I supposed to follow, {rules} or the federal rules?",
    "{rules} governs here, not the federal rules.",
    "does not know the difference between state and federal jurisdiction",
    "Cites the {circuit} as if it could overrule the {court} on {state} law.",
    "For {issue} the state supreme court decides, not a federal circuit. Wrong authority.",
    "Binding vs persuasive is backwards: federal opinions are only persuasive for {a_state} claim like this.",
    "why do I get federal precedent for {plaintiff}? that's a state court case",
    "Third time this week it blends federal authority into {a_state} answer.",
    "The jurisdiction should have been stated first. It assumed federal court, we are in state court.",
    "State issue, federal answer. Not usable in {a_state} brief.",
)
CITATION = (
    "The citation {federal_citation} does not exist.",
    "Could not find {state_citation} anywhere, looks made up",
    "Wrong reporter and page number for {caption}.",
    "Cite is off, the page number leads to another case.",
    "two of the citations are wrong, checked them by hand",
    "{federal_citation} is not {plaintiff}, please check your cites.",
    "Hallucinated citation. I nearly put {state_citation} into a brief.",
    "bad cite: volume does not match the year",
    "The quoted pin cite is not on that page.",
    "citation checker clearly failed and the summary used the cite anyway",
    "Invalid citation, clerk bounced it.",
    "The case is right but the citation is wrong (reporter volume).",
    "Citations need to be verified before you show them. {federal_citation} is nothing.",
    "cite check failed on three out of four",
    "It invents page numbers. Not one citation resolved.",
)
SLOW_SEARCH = (
    "Took forever and then said search was not available.",
    "kept searching for half a minute, nothing found",
    "Search seems down, it answered without looking anything up",
    "Why does it run the same search over and over?",
    "waited ages, search timed out",
)
SLOW = (
    "So slow today.",
    "answer is fine but it took far too long",
    "Used to be quick, now I wait half a minute for a summary.",
    "very slow since last week",
    "I gave up waiting and read the opinion myself.",
)
CUT_OFF = (
    "The summary stops in the middle of a sentence.",
    "cut off, the dissent is missing",
    "Ends mid-sentence on a {pages} page opinion.",
    "Incomplete. Where is the rest?",
    "it just stops after the second part",
    "Truncated again, I need the whole summary",
)
UNFINISHED = (
    "It gave up without an answer.",
    "No answer at all, just says it ran out of steps.",
    "stopped before it got to the other defendants",
    "There are more parties than it can handle, apparently. No result.",
    "never finished",
    "Ran for a minute and returned nothing for the cross-claims.",
)
UNHELPFUL = (
    "Did not help my chapter 7 client.",
    "I still don't know whether the stay applies.",
    "missed the trustee's main argument",
    "Not what the bankruptcy court decided.",
)
REFUSED = (
    "It refuses to answer a plain legal question.",
    "says it can't give legal advice, that is the whole point of this product",
    "Why does it decline to summarize {plaintiff}?",
    "Told me to ask a lawyer. I am the lawyer.",
    "refused again",
)
WRONG_LANGUAGE = (
    "Pregunté en español y contestó en inglés.",
    "La respuesta está en inglés.",
    "my question was in Spanish, the answer is not",
    "Responde en español, por favor.",
)
INVENTED = (
    "None of this is in the opinion.",
    "It made the facts up, {plaintiff} has nothing to do with that.",
    "Completely invented, the case is about {issue}.",
    "Where does this come from? Not from {citation}.",
)
BROKEN_SHEET = (
    "Import failed, the sheet does not parse.",
    "the JSON is broken",
    "our importer chokes on this sheet",
)
NO_HOLDING = (
    "The holding is missing.",
    "what did the court decide?? It never says",
    "No holding on {issue}, only chatter.",
)
JUDGED_WITHOUT_HOLDING = (
    "The summary does not state the holding.",
    "Key holding on {issue} is missing from the summary.",
    "Incomplete: names the case, never says what the court held.",
    "The holding is absent; a reader does not learn who prevailed.",
    "Missing key holding, the rest is about formalities.",
    "It omits the holding of {caption}.",
)
WRONG_TONE = (
    "Way too chatty for a brief.",
    "The tone is ridiculous, this goes to a judge.",
    "I had to delete all the exclamation marks. Unprofessional tone.",
    "stop calling me superstar",
)
ASKED_AGAIN = (
    "{question}",
    "{question} ??",
    "{question} Please.",
    "Again: {question}",
    "{question} {question}",
    "I asked: {question}",
)
CORRECTIONS = (
    "No, I meant the ruling on {issue}, not the procedural history.",
    "That's not what I asked. I asked about {issue}.",
    "no, i meant {plaintiff} as the respondent",
    "I didn't mean the {circuit}, I meant the {court}.",
    "Wrong case. I meant {caption}, {citation}.",
    "You misunderstood my question, I wanted the cross-claims only.",
    "Not that one, I was asking about {plaintiff}.",
    "No, that is not what I meant. Only the part on {issue}.",
    "actually I meant the later opinion in {caption}",
    "I said {state}, not federal court.",
    "No no, I asked for the holding, not the facts.",
    "You got it wrong, I meant {issue} for each defendant.",
)
PERSON_WANTED = (
    "Can I talk to a human?",
    "I want to speak to a real person please.",
    "Please connect me with a research attorney.",
    "let me talk to someone from support",
    "Is there a human who can look at {caption}?",
    "transfer me to an agent",
    "I need to speak with a person about {issue}.",
    "Get me a human, this is about {plaintiff}.",
    "I'd rather talk to a live person",
    "Can someone from your team call me back?",
)
VAGUE = (
    "meh",
    "not great",
    "Didn't like it.",
    "nope",
    "could be better",
    "I expected more",
    "bad",
    "hmm no",
    "Too wordy for me.",
    "I prefer the old layout",
    "boring",
    "Tone is a bit stiff.",
    "please bring back dark mode",
    "asked by mistake, ignore",
)
PRAISE = (
    "Great, thanks!",
    "Saved me an hour.",
    "clear and short",
    "Exactly what I needed on {issue}.",
    "Nice summary of {caption}.",
    "spot on",
    "Very useful for my memo.",
)

_OPENINGS = ("Hm, ", "fyi: ", "Sorry but ", "Again: ", "ugh. ", "Heads up - ", "Hi, ", "So ")
_ENDINGS = (
    " Please fix.",
    " Can someone look at this?",
    " :(",
    " Thanks anyway.",
    " Not good.",
    " Had to redo it by hand.",
)
_DETAILS = (
    " I was asking about {issue}.",
    " This was {caption}.",
    " My question was on {issue} for {plaintiff}.",
    " It happened with {citation}.",
    " Matter is in {state}, by the way.",
    " See {plaintiff}.",
)
_OPENING_SHARE, _DETAIL_SHARE, _ENDING_SHARE = 0.2, 0.3, 0.2
_LOWER_CASE_SHARE, _NO_STOP_SHARE, _SLIP_SHARE = 0.2, 0.3, 0.12


def complaint(rng: random.Random, patterns: tuple[str, ...], request: Request) -> str:
    """Return one of the complaints in the words of a person in a hurry."""
    text = fill(rng, pick(rng, patterns), request)
    if happens(rng, _OPENING_SHARE) and not text[:2].isupper():
        text = pick(rng, _OPENINGS) + text[:1].lower() + text[1:]
    for share, more in ((_DETAIL_SHARE, _DETAILS), (_ENDING_SHARE, _ENDINGS)):
        if happens(rng, share):
            text += ("" if text[-1] in ".!?" else ".") + fill(rng, pick(rng, more), request)
    return _roughen(rng, text)


def remark(rng: random.Random, patterns: tuple[str, ...], request: Request) -> str:
    """Return a word of praise or of vague displeasure, with nothing before or after it."""
    return _roughen(rng, fill(rng, pick(rng, patterns), request))


def _roughen(rng: random.Random, text: str) -> str:
    if happens(rng, _LOWER_CASE_SHARE):
        text = text.lower()
    if happens(rng, _NO_STOP_SHARE):
        text = text.rstrip(".")
    if happens(rng, _SLIP_SHARE) and len(text) > 20:
        at = between(rng, 5, len(text) - 6)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
