"""Verdicts as a parquet file: the record of each as a row, with one schema for all files."""

import json
from itertools import islice
from typing import IO, TYPE_CHECKING, Final

from factcheck.formats.records import SCHEMA_VERSION, to_json, to_line
from factcheck.formats.rows import Source
from factcheck.types import JSON, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

_ROW_GROUP: Final = 1000  # verdicts; some megabytes with their evidence


def write_parquet(source: Source, stream: IO[bytes]) -> int:
    """Write the records as a parquet file; gives back how many. Memory holds one row group."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = _schema()
    records = map(_record, source())
    rows = 0
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := list(islice(records, _ROW_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema=schema))
            rows += len(group)
    return rows


def _schema() -> "pa.Schema":
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
    evidence = {
        **passage,
        "premise": text,
        "stance": text,
        "entailment": real,
        "neutral": real,
        "contradiction": real,
        "retrieval_score": real,
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
        "evidence_from": text,
        "judged": whole,
        "found": whole,
        "evidence": pa.list_(pa.struct(evidence)),
        "input": text,
    }
    return pa.schema(columns.items(), metadata={"factcheck.schema_version": str(SCHEMA_VERSION)})


def _record(verdict: Verdict) -> dict[str, JSON]:
    record: dict[str, JSON] = json.loads(to_line(verdict))  # the way that leaves nothing UTF-8 cannot hold
    return record | {"input": to_json(record["input"])}
