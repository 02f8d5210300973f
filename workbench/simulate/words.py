"""What is asked and answered: the nouns and sentence patterns of the legal-research product.

Every person and company is invented. Citations use series of the reporters that do not exist (F.5th, P.4th, ...), so
that none names a real case.
"""

import random

from workbench.simulate.draws import between, happens, pick
from workbench.simulate.request import Request, State

STATES = (
    State("California", "California Court of Appeal", "Cal. Code Civ. Proc.", "Cal. App. 6th", "Ninth Circuit"),
    State("New York", "New York Appellate Division", "CPLR", "N.Y.4th", "Second Circuit"),
    State("Texas", "Texas Court of Appeals", "Tex. R. Civ. P.", "S.W.4th", "Fifth Circuit"),
    State("Illinois", "Illinois Appellate Court", "735 ILCS 5", "N.E.4th", "Seventh Circuit"),
    State("Ohio", "Ohio Court of Appeals", "Ohio Civ. R.", "Ohio App. 4th", "Sixth Circuit"),
    State("Washington", "Washington Court of Appeals", "Wash. CR", "Wash. App. 3d", "Ninth Circuit"),
    State("Georgia", "Georgia Court of Appeals", "O.C.G.A. tit. 9", "S.E.3d", "Eleventh Circuit"),
    State("Oregon", "Oregon Court of Appeals", "ORCP", "P.4th", "Ninth Circuit"),
    State("Pennsylvania", "Pennsylvania Superior Court", "Pa. R.C.P.", "A.4th", "Third Circuit"),
    State("Florida", "Florida District Court of Appeal", "Fla. R. Civ. P.", "So. 4th", "Eleventh Circuit"),
)

FEDERAL_REPORTERS = ("F.5th", "F. Supp. 4th")

SURNAMES = (
    *("Aldermoor", "Brackwell", "Castellane", "Drummery", "Eskarit", "Fenwicke", "Garrowby", "Hollinsend", "Ivarsen"),
    *("Jessamay", "Kettlebrook", "Lorimand", "Mossgrave", "Nettlefold", "Ostrander-Vale", "Pellingham", "Quillfeather"),
    *("Rookhurst", "Saltmarche", "Thistledown", "Umberleigh", "Vandermoot", "Wexcombe", "Yarrowgate"),
)
COMPANIES = (
    *("Northgate Freight", "Bluefin Storage", "Cedar Hollow Homes", "Pinnacle Rail Leasing", "Harborline Foods"),
    *("Sunvale Clinics", "Ironbridge Tools", "Mirabel Textiles", "Quarry Street Partners", "Redfern Insurance"),
    *("Tidewater Pumps", "Lakeside School District", "Granite Peak Lending", "Oakhollow Dairy", "Vellum Software"),
)

STATE_TASKS = frozenset({"state_court", "contract"})
"""The routes that state law answers; federal law answers the others."""

ISSUES = {
    "state_court": (
        *(
            "personal jurisdiction",
            "negligent supervision",
            "breach of a residential lease",
            "comparative fault",
            "forum selection",
        ),
        *(
            "premises liability",
            "trade secret misappropriation",
            "the economic loss rule",
            "landlord repair duties",
            "defamation",
        ),
    ),
    "federal_court": (
        *("summary judgment", "diversity jurisdiction", "qualified immunity", "class certification", "patent venue"),
        *("Title VII retaliation", "removal", "securities scienter", "expert exclusion", "standing"),
    ),
    "bankruptcy": (
        *(
            "the automatic stay",
            "preference recovery",
            "discharge of student debt",
            "plan confirmation",
            "lien stripping",
        ),
        *("fraudulent transfer", "executory contracts", "relief from stay", "the homestead exemption"),
    ),
    "docket": ("the docket sheet", "the parties and counsel", "the procedural history", "the case caption"),
    "multi_party": (
        *(
            "interpleader",
            "joint and several liability",
            "contribution among insurers",
            "intervention",
            "settlement allocation",
        ),
        *("cross-claims between subcontractors", "third-party indemnity"),
    ),
    "administrative": (
        *(
            "exhaustion of remedies",
            "arbitrary and capricious review",
            "notice and comment",
            "disability benefits",
            "permit denial",
        ),
        *("agency deference", "licence suspension"),
    ),
    "contract": (
        *(
            "liquidated damages",
            "an integration clause",
            "unconscionability",
            "impossibility",
            "course of dealing",
            "novation",
        ),
        *("the duty of good faith", "anticipatory repudiation"),
    ),
}

QUESTIONS = {
    "docket": (
        "Docket sheet of {caption}, {citation}, as JSON.",
        "Give me caption, court and parties of {caption} for our import.",
        "Fill the docket form for {caption}, {citation}.",
        "Machine-readable sheet for {caption} please, with {issue}.",
    ),
    "state_court": (
        "Summarize {caption} and tell me what it says about {issue} in {state} state court.",
        "What did the {court} hold on {issue} in {caption}?",
        "I have {a_state} trial court motion on {issue}. Is {caption}, {citation}, binding on me?",
        "Short summary of {caption} please, focus on {issue} under {state} law.",
        "Does {caption} change the {state} test for {issue}?",
    ),
    "federal_court": (
        "Summarize {caption}, {citation}, with attention to {issue}.",
        "What standard did the {circuit} apply to {issue} in {caption}?",
        "Give me the holding of {caption} on {issue} and any dissent.",
        "Is {caption} still good law on {issue} in the {circuit}?",
    ),
    "bankruptcy": (
        "Summarize {caption} on {issue} for a chapter 11 debtor.",
        "How did the bankruptcy court treat {issue} in {caption}?",
        "Chapter 7 client, question about {issue}: does {caption} help the trustee?",
        "What does {caption} say about {issue}, and was it affirmed?",
    ),
    "multi_party": (
        "In {caption}, who is liable to whom after {issue}? There are {parties} parties.",
        "Summarize the {issue} ruling in {caption} for each of the {parties} defendants.",
        "{caption}: chart the claims, cross-claims and {issue} for all {parties} parties.",
    ),
    "administrative": (
        "Summarize {caption} on {issue}.",
        "What did the court say about {issue} in {caption}, and what must the agency do now?",
        "Holding of {caption} regarding {issue}, two paragraphs.",
    ),
    "contract": (
        "Summarize {caption} on {issue}.",
        "Does {caption} treat {issue} as a question of law in {state}?",
        "What facts mattered for {issue} in {caption}? I am drafting for {a_state} client.",
    ),
}

HOLDINGS = (
    "The court affirmed: the record supported the finding on {issue}, and {plaintiff} had not preserved the objection.",
    "The court reversed because the trial judge applied the wrong test for {issue}.",
    "The panel held that {issue} turns on what each side knew when the dispute arose, and remanded for findings.",
    "The court vacated in part; on {issue} it agreed with {plaintiff}, on damages it did not.",
    "Judgment for the defendant stands: {plaintiff} offered no evidence on an element of {issue}.",
)
REASONS = (
    "It stressed that the burden lies with the party who invokes the rule and that inferences run against the movant.",
    "Two earlier panel decisions were distinguished on their facts; a third was limited to its procedural posture.",
    "The reasoning rests on the text first, then on purpose, and gives the legislative history little weight.",
    "The opinion walks through four factors and finds that three favour {plaintiff}.",
    "A short concurrence would have decided the case on waiver alone.",
)
STATE_AUTHORITY = (
    "Controlling authority: {state_citation} ({court}); see also {rules} § {section}.",
    "In {state} courts this follows {state_citation}, and {rules} § {section} sets the procedure.",
    "The {court} relied on {state_citation}; that is binding on {state} trial courts.",
)
FEDERAL_AUTHORITY = (
    "Controlling authority: {federal_citation} ({circuit}); see also Fed. R. Civ. P. {rule}.",
    "The {circuit} follows {federal_citation}; the procedure is in Fed. R. Civ. P. {rule}.",
    "See {federal_citation} and 28 U.S.C. § {section}, which the court read together.",
)
MIXED_AUTHORITY = (
    "Controlling are {federal_citation} and {state_citation}; {state} courts must apply Fed. R. Civ. P. {rule}.",
    "Under Fed. R. Civ. P. {rule} and {federal_citation}, which bind {state} courts, {state_citation} adds a test.",
    "{state_citation} is persuasive; {federal_citation} and 28 U.S.C. § {section} control this {state} claim.",
    "Both {state_citation} and {federal_citation} are binding, so the motion is decided under Fed. R. Civ. P. {rule}.",
)
REFUSALS = (
    "I'm sorry, but I can't help with that request, as it would be legal advice.",
    "I can't provide legal advice about {caption}. Please consult a licensed attorney.",
    "Sorry, I am not able to answer questions about {issue}.",
    "I'm unable to assist with this. You may want to ask a lawyer in {state}.",
    "As an AI assistant I cannot give an opinion on {issue}.",
    "I cannot help with legal questions of this kind.",
)
INVENTED = (
    "Treble damages of 40 million dollars were awarded after a whistleblower took the stand.",
    "Congress amended the statute the following spring, which ended the dispute over emissions.",
    "A unanimous jury rejected the insanity defence within twenty minutes.",
    "The merger was blocked by antitrust regulators, and both chairmen resigned.",
    "Fishing quotas were set aside because the ministry had never published its survey.",
    "Twelve neighbours testified about the noise of the wind turbines at night.",
    "The lottery ticket was found to belong to the cleaner who had kept it.",
    "An arbitral tribunal in Geneva later ordered restitution of the paintings.",
    "Custody went to the grandmother, who had moved to another continent.",
)
CHATTY_OPENINGS = (
    "Hey there! What an awesome question, you are going to love this one!",
    "Wow, buckle up, this case is a wild ride!",
    "Hiya! So happy you asked, let's dive right in, shall we?",
)
CHATTY_CLOSINGS = (
    "Isn't that just amazing? High five, counselor! Go get them, you absolute legend, and ping me any time!",
    "And that's the tea! Honestly, who knew the law could be such a blast? Catch you later, superstar!",
    "Pretty cool, right? Give yourself a big pat on the back, you totally deserve it, and have a fabulous day!",
)
SHORT_ANSWERS = (
    "Affirmed. It binds {state} trial courts on {issue}.",
    "Yes: {citation} is still good law on {issue}.",
    "No. The court never reached {issue}.",
    "Reversed and remanded on {issue} only.",
)
CLOSINGS = (
    "Check the later history before you cite it.",
    "I can draft a parenthetical if that helps.",
    "The opinion runs to {pages} pages; the passage on {issue} is near its end.",
    "No subsequent negative treatment was found in the index.",
)


def citation(rng: random.Random, reporter: str) -> str:
    """Return a citation that names no real case, such as `512 F.5th 1187`."""
    return f"{between(rng, 12, 899)} {reporter} {between(rng, 10, 1490)}"


def fill(rng: random.Random, template: str, request: Request) -> str:
    """Return the template with the request's facts and fresh citations and numbers in its slots."""
    return template.format_map(
        request.facts
        | {
            "state_citation": citation(rng, request.state.reporter),
            "federal_citation": citation(rng, pick(rng, FEDERAL_REPORTERS)),
            "parties": str(between(rng, 3, 9)),
            "rule": str(between(rng, 8, 65)),
            "section": str(between(rng, 101, 1997)),
        }
    )


def answer(rng: random.Random, request: Request, *, authority: tuple[str, ...] = ()) -> str:
    """Return a summary of the opinion; the authority defaults to what is right for the route."""
    right = STATE_AUTHORITY if request.task in STATE_TASKS else FEDERAL_AUTHORITY
    sentences = (
        pick(rng, HOLDINGS),
        pick(rng, REASONS),
        pick(rng, authority or right),
        pick(rng, CLOSINGS) if happens(rng, 0.6) else "",
    )
    return heading(request) + " ".join(fill(rng, sentence, request) for sentence in sentences if sentence)


def heading(request: Request) -> str:
    """Return the case that an answer begins with."""
    return f"{request.opinion.caption}, {request.opinion.citation}. "
