"""Audits of runs over real files, with the rule double in the model's place."""

import csv
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factcheck import cli
from factcheck.config import Settings
from factcheck.corpus import files
from factcheck.corpus.readers import Reader
from factcheck.errors import CorpusError, RunError
from factcheck.jobs.audit import AuditReport, Finding, Kind, Standing, audit
from factcheck.jobs.sources import cached_index
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER
from factcheck.testing import RuleNLI
from factcheck.types import Block

ROOT = Path(__file__).parents[2]
TEXT = """The council of Lowmere met in March. It raised the harbour dues by 12 per cent.

The ferry to Aldsund sails twice a day. It does not sail in winter.
"""
NOTES = """---
title: Notes on the mill
date: 2023-05-01
---

# The mill

The mill at Fenwick grinds rye. However, it stood still in 2019.

- The miller sells flour.
- He lives in Fenwick.
"""
PAGE = """<html><head><title>Bridge news</title></head><body><article><h1>Bridge news</h1>
<p>The bridge at Tarn was closed for repairs in the spring of last year. It carries 900 carts a day.</p>
<p>A second paragraph tells of the toll, which is paid by riders.</p></article></body></html>"""
TABLE = [
    {"id": "r1", "title": "Orchards", "text": "The orchard of Holm has 40 pear trees. They bear late.", "date": "2021"},
    {"id": "r2", "title": "Wells", "text": "The well of Brink is 30 metres deep. It never runs dry."},
    {"id": "r3", "title": "Wells", "text": "The well of Strand was filled in. Its water was salty."},
]
LINES = [
    {"id": "s1", "title": "Bells", "sentences": ["The bell of Garth is cracked.", "It rings at noon."]},
    {"id": "s2", "title": "Clocks", "text": "The clock of Garth runs late. The tower keeps the bell of Garth."},
]
CLAIMS = [
    "The harbour dues rose by 12 per cent.",
    "The council raised the harbour dues.",
    "The ferry to Aldsund sails in winter.",
    "The mill at Fenwick stood still in 2019.",
    "The miller lives in Fenwick.",
    "The bridge at Tarn carries 900 carts a day.",
    "The orchard of Holm has 40 pear trees.",
    "The well of Brink runs dry.",
    "The well of Strand was filled in.",
    "The bell of Garth is cracked.",
    "The bell of Garth rings at noon.",
    "The castle of Oby has 7 towers.",
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


def write_table(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "title", "text", "date"])
        writer.writeheader()
        writer.writerows(rows)


def write_pdf(path):
    canvas = pytest.importorskip("reportlab.pdfgen.canvas").Canvas(str(path), invariant=True)
    for line in ("The castle of Oby has 7 towers.", "The moat of Oby holds 20 swans."):
        canvas.drawString(72, 700, line)
        canvas.showPage()
    canvas.save()


def make_corpus(folder):
    (folder / "deep").mkdir(parents=True)
    (folder / "town.txt").write_text(TEXT, "utf-8")
    (folder / "deep" / "mill.md").write_text(NOTES, "utf-8")
    write_table(folder / "deep" / "wells.csv", TABLE)
    (folder / "bells.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")


def write_claims(path, rows=()):
    rows = [*({"id": f"c{number}", "claim": text} for number, text in enumerate(CLAIMS)), *rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


class Desk:
    """A corpus, claims, and the run over them, each in a folder of its own."""

    def __init__(self, root):
        self.corpus, self.claims, self.run = root / "corpus", root / "claims.jsonl", root / "run"

    @classmethod
    def make(cls, root):
        desk = cls(root)
        make_corpus(desk.corpus)
        write_claims(desk.claims)
        return desk

    def verify(self, **options):
        chosen = {"corpus": str(self.corpus), "join": False, **options}
        return run_job(self.claims, self.run, Settings(**chosen), scorer=RuleNLI())

    def audit(self, **options) -> tuple[AuditReport, list[Finding]]:
        findings: list[Finding] = []
        return audit(self.run, on_finding=findings.append, **options), findings

    def ledger(self, query, *values):
        with closing(sqlite3.connect(self.run / LEDGER)) as db, db:
            return db.execute(query, values).fetchall()

    def change_evidence(self, number, change, rank=0):
        """Change the record of one passage in the ledger."""
        place = (number, rank)
        [[record]] = self.ledger("SELECT record FROM evidence WHERE position = ? AND rank = ?", *place)
        record = json.loads(record)
        change(record)
        self.ledger("UPDATE evidence SET record = ? WHERE position = ? AND rank = ?", json.dumps(record), *place)
        return record

    def quoting(self, path, doc_id=None):
        """Ids of the claims that quote a file, or one document of it, in claim order."""
        found = []
        for position, record in self.ledger("SELECT position, record FROM evidence ORDER BY position"):
            item = json.loads(record)
            if any(one["path"] == path and doc_id in {None, one["doc_id"]} for one in (item, *item["copies"])):
                found.append(f"c{position}")
        return tuple(dict.fromkeys(found))


def make_once(tmp_path_factory, name, *, parsed):
    """A finished run to be copied: building an index takes longer than most tests."""
    root = tmp_path_factory.mktemp(name)
    desk = Desk.make(root)
    if parsed:
        (desk.corpus / "bridge.html").write_text(PAGE, "utf-8")
        write_pdf(desk.corpus / "castle.pdf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(root / "cache"))
        desk.verify()
    return root


@pytest.fixture(scope="module")
def plain_original(tmp_path_factory):
    return make_once(tmp_path_factory, "plain", parsed=False)


@pytest.fixture(scope="module")
def full_original(tmp_path_factory):
    return make_once(tmp_path_factory, "full", parsed=True)


def copied(original, root):
    """A desk whose ledger, index and cache say that they were made where they now are."""
    shutil.copytree(original, root, dirs_exist_ok=True)
    desk = Desk(root)
    [index] = (root / "cache" / "indexes").iterdir()
    pointer = index / "index.json"
    pointer.write_text(pointer.read_text("utf-8").replace(str(original), str(root)), "utf-8")
    index.rename(cached_index(str(desk.corpus), "en"))
    desk.ledger("UPDATE meta SET value = replace(value, ?, ?) WHERE key = 'settings'", str(original), str(root))
    return desk


@pytest.fixture
def desk(plain_original, tmp_path):
    """A run over text, Markdown, a table and JSON Lines."""
    return copied(plain_original, tmp_path)


@pytest.fixture
def full(full_original, tmp_path):
    """A run over a page and a PDF too, which are parsed in a process of their own."""
    return copied(full_original, tmp_path)


def kinds(findings):
    return [finding.kind for finding in findings]


def touched(findings):
    return tuple(sorted({claim for finding in findings for claim in finding.claims}, key=lambda claim: int(claim[1:])))


def snapshot(*folders):
    """Names, bytes and times of everything below some folders."""
    return {
        path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def test_a_run_over_untouched_files_holds(full):
    """Text, Markdown, a page, a table, JSON Lines and a PDF, with longer premises from each."""
    report, findings = full.audit()

    assert ([], True, True) == (findings, report.holds, report.finished)
    assert (12, 12, 6, 9) == (report.claims, report.verdicts, report.files, report.documents)
    records = [json.loads(record) for (record,) in full.ledger("SELECT record FROM evidence")]
    assert len(records) == report.passages
    longer = {item["path"] for item in records if item["premise"] != item["quote"]}
    assert {"town.txt", "deep/mill.md", "bridge.html", "deep/wells.csv", "bells.jsonl"} == longer


def test_sentences_that_were_read_together_are_held_against_both_their_spans(tmp_path):
    """Untouched, they stand; a premise with another word in its second sentence, or another span for it, is found."""
    desk = Desk.make(tmp_path)
    desk.verify(join=True)
    report, findings = desk.audit()
    assert ([], True) == (findings, report.holds)
    joined = [
        (position, rank)
        for position, rank, record in desk.ledger("SELECT position, rank, record FROM evidence")
        if json.loads(record)["joined"]
    ]
    assert joined
    position, rank = joined[0]

    desk.change_evidence(position, lambda record: record.update(premise=record["premise"] + " Really."), rank=rank)
    _, [altered] = desk.audit()
    desk.change_evidence(
        position,
        lambda record: record.update(
            premise=record["premise"].removesuffix(" Really."), joined=[record["joined"][0], record["joined"][1] + 2]
        ),
        rank=rank,
    )
    _, [moved] = desk.audit()

    assert [(Kind.PREMISE, (f"c{position}",))] * 2 == [(one.kind, one.claims) for one in (altered, moved)]


def test_a_title_that_was_shown_is_the_documents(tmp_path):
    """Untouched, such a premise stands; another title before the sentence is found."""
    desk = Desk.make(tmp_path)
    (desk.corpus / "kiln.md").write_text(
        "# Zaltbeck Kiln\n\nThe fire went out in March. Nobody lit it again.\n", "utf-8"
    )
    write_claims(desk.claims, [{"id": "kiln", "claim": "The fire of Zaltbeck went out in March."}])
    desk.verify()
    report, findings = desk.audit()
    assert ([], True) == (findings, report.holds)
    [[position, rank]] = [
        (position, rank)
        for position, rank, record in desk.ledger("SELECT position, rank, record FROM evidence")
        if json.loads(record)["premise"] == "Zaltbeck Kiln. The fire went out in March."
    ]

    desk.change_evidence(position, lambda record: record.update(premise=f"Orvale Kiln. {record['quote']}"), rank=rank)

    _, [altered] = desk.audit()
    assert (Kind.PREMISE, ("kiln",)) == (altered.kind, altered.claims)


def test_an_audit_changes_no_byte(full, tmp_path):
    """Of run, index, corpus and cache; nor is a file added, even where the index is asked for stored text."""
    full.change_evidence(11, lambda record: record.update(extractor="pdf/0", quote="T" * len(record["quote"])))
    before = snapshot(tmp_path)

    _, [finding] = full.audit()

    assert (Kind.UNCHECKED, True) == (finding.kind, "another reader" in finding.found)
    assert before == snapshot(tmp_path)


def test_one_changed_byte_fails_the_passages_of_its_document_alone(desk):
    """The finding says that the source changed, and for each quote whether it still stands."""
    (desk.corpus / "town.txt").write_text(TEXT.replace("12 per", "13 per"), "utf-8")

    report, findings = desk.audit()

    assert not report.holds
    assert {Kind.SOURCE_CHANGED} == set(kinds(findings))
    assert {"town.txt"} == {finding.path for finding in findings}
    assert {Standing.HERE, Standing.GONE} == {finding.standing for finding in findings}
    assert desk.quoting("town.txt") == touched(findings)
    [gone] = [finding for finding in findings if finding.standing is Standing.GONE]
    assert [TEXT[start:end] for start, end in gone.spans] == ["It raised the harbour dues by 12 per cent."]


def test_a_quote_that_moved_is_found_elsewhere(desk):
    """A line above it shifts every offset."""
    (desk.corpus / "town.txt").write_text("Lowmere Gazette.\n\n" + TEXT, "utf-8")

    _, findings = desk.audit()

    assert {Standing.ELSEWHERE} == {finding.standing for finding in findings}


def test_one_changed_record_fails_alone(desk):
    """The others of its table are whole: each record has a hash of its own."""
    write_table(desk.corpus / "deep" / "wells.csv", [TABLE[0], TABLE[1] | {"title": "Deep wells"}, TABLE[2]])

    _, findings = desk.audit()

    assert {(Kind.SOURCE_CHANGED, "r2")} == {(finding.kind, finding.doc_id) for finding in findings}
    assert {"deep/wells.csv, document 'r2'"} == {finding.where for finding in findings}
    assert desk.quoting("deep/wells.csv", "r2") == touched(findings)


def test_a_record_that_is_gone_is_named(desk):
    """What could not be read in its file is told with it."""
    (desk.corpus / "bells.jsonl").write_text('{"id": \n' + json.dumps(LINES[1]) + "\n", "utf-8")

    _, [finding] = desk.audit()

    assert (Kind.DOCUMENT_GONE, "s1") == (finding.kind, finding.doc_id)
    assert "bells.jsonl:1: not JSON" in finding.found
    assert desk.quoting("bells.jsonl", "s1") == finding.claims


def test_a_file_that_is_gone_is_one_finding(desk):
    """With all claims that rest on it."""
    (desk.corpus / "deep" / "wells.csv").unlink()

    report, [finding] = desk.audit()

    assert (Kind.FILE_GONE, "deep/wells.csv", 3) == (finding.kind, finding.path, report.files)
    assert desk.quoting("deep/wells.csv") == finding.claims
    assert "--corpus" in finding.fix


@pytest.mark.parametrize(
    ("name", "content"),
    [("town.txt", b"caf\xe9"), ("castle.pdf", b"%PDF-1.4 broken"), ("town.txt", b""), ("bells.jsonl", b"\xff\xfe{")],
)
def test_a_file_that_cannot_be_read_is_one_finding(full, name, content):
    """It says why."""
    (full.corpus / name).write_bytes(content)

    _, [finding] = full.audit()

    assert (Kind.UNREADABLE, name) == (finding.kind, finding.path)
    assert finding.found.startswith("cannot be read: ")
    assert full.quoting(name) == finding.claims


def test_a_moved_corpus_is_found_where_it_is_said_to_be(desk, tmp_path):
    """Without being told every file is gone."""
    desk.corpus.rename(tmp_path / "elsewhere")

    assert {Kind.FILE_GONE} == set(kinds(desk.audit()[1]))
    assert desk.audit(corpus=str(tmp_path / "elsewhere"))[0].holds
    with pytest.raises(CorpusError, match="does not exist"):
        desk.audit(corpus=str(tmp_path / "nowhere"))


def test_a_run_over_an_index_reads_where_the_index_was_built(desk, tmp_path):
    """The settings of such a run name no corpus; without the index nothing can be checked, and that is said."""
    index = cached_index(str(desk.corpus), "en")
    desk.run = tmp_path / "second"
    desk.verify(corpus="", index=str(index))

    report, findings = desk.audit()
    assert ([], 4) == (findings, report.files)

    index.rename(tmp_path / "away")
    report, findings = desk.audit()
    assert ({Kind.UNCHECKED}, False) == (set(kinds(findings)), report.holds)
    assert desk.audit(corpus=str(desk.corpus))[0].holds


def read_otherwise(monkeypatch, *kinds_, lead):
    """Make today's readers find other text in files of some kinds."""
    whole = Reader._parsed

    def parsed(self, file):
        found = whole(self, file)
        text = lead + found.text
        return replace(found, text=text, blocks=(Block(0, len(text)),)) if file.kind in kinds_ else found

    monkeypatch.setattr(Reader, "_parsed", parsed)


@pytest.mark.parametrize("lead", ["", "Another reading. "])
def test_another_reader_is_told_from_another_source(full, monkeypatch, lead):
    """The same bytes: a quote that today's reader gives, or the stored text holds, is confirmed and does not fail."""
    monkeypatch.setitem(files._READER_VERSION, "pdf", 99)
    read_otherwise(monkeypatch, "pdf", lead=lead)

    report, [finding] = full.audit()

    assert (Kind.EXTRACTOR_CHANGED, "castle.pdf", True) == (finding.kind, finding.path, report.holds)
    assert ("stored in the index" if lead else "which confirms") in finding.found
    assert "pdf/99" in finding.found
    assert full.quoting("castle.pdf") == finding.claims


def test_another_reader_of_a_text_file_changes_nothing(desk, monkeypatch):
    """Its text is the file; a quote that is not in it fails as ever."""
    monkeypatch.setitem(files._READER_VERSION, "txt", 99)
    desk.change_evidence(1, lambda record: record.update(premise="So. " + record["premise"]))

    _, findings = desk.audit()

    assert {("town.txt", Kind.UNCHECKED), ("town.txt", Kind.EXTRACTOR_CHANGED)} == {
        (finding.path, finding.kind) for finding in findings
    }
    [unchecked] = [finding for finding in findings if finding.kind is Kind.UNCHECKED]
    assert ("c1",) == unchecked.claims


def test_without_the_stored_text_another_reader_leaves_a_quote_unchecked(full, monkeypatch, tmp_path):
    """The index was deleted, or built again since; neither is the source's fault, and nothing is confirmed."""
    monkeypatch.setitem(files._READER_VERSION, "pdf", 99)
    read_otherwise(monkeypatch, "pdf", lead="Another reading. ")
    cached_index(str(full.corpus), "en").rename(tmp_path / "away")

    report, [finding] = full.audit()
    assert (Kind.UNCHECKED, "castle.pdf", False) == (finding.kind, finding.path, report.holds)
    assert "no index of the run is there" in finding.found

    full.run = tmp_path / "later"
    full.verify()
    full.run = tmp_path / "run"
    _, [finding] = full.audit()
    assert (Kind.UNCHECKED, "castle.pdf") == (finding.kind, finding.path)
    assert "another reader" in finding.found


def test_the_same_reader_may_read_otherwise_on_another_machine(full, monkeypatch):
    """Libraries below it differ; the text stored in the index still proves the quote."""
    read_otherwise(monkeypatch, "html", "pdf", lead="Another reading. ")

    report, findings = full.audit()

    assert ({Kind.EXTRACTOR_CHANGED}, True) == (set(kinds(findings)), report.holds)
    assert {"bridge.html", "castle.pdf"} == {finding.path for finding in findings}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda record: record.update(quote=record["quote"][:-1] + "!", premise="x"), Kind.QUOTE),
        (lambda record: record.update(page=2), Kind.DETAILS),
    ],
)
def test_an_altered_passage_of_a_parsed_file_is_found(full, change, kind):
    """Neither today's reading nor the stored text confirms it."""
    full.change_evidence(11, change)

    _, [finding] = full.audit()

    assert (kind, "castle.pdf", ("c11",)) == (finding.kind, finding.path, finding.claims)


@pytest.mark.parametrize(
    ("number", "change", "kind"),
    [
        (0, lambda record: record.update(quote="X" + record["quote"][1:], premise=record["premise"]), Kind.QUOTE),
        (0, lambda record: record.update(start=record["start"] + 1, end=record["end"] + 1), Kind.QUOTE),
        (0, lambda record: record.update(start=10**6, end=10**6 + len(record["quote"])), Kind.QUOTE),
        (0, lambda record: record.update(premise=record["premise"][4:]), Kind.PREMISE),
        (0, lambda record: record.update(premise="Truly. " + record["premise"]), Kind.PREMISE),
        (0, lambda record: record.update(premise=record["premise"].replace(". It", ".  It")), Kind.PREMISE),
        (10, lambda record: record.update(premise=record["premise"].replace("cracked", "whole")), Kind.PREMISE),
        (3, lambda record: record.update(title="Notes on a mill"), Kind.DETAILS),
        (3, lambda record: record.update(date="2024"), Kind.DETAILS),
        (6, lambda record: record.update(page=2), Kind.DETAILS),
        (0, lambda record: record.update(path="../claims.jsonl"), Kind.FILE_GONE),
        (0, lambda record: record.update(path="/etc/hostname"), Kind.FILE_GONE),
        (0, lambda record: record.update(path=""), Kind.DOCUMENT_GONE),
        (0, lambda record: record.update(sha256="0" * 64), Kind.SOURCE_CHANGED),
        (0, lambda record: record.update(quote=record["quote"] + "!"), Kind.RECORD),
        (0, lambda record: record.update(quote=7), Kind.RECORD),
        (0, lambda record: record.update(start="0"), Kind.RECORD),
        (0, lambda record: record.update(title="\ud800"), Kind.RECORD),
        (0, lambda record: record.update(neutral=1.04, entailment=-0.02, contradiction=-0.02), Kind.RECORD),
        (0, lambda record: record.update(entailment="high"), Kind.RECORD),
        (0, lambda record: record.update(retrieval_score=float("nan")), Kind.RECORD),
        (0, lambda record: record.pop("copies"), Kind.RECORD),
        (1, lambda record: record.update(stance="neutral"), Kind.RECORD),
    ],
)
def test_an_altered_passage_is_found(desk, number, change, kind):
    """Whatever was altered in the ledger; only that claim is named."""
    desk.change_evidence(number, change)

    report, findings = desk.audit()

    assert kind in kinds(findings)
    assert not report.holds
    assert (f"c{number}",) == touched(findings)


def test_an_altered_copy_is_found(desk, tmp_path):
    """Copies are passages like any other."""
    (desk.corpus / "copy.txt").write_text("The well of Strand was filled in.\n", "utf-8")
    desk.run = tmp_path / "second"
    desk.verify()
    copies = desk.ledger("SELECT count(*) FROM evidence WHERE json_array_length(record, '$.copies') > 0")
    assert [(0,)] != copies
    assert desk.audit()[0].holds

    desk.change_evidence(8, lambda record: record["copies"][0].update(quote="The well of Strand was filled up."))
    _, [finding] = desk.audit()

    assert (Kind.QUOTE, ("c8",)) == (finding.kind, finding.claims)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("UPDATE verdicts SET label = 'SUPPORTED' WHERE position = 2", "its verdict is SUPPORTED"),
        ("UPDATE verdicts SET label = 'NOT ENOUGH INFO' WHERE position = 2", "its verdict is NOT ENOUGH INFO"),
        ("UPDATE verdicts SET label = 'TRUE' WHERE position = 2", "its verdict is TRUE"),
        ("UPDATE verdicts SET score = 0.97 WHERE position = 2", "its score is 0.97"),
        ("UPDATE verdicts SET confidence = 1.5 WHERE position = 2", "its confidence is 1.5"),
        ("UPDATE verdicts SET reason = 'only_neutral' WHERE position = 2", "its reason is only_neutral"),
        ("UPDATE verdicts SET evidence_from = 'given' WHERE position = 2", "said to be given"),
        ("UPDATE verdicts SET unjudged = 3 WHERE position = 2", "3 passages were left unjudged"),
        ("UPDATE verdicts SET unjudged = 'x' WHERE position = 2", "'x' passages were left unjudged"),
    ],
)
def test_an_altered_verdict_is_found(desk, query, said):
    """It does not follow from the evidence stored with it."""
    desk.ledger(query)

    _, [finding] = desk.audit()

    assert (Kind.VERDICT, "claim 'c2'", ("c2",)) == (finding.kind, finding.where, finding.claims)
    assert said in finding.found


def test_an_altered_stance_or_order_is_found(desk):
    """Both in the table and in the record, so that nothing else gives it away."""
    desk.change_evidence(2, lambda record: record.update(stance="neutral"))
    desk.ledger("UPDATE evidence SET stance = 'neutral' WHERE position = 2 AND rank = 0")
    for old, new in ((0, -1), (1, 0), (-1, 1)):
        desk.ledger("UPDATE evidence SET rank = ? WHERE position = 7 AND rank = ?", new, old)

    _, findings = desk.audit()

    assert [Kind.VERDICT] * 2 == kinds(findings)
    assert "passage 1 is said to be neutral" in findings[0].found
    assert "not in the order" in findings[1].found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM verdicts WHERE position = 4", "rows of evidence without their verdicts"),
        ("UPDATE claims SET record = replace(record, 'dues', 'fees') WHERE position = 0", "claims are not those"),
        ("DELETE FROM claims WHERE position = 4", "claim 5 stands where claim 4 comes next"),
        ("UPDATE meta SET value = '{}' WHERE key = 'identity'", "cannot be read"),
        (
            "UPDATE meta SET value = replace(value, '\"support\": 0.5', '\"support\": 0.1') WHERE key = 'identity'",
            "begun",
        ),
        ("UPDATE meta SET value = '{\"colour\": 1}' WHERE key = 'settings'", "the settings of the run cannot be read"),
    ],
)
def test_a_ledger_that_is_not_whole_is_found(desk, query, said):
    """Rows that are missing, claims other than those of the run, notes that are none."""
    desk.ledger(query)

    report, findings = desk.audit()

    assert any(finding.kind is Kind.LEDGER and said in finding.found for finding in findings)
    assert not report.holds


def test_a_finished_run_with_a_verdict_missing_is_found(desk):
    """Even where nothing else tells of it."""
    desk.ledger("DELETE FROM evidence WHERE position = 4")
    desk.ledger("DELETE FROM verdicts WHERE position = 4")

    report, [finding] = desk.audit()

    assert (Kind.LEDGER, 11) == (finding.kind, report.verdicts)
    assert "11 verdicts on 12 claims" in finding.found


def overwrite_page(desk, name):
    """Overwrite the first page of a table or index of the ledger with zeros."""
    [[page]] = desk.ledger("SELECT rootpage FROM sqlite_master WHERE name = ?", name)
    [[size]] = desk.ledger("PRAGMA page_size")
    with (desk.run / LEDGER).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def test_a_damaged_index_of_the_ledger_is_found(desk):
    """Though all that the verdicts are read from is whole."""
    overwrite_page(desk, "evidence_by_document")

    report, findings = desk.audit()

    assert ({Kind.LEDGER}, 12, False) == (set(kinds(findings)), report.verdicts, report.holds)


def test_a_damaged_table_of_the_ledger_ends_the_audit(desk):
    """There is nothing to go on with; what was found before is told."""
    overwrite_page(desk, "evidence")
    findings = []

    with pytest.raises(RunError, match="torn"):
        audit(desk.run, on_finding=findings.append)

    assert Kind.LEDGER in kinds(findings)


def test_a_claim_that_cannot_be_read_is_found(desk):
    """What it quotes is checked all the same."""
    desk.ledger("UPDATE claims SET record = '[]' WHERE position = 1")
    passages = len(desk.ledger("SELECT 1 FROM evidence"))

    report, [finding] = desk.audit()

    assert (Kind.RECORD, ("c1",), passages) == (finding.kind, finding.claims, report.passages)


def test_a_run_of_a_version_that_decides_otherwise_is_not_judged_by_this_one(desk):
    """Its quotes are checked; its verdicts are said to be unchecked, once."""
    desk.ledger("UPDATE meta SET value = replace(value, '\"method\": ', '\"method\": 9') WHERE key = 'identity'")
    desk.ledger("UPDATE verdicts SET score = 0.5")

    report, [finding] = desk.audit()

    assert (Kind.UNCHECKED, 4) == (finding.kind, report.files)


def test_an_unfinished_run_is_audited_as_far_as_it_is(desk, tmp_path):
    """It says so, holds if what is there does, and fails if not."""
    desk.run = tmp_path / "half"
    chosen = Settings(corpus=str(desk.corpus), window=5)
    run_job(desk.claims, desk.run, chosen, scorer=RuleNLI(), stopping=lambda: True)

    report, findings = desk.audit()
    assert ([], True, False, 5, 12) == (findings, report.holds, report.finished, report.verdicts, report.claims)
    assert "not finished: 5 of 12" in str(report)

    desk.ledger("UPDATE verdicts SET score = 0.5 WHERE position = 0")
    assert [Kind.VERDICT] == kinds(desk.audit()[1])


def test_a_staged_run_holds(desk, tmp_path):
    """What the stages left unjudged follows from what was judged."""
    desk.run = tmp_path / "staged"
    desk.verify(stages=(1, 10))
    assert [(0,)] != desk.ledger("SELECT max(unjudged) FROM verdicts")

    assert desk.audit()[0].holds

    desk.ledger("UPDATE verdicts SET unjudged = 1 WHERE label = 'NOT ENOUGH INFO'")
    assert {Kind.VERDICT} == set(kinds(desk.audit()[1]))


RESPONSE = (
    "The pier of Skar was built in 1890. It is 200 metres long.\n- The lamp burns. It is red.\n\nThey repaired it."
)


@pytest.fixture
def brought(tmp_path):
    """A run in which claims bring their own texts."""
    desk = Desk.make(tmp_path)
    contexts = [{"id": "a", "title": "Pier", "text": RESPONSE}, "Nothing of it is new. It is old."]
    rows = [{"id": f"b{at}", "claim": text, "contexts": contexts} for at, text in enumerate(RESPONSE.split("\n"))]
    desk.claims.write_text("".join(json.dumps(row) + "\n" for row in rows if row["claim"]), "utf-8")
    desk.verify(corpus="")
    return desk


def test_what_is_quoted_from_a_claims_own_texts_is_read_from_the_claim(brought):
    """No corpus is needed; sentences before are those of the same paragraph."""
    report, findings = brought.audit()

    assert ([], 0, 0) == (findings, report.files, report.quotes)
    assert 0 < report.brought == report.passages
    premises = [json.loads(record)["premise"] for (record,) in brought.ledger("SELECT record FROM evidence")]
    assert "The lamp burns. It is red." in premises


@pytest.mark.parametrize(
    ("change", "kind", "standing"),
    [
        (lambda record: record.update(doc_id="z"), Kind.DOCUMENT_GONE, None),
        (lambda record: record.update(sha256="0" * 64), Kind.SOURCE_CHANGED, Standing.HERE),
        (lambda record: record.update(quote="?" + record["quote"][1:]), Kind.QUOTE, None),
        (lambda record: record.update(premise="So. " + record["premise"]), Kind.PREMISE, None),
        (lambda record: record.update(title="Piers"), Kind.DETAILS, None),
    ],
)
def test_an_altered_passage_of_a_claims_own_text_is_found(brought, change, kind, standing):
    """As for documents of the corpus."""
    brought.change_evidence(0, change)

    _, findings = brought.audit()

    [finding] = [finding for finding in findings if finding.kind is not Kind.RECORD]
    assert (kind, standing, ("b0",)) == (finding.kind, finding.standing, finding.claims)
    assert finding.where.startswith("claim 'b0', context ")


def test_gold_quotes_that_the_corpus_lacks_are_read_from_the_claim(desk, tmp_path):
    """Those that it holds are read from the corpus."""
    gold = [
        {"doc_id": "town.txt", "quote": "The ferry to Aldsund sails twice a day."},
        {"doc_id": "x", "quote": "A lie."},
    ]
    row = {"id": "c0", "claim": "The ferry sails.", "label": "SUPPORTED", "evidence": [[one] for one in gold]}
    desk.claims.write_text(json.dumps(row) + "\n", "utf-8")
    desk.run = tmp_path / "gold"
    desk.verify(evidence="gold")

    report, findings = desk.audit()
    assert ([], 2, 1) == (findings, report.passages, report.brought)

    place = desk.ledger("SELECT rank FROM evidence WHERE doc_id = 'x'")[0][0]
    desk.change_evidence(0, lambda record: record.update(quote="A lye.", premise="A lye."), rank=place)
    assert [Kind.QUOTE] == kinds(desk.audit()[1])


def test_parts_of_long_sentences_are_read_again(desk, tmp_path):
    """A sentence that the model cannot take whole is quoted in parts, each its own premise."""
    (desk.corpus / "long.txt").write_text("The lake of Vann " + "and the shore of Vann " * 12 + "is deep.\n", "utf-8")
    desk.run = tmp_path / "long"
    desk.claims.write_text('{"id": "c0", "claim": "The lake of Vann is deep."}\n', "utf-8")
    run_job(desk.claims, desk.run, Settings(corpus=str(desk.corpus)), scorer=RuleNLI(max_tokens=24))
    assert 2 < len(desk.ledger("SELECT 1 FROM evidence"))

    assert desk.audit()[0].holds


def test_compressed_files_are_read_again(desk, tmp_path):
    """The hash is that of the compressed file."""
    (desk.corpus / "zipped.txt.gz").write_bytes(gzip.compress(b"The lake of Vann is deep. It is cold.\n", mtime=0))
    desk.claims.write_text('{"id": "c0", "claim": "The lake of Vann is cold."}\n', "utf-8")
    desk.run = tmp_path / "zipped"
    desk.verify()

    assert desk.audit()[0].holds

    (desk.corpus / "zipped.txt.gz").write_bytes(gzip.compress(b"The lake of Vann is deep. It is warm.\n", mtime=0))
    assert {Kind.SOURCE_CHANGED} == set(kinds(desk.audit()[1]))


def test_a_link_that_leads_out_of_the_corpus_is_not_followed(desk, tmp_path):
    """Not even where it leads to the very same bytes."""
    (desk.corpus / "town.txt").rename(tmp_path / "town.txt")
    (desk.corpus / "town.txt").symlink_to(tmp_path / "town.txt")

    _, [finding] = desk.audit()

    assert (Kind.UNREADABLE, "town.txt") == (finding.kind, finding.path)
    assert "leads out of the corpus" in finding.found


def test_only_quoted_files_are_opened(desk):
    """A file that no verdict quotes may be anything, even one that cannot be opened."""
    os.mkfifo(desk.corpus / "pipe.txt")
    (desk.corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (desk.corpus / "other").mkdir()
    (desk.corpus / "other" / "latin.txt").write_bytes(b"caf\xe9")
    os.close(os.open(os.fsencode(desk.corpus) + b"/caf\xe9.txt", os.O_CREAT | os.O_WRONLY))

    report, findings = desk.audit()

    assert ([], 4) == (findings, report.files)


def test_a_data_set_that_cannot_be_had_is_said_to_be_so(desk):
    """Its rows are read through the same reader as for the run."""
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(TABLE[1:]).save_to_disk(str(desk.corpus / "set"))
    desk.run = desk.run.with_name("set-run")
    (desk.corpus / "deep" / "wells.csv").unlink()
    desk.verify()

    assert desk.quoting("set")
    assert desk.audit()[0].holds

    for part in (desk.corpus / "set").glob("*.arrow"):
        part.write_bytes(b"")
    _, [finding] = desk.audit()
    assert (Kind.UNREADABLE, "set") == (finding.kind, finding.path)
    assert "datasets cannot load it" in finding.found


def test_a_data_set_of_the_hub_is_asked_for_by_its_name(desk, monkeypatch):
    """Where it cannot be had the finding says why."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    desk.change_evidence(0, lambda record: record.update(path="hf:nobody/nothing:train"))
    settings_note = json.dumps(Settings(corpus="hf:nobody/nothing").record())
    desk.ledger("UPDATE meta SET value = ? WHERE key = 'settings'", settings_note)

    _, findings = desk.audit()

    named = {finding.path: finding for finding in findings}
    finding = named["hf:nobody/nothing:train"]
    assert (Kind.UNREADABLE, ("c0",)) == (finding.kind, finding.claims)
    assert "datasets cannot load it" in finding.found


@pytest.fixture(scope="module")
def quoted_text(tmp_path_factory):
    """A run over one text file, and the spans that it quotes of it."""
    folder = tmp_path_factory.mktemp("mutated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(folder / "cache"))
        desk = Desk.make(folder)
        desk.verify(corpus=str(desk.corpus / "town.txt"))
        spans = {
            (item["start"], item["end"])
            for item in (json.loads(record) for (record,) in desk.ledger("SELECT record FROM evidence"))
        }
        yield desk, sorted(spans)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_character_in_a_quote_is_found(quoted_text, data):
    """Exactly the quotes that it stands in are gone, or the file cannot be read any more."""
    desk, spans = quoted_text
    start, end = data.draw(st.sampled_from(spans))
    place = data.draw(st.integers(start, end - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda one: one != TEXT[place]))
    (desk.corpus / "town.txt").write_bytes((TEXT[:place] + character + TEXT[place + 1 :]).encode("utf-8"))

    report, findings = desk.audit()

    assert not report.holds
    if {Kind.SOURCE_CHANGED} == set(kinds(findings)):
        gone = {span for finding in findings if finding.standing is Standing.GONE for span in finding.spans}
        assert {span for span in spans if span[0] <= place < span[1]} == gone
        assert set(spans) == {span for finding in findings for span in finding.spans}
    else:
        assert ([Kind.UNREADABLE], "\0") == (kinds(findings), character)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_character_in_a_stored_premise_is_found(quoted_text, data):
    """Quote and premise alike; put back, the run holds again."""
    desk, _ = quoted_text
    (desk.corpus / "town.txt").write_text(TEXT, "utf-8")
    keys = [("quote", "premise"), ("premise",)]
    chosen = data.draw(st.sampled_from(keys))
    position, rank, stored = data.draw(
        st.sampled_from(desk.ledger("SELECT position, rank, record FROM evidence ORDER BY position, rank"))
    )
    place = data.draw(st.integers(0, len(json.loads(stored)["quote"]) - 1))
    character = data.draw(st.characters(codec="utf-8"))
    if character == json.loads(stored)["quote"][place]:
        character = "#"

    def change(record):
        for key in chosen:
            at = place if key == "quote" else len(record[key]) - len(record["quote"]) + place
            record[key] = record[key][:at] + character + record[key][at + 1 :]

    desk.change_evidence(position, change, rank)
    try:
        report, findings = desk.audit()
    finally:
        desk.ledger("UPDATE evidence SET record = ? WHERE position = ? AND rank = ?", stored, position, rank)

    assert not report.holds
    assert (f"c{position}",) == touched(findings)
    found = set(kinds(findings))  # the verdict may follow no more from other words
    assert {Kind.QUOTE if "quote" in chosen else Kind.PREMISE} == found - {Kind.VERDICT}


def called(monkeypatch, capsys, *args):
    """Exit status and output lines of the command line."""
    monkeypatch.setattr("sys.argv", ["factcheck", *map(str, args)])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    return exit_.value.code or 0, capsys.readouterr().out.splitlines()


def test_the_command_exits_with_what_it_found(desk, monkeypatch, capsys):
    """0 where all holds; 1 with a line a finding, its place first, control characters shown, claims named."""
    status, lines = called(monkeypatch, capsys, "audit", desk.run, "-q")
    assert (0, "everything holds") == (status, lines[-1])

    (desk.corpus / "town.txt").unlink()
    desk.change_evidence(9, lambda record: record.update(title="Bells \x1b[31m"))
    status, lines = called(monkeypatch, capsys, "audit", desk.run, "-q")
    assert (1, "2 findings: 1 details, 1 file_gone") == (status, lines[-1])
    assert lines[0].startswith("bells.jsonl, document 's1': its title is given as 'Bells ␛[31m'")
    assert lines[1].startswith("town.txt: is not in the corpus")
    assert lines[1].endswith(
        f"({', '.join(['claims ' + desk.quoting('town.txt')[0], *desk.quoting('town.txt')[1:6]])})"
    )


def test_long_lists_of_claims_are_shortened_on_the_screen_alone(desk, tmp_path, monkeypatch, capsys):
    """Each record of --json is whole, and the totals come last."""
    write_claims(desk.claims, [{"id": f"d{number}", "claim": "The ferry to Aldsund sails."} for number in range(30)])
    desk.run = tmp_path / "many"
    desk.verify()
    (desk.corpus / "town.txt").unlink()

    status, lines = called(monkeypatch, capsys, "audit", desk.run, "-q")
    assert 1 == status
    assert " in all)" in lines[0]
    assert "d29" not in lines[0]
    status, lines = called(monkeypatch, capsys, "audit", desk.run, "-q", "--json")
    finding, report = map(json.loads, lines)
    assert (1, "file_gone", True) == (status, finding["kind"], finding["fails"])
    assert "d29" in finding["claims"]
    assert ("report", False, {"file_gone": 1}) == (report["record"], report["holds"], report["findings"])


def test_a_folder_without_a_run_is_an_error(tmp_path):
    """As for every command that reads one."""
    with pytest.raises(RunError, match="holds no run"):
        audit(tmp_path)


@pytest.mark.model
def test_the_bundled_example_holds_until_a_document_changes(tmp_path):
    """As a user runs it: real processes, the bundled model; one letter of one document, and its claims are named."""
    example = ROOT / "claims" / "glaciers"
    shutil.copytree(example / "documents", tmp_path / "documents")
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    env = {name: os.environ[name] for name in names if name in os.environ}
    env |= {"FACTCHECK_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}

    def factcheck(*args):
        command = [sys.executable, "-m", "factcheck", *map(str, args)]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    done = factcheck("verify", example / "claims.csv", "--corpus", "documents", "--run", "runs/demo")
    assert 0 == done.returncode, done.stderr
    done = factcheck("audit", "runs/demo")
    assert (0, "everything holds") == (done.returncode, done.stdout.splitlines()[-1])

    changed = next(path for path in sorted((tmp_path / "documents").rglob("*.txt")))
    text = changed.read_text("utf-8")
    at = text.index("the ")
    changed.write_text(text[:at] + "The " + text[at + 4 :], "utf-8")
    done = factcheck("audit", "runs/demo", "--json")

    *findings, report = map(json.loads, done.stdout.splitlines())
    assert (1, False) == (done.returncode, report["holds"])
    assert {(changed.name, "source_changed")} == {(finding["path"], finding["kind"]) for finding in findings}
    records = [json.loads(line) for line in factcheck("export", "runs/demo").stdout.splitlines()]
    quoting = {
        record["id"]
        for record in records
        if any(one["path"] == changed.name for item in record["evidence"] for one in (item, *item["copies"]))
    }
    assert quoting == {claim for finding in findings for claim in finding["claims"]}


# --- the date as of which a run was made


@pytest.fixture
def dated(desk, tmp_path):
    """A run as of 2022: the table's rows are of 2021 or have no date, the notes on the mill are of May 2023."""
    desk.run = tmp_path / "dated"
    desk.verify(as_of="2022")
    return desk


def made_as_of(desk, date):
    """Let the run say that it was made as of a date."""
    [[identity]] = desk.ledger("SELECT value FROM meta WHERE key = 'identity'")
    changed = json.loads(identity) | {"as_of": date}
    desk.ledger("UPDATE meta SET value = ? WHERE key = 'identity'", json.dumps(changed))


def test_a_run_as_of_a_date_holds(dated):
    """Documents without a date are there, the later one is not."""
    report, findings = dated.audit()

    assert ([], True) == (findings, report.holds)
    assert ("c6",) == dated.quoting("deep/wells.csv", "r1")
    assert () == dated.quoting("deep/mill.md")


def test_evidence_later_than_the_date_of_the_run_is_found(desk):
    """A run that says it was made as of 2022 and quotes the notes of 2023: claim, document and date are named."""
    desk.ledger('UPDATE meta SET value = replace(value, \'"as_of": ""\', \'"as_of": "2022"\') WHERE key = \'identity\'')
    quoting = desk.quoting("deep/mill.md")

    report, findings = desk.audit()

    assert quoting
    assert {Kind.LATER} == set(kinds(findings))
    assert quoting == tuple(claim for finding in findings for claim in finding.claims)
    assert {"deep/mill.md"} == {finding.doc_id for finding in findings}
    assert all("dated 2023-05-01" in finding.found and "later than 2022" in finding.found for finding in findings)
    assert findings[0].where == f"claim {quoting[0]!r}, document 'deep/mill.md'"
    assert not report.holds


@pytest.mark.parametrize(("as_of", "later"), [("2023-05-01", 0), ("2023-05", 0), ("2023-04", 1), ("2023-04-30", 1)])
def test_a_document_of_the_very_date_is_not_later(desk, as_of, later):
    """A date of a month or year ends with it."""
    made_as_of(desk, as_of)

    assert bool(later) is bool(desk.audit()[1])


def test_a_later_copy_is_found(dated):
    """A passage is said to stand in a later document too."""

    def add(record):
        names = ("title", "path", "url", "page", "sha256", "extractor", "sentence", "start", "end", "quote")
        copy = {name: record[name] for name in names}
        record["copies"].append({**copy, "doc_id": "later.txt", "date": "2024-01"})

    dated.change_evidence(6, add)
    [finding] = [finding for finding in dated.audit()[1] if finding.kind is Kind.LATER]

    assert ("later.txt", ("c6",)) == (finding.doc_id, finding.claims)


def test_gold_evidence_may_be_of_any_date(desk, tmp_path):
    """It is not searched for, so that no date leaves it out."""
    gold = [{"doc_id": "deep/mill.md", "quote": "The miller sells flour."}]
    row = {"id": "c0", "claim": "The miller sells flour.", "label": "SUPPORTED", "evidence": [gold]}
    desk.claims.write_text(json.dumps(row) + "\n", "utf-8")
    desk.run = tmp_path / "gold"
    desk.verify(evidence="gold", as_of="2022")

    report, findings = desk.audit()
    assert ([], 1) == (findings, report.passages)
