"""Data sets that the Hub keeps with a row for each piece of evidence, put together again as they were published."""

from collections.abc import Iterable, Iterator
from itertools import chain

from factcheck.types import JSON

Fields = dict[str, JSON]


def grouped(records: Iterable[Fields]) -> Iterator[Fields]:
    """One record a claim for FEVER and SciFact, in the order of their first rows; other records as they come."""
    stream = iter(records)
    first = next(stream, None)
    if first is None:
        return
    whole = chain([first], stream)
    if "evidence_wiki_url" in first:
        yield from map(_fever, _by_id(whole))
    elif {"evidence_doc_id", "evidence_sentences"} <= first.keys():
        yield from map(_scifact, _by_id(whole))
    else:
        yield from whole


def _by_id(records: Iterable[Fields]) -> Iterable[list[Fields]]:
    found: dict[str, list[Fields]] = {}
    for record in records:
        found.setdefault(str(record.get("id")), []).append(record)
    return found.values()


def _fever(rows: list[Fields]) -> Fields:
    """Rows of one annotation and one evidence id are a set; a row without a page says that there is no evidence."""
    sets: dict[tuple[str, str], list[JSON]] = {}
    for row in rows:
        page, sentence = row.get("evidence_wiki_url") or None, row.get("evidence_sentence_id")
        key = str(row.get("evidence_annotation_id")), str(row.get("evidence_id"))
        found = sets.setdefault(key, [])
        found.append([None, None, page, sentence if page else None])
    evidence: list[JSON] = list(sets.values())
    return {"id": rows[0].get("id"), "label": rows[0].get("label"), "claim": rows[0].get("claim"), "evidence": evidence}


def _scifact(rows: list[Fields]) -> Fields:
    """A row a rationale."""
    evidence: dict[str, list[JSON]] = {}
    for row in rows:
        if document := row.get("evidence_doc_id"):
            rationale: Fields = {"sentences": row.get("evidence_sentences"), "label": row.get("evidence_label")}
            evidence.setdefault(str(document), []).append(rationale)
    first = rows[0]
    return {
        "id": first.get("id"),
        "claim": first.get("claim"),
        "evidence": {name: list(found) for name, found in evidence.items()},
        "cited_doc_ids": first.get("cited_doc_ids"),
    }
