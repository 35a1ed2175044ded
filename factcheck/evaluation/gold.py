"""What of a data set's gold evidence bears out its label, and whether passages hold it."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from factcheck.matching import covers, document_key
from factcheck.types import Gold, GoldSentence, Hit, Label, Passage

EvidenceSet: TypeAlias = tuple[GoldSentence, ...]

_DECISIVE: Final = frozenset({Label.SUPPORTED, Label.CONTRADICTED})


def hit_covers(hit: Hit, gold: GoldSentence) -> bool:
    """Whether a hit shows a gold sentence at any of the places that print it."""
    return any(covers(passage, gold) for passage in (hit.passage, *hit.copies))


def holds(passages: Sequence[Passage], wanted: Iterable[GoldSentence]) -> bool:
    """Whether every sentence of an evidence set is among the passages."""
    return all(any(covers(passage, gold) for passage in passages) for gold in wanted)


def evidence_sets(gold: Gold) -> tuple[EvidenceSet, ...]:
    """The sets that bear out the gold label; none for NOT ENOUGH INFO.

    A set with a sentence whose own label is NOT ENOUGH INFO, or is opposed to the claim's, bears out nothing
    (CLIMATE-FEVER labels each sentence).
    """
    if gold.label is Label.NOT_ENOUGH_INFO:
        return ()
    allowed = {None, gold.label} if gold.label in _DECISIVE else {None, *_DECISIVE}
    return tuple(found for found in gold.evidence_sets if found and all(item.label in allowed for item in found))


def sides(gold: Gold) -> tuple[tuple[EvidenceSet, ...], ...]:
    """The sets that bear out the label, by what they say: a conflict needs one of each side, other labels one."""
    found: dict[Label | None, list[EvidenceSet]] = {}
    for one in evidence_sets(gold):
        says = next((item.label for item in one if item.label is not None), None)
        found.setdefault(says if gold.label is Label.CONFLICTING else None, []).append(one)
    return tuple(map(tuple, found.values()))


def evidence_documents(gold: Gold) -> tuple[str, ...]:
    """Keys of the documents that the evidence is in; of those the claim names where a decisive one has no evidence."""
    found = dict.fromkeys(document_key(item.doc_id) for one in evidence_sets(gold) for item in one)
    if not found and gold.label is not Label.NOT_ENOUGH_INFO:
        found = dict.fromkeys(map(document_key, gold.doc_ids))
    return tuple(found)
