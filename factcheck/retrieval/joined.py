"""Two sentences read as one, for claims that no single sentence decides."""

from collections.abc import Sequence
from dataclasses import replace

from factcheck.retrieval.passages import titled
from factcheck.types import Hit


def joined(hits: Sequence[Hit], claim: str = "") -> Hit | None:
    """The two best sentences of the document that the best hit is in, as one more passage; None where it has one alone.

    It is the passage of the better one with both in its premise, in the order of the text, and the title before them
    where it adds a word of the claim; without a claim it never does. Copies of the pair are not looked for. Other
    pairs, neighbours and three sentences were measured too: docs/retrieval.md.
    """
    if not hits:
        return None
    best = hits[0].passage
    other = next((hit.passage for hit in hits[1:] if hit.passage.source.doc_id == best.source.doc_id), None)
    if other is None:
        return None
    body = " ".join(one.quote for one in sorted((best, other), key=lambda one: one.start))
    if body in {best.body, other.body}:  # it was the sentence before
        return None
    both = replace(best, premise=body, joined=(other.start, other.end), titled=False)
    return replace(hits[0], passage=titled(both, claim), copies=())
