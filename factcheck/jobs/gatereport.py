"""What a gate says and shows: the claims that count against a run, as lines, records, JUnit cases and annotations."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from factcheck.formats.github import SHOWN, annotation, markdown_table, markdown_text, position
from factcheck.formats.junit import Case, Outcome, Suite, write_junit
from factcheck.formats.records import place
from factcheck.jobs.causes import Cause
from factcheck.jobs.diff import flips
from factcheck.jobs.gate import Comparison, Decided, Decision, Finding, Gate, Offence, Rules, percent, strongest
from factcheck.jobs.reasons import said
from factcheck.run.ledger import Ledger, require_finished
from factcheck.types import JSON, Evidence, Label, Verdict

_CLASS: Final = "factcheck.gate"
_LIMITS: Final[Mapping[Decision, Outcome]] = {
    Decision.PASSED: Outcome.PASSED,
    Decision.FAILED: Outcome.FAILED,
    # In JUnit's words a failure is a wrong answer and an error none at all. A skipped test would let a test page go
    # green over a limit that nothing has shown to hold.
    Decision.TOO_FEW: Outcome.ERROR,
}
_CLAIMS: Final[Mapping[Decision, Outcome]] = {  # of a limit that holds or is open the page shows no failed claim
    Decision.PASSED: Outcome.SKIPPED,
    Decision.FAILED: Outcome.FAILED,
    Decision.TOO_FEW: Outcome.SKIPPED,
}
_KINDS: Final[Mapping[Decision, str]] = {Decision.FAILED: "error", Decision.TOO_FEW: "warning"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A claim that counts against the run, with all there is to say of it."""

    offence: Offence
    verdict: Verdict
    before: Verdict | None = None  # where it is newly failing
    cause: Cause | None = None  # of its flip; None where its label is the same and only its score or confidence fell

    @property
    def where(self) -> str:
        """File and line of the claim, or its id where it came from no file."""
        return self.verdict.claim.where

    @property
    def said(self) -> str:
        """The verdict in a few words."""
        return _said(self.verdict, self.offence.label)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the verdict stands on: of a conflict both sides, of NOT ENOUGH INFO the nearest passage."""
        return self.verdict.evidence[: 2 if self.verdict.label is Label.CONFLICTING else 1]

    @property
    def against(self) -> str:
        """What the claim counts against."""
        parts = [str(limit) for limit in self.offence.limits]
        return "; ".join(parts + [f"newly {criterion}" for criterion in self.offence.newly])

    def fields(self) -> Iterator[tuple[str, str]]:
        """Name and text of each line about it; a line without a name belongs to the one before."""
        claim = self.verdict.claim
        yield "claim", claim.text
        yield "", f"{claim.id} ({claim.place})" if claim.place else claim.id
        yield "verdict", self.said
        yield "counts against", self.against
        if self.before is not None and self.offence.before is not None:
            yield "was", _said(self.before, self.offence.before)
        if self.cause is not None:
            yield "cause", str(self.cause)
        for item in self.evidence:
            yield f"{item.stance} {said(item):.2f}", f'"{item.passage.quote}"'
            yield "", place(item.passage)

    def record(self) -> dict[str, JSON]:
        """The claim as a JSON object."""
        offence, claim = self.offence, self.verdict.claim
        return {
            "id": claim.id,
            "place": claim.place or None,
            "claim": claim.text,
            "verdict": self.verdict.label.value,
            "counts_as": offence.label.value,
            "score": self.verdict.score,
            "confidence": self.verdict.confidence,
            "decision": offence.decision.value,
            "limits": [str(limit) for limit in offence.limits],
            "newly": [str(criterion) for criterion in offence.newly],
            "before": None if self.before is None else self.before.label.value,
            "cause": None if self.cause is None else self.cause.record(),
            "evidence": [
                {"stance": item.stance.value, "quote": item.passage.quote, "where": place(item.passage)}
                for item in self.evidence
            ],
        }

    def case(self) -> Case:
        """The claim as a case of JUnit: named by its id, grouped by its file."""
        claim = self.verdict.claim
        quotes = "".join(f' {item.stance} "{item.passage.quote}", {place(item.passage)}.' for item in self.evidence)
        return Case(
            name=claim.id,
            classname=claim.place.rpartition(":")[0] or "claims",
            outcome=_CLAIMS[self.offence.decision],
            message=f'{self.said}: "{claim.text}"{quotes}',
            text="".join(f"{name:<18}{text}\n" for name, text in self.fields()),
        )

    def annotation(self, environment: Mapping[str, str]) -> str:
        """The claim as a workflow command."""
        file, line = position(self.verdict.claim.place, environment) or (None, None)
        text = "\n".join(f"{name}: {text}" if name else text for name, text in self.fields())
        title = f"{self.offence.label}: {self.verdict.claim.id}"
        return annotation(_KINDS[self.offence.decision], text, title=title, file=file, line=line)


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a gate decided, with the claims to look at first."""

    folder: Path
    baseline: Path | None
    decided: Decided
    notes: tuple[str, ...]  # on runs that are not finished
    listed: tuple[Listed, ...]  # of those that count against something not passed, the most important first
    counts: Mapping[Decision, int]  # of all claims that count against the run

    @property
    def decision(self) -> Decision:
        """Of all of it."""
        return self.decided.decision

    @property
    def offending(self) -> int:
        """How many claims count against something that is not passed."""
        return self.counts.get(Decision.FAILED, 0) + self.counts.get(Decision.TOO_FEW, 0)

    def lines(self) -> Iterator[str]:
        """One line a limit and a comparison, what could not be compared, and the decision."""
        level = self.decided.rules.level
        for finding in self.decided.findings:
            yield f"{finding.decision.words}: {_finding(finding, level)}"
        for comparison in self.decided.comparisons:
            yield f"{comparison.decision.words}: {_comparison(comparison, level)}"
        unmatched = self.decided.unmatched
        if unmatched is not None and (unmatched.here or unmatched.there or unmatched.reworded):
            yield (
                f"not compared: {_count(unmatched.here)} only in this run, {unmatched.there:,} only in the earlier "
                f"one, {unmatched.reworded:,} with another text under the same id"
            )
        yield f"gate: {self.decision.words}"

    def record(self) -> dict[str, JSON]:
        """The report as a JSON object."""
        rules = self.decided.rules
        unmatched = self.decided.unmatched
        return {
            "run": str(self.folder),
            "baseline": None if self.baseline is None else str(self.baseline),
            "decision": self.decision.value,
            "notes": list(self.notes),
            "claims": self.decided.total,
            "level": rules.level,
            "as_they_are": rules.as_they_are,
            "min_confidence": rules.min_confidence,
            "min_score": rules.min_score,
            "limits": [_finding_record(finding) for finding in self.decided.findings],
            "comparisons": [_comparison_record(item) for item in self.decided.comparisons],
            "unmatched": None
            if unmatched is None
            else {"here": unmatched.here, "there": unmatched.there, "reworded": unmatched.reworded},
            "against": {decision.value: self.counts.get(decision, 0) for decision in Decision},
            "listed": [item.record() for item in self.listed],
        }

    def annotations(self, environment: Mapping[str, str]) -> list[str]:
        """Workflow commands, the most important first, no more of a kind than GitHub shows."""
        level = self.decided.rules.level
        found: list[tuple[Decision, str]] = [
            (finding.decision, _finding(finding, level)) for finding in self.decided.findings
        ]
        found += [(item.decision, _comparison(item, level)) for item in self.decided.comparisons]
        commands = [
            annotation(_KINDS[decision], text, title=f"factcheck gate: {decision.words}")
            for decision, text in sorted(found, key=lambda item: item[0] is not Decision.FAILED)
            if decision in _KINDS
        ]
        commands += [item.annotation(environment) for item in self.listed]
        kinds: Counter[str] = Counter()
        kept = []
        for command in commands:
            kind = command.split(" ", 1)[0]
            kinds[kind] += 1
            if kinds[kind] <= SHOWN:
                kept.append(command)
        return kept

    def summary(self) -> str:
        """The report in Markdown, for the summary of a step."""
        level = self.decided.rules.level
        rows = [(item.decision.words, _finding(item, level)) for item in self.decided.findings]
        rows += [(item.decision.words, _comparison(item, level)) for item in self.decided.comparisons]
        text = f"### factcheck gate: {self.decision.words}\n\n{markdown_text(str(self.folder))}\n\n"
        text += markdown_table(("decision", "what was found"), rows)
        if self.listed:
            text += (
                f"\n{len(self.listed)} of {_count(self.offending)} that count against it, the most important first:\n\n"
            )
            text += markdown_table(("claim", "verdict", "quote", "where"), map(_row, self.listed))
        return text + "\n"


def run_gate(  # noqa: PLR0913 (all named)
    folder: Path,
    rules: Rules,
    *,
    baseline: Path | None = None,
    partial: bool = False,
    most: int = 10,
    junit: Path | None = None,
) -> GateReport:
    """Decide whether a run is good enough.

    Args:
        folder: The run.
        rules: What must hold.
        baseline: An earlier run, for the paired test on newly failing claims.
        partial: Whether to decide on a run that is not finished, by the verdicts there are.
        most: How many of the claims that count against the run are listed.
        junit: A JUnit file to write, with all of them.

    Raises:
        FactcheckError: A run cannot be read or is not finished, the rules do not fit it, or the file cannot be written.
    """
    with ExitStack() as stack:
        ledgers = [stack.enter_context(Ledger(each)) for each in (folder, baseline) if each is not None]
        for ledger in ledgers:
            stack.enter_context(ledger.moment())
        notes = [note for ledger in ledgers if (note := require_finished(ledger, partial=partial))]
        gate = Gate(rules, *ledgers)
        decided = gate.decide()
        chosen, counts = strongest(gate.offences(decided), most)
        if junit is not None:
            _write_junit(junit, gate, decided, counts)
        looked_at = (offence for offence in chosen if offence.decision is not Decision.PASSED)
        in_order = sorted(looked_at, key=lambda offence: offence.position)
        return GateReport(
            folder=folder,
            baseline=baseline,
            decided=decided,
            notes=tuple(notes),
            listed=tuple(sorted(_listed(gate, in_order), key=lambda item: item.offence.rank())),
            counts=dict(counts),
        )


def _listed(gate: Gate, offences: Iterable[Offence]) -> Iterator[Listed]:
    """What there is to say of these claims, which come in claim order, as flips do."""
    turned = iter(()) if gate.baseline is None else flips(gate.baseline, gate.run)
    for offence in offences:
        verdict = gate.run.verdict(offence.claim_id)
        assert verdict is not None  # it was there, in the same moment
        before = cause = None
        if offence.newly and gate.baseline is not None:
            before = gate.baseline.verdict(offence.claim_id)
            assert before is not None
            if before.label is not verdict.label:
                cause = next(flip.cause for flip in turned if flip.claim_id == offence.claim_id)
        yield Listed(offence, verdict, before, cause)


def _write_junit(out: Path, gate: Gate, decided: Decided, counts: Mapping[Decision, int]) -> None:
    level = decided.rules.level
    checks = [(str(item.limit), item.decision, _finding(item, level)) for item in decided.findings]
    checks += [(f"newly {item.criterion}", item.decision, _comparison(item, level)) for item in decided.comparisons]
    cases = [Case(name, _CLASS, _LIMITS[decision], text, text) for name, decision, text in checks]
    outcomes = Counter(case.outcome for case in cases)
    for decision, count in counts.items():
        outcomes[_CLAIMS[decision]] += count

    def streamed() -> Iterator[Case]:
        yield from cases
        yield from (item.case() for item in _listed(gate, gate.offences(decided)))

    suite = Suite(f"factcheck gate {gate.run.folder}", outcomes, _properties(gate, decided), _when(gate.run))
    write_junit(out, suite, streamed())


def _properties(gate: Gate, decided: Decided) -> dict[str, str]:
    """Facts about the run: what it is of, and how it was looked at."""
    rules = decided.rules
    facts: dict[str, JSON] = {
        "run": str(gate.run.folder),
        "baseline": None if gate.baseline is None else str(gate.baseline.folder),
        "decision": decided.decision.words,
        "claims with a verdict": decided.total,
        "finished": gate.run.is_finished(),
        "level": rules.level,
        "as they are": rules.as_they_are,
        "min confidence": rules.min_confidence,
        "min score": rules.min_score,
    }
    identity = gate.run.get("identity")
    if isinstance(identity, dict):
        facts |= {f"identity.{name}": value for name, value in identity.items()}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in facts.items()
        if value is not None
    }


def _when(run: Ledger) -> float:
    """When the verdicts were whole, or were last worked on: the same run gives the same file."""
    finished = run.get("finished")
    if isinstance(finished, int | float):
        return float(finished)
    return max((when for when, _ in run.events("start")), default=0.0)


def _finding(finding: Finding, level: float) -> str:
    if finding.rate is None:
        return f"{finding.limit}: there is no claim with a verdict"
    text = f"{finding.limit}: {finding.count:,} of {_count(finding.total)}, {percent(finding.rate)}"
    if finding.interval is None:
        return text + " (these claims as they are)"
    low, high = 100 * finding.interval.low, 100 * finding.interval.high
    text += f" ({100 * level:.10g} % interval {low:.2f} to {high:.2f} %)"
    if finding.decision is not Decision.TOO_FEW:
        return text
    if finding.enough is None:
        return text + "; the rate is too near the limit for any number of claims to decide"
    needed, more = _rounded(finding.enough), _rounded(finding.enough - finding.total)
    return f"{text}; at this rate about {needed:,} claims would decide, {more:,} more"


def _comparison(item: Comparison, level: float) -> str:
    text = f"{item.worse:,} newly {item.criterion}, {item.better:,} no longer, of {_count(item.compared)} in both runs"
    if item.worse <= item.better:
        return text
    sign = "<" if item.decision is Decision.FAILED else "≥"
    return f"{text}; by chance alone p = {item.p:.2g}, {sign} {1 - level:.2g}"


def _finding_record(finding: Finding) -> dict[str, JSON]:
    around = finding.interval
    return {
        "bound": "min" if finding.limit.criterion.wanted else "max",
        "label": finding.limit.criterion.label.value,
        "limit": finding.limit.rate,
        "count": finding.count,
        "claims": finding.total,
        "rate": finding.rate,
        "low": None if around is None else around.low,
        "high": None if around is None else around.high,
        "decision": finding.decision.value,
        "claims_to_decide": finding.enough,
    }


def _comparison_record(item: Comparison) -> dict[str, JSON]:
    return {
        "failing": str(item.criterion),
        "claims": item.compared,
        "newly_failing": item.worse,
        "newly_passing": item.better,
        "p": item.p,
        "decision": item.decision.value,
    }


def _row(item: Listed) -> tuple[str, str, str, str]:
    quotes = " / ".join(f"{piece.stance}: {piece.passage.quote}" for piece in item.evidence)
    places = " / ".join(place(piece.passage) for piece in item.evidence)
    return f"{item.verdict.claim.id}: {item.verdict.claim.text}", item.said, quotes, places


def _said(verdict: Verdict, counts_as: Label) -> str:
    confidence = "" if verdict.confidence is None else f", confidence {verdict.confidence:.2f}"
    text = f"{verdict.label} {verdict.score:.2f}{confidence}"
    return text if counts_as is verdict.label else f"{text}; not sure enough, so counted as {counts_as}"


def _rounded(number: int) -> int:
    """Two digits of it: more would be a promise."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return -(-number // step) * step


def _count(number: int) -> str:
    return f"{number:,} claim" + ("" if number == 1 else "s")
