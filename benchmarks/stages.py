"""What staged judging costs and saves: verdicts that flip against the full run, and the pairs that are not scored.

    python benchmarks/stages.py                                # our collections, and those of ../shared where it is
    python benchmarks/stages.py --precision fp32 --stages 3,10 --stages 2,5,10
    python benchmarks/stages.py --margins                      # other margins of the rule, with the first --stages

Every pair is scored once: scores depend on nothing but the pair, so each setting is played again on the same ones.
Writes results/stages.jsonl, each flip with the claim's gold label.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common import ROOT, SHARED, row, write_rows
from verdicts import Job, jobs

from factcheck.config import Settings
from factcheck.errors import ClaimsError
from factcheck.formats import read_claims
from factcheck.jobs.sources import open_finder
from factcheck.nli import PairScorer, load
from factcheck.pipeline import verify
from factcheck.retrieval.finder import EvidenceFinder, Found
from factcheck.types import Claim, Label, NLIScores, Verdict
from factcheck.verdict.decide import Rule

RULE = Rule(support=Settings().support, contradict=Settings().contradict)
MARGINS = [(clear, quiet) for clear in (0.0, 0.1, 0.2, 0.4) for quiet in (0.1, 0.2, 0.3, 0.4, 0.6, 1.0)]


class Remembering:
    """A scorer that computes each pair once and counts those that are asked for."""

    def __init__(self, inner: PairScorer) -> None:
        self.inner, self.asked = inner, 0
        self.known: dict[tuple[str, str], NLIScores] = {}
        self.windows, self.max_tokens = inner.windows, inner.max_tokens

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        self.asked += len(pairs)
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self.known]
        self.known.update(zip(new, self.inner.score(new), strict=True))
        return [self.known[pair] for pair in pairs]


@dataclass
class Retrieved:
    """Claims with what was found for them, in place of a finder."""

    claims: list[Claim]
    found: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> "Retrieved":
        with TemporaryDirectory() as folder:
            settings = Settings(corpus=str(job.corpus), index=folder, evidence=job.evidence)
            finder = open_finder(settings).finder
            claims = [claim for claim in read_claims(job.claims) if _usable(finder, claim)]
            found = finder.find(claims)
        return cls(claims, {claim.id: one for claim, one in zip(claims, found, strict=True)})

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        return [self.found[claim.id] for claim in claims]


def _usable(finder: EvidenceFinder, claim: Claim) -> bool:
    try:
        finder.check(claim)
    except ClaimsError:
        return False
    return True


@dataclass
class Comparison:
    """Counts of a staged run beside the full one."""

    claims: int = 0
    pairs: int = 0
    asked: int = 0
    right_full: int = 0
    right_staged: int = 0
    flips: list[dict[str, Any]] = field(default_factory=list)

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(
            self.claims + other.claims,
            self.pairs + other.pairs,
            self.asked + other.asked,
            self.right_full + other.right_full,
            self.right_staged + other.right_staged,
            self.flips + other.flips,
        )

    def metrics(self) -> dict[str, float]:
        kinds = Counter(_kind(flip) for flip in self.flips)
        return {
            "pairs_full": self.pairs,
            "pairs_staged": self.asked,
            "pairs_saved": round(1 - self.asked / self.pairs, 4),
            "flips": len(self.flips),
            "flips_share": round(len(self.flips) / self.claims, 4),
            "flips_into_conflicting": kinds["into"],
            "flips_out_of_conflicting": kinds["out of"],
            "flips_other": kinds["other"],
            "right_full": self.right_full,
            "right_staged": self.right_staged,
        }


def _kind(flip: dict[str, Any]) -> str:
    if flip["staged"] == Label.CONFLICTING:
        return "into"
    return "out of" if flip["full"] == Label.CONFLICTING else "other"


def compare(found: Retrieved, full: Sequence[Verdict], scorer: Remembering, rule: Rule, stages: tuple[int, ...]):
    """A staged run beside the full one."""
    scorer.asked = 0
    staged = list(verify(found.claims, finder=found, scorer=scorer, rule=rule, stages=stages))
    result = Comparison(len(staged), sum(verdict.judged for verdict in full), scorer.asked)
    for one, other in zip(full, staged, strict=True):
        gold = one.claim.gold.label if one.claim.gold else None
        result.right_full += one.label == gold
        result.right_staged += other.label == gold
        if one.label != other.label:
            result.flips.append(
                {
                    "id": one.claim.id,
                    "full": one.label,
                    "staged": other.label,
                    "gold": gold,
                    "judged": f"{other.judged} of {other.found}",
                    "score_full": one.score,
                    "score_staged": other.score,
                }
            )
    return result


def show(name: str, result: Comparison) -> None:
    metrics = result.metrics()
    print(
        f"{name:<40} {metrics['pairs_saved']:>6.1%} of {result.pairs:>6,} pairs saved; {len(result.flips):>3} of "
        f"{result.claims:>5,} verdicts flip ({metrics['flips_share']:.2%}): {metrics['flips_into_conflicting']} into "
        f"CONFLICTING, {metrics['flips_out_of_conflicting']} out of it, {metrics['flips_other']} other; "
        f"right {result.right_full} full, {result.right_staged} staged",
        flush=True,
    )


def sets(shared: Path) -> list[Job]:
    """Our collections, the sets of `verdicts.py`, and SciFact train."""
    if not (shared / "data").is_dir():
        return jobs(None)
    scifact = shared / "data/scifact"
    train = Job("scifact-train", scifact / "claims_train.jsonl", scifact / "corpus.jsonl.gz", "corpus")
    return [*jobs(shared), train]


def main() -> None:
    """Score every set once, then play the stages on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with corpus/ and data/")
    parser.add_argument("--only", action="append", help="name of a set")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--stages", action="append", help="such as 4,10; more than once for several")
    parser.add_argument("--margins", action="store_true", help="try other margins too")
    args = parser.parse_args()
    specs = [tuple(map(int, spec.split(","))) for spec in args.stages or ["4,10", "3,10", "5,10", "2,5,10"]]
    passages = Settings().passages
    for spec in specs:
        Settings(stages=spec)  # refuses what is none
    scorer = Remembering(load(precision=args.precision))
    rules = {(RULE, spec): Comparison() for spec in specs}
    if args.margins:
        rules |= {(Rule(RULE.support, RULE.contradict, *margin), specs[0]): Comparison() for margin in MARGINS}
    rows = []
    for job in sets(args.shared):
        if args.only and job.name not in args.only:
            continue
        found = Retrieved.of(job)
        full = list(verify(found.claims, finder=found, scorer=scorer, rule=RULE))
        for rule, stages in rules:
            result = compare(found, full, scorer, rule, stages)
            rules[rule, stages] += result
            if rule == RULE:
                name = f"{job.name}, stages {_name(stages)}"
                show(name, result)
                rows.append(row("stages", name, result.metrics(), claims=result.claims, flips=result.flips))
    for (rule, stages), total in rules.items():
        name = f"all, stages {_name(stages)}, clear {rule.clear}, quiet {rule.quiet}"
        show(name, total)
        rows.append(row("stages", name, total.metrics(), claims=total.claims))
    facts = {"precision": args.precision, "numeric_class": scorer.inner.numeric_class, "passages": passages}
    facts["model"] = scorer.inner.fingerprint
    print(write_rows("stages", [row("stages", "settings", {}, **facts), *rows]).relative_to(ROOT))


def _name(stages: Sequence[int]) -> str:
    return ",".join(map(str, stages))


if __name__ == "__main__":
    main()
