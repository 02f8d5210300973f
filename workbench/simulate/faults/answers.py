"""Faults of the answer's content: what it says, in which language and form, and how it was taken."""

import random
from dataclasses import replace

from workbench.simulate import comments, words
from workbench.simulate.draws import between, pick
from workbench.simulate.faults.fault import Fault
from workbench.simulate.foreign import PHRASES, closings_of
from workbench.simulate.run import Reaction, Run, answering, reply, without


def confuse_jurisdiction(run: Run, rng: random.Random) -> Run:
    """Return the run with federal authority called controlling for a question of state law."""
    language = run.request.language
    if language == "en":
        text = words.answer(rng, run.request, authority=words.MIXED_AUTHORITY)
    else:
        text = run.answer + " " + words.fill(rng, pick(rng, PHRASES[language].mixed_authority), run.request)
    return replace(
        run,
        steps=(*without(run.steps[:-1], "jurisdiction_lookup"), reply(run.request, rng, text)),
        reaction=Reaction(
            down=0.41, up=0.01, comments=0.97, complaints=comments.JURISDICTION, success=0.75, kept=(5, 45)
        ),
    )


def miss_the_point(run: Run, rng: random.Random) -> Run:
    """Return the run with nothing to see in it, of which the product learns that it did not serve."""
    del rng
    return replace(
        run, reaction=Reaction(down=0.05, up=0.01, complaints=comments.UNHELPFUL, success=0.0, kept=(30, 70))
    )


def refuse(run: Run, rng: random.Random) -> Run:
    """Return the run with a refusal of a question that the product is there for."""
    language = run.request.language
    text = words.fill(rng, pick(rng, words.REFUSALS if language == "en" else PHRASES[language].refusals), run.request)
    return replace(
        answering(run, rng, text),
        reaction=Reaction(down=0.15, up=0.0, complaints=comments.REFUSED, success=0.6, edits=0.0),
    )


def answer_in_english(run: Run, rng: random.Random) -> Run:
    """Return the run with an English answer to a question in another language."""
    english = replace(run.request, language="en", issue=pick(rng, words.ISSUES[run.request.task]))
    return replace(
        answering(run, rng, words.answer(rng, english)),
        reaction=Reaction(down=0.1, up=0.01, complaints=comments.WRONG_LANGUAGE, success=0.9),
    )


def invent(run: Run, rng: random.Random) -> Run:
    """Return the run with an answer of which nothing stands in the passages that were retrieved."""
    language = run.request.language
    sentences: list[str] = []
    while len(sentences) < 3:
        sentence = pick(rng, words.INVENTED if language == "en" else PHRASES[language].invented)
        if sentence not in sentences:
            sentences.append(sentence)
    text = " ".join(words.fill(rng, sentence, run.request) for sentence in sentences)
    return replace(
        answering(run, rng, text),
        reaction=Reaction(down=0.08, up=0.02, complaints=comments.INVENTED, success=0.8, edits=0.02),
    )


def break_json(run: Run, rng: random.Random) -> Run:
    """Return the run with words around the JSON that was asked for."""
    right = run.answer
    wrong = (
        f"Here is the docket sheet you asked for:\n\n{right}\n\nLet me know if you need more.",
        f"Sure! The sheet for {run.request.opinion.caption}:\n{right}",
        f"I found the case. {right} Please check the page count.",
    )
    return replace(
        answering(run, rng, pick(rng, wrong)),
        reaction=Reaction(down=0.03, up=0.01, complaints=comments.BROKEN_SHEET, success=0.5),
    )


def miss_the_holding(run: Run, rng: random.Random) -> Run:
    """Return the run with an answer that never says what was decided; a judge sees it."""
    closings = closings_of(run.request.language)
    text = words.heading(run.request) + " ".join(words.fill(rng, closing, run.request) for closing in closings)
    return replace(
        answering(run, rng, text),
        reaction=Reaction(
            down=0.05,
            up=0.02,
            complaints=comments.NO_HOLDING,
            success=0.9,
            score=(between(rng, 5, 20), 40),
            remarks=comments.JUDGED_WITHOUT_HOLDING,
        ),
    )


def write_in_wrong_tone(run: Run, rng: random.Random) -> Run:
    """Return the run with an answer so chatty that whoever uses it writes most of it anew."""
    opening, closing = pick(rng, words.CHATTY_OPENINGS), pick(rng, words.CHATTY_CLOSINGS)
    text = f"{opening} {run.answer} {closing}" if run.request.language == "en" else run.answer
    return replace(
        answering(run, rng, text),
        reaction=Reaction(down=0.04, up=0.02, complaints=comments.WRONG_TONE, edits=0.95, kept=(3, 30)),
    )


JURISDICTION_CONFUSION = Fault(
    name="jurisdiction_confusion",
    shows="the answer calls federal authority controlling in a state court; commented thumbs down, heavy edits",
    slice={"prompt_version": "7", "task": "state_court"},
    prevalence=0.24,
    elsewhere=0.015,
    scope={"task": "state_court"},
    plant=confuse_jurisdiction,
)
FAILED_OUTCOME = Fault(
    name="failed_outcome",
    shows="the outcome task_success is 0 and nothing else is wrong",
    slice={"task": "bankruptcy"},
    prevalence=0.5,
    scope={"has_outcome": True},
    plant=miss_the_point,
)
REFUSAL = Fault(
    name="refusal",
    shows="the answer declines as legal advice what the product is there for",
    slice={"prompt_version": "7", "task": "bankruptcy"},
    prevalence=0.3,
    elsewhere=0.002,
    scope={"output_type": ""},
    plant=refuse,
)
WRONG_LANGUAGE = Fault(
    name="wrong_language",
    shows="a question in Spanish is answered in English",
    slice={"locale": "es-US"},
    prevalence=0.25,
    scope={"language": "es"},
    plant=answer_in_english,
)
INVENTED_FACTS = Fault(
    name="invented_facts",
    shows="nothing of the answer stands in the passages that were retrieved",
    slice={"model": "lex-small-2", "task": "contract"},
    prevalence=0.35,
    elsewhere=0.002,
    scope={"output_type": ""},
    plant=invent,
)
BROKEN_JSON = Fault(
    name="broken_json",
    shows="the answer of a request for JSON is no JSON",
    slice={"task": "docket", "model": "lex-small-2"},
    prevalence=0.4,
    elsewhere=0.0,
    scope={"output_type": "json"},
    plant=break_json,
)
MISSING_HOLDING = Fault(
    name="missing_holding",
    shows="the judge's evaluation completeness is 0.05 to 0.4 and says that the holding is missing",
    slice={"prompt_version": "8"},
    prevalence=0.6,
    elsewhere=0.002,
    scope={"is_evaluated": True, "output_type": ""},
    plant=miss_the_holding,
)
WRONG_TONE = Fault(
    name="wrong_tone",
    shows="nearly all of the answer is edited away before it is kept",
    slice={"user_tier": "firm", "prompt_version": "7"},
    prevalence=0.15,
    elsewhere=0.002,
    scope={"output_type": ""},
    plant=write_in_wrong_tone,
)
