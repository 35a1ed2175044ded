"""Claims as the ledger stores them: everything a claim holds, as one line of JSON."""

import json
from dataclasses import asdict
from typing import Any

from factcheck.types import Claim, Context, Gold, GoldSentence, Label


def claim_to_json(claim: Claim) -> str:
    """One line of JSON with all fields that are not at their default; equal claims give equal lines."""
    record = {name: value for name, value in asdict(claim).items() if value not in (None, (), "", {})}
    record["input"] = dict(claim.input)  # its key order is the user's, and is kept
    return json.dumps(record, allow_nan=False)


def claim_from_json(line: str) -> Claim:
    """The claim that `claim_to_json` wrote."""
    record: dict[str, Any] = json.loads(line)
    gold = record.pop("gold", None)
    return Claim(
        contexts=tuple(Context(**context) for context in record.pop("contexts", ())),
        doc_ids=tuple(record.pop("doc_ids", ())),
        gold=_gold(gold) if gold is not None else None,
        **record,
    )


def _gold(record: dict[str, Any]) -> Gold:
    return Gold(
        label=_label(record["label"]),
        evidence_sets=tuple(tuple(_gold_sentence(item) for item in group) for group in record["evidence_sets"]),
        doc_ids=tuple(record["doc_ids"]),
    )


def _gold_sentence(record: dict[str, Any]) -> GoldSentence:
    return GoldSentence(**(record | {"label": _label(record["label"])}))


def _label(value: str | None) -> Label | None:
    return None if value is None else Label(value)
