"""Small cases for the tests of the scorers, of where verdicts are lost, and of reports."""

from hypothesis import strategies as st

from factcheck.evaluation.record import Case
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Gold,
    GoldSentence,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)
from factcheck.verdict.decide import Rule

S, C, X, N = Label
YES, NO, OPEN = Stance
STANCES = {S: [YES], C: [NO], X: [YES, NO], N: []}


def passage(doc_id, sentence=0, quote="Tea is warm."):
    source, start = Source(doc_id, f"About {doc_id}", f"{doc_id}.txt", "0" * 64), 100 * sentence
    return Passage(source, sentence, start, start + len(quote), quote, quote)


def hit(doc_id, sentence=0, score=1.0, *, quote="Tea is warm.", copies=()):
    return Hit(passage(doc_id, sentence, quote), score, tuple(passage(*place) for place in copies))


def leaning(stance, strength=0.9):
    """Probabilities that give a stance."""
    rest = 1 - strength
    return {YES: (strength, rest, 0.0), NO: (0.0, rest, strength), OPEN: (0.0, 1.0, 0.0)}[stance]


def evidence(doc_id, sentence=0, stance=YES, strength=0.9, *, scores=None, findings=(), **more):
    """A judged passage, with the probabilities that give its stance unless others are named."""
    scores = leaning(stance, strength) if scores is None else scores
    return Evidence(hit(doc_id, sentence, **more), NLIScores(*scores), stance, tuple(findings))


def gold(label, *sets, doc_ids=()):
    """Sets of (document, sentence), or of (document, sentence, label)."""
    return Gold(label, tuple(tuple(sentence(*item) for item in one) for one in sets), doc_ids)


def sentence(doc_id, index=None, label=None):
    return GoldSentence(doc_id, index, label=label)


def case(wanted, label, found=None, *, ident="1", text="Tea is warm.", reason=None, origin=EvidenceFrom.CORPUS, **more):
    """A case of a gold answer, or of a mere gold label, and a verdict, on `found` or else on what it needs."""
    answer = wanted if isinstance(wanted, Gold) else Gold(wanted)
    if found is None:
        found = [evidence("needed", at, stance) for at, stance in enumerate(STANCES[label])]
    verdict = Verdict(
        claim=Claim(ident, text, gold=answer),
        label=label,
        score=0.5,
        reason=reason or (Reason.ONLY_NEUTRAL if label is N else Reason.EVIDENCE),
        evidence_from=origin,
        evidence=tuple(found),
        **more,
    )
    return Case(verdict.claim, verdict, ident)


def by_strongest(claim, judged, evidence_from):
    """A verdict rule for tests: what the strongest passage says, from one half on."""
    return Rule(0.5, 0.5).decide(claim, judged, evidence_from=evidence_from)


places = st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 4))
decisive = st.sampled_from([S, C])


@st.composite
def evidence_cases(draw):
    """Cases over three documents of five sentences, where each document has one gold label and one predicted stance."""
    labels = {doc_id: draw(decisive) for doc_id in "abc"}
    stances = {doc_id: draw(st.sampled_from([YES, NO])) for doc_id in "abc"}
    wanted = draw(st.sampled_from([S, C, N]))
    if wanted is N:
        answer = gold(N)
    else:
        documents = [doc_id for doc_id in "abc" if labels[doc_id] is wanted] or ["a"]
        sets = [
            (doc_id, draw(st.sets(st.integers(0, 4), min_size=1, max_size=2)))
            for doc_id in draw(st.lists(st.sampled_from(documents), min_size=1, max_size=3))
        ]
        taken: set[tuple[str, int]] = set()
        kept = []
        for doc_id, indexes in sets:
            if not taken & {(doc_id, index) for index in indexes}:
                kept.append([(doc_id, index, wanted) for index in sorted(indexes)])
                taken |= {(doc_id, index) for index in indexes}
        answer = gold(wanted, *kept)
    found = [
        evidence(doc_id, index, stances[doc_id], strength)
        for (doc_id, index), strength in draw(st.dictionaries(places, st.sampled_from([0.6, 0.7, 0.8, 0.9]))).items()
    ]
    said = {item.stance for item in found}
    given = X if len(said) > 1 else S if YES in said else C if NO in said else N
    return case(answer, draw(st.sampled_from([given, N])), found)
