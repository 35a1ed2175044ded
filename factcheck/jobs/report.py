"""What a job did, for the reader of its last lines."""

from dataclasses import dataclass
from pathlib import Path

from factcheck.corpus.files import Problem
from factcheck.jobs.ingest import REJECTED
from factcheck.nli import Counters
from factcheck.run.manifest import MANIFEST
from factcheck.types import Label, Reason, Verdict


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a job did."""

    folder: Path
    finished: bool  # whether every claim has its verdict
    claims: int
    resumed: int  # verdicts that were there before
    rejected: int
    pairs: int  # passages judged, in all verdicts of the run
    scored: Counters  # of this start
    seconds: float  # of this start, models and index included
    counts: dict[Label, int]
    open_reasons: dict[Reason, int]  # why claims have NOT ENOUGH INFO
    contradictions: tuple[Verdict, ...]
    conflicts: tuple[Verdict, ...]
    documents: int
    sentences: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()  # what whoever reads the verdicts has to know

    def __str__(self) -> str:
        parts = [f"{_count(self.claims, 'claim')}, {_count(self.pairs, 'passage')} judged, {self.seconds:.1f} s"]
        if self.resumed:
            parts.append(f"{_count(self.resumed, 'verdict')} there already")
        if self.rejected:
            parts.append(f"{_count(self.rejected, 'record')} rejected, see {self.folder / REJECTED}")
        if self.documents:
            parts.append(f"{_count(self.documents, 'document')}, {_count(self.sentences, 'sentence')}")
        if self.problems:
            parts.append(f"{_count(len(self.problems), 'problem')} with documents, see {self.folder / MANIFEST}")
        notes = "".join(f"\nnote: {note}" for note in self.notes)
        return "; ".join(parts) + f"{self._scoring()}{notes}\nrun: {self.folder}"

    def _scoring(self) -> str:
        """A line on the pairs of this start; empty where none was asked for."""
        scored = self.scored
        if not scored.pairs_asked:
            return ""
        claims = max(self.claims - self.resumed, 1)
        repeated = scored.pairs_asked - scored.pairs_cached - scored.pairs_scored
        parts = [f"{_count(scored.pairs_asked, 'pair')}, {scored.pairs_asked / claims:.1f} a claim"]
        parts.append(f"{scored.pairs_cached:,} scored before, {scored.pairs_scored:,} now")
        if repeated:
            parts.append(f"{repeated:,} repeated")
        if scored.pairs_scored:
            parts.append(f"padding efficiency {scored.efficiency:.2f}")
        return "\n" + "; ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
