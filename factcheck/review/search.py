"""Searching the corpus from a claim's page, and scoring a sentence that a reviewer adds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from factcheck.config import Settings
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import CorpusError
from factcheck.nli import PairScorer
from factcheck.pipeline import verify
from factcheck.retrieval.finder import EvidenceFinder, Found
from factcheck.retrieval.passages import build_passage, titled
from factcheck.types import JSON, Claim, Evidence, EvidenceFrom, Finding, Hit, Passage
from factcheck.verdict.decide import Rule

HITS = 20  # passages that a search shows
LONGEST = 1_000  # characters of a search


def rule_of(identity: Mapping[str, JSON]) -> Rule:
    """The rule of a run, but that it judges any claim that a reviewer finds a sentence for."""
    rule = Rule.of(identity)
    return replace(rule, checks=replace(rule.checks, screen=False, languages=()), budget=None)


def search(index: CorpusIndex, text: str, settings: Settings) -> tuple[Hit, ...]:
    """The best passages for some words, near-copies merged; their titles stand beside them."""
    finder = EvidenceFinder(
        index,
        passages=HITS,
        evidence=EvidenceFrom.CORPUS,
        context=settings.context,
        titles=False,
        language=settings.language,
    )
    [found] = finder.find([Claim(id="", text=text)])
    return found.hits


def sentence(index: CorpusIndex, doc_id: str, span: tuple[int, int], claim: str, settings: Settings) -> Passage:
    """The passage of one sentence of the corpus, as it would be shown to the model with a claim.

    Raises:
        CorpusError: The corpus has no such sentence.
    """
    match = next((one for one in index.sentences([doc_id]) if (one.start, one.end) == span), None)
    if match is None:
        raise CorpusError(f"document {doc_id!r}", f"has no sentence from {span[0]} to {span[1]}", "search again")
    source = index.sources([doc_id])[doc_id]
    passage = build_passage(match, source, context=settings.context, language=settings.language)
    return titled(passage, claim) if settings.titles else passage


def judge(claim: Claim, passage: Passage, scorer: PairScorer, rule: Rule) -> tuple[Evidence, ...]:
    """What the model says of a passage, exactly as in a run; in parts where it is too long to be read at once."""
    [verdict] = verify([claim], finder=_Chosen(passage), scorer=scorer, rule=rule)
    return verdict.evidence


def findings(claim: str, passages: Sequence[Passage], identity: Mapping[str, JSON]) -> list[tuple[Finding, ...]]:
    """What the words of each passage say, by the checks of a run; nothing where it does not say which it made."""
    try:
        checks = rule_of(identity).checks
    except (KeyError, TypeError, ValueError):
        return [()] * len(passages)
    return [checks.findings(claim, passage) for passage in passages]


class _Chosen:
    """Finds one passage, whatever the claim."""

    def __init__(self, passage: Passage) -> None:
        self._hit = Hit(passage, 0.0)

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """The passage for each claim."""
        return [Found(EvidenceFrom.CORPUS, (self._hit,)) for _ in claims]

    def check(self, claim: Claim) -> None:
        """Any claim will do."""
