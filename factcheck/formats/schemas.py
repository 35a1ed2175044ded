"""What the fields of a record mean, for our own files and for those of the field's data sets."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from factcheck.formats.fields import Draft, checked_text, claim_text, contexts, doc_ids, identifier, iso_date
from factcheck.formats.jsons import parse_json, type_name
from factcheck.formats.labels import parse_label
from factcheck.formats.raw import BadRecord, Record
from factcheck.types import JSON, Context, Gold, GoldSentence, Label

Schema: TypeAlias = Callable[[Record], Draft]

_EVIDENCE_FIX: Final = (
    'an evidence item is {"doc_id": …} with "quote", "sentence" or "start" and "end"; a list of items is a set needed '
    "together"
)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_RESPONSES: Final = ("response", "answer", "output")
_RETRIEVED: Final = ("retrieved_context", "retrieved_contexts", "contexts", "context", "reference")


def native(record: Record) -> Draft:
    """Our own fields: `claim`, and any of id, date, contexts, doc_ids, label, evidence.

    A `label` that no data set uses, and an `evidence` that names no documents, stay in the input and are no error.
    """
    return Draft(
        identifier(record.get("id"), "id"),
        claim_text(record),
        iso_date(record.get("date")),
        contexts(record.get("contexts")),
        doc_ids(record.get("doc_ids")),
        _gold(parse_label(record.get("label")), _evidence(record.get("evidence"))),
    )


def fever(record: Record) -> Draft:
    """FEVER: evidence is a list of sets of [annotation, evidence, page, sentence], all null where there is none.

    Source: Thorne et al. 2018, arXiv:1803.05355; the files of the shared task.
    """
    given = [_list(found, "evidence set") for found in _list(record.get("evidence"), "evidence")]
    sets = [tuple(item for item in map(_fever_sentence, found) if item) for found in given]
    gold = _gold(parse_label(record.get("label")), dict.fromkeys(found for found in sets if found))
    return _draft(record, gold)


def _fever_sentence(item: JSON) -> GoldSentence | None:
    page, sentence = [None, None, *_list(item, "evidence item")][-2:]
    if page is None:
        return None
    if isinstance(page, str) and isinstance(sentence, int | None):
        return GoldSentence(checked_text(page, "page"), sentence=sentence)
    raise BadRecord("an evidence item of unknown shape", "FEVER writes [annotation, evidence, page, sentence]")


def scifact(record: Record) -> Draft:
    """SciFact: labels and rationales by abstract; a claim without evidence is NOT ENOUGH INFO, with both it conflicts.

    Source: Wadden et al. 2020, arXiv:2004.14974; doc/data.md of its repository.
    """
    evidence, cited = record.get("evidence"), doc_ids(record.get("cited_doc_ids"), "cited_doc_ids")
    if evidence is None:  # the test split
        return _draft(record, Gold(None, doc_ids=cited) if cited else None)
    if not isinstance(evidence, dict):
        raise BadRecord(f"evidence is {type_name(evidence)}", "SciFact writes an object with a key for each abstract")
    sets = [
        tuple(
            GoldSentence(doc_id, sentence=_index(at), label=label) for at in _list(found.get("sentences"), "sentences")
        )
        for doc_id, rationales in evidence.items()
        for found in map(_object, _list(rationales, f"evidence[{doc_id!r}]"))
        for label in [parse_label(found.get("label"))]
    ]
    stances = {item.label for found in sets for item in found} & {Label.SUPPORTED, Label.CONTRADICTED}
    label = Label.CONFLICTING if len(stances) == 2 else (*stances, Label.NOT_ENOUGH_INFO)[0]
    return _draft(record, Gold(label, tuple(found for found in sets if found), cited))


def climate_fever(record: Record) -> Draft:
    """CLIMATE-FEVER: every evidence sentence is a set of its own, with its own label, NOT ENOUGH INFO included.

    Source: Diggelmann et al. 2020, arXiv:2012.00614.
    """
    sets = [
        (
            GoldSentence(
                _required_id(item.get("evidence_id"), "evidence_id"),
                quote=_text(item.get("evidence"), "evidence"),
                label=parse_label(item.get("evidence_label")),
            ),
        )
        for item in map(_object, _list(record.get("evidences"), "evidences"))
    ]
    return _draft(record, _gold(parse_label(record.get("claim_label")), sets), "claim_id")


def averitec(record: Record) -> Draft:
    """AVeriTeC: days are written 31-10-2020; all answers together are the evidence; ids count records from 0.

    Answers are the annotators' words, often no quotes of the page. Boolean ones give their explanation.

    Source: Schlichtkrull et al. 2023, arXiv:2305.13117.
    """
    answers: list[GoldSentence] = []
    for question in map(_object, _list(record.get("questions"), "questions")):
        for answer in map(_object, _list(question.get("answers"), "answers")):
            boolean = answer.get("answer_type") == "Boolean"
            quote, url = answer.get("boolean_explanation" if boolean else "answer"), answer.get("source_url")
            if isinstance(quote, str) and isinstance(url, str) and quote.strip() and url.strip():
                answers.append(GoldSentence(checked_text(url.strip(), "source_url"), quote=quote.strip()))
    gold = _gold(parse_label(record.get("label")), [tuple(answers)] if answers else [])
    ident = identifier(record.get("claim_id"), "claim_id") or str(record.index)
    return Draft(ident, claim_text(record), _day_first(record.get("claim_date")), gold=gold)


def _day_first(value: JSON) -> str | None:
    """The ISO form of 31-10-2020; None for a date that cannot be read, which stays in the input."""
    match = _DAY_FIRST.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])).isoformat() if match else iso_date(value)
    except (ValueError, BadRecord):
        return None


def healthver(record: Record) -> Draft:
    """HealthVer and VitaminC: one evidence text a claim, which becomes its context and its gold evidence.

    Source: Sarrouti et al. 2021 (HealthVer), Schuster et al. 2021, arXiv:2103.08541 (VitaminC).
    """
    text = _text(record.get("evidence"), "evidence")
    title = record.get("page")
    label = parse_label(record.get("label"))
    decisive = label not in (None, Label.NOT_ENOUGH_INFO)
    sets = [(GoldSentence("1", quote=text, label=label),)] if decisive else []
    source = Context("1", title if isinstance(title, str) else "", text)
    ident = identifier(record.get("id") or record.get("unique_id"), "id")
    return Draft(ident, claim_text(record), contexts=(source,), gold=_gold(label, sets))


def fool_me_twice(record: Record) -> Draft:
    """FoolMeTwice: the claim is in `text`; its gold sentences suffice together; the retrieved ones are its contexts.

    Source: Eisenschlos et al. 2021, arXiv:2104.04725.
    """
    page = _text(record.get("wikipedia_page"), "wikipedia_page")
    gold = tuple(GoldSentence(page, quote=quote) for quote, _ in _fm2_sentences(record, "gold_evidence"))
    retrieved = enumerate(_fm2_sentences(record, "retrieved_evidence"), start=1)
    return Draft(
        identifier(record.get("id"), "id"),
        claim_text(record, "text"),
        contexts=tuple(Context(f"{page}:{at}", f"{page}: {section}", text) for at, (text, section) in retrieved),
        gold=_gold(parse_label(record.get("label")), [gold] if gold else []),
    )


def _fm2_sentences(record: Record, name: str) -> list[tuple[str, str]]:
    found = [_object(item) for item in _list(record.get(name), name)]
    return [(_text(item.get("text"), "text"), _text(item.get("section_header"), "section_header")) for item in found]


def rag(record: Record) -> Draft:
    """A logged answer with what was retrieved for it (RAGChecker, ragas, RefChecker): every sentence is a claim."""
    response = next((name for name in _RESPONSES if record.get(name) is not None), "response")
    retrieved = next((name for name in _RETRIEVED if record.get(name) is not None), "retrieved_context")
    given = record.get(retrieved)
    ident = next((record.get(name) for name in ("query_id", "id") if record.get(name) is not None), None)
    text = record.get(response)
    claim_text(record, response)
    return Draft(
        identifier(ident, "id"),
        text if isinstance(text, str) else "",  # whole, so that offsets count in the text as it came
        contexts=contexts([given] if isinstance(given, str) else given, retrieved),
        doc_ids=doc_ids(record.get("doc_ids")),
        split=True,
    )


SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "fever": fever,
        "scifact": scifact,
        "climate-fever": climate_fever,
        "averitec": averitec,
        "healthver": healthver,
        "vitaminc": healthver,
        "fm2": fool_me_twice,
        "rag": rag,
    }
)


def recognised(fields: Mapping[str, JSON]) -> str | None:
    """The data set that a JSON record is of, by its fields; None for our own."""
    names, evidence = fields.keys(), fields.get("evidence")
    signs: dict[str, bool] = {
        "climate-fever": {"claim_label", "evidences"} <= names,
        "fm2": {"gold_evidence", "wikipedia_page"} <= names,
        "scifact": "claim" in names and ("cited_doc_ids" in names or _is_scifact(evidence)),
        "averitec": "claim_date" in names and not names.isdisjoint({"questions", "speaker", "reporting_source"}),
        "vitaminc": isinstance(evidence, str) and not names.isdisjoint({"revision_type", "wiki_revision_id"}),
        "fever": "claim" in names and ("verifiable" in names or _is_fever(evidence)),
        "rag": isinstance(fields.get("response"), str) and "claim" not in names,
    }
    return next((name for name, sign in signs.items() if sign), None)


def _is_scifact(evidence: JSON) -> bool:
    """Whether some abstract has a list of rationales."""
    rationales = next(iter(evidence.values()), None) if isinstance(evidence, dict) else None
    first = rationales[0] if isinstance(rationales, list) and rationales else None
    return isinstance(first, dict) and "sentences" in first


def _is_fever(evidence: JSON) -> bool:
    """Whether it is nested three deep: a list of sets of lists."""
    for _ in range(3):
        if not isinstance(evidence, list) or not evidence:
            return False
        evidence = evidence[0]
    return True


def _draft(record: Record, gold: Gold | None, ident: str = "id") -> Draft:
    """A claim with the fields that the data sets share with our own."""
    return Draft(
        identifier(record.get(ident), ident),
        claim_text(record),
        contexts=contexts(record.get("contexts")),
        doc_ids=doc_ids(record.get("doc_ids")),
        gold=gold,
    )


def _gold(label: Label | None, sets: Iterable[tuple[GoldSentence, ...]]) -> Gold | None:
    found = tuple(sets)
    return Gold(label, found) if label or found else None


def _evidence(value: JSON) -> list[tuple[GoldSentence, ...]]:
    """The evidence sets of our own files."""
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        value = parse_json(value)  # a cell of a table
    if not isinstance(value, list):
        return []
    sets = [item if isinstance(item, list) else [item] for item in value]
    if not any(isinstance(item, dict) and "doc_id" in item for found in sets for item in found):
        return []
    return [tuple(map(_gold_sentence, found)) for found in sets if found]


def _gold_sentence(item: JSON) -> GoldSentence:
    if not isinstance(item, dict):
        raise BadRecord(f"an evidence item is {type_name(item)}", _EVIDENCE_FIX)
    start, end = _position(item, "start"), _position(item, "end")
    if (start is None) != (end is None):
        raise BadRecord("an evidence item has one of start and end", "give both, or a quote")
    quote = item.get("quote")
    return GoldSentence(
        _required_id(item.get("doc_id"), "doc_id"),
        _position(item, "sentence"),
        start,
        end,
        quote=None if quote is None else _text(quote, "quote"),
        label=parse_label(item.get("label")),
    )


def _required_id(value: JSON, name: str) -> str:
    found = identifier(value, f"{name} of an evidence item")
    if found is None:
        raise BadRecord(f"an evidence item has no {name}", _EVIDENCE_FIX)
    return found


def _position(item: Mapping[str, JSON], name: str) -> int | None:
    value = item.get(name)
    return None if value is None else _index(value, name)


def _index(value: JSON, name: str = "sentence") -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = str(value) if isinstance(value, int | float) else type_name(value)
    raise BadRecord(f"{name} of an evidence item is {found}", "it must be a whole number from 0")


def _list(value: JSON, name: str) -> list[JSON]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise BadRecord(f"{name} is {type_name(value)}", "it must be a list")


def _object(value: JSON) -> dict[str, JSON]:
    if isinstance(value, dict):
        return value
    raise BadRecord(f"an evidence item is {type_name(value)}", "it must be an object")


def _text(value: JSON, name: str) -> str:
    if isinstance(value, str):
        return checked_text(value, name)
    raise BadRecord(f"{name} is {type_name(value)}", "it must be a text")
