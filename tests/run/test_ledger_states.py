"""The ledger against a simple model of it: whatever is done in whatever order, both hold the same."""

import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from factcheck.errors import RunError
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

MEMORY = Path("/dev/shm")  # a disk in memory, where there is one: it is not the disk that is tested
TONES = ((0.9, 0.1, 0.0), (0.1, 0.9, 0.0), (0.0, 0.2, 0.8))
STANCES = (Stance.SUPPORTS, Stance.NEUTRAL, Stance.CONTRADICTS)
LABELS = (Label.SUPPORTED, Label.NOT_ENOUGH_INFO, Label.CONTRADICTED)


def verdict(claim, tone, passages):
    """One that leans as its tone says, on some passages."""
    evidence = []
    for number in range(passages):
        passage = Passage(Source(f"d{number}", "", "p", "0" * 64), 0, 0, 5, "Quote", "Quote")
        evidence.append(Evidence(Hit(passage, 1.0 - number / 10), NLIScores(*TONES[tone]), STANCES[tone]))
    label, reason = (LABELS[tone], Reason.EVIDENCE) if passages and tone != 1 else (LABELS[1], Reason.ONLY_NEUTRAL)
    return Verdict(claim, label, max(TONES[tone]), reason, EvidenceFrom.CORPUS, tuple(evidence))


class Edition:
    """What the model knows of one edition: verdicts by position, and documents."""

    def __init__(self, documents):
        self.verdicts, self.documents = {}, dict(documents)

    def in_order(self):
        return [self.verdicts[position] for position in sorted(self.verdicts)]


documents = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1" * 16, "2" * 16]), max_size=3)
choices = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=4)


class LedgerStates(RuleBasedStateMachine):
    """A run from its first claim to its last update, with closed, dropped and second connections on the way."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.patience = patch("factcheck.run.ledger._FOLD_WAIT", 0)
        self.patience.start()
        self.copies = 0
        self.run = self.folder / "run-0"
        self.ledger = Ledger(self.run, write=True)
        self.reader = None
        self.claims, self.events = [], []
        self.published, self.following, self.identity = Edition({}), None, None
        self.finished = False

    def teardown(self):
        self.close_reader()
        self.close()
        self.patience.stop()
        shutil.rmtree(self.folder)

    @initialize(count=st.integers(1, 4), found=documents)
    def begin(self, count, found):
        self.claims = [Claim(f"c{number}", f"Claim {number}.", input={"n": number}) for number in range(count)]
        self.ledger.ingest(self.claims)
        self.ledger.begin(found.items(), identity={"corpus": 0})
        self.published = Edition(found)

    def close(self):
        self.ledger.__exit__(None, None, None)

    def close_reader(self):
        if self.reader is not None:
            self.reader.__exit__(None, None, None)
            self.reader = None

    def view(self):
        """The ledger at the edition that is written."""
        if self.following is None:
            return self.ledger
        return self.ledger.begin_update({"corpus": self.identity}, self.following.documents.items())

    def chosen(self, edition, choice):
        """Verdicts for some of the claims that have none there."""
        return [
            verdict(self.claims[number], tone, passages)
            for number, tone, passages in {number: (number, *rest) for number, *rest in choice}.values()
            if number < len(self.claims) and number not in edition.verdicts
        ]

    def written(self):
        return self.published if self.following is None else self.following

    @precondition(lambda self: self.following is not None or not self.finished)
    @rule(choice=choices)
    def write(self, choice):
        found = self.chosen(self.written(), choice)
        self.view().write(found)
        self.written().verdicts |= {int(one.claim.id[1:]): one for one in found}

    @precondition(lambda self: self.written().verdicts)
    @rule(choice=choices)
    def write_one_again(self, choice):
        """Is refused, with all that was to be written beside it."""
        again = next(iter(self.written().verdicts.values()))
        with pytest.raises(RunError):
            self.view().write([*self.chosen(self.written(), choice), again])

    @precondition(lambda self: self.following is None and not self.finished)
    @rule(tone=st.integers(0, 2))
    def write_the_rest_and_finish(self, tone):
        self.write([(number, tone, 1) for number in range(len(self.claims))])
        self.ledger.finish()
        self.finished = True

    @rule()
    def read_the_claims_again(self):
        assert self.ledger.ingest(self.claims) == self.ledger.get("claims")
        assert self.ledger.ingest(self.claims[1:]) != self.ledger.get("claims")

    @rule(identity=st.integers(1, 3), found=documents)
    def begin_update(self, identity, found):
        """The same identity goes on where it was; another begins anew. The run need not be finished."""
        self.ledger.begin_update({"corpus": identity}, found.items())
        if self.following is None or identity != self.identity:
            self.identity, self.following = identity, Edition(found)

    @precondition(lambda self: self.following is not None)
    @rule()
    def drop_update(self):
        self.ledger.drop_update()
        self.following = self.identity = None

    @precondition(lambda self: self.following is not None)
    @rule(tone=st.integers(0, 2), flips=st.integers(0, 2))
    def write_the_rest_and_publish(self, tone, flips):
        self.write([(number, tone, 1) for number in range(len(self.claims))])
        records = [{"claim": number} for number in range(flips)]
        self.view().publish(records)
        self.ledger.edition += 1  # what was opened before reads what was published then
        self.events += records
        self.published, self.following, self.finished = self.following, None, True

    @rule(detail=st.none() | st.integers() | st.text())
    def note(self, detail):
        self.ledger.event("note", detail)
        assert self.ledger.events("note")[-1][1] == detail

    @rule()
    def close_and_open(self):
        self.close_reader()
        self.close()
        self.ledger = Ledger(self.run, write=True)

    @rule()
    def die_and_open(self):
        """The files as they are while they are open are those that a dead process leaves."""
        self.close_reader()
        self.copies += 1
        left = self.folder / f"run-{self.copies}"
        shutil.copytree(self.run, left)
        self.close()
        self.run = left
        self.ledger = Ledger(self.run, write=True)

    @rule()
    def open_a_reader(self):
        """One that stays open, and must see what is published later."""
        self.close_reader()
        self.reader = Ledger(self.run)

    @invariant()
    def others_read_what_is_published(self):
        with Ledger(self.run) as fresh:
            self.compare(fresh)
        if self.reader is not None:
            with self.reader.moment():
                self.compare(self.reader)

    def compare(self, reader):
        """A reader's every answer with the model's."""
        verdicts = self.published.in_order()
        assert list(reader.verdicts()) == verdicts
        assert reader.progress() == (len(verdicts), len(self.claims))
        assert reader.is_finished() == self.finished
        assert reader.pairs() == sum(one.judged for one in verdicts)
        assert reader.counts() == {label: sum(one.label is label for one in verdicts) for label in Label}
        assert [reader.verdict(claim.id) for claim in self.claims if reader.verdict(claim.id)] == verdicts
        supported = [one for one in verdicts if one.label is Label.SUPPORTED]
        assert reader.strongest(Label.SUPPORTED, limit=9) == supported  # all have one score, so that they are in order
        assert {name: digest for name in "abc" if (digest := reader.document(name))} == self.published.documents
        assert [detail for _, detail in reader.events("flip")] == self.events

    @invariant()
    def the_writer_knows_what_is_left(self):
        for ledger, edition in ((self.ledger, self.published), (self.view(), self.written())):
            left = [claim for position, claim in enumerate(self.claims) if position not in edition.verdicts]
            assert list(ledger.pending()) == left

    @invariant()
    def nothing_else_is_kept(self):
        editions = {self.published, self.written()}
        pairs = sum(one.judged for edition in editions for one in edition.verdicts.values())
        assert len(list(self.ledger.judged())) == pairs

    @precondition(lambda self: self.finished and self.following is None and self.reader is None)
    @invariant()
    def a_finished_run_is_one_file(self):
        assert not (self.run / f"{LEDGER}-wal").exists()


LedgerStates.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestLedgerStates = LedgerStates.TestCase
