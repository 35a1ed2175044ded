"""Finding the passages for claims: in the whole corpus, in a claim's own sources, or in a data set's gold evidence."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol, TypeAlias

from factcheck.corpus.analyzer import Analyzer
from factcheck.corpus.copies import copy_key
from factcheck.corpus.index import CorpusIndex, Match, Search
from factcheck.corpus.nearest import VectorIndex, cosines
from factcheck.corpus.vectors import Embedder
from factcheck.errors import ClaimsError, ConfigError
from factcheck.matching import document_spellings, is_named
from factcheck.retrieval.bm25 import bm25
from factcheck.retrieval.fusion import reciprocal_rank_fusion
from factcheck.retrieval.joined import joined
from factcheck.retrieval.passages import build_passage, titled
from factcheck.segment import sentence_spans
from factcheck.types import Claim, Context, EvidenceFrom, GoldSentence, Hit, Passage, Source

if TYPE_CHECKING:
    from factcheck.corpus.vectors import Array

LEXICAL, DENSE, HYBRID = "lexical", "dense", "hybrid"
_REMEMBERED = 20_000  # sources
_FUSED = 50  # ranks of each ranking that a fusion looks at; fixed, so that the best ten are those of the best twenty
# The paper's 60 is for rankings of a thousand: of the best ten it lets two middling ranks beat a first one. Measured in
# docs/retrieval.md.
_DAMPING = 10

LeftOut: TypeAlias = Callable[[Claim, Source], bool]
"""Says whether a document takes no part in the search for a claim."""

_Searcher: TypeAlias = Callable[[Sequence[Search]], list[list[Match]]]


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of one claim, best first, where they were looked for, and whether titles may be shown with them."""

    evidence_from: EvidenceFrom
    hits: tuple[Hit, ...]
    titles: bool = False

    def pair(self, claim: Claim) -> Hit | None:
        """The two best sentences of the best document as one more hit, if it has two; see `joined`."""
        return joined(self.hits, claim.text if self.titles else "")


@dataclass(frozen=True, slots=True)
class _Brought:
    """The sentences of a claim's contexts, with their words, their vectors where they are asked for, and copy keys."""

    passages: list[Passage]
    words: list[list[str]]
    vectors: "Array | None"
    copy_keys: list[tuple[str, ...]]


class Finder(Protocol):
    """Finds hits for claims; equal claims get equal hits whatever else is in the call."""

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """One `Found` a claim, in order."""

    def check(self, claim: Claim) -> None:
        """Raise ClaimsError where the claim asks for sources that are not there."""


class EvidenceFinder:
    """Finds the `passages` best hits of a claim, near-copies merged.

    Args:
        index: The corpus; None where every claim brings its own contexts.
        passages: How many hits a claim gets at most.
        evidence: Where to look; None takes a claim's own sources where it brings any, else the corpus.
        context: Whether a premise may open with the sentence before.
        titles: Whether it may open with the title of its document.
        language: Of documents and claims.
        left_out: Documents of the corpus that are passed over, for all claims or some; gold evidence never is.
        retriever: `lexical` ranks by words (BM25), `dense` by the cosine of vectors, `hybrid` by the ranks in both.
        embedder: Whose vectors are searched; `dense` and `hybrid` need one.

    Raises:
        CorpusError: The index holds no vectors of the embedder, or none for its documents as they are.
    """

    def __init__(  # noqa: PLR0913 (all named)
        self,
        index: CorpusIndex | None,
        *,
        passages: int = 10,
        evidence: EvidenceFrom | None = None,
        context: bool = True,
        titles: bool = True,
        language: str = "en",
        left_out: LeftOut | None = None,
        retriever: str = LEXICAL,
        embedder: Embedder | None = None,
    ) -> None:
        if (embedder is None) != (retriever == LEXICAL):
            raise ConfigError("embedder", f"retriever {retriever!r} with {embedder}", "dense and hybrid need one")
        self._left_out, self._retriever, self._embedder = left_out, retriever, embedder
        self._searchers: list[_Searcher] = []
        if index is not None and retriever != DENSE:
            self._searchers.append(index.search_all)
        if index is not None and embedder is not None:
            self._searchers.append(VectorIndex(index, embedder).search_all)
        self._index, self._passages, self._evidence, self._context = index, passages, evidence, context
        self._titles, self._language = titles, language
        self._analyzer = index.analyzer if index is not None else Analyzer(language)
        self._known: dict[str, Source] = {}

    def source_of(self, claim: Claim) -> EvidenceFrom:
        """Where this claim's evidence is looked for."""
        if self._evidence is not None:
            return self._evidence
        return EvidenceFrom.GIVEN if claim.contexts or claim.doc_ids else EvidenceFrom.CORPUS

    def check(self, claim: Claim) -> None:
        """Refuse a claim whose sources are not there.

        Raises:
            ClaimsError: No corpus where one is needed, no own sources where they are asked for, sources of two kinds,
                or a document or gold sentence that the corpus does not hold.
        """
        where, origin = claim.where, self.source_of(claim)
        if origin is EvidenceFrom.CORPUS and self._index is None:
            raise ClaimsError(where, "the claim brings no sources and there is no corpus", "name one with --corpus")
        if origin is EvidenceFrom.GOLD:
            if claim.gold is None:
                raise ClaimsError(where, "no gold evidence", "use --evidence corpus, or a file with gold labels")
            for sentence in _gold_sentences(claim):
                self._gold_matches(sentence, where)
        if origin is EvidenceFrom.GIVEN:
            self._check_given(claim, where)

    def _check_given(self, claim: Claim, where: str) -> None:
        if claim.contexts and claim.doc_ids:
            raise ClaimsError(where, "both `contexts` and `doc_ids`", "a claim brings its own texts or names documents")
        if claim.contexts:
            return
        names = _given_documents(claim)
        if not names:
            raise ClaimsError(where, "no `contexts` and no `doc_ids`", "use --evidence corpus, or add sources")
        if self._index is None:
            raise ClaimsError(where, "`doc_ids` without a corpus to find them in", "name one with --corpus")
        known = self._sources(names)
        missing = [name for name in names if name not in known]
        if missing:
            raise ClaimsError(where, f"document {missing[0]!r} is not in the corpus", "check `doc_ids`")

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """Hits for claims that passed `check`, in order; the index is asked once for all of them."""
        origins = [self.source_of(claim) for claim in claims]
        hits: dict[int, list[Hit]] = {}
        searched: dict[int, tuple[Claim, Search]] = {}
        brought: dict[tuple[Context, ...], _Brought] = {}  # the sentences of one response bring the same ones
        for at, (claim, origin) in enumerate(zip(claims, origins, strict=True)):
            if origin is EvidenceFrom.GOLD:
                hits[at] = self._gold(claim)
            elif origin is EvidenceFrom.GIVEN and claim.contexts:
                if claim.contexts not in brought:
                    brought[claim.contexts] = self._read(claim.contexts)
                hits[at] = self._given(claim, brought[claim.contexts])
            else:
                named = _given_documents(claim) if origin is EvidenceFrom.GIVEN else ()
                searched[at] = (claim, Search(claim.text, 2 * self._passages, named))
        hits |= zip(searched, self._searched(list(searched.values())), strict=True)
        return [
            Found(origin, tuple(self._shown(hit, claim) for hit in hits[at]), self._titles)
            for at, (claim, origin) in enumerate(zip(claims, origins, strict=True))
        ]

    def _shown(self, hit: Hit, claim: Claim) -> Hit:
        passage = titled(hit.passage, claim.text) if self._titles else hit.passage
        return hit if passage is hit.passage else replace(hit, passage=passage)

    def _searched(self, asked: Sequence[tuple[Claim, Search]]) -> list[list[Hit]]:
        """The best hits, each with all its near-copies."""
        if not asked:
            return []
        assert self._index is not None
        chosen = self._best(asked)
        copies: dict[str, list[Match]] = {}
        for match in self._index.copies([match.copy_key for best in chosen for match in best]):
            copies.setdefault(match.copy_key, []).append(match)
        sources = self._sources([match.doc_id for found in (*chosen, *copies.values()) for match in found])
        return [
            [
                self._hit(match, self._kept(claim, _others(match, copies.get(match.copy_key, ()), search)), sources)
                for match in best
            ]
            for (claim, search), best in zip(asked, chosen, strict=True)
        ]

    def _best(self, searches: Sequence[tuple[Claim, Search]]) -> list[list[Match]]:
        """The best match of each copy key, by the one ranking or by the ranks in both."""
        if len(self._searchers) == 1:
            return self._ranked(searches, self._searchers[0], self._passages)
        depth = max(_FUSED, self._passages)
        rankings = [self._ranked(searches, searcher, depth) for searcher in self._searchers]
        return [_fused(lists)[: self._passages] for lists in zip(*rankings, strict=True)]

    def _ranked(self, searches: Sequence[tuple[Claim, Search]], searcher: _Searcher, most: int) -> list[list[Match]]:
        """The best match of each copy key in one ranking; a search reaches deeper until there are enough."""
        chosen: dict[int, list[Match]] = {}
        asked = {at: replace(search, limit=2 * most) for at, (_, search) in enumerate(searches)}
        while asked:
            deeper: dict[int, Search] = {}
            for (at, search), matches in zip(asked.items(), searcher(list(asked.values())), strict=True):
                best: dict[str, Match] = {}
                for match in self._kept(searches[at][0], matches):
                    best.setdefault(match.copy_key, match)
                chosen[at] = list(best.values())[:most]
                if len(best) < most and len(matches) >= search.limit:
                    deeper[at] = replace(search, limit=4 * search.limit)
            asked = deeper
        return [chosen[at] for at in range(len(searches))]

    def _kept(self, claim: Claim, matches: Sequence[Match]) -> Sequence[Match]:
        """The matches in documents that take part."""
        if self._left_out is None:
            return matches
        sources = self._sources([match.doc_id for match in matches])
        return [match for match in matches if not self._left_out(claim, sources[match.doc_id])]

    def _hit(self, match: Match, copies: Sequence[Match], sources: dict[str, Source]) -> Hit:
        passages = [self._passage(one, sources) for one in (match, *copies)]
        return Hit(passages[0], round(match.score, 6), tuple(passages[1:]))

    def _read(self, contexts: Sequence[Context]) -> _Brought:
        passages = [
            build_passage(match, source, context=self._context, language=self._language)
            for context in contexts
            for source in (_context_source(context),)
            for match in context_matches(context, self._language)
        ]
        quotes = [passage.quote for passage in passages]
        words = self._analyzer.words_of(quotes) if self._retriever != DENSE else []
        bodies = [f"{passage.source.title} {passage.quote}" for passage in passages]
        vectors = self._embedder.passages(bodies) if self._embedder and bodies else None
        return _Brought(passages, words, vectors, [copy_key(quote) for quote in quotes])

    def _given(self, claim: Claim, brought: _Brought) -> list[Hit]:
        """The sentences of the claim's own contexts, ranked among themselves; all are hits if they are few enough."""
        merged: dict[tuple[str, ...], Hit] = {}
        for at, score in self._order(claim, brought):
            key, passage = brought.copy_keys[at], brought.passages[at]
            first = merged.get(key)
            merged[key] = replace(first, copies=(*first.copies, passage)) if first else Hit(passage, round(score, 6))
        return list(merged.values())[: self._passages]

    def _order(self, claim: Claim, brought: _Brought) -> list[tuple[int, float]]:
        """Places and scores of all sentences of the contexts, best first."""
        rankings: list[list[tuple[int, float]]] = []
        if self._retriever != DENSE:
            rankings.append(_sorted(bm25(self._analyzer.words(self._analyzer.query(claim.text)), brought.words)))
        if self._embedder is not None and brought.vectors is not None:
            rankings.append(_sorted(cosines(brought.vectors, self._embedder.queries([claim.text])[0])))
        if len(rankings) < 2:
            return rankings[0] if rankings else []
        keys = brought.copy_keys
        # A sentence without a word of the claim has no rank among the words, as in a search of the corpus.
        by_words, by_meaning = rankings
        fused = reciprocal_rank_fusion(
            [[keys[at] for at, score in by_words if score > 0], [keys[at] for at, _ in by_meaning]], k=_DAMPING
        )
        return _sorted([fused[key] for key in keys])

    def _gold(self, claim: Claim) -> list[Hit]:
        """Every gold sentence once, whatever its label, in document order, without a retrieval score."""
        found = {
            (match.doc_id, match.start, match.end): (match, source)
            for sentence in _gold_sentences(claim)
            for match, source in self._gold_matches(sentence, claim.where)
        }
        return [
            Hit(build_passage(match, source, context=self._context, language=self._language), 0.0)
            for _, (match, source) in sorted(found.items(), key=lambda item: item[0])
        ]

    def _gold_matches(self, gold: GoldSentence, where: str) -> list[tuple[Match, Source]]:
        """The sentences of the corpus that a gold sentence names; its own words where the corpus lacks the document."""
        names = document_spellings(gold.doc_id)
        matches = self._index.sentences(names) if self._index is not None else []
        chosen = [match for match in matches if is_named(match, gold)]
        if chosen:
            sources = self._sources([match.doc_id for match in chosen])
            return [(match, sources[match.doc_id]) for match in chosen]
        if gold.quote is not None:
            context = Context(gold.doc_id, "", gold.quote)
            return [(_whole(gold.doc_id, gold.quote), _context_source(context))]
        what = f"gold sentence {gold.sentence} of {gold.doc_id!r}" if matches else f"gold document {gold.doc_id!r}"
        raise ClaimsError(where, f"{what} is not in the corpus", "name the corpus that the gold evidence is of")

    def _passage(self, match: Match, sources: dict[str, Source]) -> Passage:
        return build_passage(match, sources[match.doc_id], context=self._context, language=self._language)

    def _sources(self, doc_ids: Sequence[str]) -> dict[str, Source]:
        """Sources of those documents that the corpus holds, by id; some thousands are remembered."""
        assert self._index is not None
        wanted = set(doc_ids)
        known = {doc_id: source for doc_id in wanted if (source := self._known.get(doc_id))}
        if missing := sorted(wanted - known.keys()):
            found = self._index.sources(missing)
            if len(self._known) > _REMEMBERED:
                self._known = {}
            self._known.update(found)
            known |= found
        return known


def _sorted(scores: Sequence[float]) -> list[tuple[int, float]]:
    """Places and scores, best first; the earlier place first where they are equal."""
    return sorted(enumerate(scores), key=lambda one: (-one[1], one[0]))


def _fused(rankings: Sequence[Sequence[Match]]) -> list[Match]:
    """The matches of several rankings, best first; of copies the one that stands highest."""
    scores = reciprocal_rank_fusion([[match.copy_key for match in ranking] for ranking in rankings], k=_DAMPING)
    highest: dict[str, Match] = {}
    for same_rank in zip_longest(*rankings):
        for match in filter(None, same_rank):
            highest.setdefault(match.copy_key, match)
    fused = [replace(match, score=round(scores[key], 6)) for key, match in highest.items()]
    return sorted(fused, key=lambda match: (-match.score, match.doc_id, match.start))


def _others(match: Match, copies: Sequence[Match], search: Search) -> list[Match]:
    """The copies that are not the match itself, of these documents alone where some are named."""
    named = frozenset(search.doc_ids)
    return [
        copy
        for copy in copies
        if (copy.doc_id, copy.start) != (match.doc_id, match.start) and (not named or copy.doc_id in named)
    ]


def _gold_sentences(claim: Claim) -> list[GoldSentence]:
    groups = claim.gold.evidence_sets if claim.gold is not None else ()
    return list(dict.fromkeys(sentence for group in groups for sentence in group))


def _given_documents(claim: Claim) -> tuple[str, ...]:
    """The documents that the claim names, or that its data set names for it."""
    return claim.doc_ids or (claim.gold.doc_ids if claim.gold is not None else ())


def _context_source(context: Context) -> Source:
    digest = hashlib.sha256(context.text.encode("utf-8", "surrogatepass")).hexdigest()
    return Source(doc_id=context.id, title=context.title, path="", sha256=digest)


def context_matches(context: Context, language: str) -> list[Match]:
    """All sentences of a text that a claim brought, in text order, with score 0."""
    matches: list[Match] = []
    for start, end in sentence_spans(context.text, language=language):
        before = matches[-1].quote if matches and "\n\n" not in context.text[matches[-1].end : start] else ""
        index, quote = len(matches), context.text[start:end]
        matches.append(
            Match(context.id, index, start, end, page=None, quote=quote, before=before, copy_key="", score=0.0)
        )
    return matches


def _whole(doc_id: str, text: str) -> Match:
    return Match(doc_id, 0, 0, len(text), page=None, quote=text, before="", copy_key="", score=0.0)
