"""A small corpus about ferries, labelled claims on it, and the rule double in the place of every model."""

import json

from factcheck.config import Settings
from factcheck.testing import RuleNLI

PLAIN = {"quantities": False, "cues": False, "parts": False, "check_all": True, "calibration": "none"}
"""Settings with which a verdict follows from the double's probabilities alone."""

DOCUMENTS = {
    "alma.txt": "The ferry Alma sails twice a day. It was built in Norvik.\n\nThe harbour opened in 2019.\n",
    "bolt.txt": "The ferry Bolt does not sail in winter.\n\nThe harbour cost 40 million euros.\n",
    "cape.txt": "The lighthouse at Cape Arn is white.\n\nThe ferry Alma was repaired in Oslo.\n",
}


def _evidence(doc_id, quote):
    return [{"doc_id": doc_id, "quote": quote}]


CLAIMS = [
    {
        "id": "sails",
        "claim": "The ferry Alma sails twice a day.",
        "label": "SUPPORTED",
        "evidence": _evidence("alma.txt", "The ferry Alma sails twice a day."),
    },
    {
        "id": "winter",
        "claim": "The ferry Bolt sails in winter.",
        "label": "CONTRADICTED",
        "evidence": _evidence("bolt.txt", "The ferry Bolt does not sail in winter."),
    },
    {
        "id": "year",
        "claim": "The harbour opened in 2018.",
        "label": "CONTRADICTED",
        "evidence": _evidence("alma.txt", "The harbour opened in 2019."),
    },
    {
        "id": "fast",
        "claim": "The lighthouse was swiftly rebuilt.",
        "label": "SUPPORTED",
        "evidence": _evidence("cape.txt", "The lighthouse at Cape Arn is white."),
    },
    {"id": "open", "claim": "The ferry Bolt was painted green.", "label": "NOT ENOUGH INFO"},
]


def write_corpus(folder, documents=None):
    folder.mkdir()
    for name, text in (documents or DOCUMENTS).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def write_claims(path, records=None):
    path.write_text("".join(json.dumps(record) + "\n" for record in records or CLAIMS), "utf-8")
    return path


def open_rules(settings: Settings) -> RuleNLI:
    """The double; a model called `blind` knows no contradiction."""
    scorer = RuleNLI(has_contradiction=settings.model != "blind")
    scorer.name = settings.model
    return scorer
