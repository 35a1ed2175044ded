"""The audit itself: first through the ledger in claim order, then through the corpus in file order."""

import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from factcheck.config import Settings
from factcheck.corpus.files import HUB_PREFIX
from factcheck.corpus.index import Pointer
from factcheck.errors import ConfigError, CorpusError, RunError
from factcheck.jobs.audit.compare import Outcome
from factcheck.jobs.audit.contexts import check_context
from factcheck.jobs.audit.findings import AuditReport, Finding, Kind
from factcheck.jobs.audit.quotes import Quotes
from factcheck.jobs.audit.sources import SourceCheck
from factcheck.jobs.audit.terms import Terms
from factcheck.jobs.audit.verdicts import derive, read_evidence
from factcheck.jobs.progress import Progress, Silent
from factcheck.run.codec import claim_from_json
from factcheck.run.ledger import LEDGER, Ledger, claim_line
from factcheck.run.stored import StoredClaim, StoredVerdict
from factcheck.types import Claim, Evidence, EvidenceFrom, Passage

_ALTERED = "the run's record was altered or torn: do not rely on it"
_MAKE_AGAIN = "make the run again in another folder"


def audit(
    run: Path | str,
    *,
    corpus: str | None = None,
    on_finding: Callable[[Finding], None] = lambda _: None,
    progress: Progress | None = None,
) -> AuditReport:
    """Re-read every quote and premise of a run from its sources, and derive every verdict again from its evidence.

    Of the corpus only the files that the run quotes are read, each once. Neither run nor index nor cache is written to.
    Memory does not grow with the claims: what is quoted is sorted on disk, in the folder for temporary files.

    Args:
        run: The run folder; an unfinished run is audited as far as it got.
        corpus: Where the documents are now, if not where they were.
        on_finding: Told of each finding, once: those of the ledger, then of claims in their order, then of files in
            the order of their names, then of files that are gone.
        progress: Told how many files are done.

    Raises:
        RunError: There is no run in the folder, or an update of it was published meanwhile.
        CorpusError: There is nothing at `corpus`.
    """
    started = time.time()
    if corpus is not None and not corpus.startswith(HUB_PREFIX) and not Path(corpus).exists():
        raise CorpusError(corpus, "does not exist", "give the file or folder of the documents")
    report = AuditReport(Path(run))

    def tell(finding: Finding) -> None:
        report.findings[finding.kind] += 1
        on_finding(finding)

    progress = progress or Silent()
    with Quotes() as quotes:
        with Ledger(run) as ledger, ledger.moment():
            reading = _LedgerCheck(ledger, quotes, report)
            for finding in reading.findings():
                tell(finding)
        report.quotes, files = quotes.count()
        progress.total("reading", files)
        root = corpus or _recorded_corpus(reading.settings)
        sources = SourceCheck(quotes, root, reading.settings, reading.terms, Path(run))
        read = sources.run(tell, lambda: progress.advance("reading"))
        report.files, report.documents = read.files, read.documents
    report.seconds = time.time() - started
    return report


class _LedgerCheck:
    """Checks what needs nothing but the ledger, and gathers what is quoted from the corpus."""

    def __init__(self, ledger: Ledger, quotes: Quotes, report: AuditReport) -> None:
        self._ledger, self._quotes, self._report = ledger, quotes, report
        if (ledger.get("edition") or 1) != ledger.edition:
            raise RunError(ledger.folder, "an update was published just now", "start again")
        self.settings: Settings | None = None
        self.terms: Terms | None = None

    def findings(self) -> Iterator[Finding]:
        for fault in self._ledger.faults():
            yield self._of_ledger(fault)
        yield from self._notes()
        report, digest, readable, expected = self._report, sha256(), True, 0
        report.finished = self._ledger.is_finished()
        for stored in self._ledger.stored():
            if stored.position != expected:
                yield self._of_ledger(f"claim {stored.position} stands where claim {expected} comes next")
            expected = stored.position + 1
            report.claims += 1
            report.verdicts += stored.verdict is not None
            self._quotes.add_claim(stored.position, stored.id)
            claim = _claim(stored)
            if claim is None:
                readable = False
                yield _of_claim(stored, Outcome(Kind.RECORD, "its record is not that of a claim of this id", _ALTERED))
            else:
                digest.update(claim_line(claim))
            if stored.verdict is not None:
                yield from self._verdict(stored, stored.verdict, claim)
        recorded = self._ledger.get("claims")
        if readable and (recorded is not None or report.claims) and recorded != digest.hexdigest():
            yield self._of_ledger("the claims are not those that the run was begun with (another SHA-256)")
        if report.finished and report.verdicts < report.claims:
            yield self._of_ledger(f"finished, with {report.verdicts:,} verdicts on {report.claims:,} claims")

    def _notes(self) -> Iterator[Finding]:
        """What the run notes of itself, taken in as far as it can be."""
        identity, settings = self._ledger.get("identity"), self._ledger.get("settings")
        if identity is None and not self._ledger.progress()[0]:
            return  # it did not get that far
        try:
            self.terms = Terms.of(identity)
        except (AttributeError, KeyError, TypeError, ValueError):
            yield self._of_ledger("what the run was begun with cannot be read, so no verdict can be derived again")
        try:
            self.settings = Settings.of(settings) if isinstance(settings, dict) else None
        except ConfigError as error:
            yield self._of_ledger(f"the settings of the run cannot be read: {error}")
        if self.terms is not None and not self.terms.same_method:
            found = "made by a version of factcheck that decides otherwise, so no verdict can be derived again"
            yield Finding(Kind.UNCHECKED, LEDGER, found, f"audit with that version, or {_MAKE_AGAIN}")

    def _verdict(self, stored: StoredClaim, verdict: StoredVerdict, claim: Claim | None) -> Iterator[Finding]:
        """Check one verdict, and take in what it quotes."""
        evidence: list[Evidence] = []
        sound = True
        for rank, row in enumerate(verdict.evidence):
            item, wrong = read_evidence(row, rank)
            if wrong:
                sound = False
                yield _of_claim(stored, Outcome(Kind.RECORD, f"passage {rank + 1}: {wrong}", _ALTERED))
            if item is not None:
                evidence.append(item)
        yield from self._passages(stored, verdict, claim, evidence)
        if self.terms is not None and verdict.evidence_from != EvidenceFrom.GOLD.value:  # which is searched by no date
            yield from _later(stored, evidence, self.terms)
        if sound and claim is not None and self.terms is not None and self.terms.same_method:
            faults = list(derive(claim, verdict, evidence, self.terms))
            if faults:
                yield _of_claim(stored, Outcome(Kind.VERDICT, ", ".join(faults), _ALTERED))

    def _passages(
        self, stored: StoredClaim, verdict: StoredVerdict, claim: Claim | None, evidence: Sequence[Evidence]
    ) -> Iterator[Finding]:
        """Check what the claim itself brought, and take in what is quoted from the corpus."""
        for item in evidence:
            for passage in (item.passage, *item.hit.copies):
                self._report.passages += 1
                if passage.source.path:
                    self._quotes.add(stored.position, passage)
                    continue
                self._report.brought += 1
                if finding := self._context(stored, verdict, claim, passage):
                    yield finding

    def _context(
        self, stored: StoredClaim, verdict: StoredVerdict, claim: Claim | None, passage: Passage
    ) -> Finding | None:
        if claim is None or self.terms is None:
            outcome: Outcome | None = Outcome(Kind.UNCHECKED, "the claim it belongs to, or the run, cannot be read")
        else:
            gold = verdict.evidence_from == EvidenceFrom.GOLD.value
            origin = EvidenceFrom.GOLD if gold else EvidenceFrom.GIVEN
            outcome = check_context(claim, passage, origin, self.terms)
        return _of_claim(stored, outcome, passage) if outcome else None

    def _of_ledger(self, found: str) -> Finding:
        return Finding(Kind.LEDGER, LEDGER, found, f"{_ALTERED}, {_MAKE_AGAIN}")


def _claim(stored: StoredClaim) -> Claim | None:
    """The claim of a row, None where its record is that of no claim or of another one."""
    try:
        claim = claim_from_json(stored.record)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return claim if claim.id == stored.id else None


def _of_claim(stored: StoredClaim, outcome: Outcome, passage: Passage | None = None) -> Finding:
    where = f"claim {stored.id!r}" + (f", context {passage.source.doc_id!r}" if passage else "")
    return Finding(
        kind=outcome.kind,
        where=where,
        found=outcome.found,
        fix=outcome.fix,
        doc_id=passage.source.doc_id if passage else "",
        standing=outcome.standing,
        spans=((passage.start, passage.end),) if passage else (),
        claims=(stored.id,),
    )


def _later(stored: StoredClaim, evidence: Sequence[Evidence], terms: Terms) -> Iterator[Finding]:
    """A finding for each document of the evidence, copies too, that the run was to leave out for its date."""
    found: dict[tuple[str, str | None], list[Passage]] = {}
    for item in evidence:
        for passage in (item.passage, *item.hit.copies):
            if terms.is_later(passage.source):
                found.setdefault((passage.source.doc_id, passage.source.date), []).append(passage)
    for (doc_id, date), passages in found.items():
        yield Finding(
            kind=Kind.LATER,
            where=f"claim {stored.id!r}, document {doc_id!r}",
            found=f"dated {date}, and the run was to leave out documents dated later than {terms.as_of}",
            fix=_ALTERED,
            path=passages[0].source.path,
            doc_id=doc_id,
            spans=tuple((passage.start, passage.end) for passage in passages),
            claims=(stored.id,),
        )


def _recorded_corpus(settings: Settings | None) -> str | None:
    """Where the run's documents were read, None where neither the run nor its index says."""
    if settings is None:
        return None
    if settings.corpus or not settings.index:
        return settings.corpus or None
    try:
        pointer = Pointer.read(settings.index)
    except CorpusError:
        return None
    return pointer.corpus if pointer else None
