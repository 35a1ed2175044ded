"""Re-reading what is quoted from the texts that claims brought."""

import hashlib
from functools import lru_cache

from factcheck.jobs.audit.compare import Outcome, changed, joins, misquoted, opens_before, overshown, stands
from factcheck.jobs.audit.findings import Kind, excerpt
from factcheck.jobs.audit.terms import Terms
from factcheck.retrieval.finder import context_matches
from factcheck.types import Claim, Context, EvidenceFrom, Passage

_ALTERED = "the run's record was altered: do not rely on it"


def check_context(claim: Claim, passage: Passage, origin: EvidenceFrom, terms: Terms) -> Outcome | None:
    """What is wrong with a passage of a context, or of the gold evidence, that the claim itself brought."""
    source = passage.source
    brought = [context for context in _brought(claim, origin) if context.id == source.doc_id]
    if not brought:
        return Outcome(Kind.DOCUMENT_GONE, f"the claim brings no text {source.doc_id!r}", _ALTERED)
    digests = {_digest(context.text): context for context in brought}
    context = digests.get(source.sha256)
    if context is None:
        return changed(passage, brought[0].text, next(iter(digests)), _ALTERED)
    if not stands(passage, context.text):
        return misquoted(passage, context.text)
    if not _premise_stands(passage, context, terms):
        return overshown(passage)
    if context.title != source.title:
        found = f"its title is given as {excerpt(source.title)}, it is {excerpt(context.title)}"
        return Outcome(Kind.DETAILS, found, _ALTERED)
    return None


def _brought(claim: Claim, origin: EvidenceFrom) -> tuple[Context, ...]:
    if origin is not EvidenceFrom.GOLD or claim.gold is None:
        return claim.contexts
    sentences = [sentence for group in claim.gold.evidence_sets for sentence in group]
    return tuple(Context(item.doc_id, "", item.quote) for item in sentences if item.quote is not None)


def _premise_stands(passage: Passage, context: Context, terms: Terms) -> bool:
    if passage.joined is not None:
        return joins(passage, context.text)
    if passage.body == passage.quote:
        return True
    before = _befores(context, terms.language).get(passage.start)
    if before and passage.body == f"{before} {passage.quote}":
        return True
    return not terms.same_splitter and opens_before(passage, context.text)


@lru_cache(maxsize=64)  # the sentences of one response bring the same texts
def _befores(context: Context, language: str) -> dict[int, str]:
    return {match.start: match.before for match in context_matches(context, language)}


@lru_cache(maxsize=256)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
