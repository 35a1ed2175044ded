"""Memory does not grow with the number of claims, verdicts or sentences: everything on their way streams.

What Python holds at its peak is compared with what a list of the items would take, so no figure here is a machine's.
"""

import json
import tracemalloc
from collections import deque
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from factcheck.corpus.build import build_index
from factcheck.formats import read_claims
from factcheck.formats.export import export
from factcheck.pipeline import verify
from factcheck.retrieval.finder import Found
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Claim, EvidenceFrom, Label, Reason, Verdict
from factcheck.verdict.decide import Rule

COUNT = 4_000
SHARE = 1 / 3  # of the memory of a list, at most; growth with the number would come near the whole


@contextmanager
def traced():
    """What Python allocates inside, at its peak, in `.peak` once it is over."""
    found = SimpleNamespace(peak=0)
    tracemalloc.start()
    try:
        yield found
        found.peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def claims():
    for number in range(COUNT):
        text = f"Pier {number} was opened to ferries in the spring of that year."
        yield Claim(str(number), text, input={"id": str(number), "claim": text, "desk": f"desk {number % 7}"})


def verdicts():
    for claim in claims():
        yield Verdict(claim, Label.NOT_ENOUGH_INFO, 0.25, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS)


def exhaust(items):
    deque(items, maxlen=0)


def memory_of_a_list(items, count=COUNT):
    with traced() as whole:
        held = list(items)
    assert len(held) == count
    return whole.peak


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """A run of all the verdicts, opened to be read."""
    folder = tmp_path_factory.mktemp("run")
    with Ledger(folder, write=True) as written:
        written.ingest(claims())
        written.write(list(verdicts()))
    with Ledger(folder) as opened:
        yield opened


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet", "xlsx"])
def test_an_export_holds_no_list_of_the_verdicts(ledger, tmp_path, to):
    """From the ledger to the file, in every format."""
    small = [verdict for verdict, _ in zip(verdicts(), range(3), strict=False)]
    export(lambda: small, to, tmp_path / "warm")  # libraries are imported before memory is counted

    with traced() as exporting:
        rows = export(ledger.verdicts, to, tmp_path / "out")

    assert rows == COUNT
    assert exporting.peak < SHARE * memory_of_a_list(ledger.verdicts())


def test_taking_up_claims_holds_no_list_of_them(tmp_path):
    """From the file to the ledger, and back as those that are pending."""
    path = tmp_path / "claims.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(claim.input)) + "\n" for claim in claims())

    with Ledger(tmp_path / "run", write=True) as ledger:
        with traced() as ingesting:
            ledger.ingest(read_claims(path))
        with traced() as pending:
            exhaust(ledger.pending())
        whole = memory_of_a_list(ledger.pending())

    assert max(ingesting.peak, pending.peak) < SHARE * whole


def test_verifying_holds_a_few_windows_of_claims():
    """From claims to verdicts, whatever their number."""
    finder = SimpleNamespace(find=lambda window: [Found(EvidenceFrom.CORPUS, ()) for _ in window])

    def decided():
        return verify(claims(), finder=finder, scorer=RuleNLI(), rule=Rule(0.5, 0.5))

    with traced() as verifying:
        exhaust(decided())

    assert verifying.peak < SHARE * memory_of_a_list(decided())


def test_a_build_holds_a_few_sentences_as_python_values(tmp_path, monkeypatch):
    """Sentences on their way to the table are packed as they come; those of a write would be a list of rows."""
    build_index_of(tmp_path / "warm", 10)
    sentences = 5 * COUNT
    monkeypatch.setattr("factcheck.corpus.build._SENTENCES_A_WRITE", sentences)

    with traced() as building:
        report = build_index_of(tmp_path / "all", sentences // 20)

    assert report.sentences == sentences
    row = dict.fromkeys(("doc_id", "sentence", "start", "end", "page", "quote", "before", "copy_key", "body"), "")
    whole = memory_of_a_list(
        ({**row, "quote": f"{n:060}", "before": f"{n:061}", "body": f"{n:080}"} for n in range(sentences)), sentences
    )
    assert building.peak < SHARE * whole


def build_index_of(folder, documents):
    """An index of so many documents of twenty sentences each."""
    (folder / "corpus").mkdir(parents=True)
    with (folder / "corpus/all.jsonl").open("w", encoding="utf-8") as file:
        for number in range(documents):
            text = " ".join(f"Pier {number} of {part} was opened to ferries in the spring." for part in range(20))
            file.write(json.dumps({"id": f"d{number}", "text": text}) + "\n")
    return build_index(folder / "corpus", folder / "index")
