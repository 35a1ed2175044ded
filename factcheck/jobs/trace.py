"""How a verdict came about: what was searched, found, judged and left out, and which case of the rule decided.

Nothing is scored and nothing is written. The probabilities are those that the run recorded; the passages are looked for
again where the run's index is as it was, since that alone tells what was found and not judged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from factcheck.config import Settings
from factcheck.corpus.analyzer import Analyzer
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import ClaimsError, ConfigError, CorpusError, ModelError, RunError
from factcheck.formats.records import passage_record, verdict_record
from factcheck.jobs.bench import METHOD
from factcheck.jobs.reasons import Case, against_thresholds, case_of, in_words, standing
from factcheck.jobs.sources import finder_of, index_place
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.run.ledger import Ledger
from factcheck.types import JSON, Evidence, EvidenceFrom, Hit, Judged, Label, Verdict
from factcheck.verdict.decide import Rule

TRACE_VERSION = 1
_RUNS = re.compile(r"[^\W_]+")  # words as they stand in a text
_SHORT = 12  # characters of a hash in a sentence


class HitsFrom(StrEnum):
    """How it is known which passages were found."""

    SEARCH = "search"  # looked for again: the same passages with the same scores and copies
    LEDGER = "ledger"  # from the verdict alone: what was found and not judged has no name


class Treatment(StrEnum):
    """What became of a passage on its way to the model."""

    WHOLE = "whole"
    WITHOUT_CONTEXT = "without_context"  # with the title or the sentence before it, it did not fit beside the claim
    SPLIT = "split"  # the sentence alone did not fit
    UNJUDGED = "unjudged"  # the claim was settled before
    UNKNOWN = "unknown"  # the sentence alone was read; whether one before it was left out, the verdict does not say


@dataclass(frozen=True, slots=True)
class Query:
    """What was searched for."""

    words: tuple[str, ...]  # as they stand in the claim
    left_out: tuple[str, ...]  # stop words, as they stand in the claim
    terms: tuple[str, ...]  # what the index was asked for: the words in lower case, without accents, stemmed


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence, and what the thresholds made of it."""

    at: int  # place in the verdict's evidence
    evidence: Evidence
    why: str
    ground: bool  # whether the verdict stands on it


@dataclass(frozen=True, slots=True)
class TracedHit:
    """A passage that was found, best first; gold evidence has no rank."""

    rank: int | None
    hit: Hit
    terms: tuple[str, ...]  # of the query, in the title or the sentence
    treatment: Treatment
    parts: tuple[Weighed, ...]  # more than one where it was split, none where it was not judged


@dataclass(frozen=True, slots=True)
class StageEnd:
    """How a claim stood when a stage was judged."""

    rank: int  # the last that was judged
    label: Label
    settled: bool
    why: str


@dataclass(frozen=True, slots=True)
class Trace:
    """How one verdict came about.

    `same_again` says whether deciding again from the recorded probabilities gives the recorded verdict; where it does
    not, the verdict was not decided by this rule from these numbers.
    """

    verdict: Verdict
    settings: Settings
    identity: Mapping[str, JSON]
    hits_from: HitsFrom
    notes: tuple[str, ...]  # what keeps the trace from being whole
    query: Query | None  # gold evidence is not searched for
    hits: tuple[TracedHit, ...]
    stages: tuple[StageEnd, ...]
    case: Case
    rule: str  # the case in words
    same_again: bool

    def record(self) -> dict[str, JSON]:
        """The trace as JSON; passages that were judged are named by their place in the verdict's evidence."""
        return {
            "trace_version": TRACE_VERSION,
            "verdict": verdict_record(self.verdict),
            "model": self.settings.model,
            "identity": dict(self.identity),
            "notes": list(self.notes),
            "query": None if self.query is None else _query_record(self.query),
            "hits_from": self.hits_from.value,
            "hits": [_hit_record(hit) for hit in self.hits],
            "stages": [
                {"rank": end.rank, "verdict": end.label.value, "settled": end.settled, "why": end.why}
                for end in self.stages
            ],
            "case": self.case.value,
            "rule": self.rule,
            "same_again": self.same_again,
        }


class Tracer:
    """Traces verdicts of one run; its index is opened, as it is, for the first verdict that needs it.

    Raises:
        RunError: Nothing was recorded of how the run decides.
    """

    def __init__(self, ledger: Ledger) -> None:
        settings, identity = ledger.get("settings"), ledger.get("identity")
        if not isinstance(settings, dict) or not isinstance(identity, dict):
            raise RunError(ledger.folder, "the run has not begun", "start it with `factcheck verify`")
        self._settings, self._identity = Settings.of(settings), identity
        self._rule = Rule.of(identity)

    def trace(self, verdict: Verdict) -> Trace:
        """How a verdict of the run came about."""
        gold = verdict.evidence_from is EvidenceFrom.GOLD
        brought = verdict.evidence_from is EvidenceFrom.GIVEN and bool(verdict.claim.contexts)
        query = None if gold else self._query(verdict.claim.text)
        hits, note = self._hits(verdict, brought=brought)
        terms = self._terms([_searched_text(hit, parts, verdict, brought=brought) for hit, parts in hits], query)
        case = case_of(verdict)
        weighed = [
            Weighed(at, item, against_thresholds(item, self._rule), ground=_is_ground(at, verdict))
            for at, item in enumerate(verdict.evidence)
        ]
        again = self._rule.decide(
            verdict.claim,
            [Judged(item.hit, item.scores, item.parts) for item in verdict.evidence],
            evidence_from=verdict.evidence_from,
            unjudged=verdict.unjudged,
        )
        return Trace(
            verdict=verdict,
            settings=self._settings,
            identity=self._identity,
            hits_from=HitsFrom.LEDGER if note else HitsFrom.SEARCH,
            notes=tuple(filter(None, (self._other_method(), note))),
            query=query,
            hits=tuple(
                TracedHit(
                    rank=None if gold else rank,
                    hit=hit,
                    terms=terms[rank - 1],
                    treatment=_treatment(hit, [verdict.evidence[at] for at in parts], searched=not note),
                    parts=tuple(weighed[at] for at in parts),
                )
                for rank, (hit, parts) in enumerate(hits, 1)
            ),
            stages=() if gold else self._stages(verdict, hits),
            case=case,
            rule=in_words(case, verdict),
            same_again=again == verdict,
        )

    def _other_method(self) -> str:
        method = self._identity.get("method")
        if method == METHOD:
            return ""
        return f"the run was decided by method {method}, and this version of factcheck goes by {METHOD}"

    @cached_property
    def _index(self) -> tuple[CorpusIndex | None, str]:
        """The run's index, or None; and why it is not to be had where there should be one."""
        settings, wanted = self._settings, self._identity.get("corpus")
        if wanted is None:
            return None, ""
        try:
            place = index_place(settings)
            if place is None:
                return None, ""
            index = CorpusIndex(place)
        except CorpusError as error:
            return None, f"the run's index cannot be read ({error.where}: {error.found})"
        if index.version != wanted:
            versions = f"{index.version[:_SHORT]}, not {str(wanted)[:_SHORT]}"
            return None, f"the index {index.folder} is now of another version of the corpus than the run ({versions})"
        return index, ""

    @cached_property
    def _analyzer(self) -> Analyzer:
        return Analyzer(self._settings.language)

    @cached_property
    def _finder(self) -> EvidenceFinder:
        return finder_of(self._settings, self._index[0])

    def _query(self, text: str) -> Query:
        query = self._analyzer.query(text)
        words = tuple(_RUNS.findall(query))
        left_out = tuple(word for word in _RUNS.findall(text) if word not in words)
        return Query(words, left_out, tuple(dict.fromkeys(self._analyzer.words(query))))

    def _terms(self, texts: Sequence[str], query: Query | None) -> list[tuple[str, ...]]:
        """The terms of the query that each text holds."""
        if query is None:
            return [()] * len(texts)
        held = map(frozenset, self._analyzer.words_of(texts))
        return [tuple(term for term in query.terms if term in words) for words in held]

    def _hits(self, verdict: Verdict, *, brought: bool) -> tuple[list[tuple[Hit, list[int]]], str]:
        """What was found, with the places of its parts among the evidence; and why it is the ledger that says so."""
        why_not = "" if brought else self._index[1]
        if not why_not:
            try:
                found = _matched(self._found(verdict), verdict)
            except (ConfigError, CorpusError, ModelError) as error:  # the embedder or its vectors are not there
                return _remembered(verdict), f"the run's sources cannot be searched ({error.where}: {error.found})"
            if found is not None:
                return found, ""
            why_not = "a search in the run's sources now gives other passages than those that were judged"
        return _remembered(verdict), f"{why_not}: what follows is what the verdict itself tells"

    def _found(self, verdict: Verdict) -> Sequence[Hit]:
        try:
            self._finder.check(verdict.claim)
        except ClaimsError:  # gold evidence that was found once
            return ()
        found = self._finder.find([verdict.claim])[0]
        both = found.pair(verdict.claim) if self._settings.join else None
        left_out = not verdict.unjudged and not any(item.passage.joined for item in verdict.evidence)  # too long
        return found.hits if both is None or left_out else (*found.hits, both)

    def _stages(self, verdict: Verdict, hits: Sequence[tuple[Hit, list[int]]]) -> tuple[StageEnd, ...]:
        """How the claim stood at the end of each stage that had passages left to judge."""
        ends: list[StageEnd] = []
        if not verdict.evidence:
            return ()
        judged = sum(bool(parts) for _, parts in hits)
        found = len(hits) if len(hits) > judged else judged + bool(verdict.unjudged)
        for rank in self._settings.stages[:-1]:
            if rank >= found or (ends and ends[-1].settled):
                break
            part = [verdict.evidence[at] for _, parts in hits[:rank] for at in parts]
            then = self._rule.decide(
                verdict.claim,
                [Judged(item.hit, item.scores, item.parts) for item in part],
                evidence_from=verdict.evidence_from,
            )
            settled = self._rule.settles(then)
            ends.append(StageEnd(rank, then.label, settled, standing(then, self._rule, settled=settled)))
        return tuple(ends)


_GROUNDS = {Label.CONFLICTING: 2, Label.SUPPORTED: 1, Label.CONTRADICTED: 1, Label.NOT_ENOUGH_INFO: 0}


def _is_ground(at: int, verdict: Verdict) -> bool:
    """Whether a verdict, or its answer to a part of the claim, stands on the passage at this place."""
    return at < _GROUNDS[verdict.label] or any(at in part.evidence for part in verdict.parts)


def _searched_text(hit: Hit, parts: Sequence[int], verdict: Verdict, *, brought: bool) -> str:
    """What the search saw of a hit; a context is searched without its title."""
    quotes = [verdict.evidence[at].passage.quote for at in parts]  # of a split sentence the hit may be the first part
    return " ".join([*(() if brought else (hit.passage.source.title,)), hit.passage.quote, *quotes])


def _matched(hits: Sequence[Hit], verdict: Verdict) -> list[tuple[Hit, list[int]]] | None:
    """Each hit with the places of its parts among the evidence; None where these are not the hits of the verdict."""
    matched = [(hit, [at for at, item in enumerate(verdict.evidence) if _is_part(item.hit, hit)]) for hit in hits]
    judged = [bool(parts) for _, parts in matched]
    whole = sorted(at for _, parts in matched for at in parts) == list(range(verdict.judged))
    in_order = judged == sorted(judged, reverse=True)
    return matched if whole and in_order and (False in judged) == (verdict.unjudged > 0) else None


def _is_part(part: Hit, hit: Hit) -> bool:
    """Whether a judged passage is the hit, or a part of its sentence."""
    inner, outer = part.passage, hit.passage
    start, end = inner.start - outer.start, inner.end - outer.start
    return (
        (inner.source.doc_id, inner.sentence, inner.joined) == (outer.source.doc_id, outer.sentence, outer.joined)
        and 0 <= start < end <= len(outer.quote)
        and inner.quote == outer.quote[start:end]
        and part.score == hit.score
        and _places(part) == _places(hit)
    )


def _places(hit: Hit) -> list[tuple[str, int, int]]:
    return [(copy.source.doc_id, copy.start, copy.end) for copy in hit.copies]


def _remembered(verdict: Verdict) -> list[tuple[Hit, list[int]]]:
    """The hits that were judged, as the verdict alone tells of them; of one that was split, its first part."""
    groups: list[list[int]] = []
    for at in sorted(range(verdict.judged), key=lambda at: _retrieved(verdict.evidence[at])):
        if groups and _goes_on(verdict.evidence[groups[-1][-1]], verdict.evidence[at]):
            groups[-1].append(at)
        else:
            groups.append([at])
    return [(verdict.evidence[parts[0]].hit, parts) for parts in groups]


def _goes_on(part: Evidence, following: Evidence) -> bool:
    """Whether a passage is the next part of the sentence that another is a part of."""
    one, other = part.passage, following.passage
    same = (one.source.doc_id, one.sentence, part.hit.score) == (
        other.source.doc_id,
        other.sentence,
        following.hit.score,
    )
    return same and one.start < other.start


def _retrieved(item: Evidence) -> tuple[float, str, int, int]:
    """Sort key: as the search ranks."""
    return -item.hit.score, item.passage.source.doc_id, item.passage.start, item.passage.end


def _treatment(hit: Hit, parts: Sequence[Evidence], *, searched: bool) -> Treatment:
    if not parts:
        return Treatment.UNJUDGED
    if len(parts) > 1:
        return Treatment.SPLIT
    read = parts[0].passage
    if searched and read.premise != hit.passage.premise:
        return Treatment.WITHOUT_CONTEXT
    return Treatment.WHOLE if searched or read.premise != read.quote else Treatment.UNKNOWN


def _query_record(query: Query) -> dict[str, JSON]:
    return {"words": list(query.words), "left_out": list(query.left_out), "terms": list(query.terms)}


def _hit_record(traced: TracedHit) -> dict[str, Any]:
    return {
        "rank": traced.rank,
        "retrieval_score": traced.hit.score,
        "terms": list(traced.terms),
        "treatment": traced.treatment.value,
        "passage": passage_record(traced.hit.passage),
        "copies": [passage_record(copy) for copy in traced.hit.copies],
        "judged": [{"evidence": part.at, "why": part.why, "ground": part.ground} for part in traced.parts],
    }
