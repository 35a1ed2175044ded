"""One record of a file of records, made a document."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factcheck.corpus.files import SourceFile, extractor_of
from factcheck.corpus.readers import dates, paragraphs, streams
from factcheck.errors import DocumentError
from factcheck.types import JSON, Block, Document

_ID_KEYS = ("id", "_id", "doc_id")
# FEVER's escapes in page names, and the two brackets that follow the same pattern.
_FEVER_ESCAPES = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-COLON-": ":"}
_KEYS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Body:
    """Text and blocks of a record, and which of its fields they came from."""

    text: str
    blocks: tuple[Block, ...]
    used: tuple[str, ...]
    title: str = ""


def to_document(record: JSON, file: SourceFile, line: int) -> Document:
    r"""The document that a record describes.

    Besides `text` these forms are known: SciFact's `abstract` (a list of sentences), FEVER's `lines`
    ("0\tsentence\tlinks…"), and `sentences` (a list); their sentences keep the numbers that they have there.
    `line` is where the record begins, or its number in a file without lines, from 1.

    Raises:
        DocumentError: The record is not an object, or has no text or an unusable id.
    """
    where = f"{file.name}:{line}"
    if not isinstance(record, dict):
        raise DocumentError(where, f"{_type(record)} where a record was expected", "give objects with a text field")
    body = _body(record, where)
    id_key = next((key for key in _ID_KEYS if record.get(key) not in (None, "")), None)
    identity = f"{file.name}#{line}" if id_key is None else _id(record[id_key], id_key, where)
    used = {*body.used, "title", "url", id_key}
    date = dates.normalise(record.get("date"))
    if date is not None and date == record.get("date"):
        used.add("date")
    title, url = record.get("title"), record.get("url")
    return Document(
        id=identity,
        title=_clean(title).strip() if isinstance(title, str) and title.strip() else body.title,
        text=body.text,
        path=file.name,
        sha256=hash_of(record),
        extractor=extractor_of(file.kind),
        blocks=body.blocks,
        url=_clean(url) if isinstance(url, str) and url else None,
        date=date,
        date_origin="column" if date is not None else None,
        metadata={_clean(key): _clean_all(value) for key, value in record.items() if key not in used},
    )


def hash_of(record: Mapping[str, JSON]) -> str:
    """SHA-256 of a record's canonical JSON: keys sorted, no spaces, everything beyond ASCII escaped."""
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def plain_title(page: str) -> str:
    """The name of a FEVER page as people write it: `Gladiator_-LRB-2000_film-RRB-` is `Gladiator (2000 film)`."""
    for escape, character in _FEVER_ESCAPES.items():
        page = page.replace(escape, character)
    return page.replace("_", " ")


def _body(record: dict[str, JSON], where: str) -> _Body:
    text = record.get("text")
    if isinstance(record.get("lines"), str) and isinstance(record.get("id"), str):
        sentences = _fever_lines(str(record["lines"]))
        body = _joined(sentences, ("text", "lines"), plain_title(str(record["id"])))
    elif _is_sentences(record.get("sentences")):
        sentences = list(enumerate(_texts(record["sentences"])))
        whole = _found_in(text, sentences) if isinstance(text, str) else None
        body = whole or _joined(sentences, ("text", "sentences") if whole else ("sentences",))
    elif text is None and _is_sentences(record.get("abstract")):
        body = _joined(list(enumerate(_texts(record["abstract"]))), ("abstract",))
    elif isinstance(text, str):
        clean = _clean(text)
        body = _Body(clean, paragraphs.blocks(clean), ("text",))
    else:
        names = ", ".join(list(record)[:_KEYS_SHOWN]) or "none"
        found = f"`text` is {_type(text)}" if "text" in record else f"no field `text` (fields: {names})"
        raise DocumentError(where, found, "a record needs `text`, a string, or `sentences`, a list of strings")
    if not body.text.strip():
        raise DocumentError(where, "the text is empty")
    return body


def _joined(sentences: list[tuple[int, str]], used: tuple[str, ...], title: str = "") -> _Body:
    """The sentences with a space between each two, and a block for each one that is not empty."""
    text = " ".join(sentence for _, sentence in sentences)
    blocks, start = [], 0
    for index, sentence in sentences:
        if sentence.strip():
            blocks.append(Block(start, start + len(sentence), sentence=index))
        start += len(sentence) + 1
    return _Body(text, tuple(blocks), used, title)


def _found_in(text: str, sentences: list[tuple[int, str]]) -> _Body | None:
    """The record's own text with the sentences as spans of it, None where one of them is not found in order."""
    text = _clean(text)
    blocks, end = [], 0
    for index, sentence in sentences:
        if not sentence.strip():
            continue
        start = text.find(sentence, end)
        if start < 0:
            return None
        end = start + len(sentence)
        blocks.append(Block(start, end, sentence=index))
    return _Body(text, tuple(blocks), ("text", "sentences"))


def _fever_lines(lines: str) -> list[tuple[int, str]]:
    """Number and text of each sentence that is not empty; a line without a number goes on with the one before."""
    found: list[tuple[int, str]] = []
    for line in lines.split("\n"):
        number, _, rest = line.partition("\t")
        if number.isascii() and number.isdigit() and (not found or int(number) > found[-1][0]):
            found.append((int(number), _clean(rest.partition("\t")[0])))
        elif found and line.strip():
            index, sentence = found[-1]
            found[-1] = (index, f"{sentence} {_clean(line.partition(chr(9))[0])}".strip())
    return [(index, sentence) for index, sentence in found if sentence.strip()]


def _is_sentences(value: JSON) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _texts(value: JSON) -> Iterator[str]:
    for item in value if isinstance(value, list) else []:
        yield _clean(str(item))


def _id(value: JSON, key: str, where: str) -> str:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float) and value.is_integer():  # a column of whole numbers that once had a gap
        return str(int(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise DocumentError(where, f"`{key}` is {_type(value)}", "an id is a string or a number")


def _clean(text: str) -> str:
    return streams.without_surrogates(text)


def _clean_all(value: Any) -> JSON:  # noqa: ANN401 (any JSON)
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_clean_all(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean_all(item) for key, item in value.items()}
    return value  # type: ignore[no-any-return]


def _type(value: JSON) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
