"""What each way to find passages gives, and costs: recall of gold evidence, reciprocal rank, processor time a claim.

    python benchmarks/retrieval.py words                     # lexical search, and what could be changed about it
    python benchmarks/retrieval.py vectors --embedder FOLDER # dense and hybrid beside it
    python benchmarks/retrieval.py rerank --embedder FOLDER  # the best 30 ordered again by the NLI model
    python benchmarks/retrieval.py verdicts --embedder FOLDER

Each adds its rows to results/retrieval.jsonl, in place of those of the same case. SciFact is searched whole by words;
by vectors, which cost a CPU minutes, in 500 of its 5,183 abstracts: all that a dev claim cites, the rest drawn with
seed 0. Indexes are kept in the build folder, so that an interrupted run goes on. Times are processor time of all
threads: on a busy machine the clock says nothing.
"""

import argparse
import gzip
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common import BUILD, RESULTS, ROOT, SHARED, read_rows, row, write_rows

from factcheck.config import Settings
from factcheck.corpus.index import CorpusIndex, Match, Search
from factcheck.evaluation.retrieval import Ranks, gold_ranks
from factcheck.formats import read_claims
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import embedder_of, finder_of, index_corpus, open_finder
from factcheck.nli import load
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.types import Claim, Hit

MOST_RERANKED = 60  # claims of a case: a pair costs as much as a search
KS = (1, 3, 5, 10, 20)
DEPTH = 30
POOL = 500
FOLDER = BUILD / "retrieval"
OURS = ("norvik-energy", "glaciers", "asean-security")
SCIFACT, CLIMATE = SHARED / "data/scifact", SHARED / "data/climate_fever"
ONLY: set[str] = set()
METHODS: set[str] = set()
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Case:
    """Labelled claims, and the documents that hold their evidence."""

    name: str
    claims: Path
    corpus: Path

    @property
    def index(self) -> Path:
        return FOLDER / self.name

    def read(self) -> list[Claim]:
        """Those with gold evidence, whatever documents they name."""
        found = [claim for claim in read_claims(self.claims) if claim.gold and claim.gold.evidence_sets]
        return [replace(claim, contexts=(), doc_ids=()) for claim in found]


def cases(*, pool: bool) -> list[Case]:
    """What is on this machine of what was asked for; with `pool`, SciFact with a part of its abstracts."""
    found = [Case(name, ROOT / f"claims/{name}/claims.jsonl", ROOT / f"claims/{name}/documents") for name in OURS]
    if (SHARED / "corpus").is_dir():
        found.append(Case("news", ROOT / "tests/data/news_claims.jsonl", SHARED / "corpus"))
    if CLIMATE.is_dir():
        found.append(Case("climate-fever", CLIMATE / "claims_even.jsonl.gz", CLIMATE / "corpus.jsonl.gz"))
    if SCIFACT.is_dir():
        whole = Case("scifact", SCIFACT / "claims_dev.jsonl", SCIFACT / "corpus.jsonl.gz")
        found.append(Case(f"scifact-{POOL}", whole.claims, _pool()) if pool else whole)
    return [case for case in found if not ONLY or case.name in ONLY]


def _pool() -> Path:
    path = FOLDER / f"scifact-{POOL}.jsonl"
    if not path.exists():
        lines = gzip.decompress((SCIFACT / "corpus.jsonl.gz").read_bytes()).splitlines()
        documents = list(map(json.loads, lines))
        claims = map(json.loads, (SCIFACT / "claims_dev.jsonl").read_text("utf-8").splitlines())
        needed = {str(name) for claim in claims for name in [*claim["cited_doc_ids"], *claim["evidence"]]}
        others = sorted(str(one["doc_id"]) for one in documents if str(one["doc_id"]) not in needed)
        random.Random(0).shuffle(others)
        kept = needed.union(others[: POOL - len(needed)])
        FOLDER.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in documents if str(one["doc_id"]) in kept), "utf-8")
    return path


@dataclass(frozen=True)
class Words:
    """BM25 in memory over title and sentence, with what can be changed about it; as the index does it by default."""

    title: float = 1.0  # how often a word of the title counts; that of the sentence counts once
    stop_words: bool = False
    numbers: float = 1.0  # weight of a word of the query with a digit
    names: float = 1.0  # weight of a word with a capital inside the claim
    k1: float = 1.2
    b: float = 0.75

    def searcher(self, index: CorpusIndex) -> Callable[[Sequence[Search]], list[list[Match]]]:
        """The same interface as that of the index."""
        import numpy as np

        counts = Counts.of(index)
        tf = counts.titles * self.title + counts.quotes
        length = np.asarray(tf.sum(axis=1)).ravel()
        held = np.asarray((tf > 0).sum(axis=0)).ravel()
        idf = np.log(1 + (len(length) - held + 0.5) / (held + 0.5))
        norm = self.k1 * (1 - self.b + self.b * length / length.mean())
        tf = tf.tocoo()
        tf.data = idf[tf.col] * tf.data * (self.k1 + 1) / (tf.data + norm[tf.row])
        weights = tf.tocsc()

        def search_all(searches: Sequence[Search]) -> list[list[Match]]:
            return [self._best(counts, weights, search) for search in searches]

        return search_all

    def _best(self, counts: "Counts", weights: Any, search: Search) -> list[Match]:
        import numpy as np

        text = search.text if self.stop_words else counts.analyzer.query(search.text)
        scores = np.zeros(weights.shape[0])
        inside = {word for word in re.findall(r"\w+", search.text)[1:] if word[0].isupper()}
        for raw in dict.fromkeys(re.findall(r"\w+", text)):
            boost = self.numbers if _NUMBER.search(raw) else self.names if raw in inside else 1.0
            for word in counts.analyzer.words(raw):
                if (at := counts.column.get(word)) is not None:
                    start, end = weights.indptr[at : at + 2]
                    scores[weights.indices[start:end]] += boost * weights.data[start:end]
        order = np.lexsort((np.arange(len(scores)), -np.round(scores, 6)))[: search.limit]
        return [replace(counts.matches[at], score=float(scores[at])) for at in order if scores[at] > 0]


@dataclass(frozen=True)
class Counts:
    """How often each word stands in each title and sentence of an index."""

    matches: list[Match]
    titles: Any
    quotes: Any
    column: dict[str, int]
    analyzer: Any

    @classmethod
    def of(cls, index: CorpusIndex) -> "Counts":
        if index.folder in _COUNTS:
            return _COUNTS[index.folder]
        matches = sorted(
            index.sentences([name for name, _ in index.inventory()]), key=lambda one: (one.doc_id, one.start)
        )
        sources = index.sources([match.doc_id for match in matches])
        column: dict[str, int] = {}
        title_words = dict(
            zip(sources, index.analyzer.words_of([source.title for source in sources.values()]), strict=True)
        )
        quotes = [
            words
            for start in range(0, len(matches), 2_000)
            for words in index.analyzer.words_of([match.quote for match in matches[start : start + 2_000]])
        ]
        for words in (*title_words.values(), *quotes):
            for word in words:
                column.setdefault(word, len(column))
        found = cls(
            matches,
            _matrix([title_words[match.doc_id] for match in matches], column),
            _matrix(quotes, column),
            column,
            index.analyzer,
        )
        _COUNTS[index.folder] = found
        return found


_COUNTS: dict[Path, Counts] = {}


def _matrix(texts: list[list[str]], column: dict[str, int]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(texts)), [len(words) for words in texts])
    columns = [column[word] for words in texts for word in words]
    return csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(texts), len(column)))


VARIANTS = {
    "bm25 in memory": Words(),
    "no title": Words(title=0),
    "title twice": Words(title=2),
    "title three times": Words(title=3),
    "title half": Words(title=0.5),
    "stop words kept": Words(stop_words=True),
    "numbers twice": Words(numbers=2),
    "names twice": Words(names=2),
    "numbers and names twice": Words(numbers=2, names=2),
    "numbers and names 1.5": Words(numbers=1.5, names=1.5),
    "b 0.4": Words(b=0.4),
    "k1 0.9, b 0.4": Words(k1=0.9, b=0.4),
}


def metrics(claims: Sequence[Claim], found: Sequence[Sequence[Hit]], seconds: float) -> dict[str, float]:
    """The shares of claims whose whole gold set, or any gold document, is among the first k; MRR; milliseconds."""
    ranks: list[Ranks] = [gold_ranks(claim.gold, hits) for claim, hits in zip(claims, found, strict=True)]
    ranks = [one for one in ranks if one.evidence is not None]
    shares: dict[str, float] = {}
    for k in KS:
        shares[f"evidence@{k}"] = sum(one.evidence <= k for one in ranks) / len(ranks)
    for k in KS:
        shares[f"document@{k}"] = sum(min(one.documents) <= k for one in ranks) / len(ranks)
    shares["mrr"] = sum(1 / one.sentence for one in ranks) / len(ranks)
    return {name: round(value, 4) for name, value in shares.items()} | {
        "cpu_ms_per_claim": round(1000 * seconds / len(claims), 2)
    }


def measured(case: Case, method: str, finder: EvidenceFinder, claims: list[Claim]) -> None:
    """One row, of claims in windows of 128 as in a job; the first search, which opens things, is not timed."""
    finder.find(claims[:1])
    started = time.process_time()
    found = [one.hits for at in range(0, len(claims), 128) for one in finder.find(claims[at : at + 128])]
    seconds = time.process_time() - started
    shown(row("retrieval", f"{case.name}: {method}", metrics(claims, found, seconds), claims=len(claims)))


def shown(line: dict[str, Any]) -> None:
    """A line is printed, and written in place of the one of its case."""
    path, values = RESULTS / "retrieval.jsonl", line["metrics"]
    kept = [one for one in read_rows(path) if one["case"] != line["case"]] if path.exists() else []
    write_rows("retrieval", [*kept, line])
    print(f"{line['case']:45}", " ".join(f"{value:.3f}" for value in values.values()), flush=True)


def words(_: Settings) -> None:
    """Lexical search as it is, and with one thing changed at a time."""
    for case in cases(pool=False):
        settings = Settings(corpus=str(case.corpus), index=str(case.index), passages=DEPTH, evidence="corpus")
        opened, claims = open_finder(settings), case.read()
        measured(case, "lexical", opened.finder, claims)
        for name, variant in VARIANTS.items():
            if METHODS and name not in METHODS:
                continue
            finder = finder_of(settings, opened.index)
            finder._searchers = [variant.searcher(opened.index)]
            measured(case, name, finder, claims)


def vectors(base: Settings) -> None:
    """Dense and hybrid beside lexical; sentences that have no vector yet get one first."""
    for case in cases(pool=True):
        settings = replace(base, corpus=str(case.corpus), index=str(case.index), passages=DEPTH, evidence="corpus")
        started = time.process_time()
        index_corpus(settings.corpus, case.index, settings, Silent())
        seconds, index = time.process_time() - started, CorpusIndex(case.index)
        print(f"{case.name}: {index.pointer.sentences} sentences, brought up to date in {seconds:.0f} s", flush=True)
        claims = case.read()
        for retriever in ("lexical", "dense", "hybrid"):
            if METHODS and retriever not in METHODS:
                continue
            embedder_of(settings).queries(["."])  # its weights are read
            finder = finder_of(replace(settings, retriever=retriever), index)
            measured(case, f"{retriever}, beside vectors" if retriever == "lexical" else retriever, finder, claims)


def rerank(base: Settings) -> None:
    """The best 30 of lexical and of hybrid, those first that the model finds least neutral."""
    scorer = load(base.model)
    for case in cases(pool=True):
        settings = replace(base, corpus=str(case.corpus), index=str(case.index), passages=DEPTH, evidence="corpus")
        claims = case.read()[:MOST_RERANKED]
        index = CorpusIndex(case.index)
        for retriever in ("lexical", "hybrid"):
            finder = finder_of(replace(settings, retriever=retriever), index)
            embedder_of(settings).queries(["."])
            finder.find(claims[:1])
            started = time.process_time()
            found = [one.hits for one in finder.find(claims)]
            plain = metrics(claims, found, time.process_time() - started)
            shown(row("retrieval", f"{case.name}: {retriever}, first claims", plain, claims=len(claims)))
            pairs = [
                (hit.passage.premise, claim.text) for claim, hits in zip(claims, found, strict=True) for hit in hits
            ]
            scores = iter(scorer.score(pairs))
            ordered = []
            for hits in found:
                neutral = [next(scores).neutral for _ in hits]
                ordered.append([hits[at] for at in sorted(range(len(hits)), key=lambda at: (neutral[at], at))])
            values = metrics(claims, ordered, time.process_time() - started)
            name = f"{case.name}: {retriever}, reranked"
            shown(row("retrieval", name, values, claims=len(claims), model=scorer.fingerprint[:12]))


def verdicts(base: Settings) -> None:
    """Right verdicts with each retriever, all else being equal; claims without gold evidence count too."""
    from factcheck.jobs.bench import workbench

    scorer = load(base.model)
    for case in cases(pool=True):
        if case.name == "climate-fever":
            continue  # its pool is the evidence of all claims, and its labels count votes on five sentences
        claims = [
            replace(one, contexts=(), doc_ids=()) for one in read_claims(case.claims) if one.gold and one.gold.label
        ]
        settings = replace(base, index=str(case.index), evidence="corpus")
        labels = {}
        for retriever in ("lexical", "dense", "hybrid"):
            if METHODS and retriever not in METHODS:
                continue
            chosen = replace(settings, retriever=retriever)
            bench = workbench(chosen, open_finder(chosen), scorer)
            labels[retriever] = [verdict.label for verdict in bench.verify(iter(claims))]
            right = [label == claim.gold.label for label, claim in zip(labels[retriever], claims, strict=True)]
            values = {"right": sum(right), "accuracy": round(sum(right) / len(right), 4)}
            if "lexical" in labels:
                pairs = zip(labels[retriever], labels["lexical"], strict=True)
                values["changed"] = sum(one != other for one, other in pairs)
            name = f"{case.name}: verdicts, {retriever}"
            shown(row("retrieval", name, values, claims=len(claims), model=scorer.fingerprint[:12]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["words", "vectors", "rerank", "verdicts"])
    parser.add_argument("--methods", default="", help="retrievers, or variants of words, with semicolons between them")
    parser.add_argument("--only", default="", help="names of cases, with commas between them")
    parser.add_argument("--embedder", default="", help="a sentence-transformers folder or name")
    arguments = parser.parse_args()
    METHODS.update(filter(None, arguments.methods.split(";")))
    ONLY.update(filter(None, arguments.only.split(",")))
    if arguments.what != "words" and not arguments.embedder:
        parser.error("name an embedder with --embedder")
    measure = {"words": words, "vectors": vectors, "rerank": rerank, "verdicts": verdicts}[arguments.what]
    measure(Settings(embedder=arguments.embedder))


if __name__ == "__main__":
    main()
