"""Figures, negation and quantifiers without the model: what the findings cost and find, as JSON under results/.

    python benchmarks/quantity.py                 # evaluation pairs of ../shared
    python benchmarks/quantity.py --train         # those the rules were made on
    python benchmarks/quantity.py --libraries     # parsing of tests/data/quantities.jsonl beside other packages
    python benchmarks/quantity.py --model         # the bundled model with and without the findings

Pairs count where the hypothesis has a figure, a date or a number word. "false_findings" is the share of entailed pairs
with a finding, "opposes_precision" the share of contradictions among pairs where one opposes.

The library question, on 162 expressions of our own (value or bounds, and unit, all right; milliseconds each):
quantulum3 0.10 reads 66 of 137 (20 ms; no bounds, shares or ordinals, few currencies), pint 11 of 28 units,
number_parser and text2num 22 of 25 number words, word2number 15 of 19, dateparser 20 and ctparse 17 of 25 dates (9 ms;
both fill in what is not said, and neither knows quarters, decades and centuries as stretches). None tells the place of
the last digit written, which rounding and tolerance need, and the better ones are too slow for a check of less than a
millisecond. The list was written with our parser in view: its own rate (all of it, 0.1 ms) is no measure of it.
"""

import argparse
import gzip
import json
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from factcheck.types import Finding, Passage, Source
from factcheck.wording import opposition, quantity
from factcheck.wording.numbers import _UNITS
from factcheck.wording.quantity import figures

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared/data"
EXPRESSIONS = ROOT / "tests/data/quantities.jsonl"
RESULTS = ROOT / "benchmarks/results/quantity.jsonl"
TRAIN = ("train/nli_3class", "train/augmented")
EVAL = (
    "eval/mnli_dev_gold.eval",
    "eval/xnli_en.validation",
    "eval/snli.test",
    "eval/fever_symmetric.dev",
    "eval/te_new_protocols_base.val",
    "eval/te_new_protocols_contrast.val",
    "eval/scifact_sent.dev",
    "eval/breaking_nli.test",
    "eval/negation_snli.test",
    "eval/factcheck_bench.test",
    "eval/sufficient_facts_fever.reduced",
    "eval/sufficient_facts_vitaminc.reduced",
    "eval/anli_rebuilt.test_r1",
)
LABELS = ("entailment", "neutral", "contradiction")
ROWS = 30_000  # sampled of a file
MODEL_PAIRS = 1_500

Row = dict[str, Any]


def rows(name: str, most: int = ROWS) -> list[Row]:
    with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return random.Random(0).sample(found, min(most, len(found)))


def passage(text: str) -> Passage:
    return Passage(Source("pair", "", "", ""), 0, 0, len(text), text, text)


def is_numeric(row: Row) -> bool:
    found = figures(row["hypothesis"])
    return bool(found.amounts or found.dates)


def findings(row: Row) -> tuple[Finding, ...]:
    shown = passage(row["premise"])
    return quantity.check(row["hypothesis"], shown) + opposition.check(row["hypothesis"], shown)


def pairs(name: str, part: str, most: int) -> Iterator[Row]:
    """What each check does on one file; `part` is "numeric" for pairs with a figure in the claim, or "all"."""
    everything = rows(name, most)
    chosen = [row for row in everything if is_numeric(row)] if part == "numeric" else everything
    check = quantity.check if part == "numeric" else opposition.check
    figures.cache_clear()
    started = time.process_time()
    found = [check(row["hypothesis"], passage(row["premise"])) for row in chosen]
    cost = (time.process_time() - started) / max(1, len(chosen))
    for source in sorted(
        {None, *(row["source"] for row in chosen if row.get("source", "").startswith("aug_"))}, key=str
    ):
        kept = [(row, got) for row, got in zip(chosen, found, strict=True) if source in {None, row.get("source")}]
        count = Counter(row["label"] for row, _ in kept)
        any_, opposed = (
            Counter(row["label"] for row, got in kept if test(got))
            for test in (bool, lambda got: any(f.opposes for f in got))
        )
        decided = sum(opposed[label] for label in LABELS)
        yield {
            "set": name if source is None else f"{name}:{source}",
            "check": check.__module__.rpartition(".")[2],
            "pairs": part,
            "rows": dict(count),
            "findings": dict(any_),
            "opposes": dict(opposed),
            "false_findings": _share(any_["entailment"], count["entailment"]),
            "opposes_precision": _share(opposed["contradiction"], decided),
            "hits": _share(any_["contradiction"], count["contradiction"]),
            "opposed": _share(opposed["contradiction"], count["contradiction"]),
            "milliseconds": round(1000 * cost, 3),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def libraries() -> Iterator[Row]:
    """How many expressions of each kind ours and the packages that are installed read exactly."""
    expressions = [json.loads(line) for line in EXPRESSIONS.read_text("utf-8").splitlines()]
    for name, (make, kinds) in READERS.items():
        try:
            read = make()
            release = version(name) if name != "factcheck" else ""
        except (ImportError, PackageNotFoundError) as error:
            print(f"{name}: {error}")
            continue
        right: Counter[str] = Counter()
        tried = [item for item in expressions if item["kind"] in kinds]
        started = time.process_time()
        for item in tried:
            try:
                right[item["kind"]] += read(item)
            except Exception as error:  # noqa: BLE001 (a package that stumbles has not read it)
                print(f"{name}: {item['text']!r}: {error!r}")
        cost = (time.process_time() - started) / len(tried)
        total = Counter(item["kind"] for item in tried)
        yield {
            "parser": name,
            "version": release,
            "exact": {kind: f"{right[kind]}/{total[kind]}" for kind in kinds},
            "rate": _share(right.total(), total.total()),
            "milliseconds": round(1000 * cost, 3),
        }


VALUES = ("number", "words", "fraction", "percent", "money", "unit", "bound", "range", "ordinal")


def _ours() -> Callable[[Row], bool]:
    def read(item: Row) -> bool:
        found = figures(item["text"])
        if item["kind"] == "date":
            return any(_iso(date.years, date.months, date.day) == item["date"] for date in found.dates)
        return any(
            _equal(amount.low, item["low"])
            and _equal(amount.high, item["high"])
            and ("ordinal" if amount.number.ordinal else amount.unit) == item["unit"]
            for amount in found.amounts
        )

    return read


def _iso(years: tuple[int, int] | None, months: tuple[int, int] | None, day: int | None) -> str:
    ends = []
    for at in (0, 1):
        parts = [f"{years[at]}" if years else "-", f"{months[at]:02}" if months else "", f"{day:02}" if day else ""]
        ends.append("-".join(part for part in parts if part))
    return ends[0] if ends[0] == ends[1] else "/".join(ends)


def _equal(one: object, other: float | None) -> bool:
    return one is other if one is None or other is None else math.isclose(float(one), other, rel_tol=1e-4)  # type: ignore[arg-type]


def _same(item: Row, value: float, unit: str, spread: float = 0) -> bool:
    """Whether a value with a unit's name, and how far it reaches on either side, is what is expected."""
    name = {"percentage": "percent", "pound sterling": "pound", "degree celsius": "celsius", "dimensionless": ""}.get(
        unit, unit
    )
    words = name.split()
    power = {"square": 2, "cubic": 3}.get(words[0], 1) if words else 1
    dimension, factor = _UNITS.get(words[-1] if words else "", (name, 1))
    dimension = {1: dimension, 2: "area", 3: "volume"}[power]
    low, high = ((value + reach) * float(factor) ** power for reach in (-spread, spread))
    return _equal(low, item["low"]) and _equal(high, item["high"]) and dimension == item["unit"]


def _quantulum() -> Callable[[Row], bool]:
    from quantulum3 import classifier, parser

    classifier.USE_CLF = False  # its trained files do not load with today's scikit-learn

    def read(item: Row) -> bool:
        return any(
            _same(item, found.value, found.unit.name, found.uncertainty or 0) for found in parser.parse(item["text"])
        )

    return read


def _number_parser() -> Callable[[Row], bool]:
    from number_parser import parse

    return lambda item: _has_number(parse(item["text"]), item)


def _text2num() -> Callable[[Row], bool]:
    from text_to_num import alpha2digit

    return lambda item: _has_number(alpha2digit(item["text"], "en"), item)


def _word2number() -> Callable[[Row], bool]:
    from word2number import w2n

    return lambda item: _equal(w2n.word_to_num(item["text"]), item["low"])


def _has_number(text: str, item: Row) -> bool:
    return any(_equal(float(found), item["low"]) for found in re.findall(r"\d+(?:\.\d+)?", text))


def _pint() -> Callable[[Row], bool]:
    import pint

    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)

    def read(item: Row) -> bool:
        found = registry.Quantity(re.sub(r"^\D*?(?=[-\d])|\s(?:of|deep|inland)\b.*$", "", item["text"]))
        return _same(item, float(found.magnitude), str(found.units))

    return read


def _dateparser() -> Callable[[Row], bool]:
    from dateparser.search import search_dates

    def read(item: Row) -> bool:
        found = search_dates(item["text"], languages=["en"]) or []
        return any(_fits(item["date"], date.year, date.month, date.day) for _, date in found)

    return read


def _ctparse() -> Callable[[Row], bool]:
    from ctparse import ctparse

    def read(item: Row) -> bool:
        found = ctparse(item["text"])
        when = found.resolution if found else None
        return when is not None and _fits(
            item["date"], *(getattr(when, name, None) for name in ("year", "month", "day"))
        )

    return read


def _fits(expected: str, year: int | None, month: int | None, day: int | None) -> bool:
    """Whether a point in time lies as expected in what is named; what is filled in beside it is not held against it."""
    if "/" in expected:
        return False
    named = re.fullmatch(r"(\d{4}|-)(?:-(\d\d))?(?:-(\d\d))?", expected)
    parts = zip(named.groups() if named else (), (year, month, day), strict=False)
    return named is not None and all(
        want in {None, "-"} or (got is not None and int(want) == got) for want, got in parts
    )


READERS: dict[str, tuple[Callable[[], Callable[[Row], bool]], Sequence[str]]] = {
    "factcheck": (_ours, (*VALUES, "date")),
    "quantulum3": (_quantulum, VALUES),
    "number_parser": (_number_parser, ("words", "ordinal")),
    "text2num": (_text2num, ("words", "ordinal")),
    "word2number": (_word2number, ("words",)),
    "pint": (_pint, ("unit",)),
    "dateparser": (_dateparser, ("date",)),
    "ctparse": (_ctparse, ("date",)),
}


def model() -> Iterator[Row]:
    """Accuracy of the bundled model by the largest probability, before and after the findings."""
    from factcheck.nli import load
    from factcheck.verdict.checks import weighed

    names = [name for name in EVAL if "anli" not in name and "xnli" not in name]
    pool = [row for name in names for row in rows(name) if row["label"] in LABELS and len(row["premise"]) < 1000]
    numeric = [row for row in pool if is_numeric(row)]
    scorer = load()
    for part, source in (("numeric", numeric), ("all", pool)):
        chosen = random.Random(1).sample(source, min(MODEL_PAIRS, len(source)))
        scores = scorer.score([(row["premise"], row["hypothesis"]) for row in chosen])
        got = [findings(row) for row in chosen]
        after = [weighed(score, found) for score, found in zip(scores, got, strict=True)]
        before_right, after_right = (
            sum(_label(score) == row["label"] for score, row in zip(items, chosen, strict=True))
            for items in (scores, after)
        )
        turned = [(row, _label(one), _label(two)) for row, one, two in zip(chosen, scores, after, strict=True)]
        yield {
            "model": scorer.name,
            "pairs": part,
            "rows": dict(Counter(row["label"] for row in chosen)),
            "with_findings": sum(map(bool, got)),
            "accuracy_without": _share(before_right, len(chosen)),
            "accuracy_with": _share(after_right, len(chosen)),
            "righted": sum(two == row["label"] != one for row, one, two in turned),
            "spoiled": sum(one == row["label"] != two for row, one, two in turned),
            "false_support_without": sum(one == "entailment" != row["label"] for row, one, _ in turned),
            "false_support_with": sum(two == "entailment" != row["label"] for row, _, two in turned),
        }


def _label(scores: Any) -> str:
    return max(LABELS, key=lambda label: getattr(scores, label))


def _keep(kind: str, found: Iterable[Row]) -> None:
    """Write the results of one kind in place of the earlier ones of that kind."""
    lines = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []
    kept = [line for line in lines if line["kind"] != kind]
    for item in found:
        print(json.dumps(item, ensure_ascii=False))
        kept.append({"kind": kind, **item})
    RESULTS.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), "utf-8")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", action="store_true", help="parsing beside other packages")
    parser.add_argument("--model", action="store_true", help="the bundled model with and without the findings")
    parser.add_argument("--train", action="store_true", help="training pairs, on which the rules were made")
    parser.add_argument("--rows", type=int, default=ROWS, help="pairs sampled of a file")
    args = parser.parse_args()
    if args.libraries:
        _keep("libraries", libraries())
    elif args.model:
        _keep("model", model())
    else:
        names = TRAIN if args.train else EVAL
        kind = "train" if args.train else "eval"
        _keep(kind, (found for name in names for part in ("numeric", "all") for found in pairs(name, part, args.rows)))


if __name__ == "__main__":
    main()
