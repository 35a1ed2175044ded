"""Labelled claims of the field's data sets and of our own, as the evaluation needs them."""

import hashlib
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from factcheck.config import Settings
from factcheck.corpus.files import HUB_PREFIX, hash_file, hash_files, is_data_set
from factcheck.errors import ClaimsError
from factcheck.evaluation.flat import grouped
from factcheck.formats import Rejected, check_source, read_claims
from factcheck.formats.claims import ClaimIds, claims_of_record
from factcheck.formats.raw import BadRecord, Record
from factcheck.formats.schemas import SCHEMAS, native, recognised
from factcheck.formats.values import json_value
from factcheck.types import JSON, Claim, Context, Gold, GoldSentence, Label

OWN: Final = "own"
"""The kind of a file with our own fields."""

_NEGATIVES: Final = frozenset(
    {"0", "ns", "not-supported", "unsupported", "not-entailed", "not-entailment", "non-entailment", "unattributable"}
)
_SEPARATORS: Final = re.compile(r"[\s_\-/]+")
_PARTLY: Final = frozenset({"partially-supported", "partly-supported"})


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """The claims of a data set that have a gold label, in the order of the file.

    `two_class` says that gold tells supported from the rest only: a claim of the rest has the label NOT ENOUGH INFO in
    place of an answer, and is never to be counted as contradicted or not.
    """

    name: str
    kind: str  # fever, scifact, climate-fever, averitec, healthver, vitaminc, fm2, wice, aggrefact or own
    digest: str  # SHA-256 of the file as it is on disk
    claims: tuple[Claim, ...]
    clusters: Mapping[str, str]  # by the id of a claim: what is resampled together
    two_class: bool = False
    unlabelled: int = 0
    rejected: int = 0
    first: int | None = None  # where no more were taken

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores has to know of the file."""
        notes = [] if self.first is None else [f"the first {counted(self.first, 'claim')} with a label alone"]
        if self.unlabelled:
            notes.append(f"{counted(self.unlabelled, 'claim')} without a gold label left out")
        if self.rejected:
            notes.append(f"{counted(self.rejected, 'record')} that cannot be used left out")
        if self.two_class:
            notes.append("gold says supported or not: what is not supported is never taken for contradicted")
        return tuple(notes)

    def of(self, claims: Iterable[Claim]) -> "LabelledSet":
        """The same set with these of its claims only."""
        return replace(self, claims=tuple(claims))


def counted(n: int, what: str) -> str:
    """A number of things, in words."""
    return f"1 {what}" if n == 1 else f"{n:,} {what}s"


def load(source: str | Path, settings: Settings, *, first: int | None = None) -> LabelledSet:
    """Read the labelled claims of a file, of `hf:NAME` or `hf:NAME:SPLIT`, or of a folder that `datasets` saved.

    All formats of `factcheck verify` are read; beside them WiCE, LLM-AggreFact, and any file whose `evidence` or `doc`
    is the text to judge by: that text becomes the claim's own context.

    Args:
        source: The claims file, `-` for standard input, or the data set.
        settings: Format and encoding of the file, language, and what a bad record does.
        first: How many labelled claims are taken at most.

    Raises:
        ClaimsError: The file, a record of it, or the data set cannot be used, or no claim has a gold label.
    """
    rejected = Counter[str]()

    def reject(_: Rejected) -> None:
        rejected["records"] += 1

    on_error = reject if settings.on_error == "skip" else None
    name = str(source)
    if name.startswith(HUB_PREFIX) or Path(name).is_dir():
        records, digest = _data_set(name)
        claims = _claims_of(records, name, settings, on_error)
    else:
        stream, digest = _opened(source)
        claims = read_claims(
            stream, format=settings.format, encoding=settings.encoding, language=settings.language, on_error=on_error
        )
    found = labelled(claims, first=first)
    if not found.claims:
        what = f"none of its {found.unlabelled:,} claims has a gold label"
        raise ClaimsError(source, what, "evaluation needs a `label` that a data set uses, such as SUPPORTS")
    return replace(found, name=name_of(name), digest=digest, rejected=rejected["records"], first=first)


def is_data(source: str) -> bool:
    """Whether it names claims or a data set, there or not; a folder that `datasets` did not save is none."""
    path = Path(source)
    return source.startswith(HUB_PREFIX) or not path.is_dir() or is_data_set(path)


def labelled(claims: Iterable[Claim], *, first: int | None = None) -> LabelledSet:
    """Those of the claims that have a gold label, with their clusters; `name` and `digest` are left empty."""
    kept: list[Claim] = []
    kinds = Counter[str]()
    two_class, unlabelled = False, 0
    for claim in claims:
        kind = _kind(claim.input)
        whole = _with_sources(claim, kind)
        gold = whole.gold or Gold(None)
        label = _field(claim.input, "label")
        if gold.label is None and _is_negative(label):
            two_class, gold = True, replace(gold, label=Label.NOT_ENOUGH_INFO)
        if gold.label is None:
            unlabelled += 1
            continue
        two_class = two_class or kind == "wice" or label in (1, "1")
        kinds[kind] += 1
        kept.append(replace(whole, gold=gold))
        if first is not None and len(kept) == first:
            break
    kind = kinds.most_common(1)[0][0] if kinds else OWN
    return LabelledSet("", kind, "", tuple(kept), _clusters(kept, kind), two_class, unlabelled)


def _kind(fields: Mapping[str, JSON]) -> str:
    """The data set that a record is of, by its fields."""
    names = {name.strip().lower() for name in fields}
    if {"claim", "evidence", "label", "topic_ip"} <= names:
        return "healthver"
    if "supporting_sentences" in names:
        return "wice"
    if {"claim", "doc", "label"} <= names:
        return "aggrefact"
    if {"claim", "evidence", "label"} <= names and not names.isdisjoint({"case_id", "wiki_revision_id"}):
        return "vitaminc"
    return recognised(fields) or OWN


def _field(fields: Mapping[str, JSON], name: str) -> JSON:
    """A field by its name, whatever its case, as columns of tables have it."""
    if name in fields:
        return fields[name]
    return next((value for key, value in fields.items() if key.strip().lower() == name), None)


def _folded(value: JSON) -> str:
    return _SEPARATORS.sub("-", value.strip().lower()) if isinstance(value, str) else ""


def _is_negative(label: JSON) -> bool:
    """Whether it is the negative of a two-class set, which does not tell contradicted from not enough information."""
    if isinstance(label, int | float):  # false of JSON among them
        return label == 0
    return _folded(label) in _NEGATIVES


def _with_sources(claim: Claim, kind: str) -> Claim:
    """The claim with the text to judge by as its own context, where the record has one that no format reads."""
    if claim.contexts or claim.doc_ids or (claim.gold is not None and claim.gold.evidence_sets):
        return claim
    evidence, doc = _field(claim.input, "evidence"), _field(claim.input, "doc")
    label = claim.gold.label if claim.gold is not None else None
    if kind == "wice" and isinstance(evidence, list):
        return _wice(claim, [item for item in evidence if isinstance(item, str)], label)
    texts = [doc] if isinstance(doc, str) else evidence if isinstance(evidence, list) else [evidence]
    texts = [item for item in texts if isinstance(item, str) and item.strip()]
    if kind in {"fever", "scifact", "climate-fever", "averitec", "fm2"} or not texts:
        return claim
    page = _field(claim.input, "page")
    title = page if isinstance(page, str) else ""
    contexts = tuple(Context(str(number), title, str(text)) for number, text in enumerate(texts, 1))
    return replace(claim, contexts=contexts)


def _wice(claim: Claim, sentences: list[str], label: Label | None) -> Claim:
    """WiCE: the article's sentences as one context; each list of `supporting_sentences` is a set that suffices.

    A claim that is partly supported has supporting sentences too, for the part: they are no gold evidence of the claim.

    Source: Kamoi et al. 2023, arXiv:2303.01432.
    """
    meta = claim.input.get("meta")
    ident = meta.get("id") if isinstance(meta, dict) else None
    name = str(ident) if ident is not None else claim.id
    given = claim.input.get("supporting_sentences")
    chosen = [found for found in given if isinstance(found, list)] if isinstance(given, list) else []
    sets = tuple(
        tuple(
            GoldSentence(name, quote=sentences[at], label=label)
            for at in found
            if isinstance(at, int) and 0 <= at < len(sentences)
        )
        for found in chosen
    )
    partly = _folded(_field(claim.input, "label")) in _PARTLY
    gold = Gold(label, () if partly else tuple(found for found in sets if found))
    context = Context(name, "", "\n".join(sentences))
    return replace(claim, contexts=(context,), gold=gold if label or gold.evidence_sets else None)


def _clusters(claims: Iterable[Claim], kind: str) -> dict[str, str]:
    """What each claim is resampled with: the document or topic that it shares with others, else itself."""
    if kind == "scifact":
        return _by_documents(claims)
    of = _CLUSTER_OF.get(kind)
    return {claim.id: (_text(of(claim.input)) if of else "") or claim.id for claim in claims}


def _page(fields: Mapping[str, JSON]) -> JSON:
    return fields.get("page") or fields.get("case_id")


def _title(fields: Mapping[str, JSON]) -> JSON:
    meta = fields.get("meta")
    return (meta.get("claim_title") or meta.get("id")) if isinstance(meta, dict) else None


def _document(fields: Mapping[str, JSON]) -> JSON:
    text = _field(fields, "doc")
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] if isinstance(text, str) else None


_CLUSTER_OF: Final[Mapping[str, Callable[[Mapping[str, JSON]], JSON]]] = {
    "fm2": lambda fields: fields.get("wikipedia_page"),
    "vitaminc": _page,
    "wice": _title,
    "healthver": lambda fields: _field(fields, "topic_ip"),
    "aggrefact": _document,
}


def _text(value: JSON) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _by_documents(claims: Iterable[Claim]) -> dict[str, str]:
    """Claims that share a document, directly or through others, are one cluster, named by its first document."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first: dict[str, str] = {}
    for claim in claims:
        documents = sorted(gold_documents(claim))
        first[claim.id] = documents[0] if documents else f"claim {claim.id}"
        for other in documents:
            one, two = sorted((root(first[claim.id]), root(other)))
            parent[two] = one
    return {claim_id: root(name) for claim_id, name in first.items()}


def gold_documents(claim: Claim) -> frozenset[str]:
    """The documents that the data set names for a claim: those of its gold evidence, and those that it cites."""
    gold = claim.gold or Gold(None)
    return frozenset({item.doc_id for found in gold.evidence_sets for item in found} | set(gold.doc_ids))


def name_of(source: str) -> str:
    """A short name of a data set: the file's, with that of its folder, since many are called dev."""
    if source.startswith(HUB_PREFIX) or source == "-":
        return source.removeprefix(HUB_PREFIX) if source != "-" else "standard input"
    path = Path(source).resolve()
    return f"{path.parent.name}/{path.name.split('.')[0]}".lstrip("/")


def _opened(source: str | Path) -> tuple[str | Path | io.BytesIO, str]:
    """What the claims are read from, and its digest."""
    if str(source) != "-":
        check_source(source)
        if not Path(source).is_file():
            raise ClaimsError(source, "is no file", "name a claims file, a finished run, or a data set")
        return source, hash_file(Path(source))
    content = sys.stdin.buffer.read()
    return io.BytesIO(content), hashlib.sha256(content).hexdigest()


def _claims_of(
    records: Iterator[dict[str, JSON]], name: str, settings: Settings, on_error: Callable[[Rejected], None] | None
) -> Iterator[Claim]:
    """Claims from the rows of a data set, by the rules of a JSON Lines file."""
    head = list(islice(records, 20))
    schema = SCHEMAS.get(next(filter(None, map(recognised, head)), ""), native)
    ids = ClaimIds(at="in row")
    for number, fields in enumerate(_chain(head, records), 1):
        record = Record(number, None, fields, index=number - 1)
        place = f"{name}:{number}"
        try:
            yield from claims_of_record(record, schema, ids, place, settings.language)
        except BadRecord as error:
            if on_error is None:
                raise ClaimsError(place, error.found, error.fix) from error
            on_error(Rejected(place, number, f"{error.found}; {error.fix}", record.shown()))


def _chain(head: list[dict[str, JSON]], rest: Iterator[dict[str, JSON]]) -> Iterator[dict[str, JSON]]:
    yield from head
    yield from rest


def _data_set(name: str) -> tuple[Iterator[dict[str, JSON]], str]:
    """The rows of a data set that `datasets` knows or saved, and the digest of its files."""
    from datasets import Dataset, load_dataset, load_from_disk  # noqa: PLC0415 - slow to import

    path, _, split = name.removeprefix(HUB_PREFIX).partition(":")
    hub = name.startswith(HUB_PREFIX)
    try:
        found = load_dataset(path, split=split or None) if hub else load_from_disk(name)
    except Exception as error:
        # `datasets` raises what its dozens of backends raise; each means that there is no such data set to read.
        what = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise ClaimsError(name, f"datasets cannot load it: {what}", "write hf:NAME or hf:NAME:SPLIT") from error
    if not isinstance(found, Dataset):
        if len(found) != 1:
            fix = f"say which: {name}:SPLIT" if hub else "name the folder of one of them"
            raise ClaimsError(name, f"has several splits: {', '.join(map(str, sorted(found)))}", fix)
        [found] = found.values()
    files = [(str(number), Path(item["filename"])) for number, item in enumerate(found.cache_files)]
    return grouped(_rows(found)), hash_files(files)


def _rows(data: Any) -> Iterator[dict[str, JSON]]:  # noqa: ANN401 - `datasets` has no types
    for row in data:
        yield {key: json_value(_named(value, data.features.get(key))) for key, value in row.items()}


def _named(value: object, feature: Any) -> object:  # noqa: ANN401
    """The value with the names of its classes in place of their numbers, where a feature says that it has classes."""
    if hasattr(feature, "int2str"):
        known = isinstance(value, int) and value >= 0
        return feature.int2str(value) if known else None
    if isinstance(value, dict) and isinstance(feature, Mapping):
        return {key: _named(item, feature.get(key)) for key, item in value.items()}
    inner = feature[0] if isinstance(feature, list) and feature else getattr(feature, "feature", None)
    if isinstance(value, list):
        return [_named(item, inner) for item in value]
    if isinstance(value, dict) and isinstance(inner, Mapping):  # a sequence of mappings is stored as one of lists
        names = list(value)
        return [
            {name: _named(item, inner.get(name)) for name, item in zip(names, row, strict=True)}
            for row in zip(*value.values(), strict=True)
        ]
    return value
