"""What a cluster's texts say and the others' do not, in a few one- and two-word phrases.

A person must tell two clusters apart before reading them. The score is c-TF-IDF (Grootendorst, "BERTopic: neural topic
modeling with a class-based TF-IDF procedure", 2022).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

N_PHRASES = 6
"""As many as fit a line of a report."""
SWALLOW_SHARE = 0.5
"""A word is not listed when one two-word phrase accounts for this share of its occurrences in the cluster."""
MAX_WORD_CHARACTERS = 40
"""Longer is no word: a key, a digest, an encoded blob."""

_PLACEHOLDER = re.compile(r"<[a-z_]+>")
_WORD_OR_BREAK = re.compile(r"\w+(?:['-]\w+)*|[^\w\s]")
_NEGATIONS = frozenset(["no", "not", "never", "cannot", "without"])
_STOP_WORDS = frozenset(
    """a about after again all also am an and any are as at be because been before being both but by can could did do
    does doing down during each few for from further get got had has have having he her here hers him his how i i'm
    i've if in into is it it's its itself just me more most my myself now of off on once only or other our ours out
    over own please same she should so some such than that that's the their theirs them then there these they this
    those through to too under until up us very was we were what when where which while who whom why will with would
    you your yours""".split()  # noqa: SIM905
)


def find_phrases(texts: Mapping[int, Counter[str]]) -> dict[int, list[str]]:
    """Return the phrases of each cluster, best first, at most six.

    Words of the language, numbers and placeholders such as `<id>` are in no phrase; a negation is, with its word. A
    word that stands mostly in one two-word phrase is not listed beside it.

    Parameters
    ----------
    texts
        For each cluster, noise included as one of its own, how often each text stands in it.

    >>> said = {0: Counter({"payment method <id> not found": 3}), 1: Counter({"the gift card is empty": 5})}
    >>> find_phrases(said)
    {0: ['not found', 'payment method'], 1: ['gift card', 'empty']}
    """
    counts = {cluster: _count_terms(of_cluster) for cluster, of_cluster in texts.items()}
    total = Counter[str]()
    for of_cluster in counts.values():
        total.update(of_cluster)
    everywhere = _Everywhere(total, sum(said.total() for said in texts.values()), len(texts))
    return {cluster: _choose(counts[cluster], said.total(), everywhere) for cluster, said in texts.items()}


class _Everywhere(NamedTuple):
    counts: Counter[str]
    n_texts: int
    n_clusters: int


def _choose(counts: Counter[str], n_texts: int, everywhere: _Everywhere) -> list[str]:
    mean_size = everywhere.counts.total() / everywhere.n_clusters

    def rank(term: str) -> tuple[float, int, str]:
        score = counts[term] * math.log(1 + mean_size / everywhere.counts[term])
        return -score, -term.count(" "), term

    terms = counts.keys() - _swallowed(counts)
    # What every text says anywhere tells no cluster apart; where nothing does, it is all that there is.
    typical = {term for term in terms if counts[term] / n_texts > everywhere.counts[term] / everywhere.n_texts} or terms
    chosen: list[str] = []
    shown: set[str] = set()
    for term in sorted(typical, key=rank):
        if not shown.issuperset(term.split()):
            chosen.append(term)
            shown.update(term.split())
        if len(chosen) == N_PHRASES:
            break
    return chosen


def _swallowed(counts: Counter[str]) -> set[str]:
    return {
        word
        for term in counts
        if " " in term
        for word in term.split()
        if counts[term] >= SWALLOW_SHARE * counts[word] > 0
    }


def _count_terms(texts: Counter[str]) -> Counter[str]:
    counts = Counter[str]()
    for text, n_texts in texts.items():
        for term in _terms(text):
            counts[term] += n_texts
    return counts


def _terms(text: str) -> Iterator[str]:
    """Yield the words of a text and the pairs that stand side by side, with nothing between them."""
    before = ""
    for word in _WORD_OR_BREAK.findall(_PLACEHOLDER.sub("<", text.lower().replace("’", "'"))):
        if not _says_something(word):
            before = ""
            continue
        if not _is_negation(word):
            yield word
        if before:
            yield f"{before} {word}"
        before = word


def _says_something(word: str) -> bool:
    return 1 < len(word) <= MAX_WORD_CHARACTERS and word not in _STOP_WORDS and any(letter.isalpha() for letter in word)


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")
