"""What fitting the rule that combines evidence gives, and which of its features pay, cross-validated by cluster.

    python benchmarks/combination.py RUN ...    finished runs of labelled claims

One line each goes to results/combination.jsonl: the rule before it is fitted, fitted, and fitted without one feature at
a time. `false_alarms` is the share of claims with a decisive verdict once the passages of their gold documents are
taken away, for the first k passages: a rule that inflates with k shows it there.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from factcheck.evaluation.calibrate import Labelled, read_run
from factcheck.evaluation.datasets import gold_documents
from factcheck.evaluation.fit import Sample, cross_validated, fit, outcome, quality, samples, unfitted
from factcheck.types import JSON, EvidenceFrom, Label
from factcheck.verdict.combine import FEATURES, Combination

RESULTS = Path(__file__).parent / "results/combination.jsonl"
KS = (1, 3, 5, 10)


def measured(found: Labelled) -> dict[str, JSON]:
    """The line of a run."""
    every = samples(found.cases)
    rule = fit(every)
    without = {
        name: quality(cross_validated(every, features=[one for one in FEATURES if one != name]))
        for name in FEATURES[1:]  # the first is the rule
    }
    return {
        "set": found.name,
        "model": found.identity["model"],
        "numeric_class": found.identity["numeric_class"],
        "passages": found.identity["passages"],
        "claims": len(every),
        "clusters": len({one.cluster for one in every}),
        "before": asdict(quality(unfitted(every))),
        "after": asdict(quality(cross_validated(every))),
        "first_alone": asdict(quality(cross_validated(every, features=FEATURES[:1]))),
        "without": {name: asdict(one) for name, one in without.items()},
        "rule": rule.record(),
        "false_alarms": {
            name: {str(k): alarms(found, chosen, k) for k in KS}
            for name, chosen in (("before", Combination()), ("after", rule))
        },
    }


def alarms(found: Labelled, rule: Combination, k: int) -> float | None:
    """The share of decisive verdicts on the first k passages not of gold documents; None where gold names none."""
    decisive = []
    for case in found.cases:
        gold = gold_documents(case.claim)
        if case.verdict.evidence_from is not EvidenceFrom.CORPUS or not gold:
            continue
        sample = Sample.of(case)
        ranked = sorted(sample.judged, key=lambda one: -one.hit.score)
        kept = [one for one in ranked if one.hit.passage.source.doc_id not in gold][:k]
        given = outcome(rule, replace(sample, judged=tuple(kept))).weighing.label
        decisive.append(given is not Label.NOT_ENOUGH_INFO)
    return round(sum(decisive) / len(decisive), 4) if decisive else None


def show(line: dict[str, JSON]) -> None:
    """Print the table of a run."""
    print(f"\n{line['set']}: {line['claims']} claims in {line['clusters']} clusters")
    print(f"{'':<22}{'accuracy':>10}{'macro F1':>10}{'ECE':>8}{'Brier':>8}")
    without = {f"without {name}": values for name, values in line["without"].items()}
    for name, values in {
        "unfitted": line["before"],
        "fitted": line["after"],
        "fitted, first alone": line["first_alone"],
        **without,
    }.items():
        numbers = (values[key] for key in ("accuracy", "macro_f1", "ece", "brier"))
        print(
            f"{name:<22}"
            + "".join(f"{value:>{width}.3f}" for value, width in zip(numbers, (10, 10, 8, 8), strict=True))
        )
    for name, values in line["false_alarms"].items():
        shown = ", ".join(f"{value:.3f} (k = {k})" for k, value in values.items() if value is not None)
        print(f"false alarms without gold documents, {name}: {shown or 'no gold documents'}")


def main(folders: Sequence[Path]) -> None:
    """Measure each run, and put its line in place of an earlier one of the same set and model."""
    kept = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []
    for folder in folders:
        line = measured(read_run(folder))
        show(line)
        same = {key: line[key] for key in ("set", "model", "numeric_class", "passages")}
        kept = [*(one for one in kept if any(one[key] != value for key, value in same.items())), line]
    RESULTS.write_text("".join(json.dumps(one) + "\n" for one in kept), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    main(parser.parse_args().runs)
