"""What the looks at cue words find and miss, and what they find where nothing is, as JSON Lines under results/.

    python benchmarks/cues.py            # words alone; ../shared is used where it is
    python benchmarks/cues.py --model    # and with the bundled model: false support, and support that is lost

On `claims/relayed` each pair of a claim and the sentence that it was written for says what should be found. On labelled
pairs of ../shared/data/eval, any finding on an entailed pair counts as false, although some of these premises do
relay: annotators of NLI sets take "she said that it rained" for "it rained".
"""

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, SHARED, clock, row, write_rows

from factcheck.corpus.index import Match
from factcheck.retrieval.passages import build_passage
from factcheck.segment import sentence_spans
from factcheck.types import Finding, Passage, Source
from factcheck.wording import qualified, relayed
from factcheck.wording.checkable import not_checkable
from factcheck.wording.language import foreign, language_of

COLLECTION = ROOT / "claims/relayed"
MOST = 3000  # pairs of one evaluation set
ENTAILED = (
    "mnli_dev_gold.eval",
    "xnli_en.validation",
    "fever_symmetric.dev",
    "scifact_sent.dev",
    "te_new_protocols_base.val",
    "te_new_protocols_contrast.val",
    "wice_claim_gold.dev",
    "covidfact.dev",
    "factcheck_bench.test",
    "summedits_news.test",
    "sufficient_facts_fever.reduced",
    "sufficient_facts_vitaminc.reduced",
    "snli.test",
)
CUT_FROM_TEXT = {
    "wice_claim_gold.dev",
    "te_new_protocols_base.val",
    "te_new_protocols_contrast.val",
}  # sentences whose "he" stood in the text around


@dataclass(frozen=True)
class Pair:
    """A claim and the sentence that it was written for."""

    claim: str
    passage: Passage
    kind: str


def own_pairs() -> Iterator[Pair]:
    """The pairs of the collection, with passages as retrieval would build them."""
    lines = (COLLECTION / "claims.jsonl").read_text("utf-8").splitlines()
    claims = {claim["id"]: claim["claim"] for claim in map(json.loads, lines)}
    for line in (COLLECTION / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        text = (COLLECTION / "documents" / pair["doc_id"]).read_text("utf-8")
        spans = sentence_spans(text)
        start = text.index(pair["quote"])
        index = next(number for number, span in enumerate(spans) if span[0] == start)
        before = text[slice(*spans[index - 1])] if index else ""
        match = Match(pair["doc_id"], index, start, spans[index][1], None, pair["quote"], before, "", 0.0)
        title = next(line.removeprefix("title: ") for line in text.splitlines() if line != "---")
        source = Source(pair["doc_id"], title, pair["doc_id"], "0" * 64)
        yield Pair(claims[pair["id"]], build_passage(match, source, context=True, language="en"), pair["kind"])


def findings(claim: str, passage: Passage) -> tuple[Finding, ...]:
    return (*relayed.check(claim, passage), *qualified.check(claim, passage))


def bare(text: str) -> Passage:
    return Passage(Source("d", "", "d", "0" * 64), 0, 0, len(text), text, text)


def records(name: str) -> list[Mapping[str, str]]:
    with gzip.open(SHARED / f"data/eval/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def own_rows(pairs: Sequence[Pair]) -> Iterator[dict[str, object]]:
    """Found, found as the very kind, and missed, by kind; findings on plain sentences."""
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        chosen = [pair for pair in pairs if pair.kind == kind]
        found = [findings(pair.claim, pair.passage) for pair in chosen]
        some = sum(map(bool, found))
        exact = sum(any(kind in (one.kind, str(one.check)) for one in several) for several in found)
        missed = [pair.claim for pair, several in zip(chosen, found, strict=True) if bool(several) == (kind == "plain")]
        metrics = {"pairs": len(chosen), "found": some, "as_this_kind": exact}
        print(f"{kind:12} {some:3} of {len(chosen):3} found, {exact:3} as this kind")
        yield row("cues", f"relayed/{kind}", metrics, wrong=missed)


def entailed_rows() -> Iterator[dict[str, object]]:
    """Findings on entailed pairs."""
    total, hits = 0, 0
    for name in ENTAILED:
        chosen = [one for one in records(name) if one["label"] == "entailment"]
        chosen = random.Random(0).sample(chosen, min(MOST, len(chosen)))
        kinds: Counter[str] = Counter()
        alike = 0
        for one in chosen:
            found = findings(one["hypothesis"], bare(one["premise"]))
            alike += bool(found)
            kinds.update({f"{finding.check}/{finding.kind}" for finding in found})
        total, hits = total + len(chosen), hits + alike
        print(f"{name:36} {alike:3} of {len(chosen):4} entailed pairs: {alike / len(chosen):.2%}")
        yield row(
            "cues", f"entailed/{name}", {"pairs": len(chosen), "share": round(alike / len(chosen), 5)}, kinds=kinds
        )
    print(f"{'all':36} {hits:3} of {total:4} entailed pairs: {hits / total:.2%}")
    yield row("cues", "entailed/all", {"pairs": total, "share": round(hits / total, 5)})


def claim_sets() -> Iterator[tuple[str, list[str]]]:
    """Claims, each of which some data set takes for checkable."""
    for path in sorted(ROOT.glob("claims/*/claims.jsonl")):
        yield path.parent.name, [json.loads(line)["claim"] for line in path.read_text("utf-8").splitlines()]
    if not SHARED.is_dir():
        return
    data = SHARED / "data"
    for name in ("train", "dev"):
        lines = (data / f"scifact/claims_{name}.jsonl").read_text("utf-8").splitlines()
        yield f"scifact-{name}", [json.loads(line)["claim"] for line in lines]
    with gzip.open(data / "climate_fever/claims_even.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield "climate-fever", [json.loads(line)["claim"] for line in lines]
    lines = (data / "fool_me_twice/dev.jsonl").read_text("utf-8").splitlines()
    yield "fool-me-twice", [json.loads(line)["text"] for line in lines]
    wanted = {"fever.dev_sr", "healthver.dev", "covidfact.train", "politihop.train"}
    found: dict[str, set[str]] = {}
    with gzip.open(data / "train/nli_3class.jsonl.gz", "rt", encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            if one["source"] in wanted:
                found.setdefault(one["source"], set()).add(one["hypothesis"])
    for name in ENTAILED:
        if not name.startswith(("mnli", "xnli", "snli")):
            found[name] = {one["hypothesis"] for one in records(name)}
    yield from ((name, sorted(claims)) for name, claims in sorted(found.items()))


def checkable_rows() -> Iterator[dict[str, object]]:
    """Claims that the filters would hide; texts that they should name."""
    total, hidden, elsewhere = 0, 0, 0
    for name, claims in claim_sets():
        unique = list(dict.fromkeys(claims))
        kinds = Counter(kind for kind in map(not_checkable, unique) if kind)
        languages = Counter(code for claim in unique if len(claim.split()) >= 5 and (code := foreign(claim, ["en"])))
        rate = kinds.total() / len(unique)
        print(f"{name:36} {kinds.total():4} of {len(unique):5} claims hidden: {rate:.2%} {dict(kinds)}")
        if name not in CUT_FROM_TEXT:
            total, hidden = total + len(unique), hidden + kinds.total()
        elsewhere += languages.total()
        metrics = {"claims": len(unique), "hidden": round(rate, 5)}
        yield row("cues", f"claims/{name}", metrics, kinds=kinds, foreign=languages)
    print(f"all but sentences cut from a text: {hidden / total:.2%} of {total} hidden")
    print(f"{elsewhere} taken for another language")
    yield row("cues", "claims/all", {"claims": total, "hidden": round(hidden / total, 5), "foreign": elsewhere})
    data = ROOT / "tests/data"
    texts = [json.loads(line) for line in (data / "uncheckable.jsonl").read_text("utf-8").splitlines()]
    right = Counter(one["kind"] for one in texts if not_checkable(one["text"]) == one["kind"])
    wanted = Counter(one["kind"] for one in texts)
    print("named as what they are:", ", ".join(f"{kind} {right[kind]} of {wanted[kind]}" for kind in wanted))
    yield row("cues", "uncheckable", {kind: round(right[kind] / wanted[kind], 4) for kind in wanted}, texts=wanted)
    others = [json.loads(line) for line in (data / "languages.jsonl").read_text("utf-8").splitlines()]
    known = sum(language_of(one["text"]) == one["language"] for one in others)
    wrong = sum(language_of(one["text"]) not in {None, one["language"]} for one in others)
    print(f"other languages: {known} of {len(others)} named, {wrong} named wrongly")
    yield row("cues", "languages", {"sentences": len(others), "named": known, "wrong": wrong})


def other_row() -> dict[str, object]:
    """Found among pairs that were written to see what is missed: no documents, one kind of cue after another."""
    lines = (ROOT / "tests/data/relayed.jsonl").read_text("utf-8").splitlines()
    pairs = [(one["claim"], bare(one["passage"])) for one in map(json.loads, lines)]
    missed = [passage.quote for claim, passage in pairs if not relayed.check(claim, passage)]
    print(f"more wordings: {len(pairs) - len(missed)} of {len(pairs)} found")
    return row("cues", "relayed/more", {"pairs": len(pairs), "found": len(pairs) - len(missed)}, wrong=missed)


def speed_row(pairs: Sequence[Pair]) -> dict[str, object]:
    """Microseconds a call, the memory of cues emptied before each round."""
    from factcheck.wording import relaying

    texts = [pair.passage.quote for pair in pairs]

    def check() -> None:
        relaying.cues.cache_clear()
        for pair in pairs:
            findings(pair.claim, pair.passage)

    rounds = {
        "check_us": check,
        "checkable_us": lambda: [not_checkable(pair.claim) for pair in pairs],
        "foreign_us": lambda: [foreign(text, ["en"]) for text in texts],
    }
    metrics = {name: round(1e6 * min(clock(work) for _ in range(5)) / len(pairs), 1) for name, work in rounds.items()}
    print(", ".join(f"{name} {value}" for name, value in metrics.items()))
    return row("cues", "speed", metrics)


def model_rows(pairs: Sequence[Pair]) -> Iterator[dict[str, object]]:
    """Support that the model gives where a sentence only relays, and support of plain sentences that findings take."""
    from factcheck.nli import load

    scorer = load()
    own = scorer.score([(pair.passage.premise, pair.claim) for pair in pairs])
    supports = [scores.entailment >= 0.5 for scores in own]
    kept = [support and not findings(pair.claim, pair.passage) for support, pair in zip(supports, pairs, strict=True)]
    groups = {
        "relayed": lambda kind: kind not in {"plain", "qualified"},
        "qualified": "qualified".__eq__,
        "plain": "plain".__eq__,
    }
    for name, belongs in groups.items():
        chosen = [at for at, pair in enumerate(pairs) if belongs(pair.kind)]
        before, after = (sum(values[at] for at in chosen) / len(chosen) for values in (supports, kept))
        print(f"{name:12} supported: {before:.1%} by the model, {after:.1%} with findings ({len(chosen)} pairs)")
        yield row(
            "cues", f"model/{name}", {"pairs": len(chosen), "model": round(before, 4), "with_findings": round(after, 4)}
        )
    if not SHARED.is_dir():
        return
    for name in ("fever_symmetric.dev", "scifact_sent.dev", "te_new_protocols_contrast.val", "mnli_dev_gold.eval"):
        chosen = [one for one in records(name) if one["label"] == "entailment"]
        chosen = random.Random(0).sample(chosen, min(300, len(chosen)))
        scored = scorer.score([(one["premise"], one["hypothesis"]) for one in chosen])
        support = [one for one, scores in zip(chosen, scored, strict=True) if scores.entailment >= 0.5]
        lost = sum(bool(findings(one["hypothesis"], bare(one["premise"]))) for one in support)
        print(f"{name}: {lost / len(chosen):.2%} of {len(chosen)} entailed pairs lose their support")
        yield row(
            "cues",
            f"model/{name}",
            {"pairs": len(chosen), "lost": round(lost / len(chosen), 5)},
            supported=len(support),
        )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", help="also score with the bundled model")
    parser.add_argument("--out", type=Path, help="folder for cues.jsonl; default benchmarks/results")
    args = parser.parse_args()
    pairs = list(own_pairs())
    rows = [*own_rows(pairs), other_row(), speed_row(pairs)]
    if SHARED.is_dir():
        rows += entailed_rows()
    rows += checkable_rows()
    if args.model:
        rows += model_rows(pairs)
    write_rows("cues", rows, *([args.out] if args.out else []))


if __name__ == "__main__":
    main()
