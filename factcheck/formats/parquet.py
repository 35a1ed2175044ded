"""Verdicts as a parquet file: the record of each as a row, with one schema for all files."""

import json
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING, Final

from factcheck.formats.records import SCHEMA_VERSION, to_json, verdict_record
from factcheck.formats.reviewed import About, Review, review_record
from factcheck.formats.rows import Source
from factcheck.types import JSON, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

_ROW_GROUP: Final = 1000  # verdicts; some megabytes with their evidence
_PACKED_TOGETHER: Final = 50  # verdicts; as Python values they take many times the memory


def write_parquet(source: Source, stream: IO[bytes], about: About) -> int:
    """Write the records as a parquet file; gives back how many. Memory holds one row group."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = _schema(reviewed=about.review is not None)
    records = map(partial(_record, review=about.review), source())
    packed = iter(lambda: list(islice(records, _PACKED_TOGETHER)), [])
    batches = (pa.RecordBatch.from_pylist(some, schema=schema) for some in packed)
    rows = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := list(islice(batches, _ROW_GROUP // _PACKED_TOGETHER)):
            writer.write_table(pa.Table.from_batches(group), row_group_size=_ROW_GROUP)
            rows += sum(map(len, group))
    return rows


def _schema(*, reviewed: bool) -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    text, whole, real = pa.string(), pa.int64(), pa.float64()
    passage = {
        "doc_id": text,
        "title": text,
        "path": text,
        "url": text,
        "date": text,
        "page": whole,
        "sha256": text,
        "extractor": text,
        "sentence": whole,
        "start": whole,
        "end": whole,
        "quote": text,
    }
    span = pa.list_(whole)
    finding = {"check": text, "kind": text, "detail": text, "claim": span, "passage": span, "opposes": pa.bool_()}
    part = {"start": whole, "end": whole, "text": text, "verdict": text, "evidence": pa.list_(whole)}
    evidence = {
        **passage,
        "premise": text,
        "joined": span,
        "titled": pa.bool_(),
        "stance": text,
        "entailment": real,
        "neutral": real,
        "contradiction": real,
        "retrieval_score": real,
        "findings": pa.list_(pa.struct(finding)),
        "part_scores": pa.list_(pa.struct(dict.fromkeys(("entailment", "neutral", "contradiction"), real))),
        "copies": pa.list_(pa.struct(passage)),
    }
    columns = {
        "schema_version": whole,
        "id": text,
        "claim": text,
        "claim_start": whole,
        "claim_end": whole,
        "verdict": text,
        "score": real,
        "confidence": real,
        "reason": text,
        "detail": text,
        "evidence_from": text,
        "judged": whole,
        "found": whole,
        "parts": pa.list_(pa.struct(part)),
        "evidence": pa.list_(pa.struct(evidence)),
        "input": text,
    }
    if reviewed:
        opinion = {"reviewer": text, "verdict": text, "time": real, "drawn": text, "stands": pa.bool_()}
        review = {
            "status": text,
            "verdict": text,
            "reviewers": pa.list_(pa.struct(opinion)),
            "notes": pa.list_(pa.struct({"reviewer": text, "text": text, "time": real})),
            "assigned": text,
            "wrong": pa.list_(whole),
            "added": pa.list_(pa.struct(evidence)),
        }
        columns["review"] = pa.struct(review)
    return pa.schema(columns.items(), metadata={"factcheck.schema_version": str(SCHEMA_VERSION)})


def _record(verdict: Verdict, *, review: Review | None) -> dict[str, JSON]:
    whole = verdict_record(verdict) | ({"review": review_record(review(verdict))} if review else {})
    record: dict[str, JSON] = json.loads(to_json(whole))  # the way that leaves nothing UTF-8 cannot hold
    return record | {"input": to_json(record["input"])}
