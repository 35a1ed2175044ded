"""Builds the training mixes of nli-mini: `python models/nli-mini/mix.py [NAME ...]`, all of them without a name.

The names are teacher-1, teacher-2, student, unlabelled, judged, claimed, documents, written, written-2 to written-4,
repeated, rules, rules-2, years, orders, gathered, kept (rows of those before) and, once `mine.py` ran, student-2 and
what is chosen from it: teacher-3, teacher-4, student-5 and substituted. Every mix is a shuffled gzip'd JSON Lines file
of `{"premise", "hypothesis", "label", "source"}` in `work/mix`, built from the data, `train.toml`, `written`,
`judged.txt` and `claimed.txt`: the same of these and the same seed give the same bytes, but that `unlabelled` leaves
out what `mine.py` chose, and so is built before. What rules and searches add is drawn anew for student-2, and once more
for rules, of which rules-2 has more. `calibration.jsonl.gz` beside them holds the pairs of about 3 % of the
fact-verification claims, which no mix has. No mix has a claim of an evaluation set (`check_overlap.py` proves it).
"""

import argparse
import gzip
import hashlib
import html
import itertools
import json
import math
import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import orders
import rules
import substitute
import written

HERE = Path(__file__).parent
MIXES = ("teacher-1", "teacher-2", "student", "student-2")
KEPT = "kept"
DRAWN_ANEW = {"student-2": 1, KEPT: -3}  # what is added to the seed
UNLABELLED = "unlabelled"
DOCUMENTS = "documents"
MINED = "mined"  # what mine.py chose
WRITTEN = "written"
SERIES = (WRITTEN, "written-2", "written-3", "written-4")  # in the order they were written; [mix] names their files
REPEATED_OF = SERIES[:2]  # those whose sentences are claims about themselves
REPEATED = "repeated"
DRAWN = 2  # how often pairs are made of a written document, with other sentences beside its claims each time
HELD_BACK = 0.03  # share of the written documents that no mix has
SUBSTITUTED = "substituted"
JUDGED = "judged"
JUDGMENTS = HERE / "judged.txt"  # what judge.py collected: on each line the key of a pair, and its label
CLAIMED = "claimed"
CLAIMS = HERE / "claimed.txt"  # what claim.py collected: on each line the key of a premise, a label and a claim
RULES = ("rules", "rules-2")  # one draw, cut at different lengths
YEARS = "years"
ORDERS = "orders"
GATHERED = "gathered"
OF_STUDENT_2 = {"teacher-3": 1, "teacher-4": -1, "student-5": -1}  # from its first row on, or from its last back
FACT_CHECKING = re.compile(r"fever|scifact|healthver|covidfact|nli4ct|citint|politihop|fool_me_twice|aug_|begin")
OWN_DOMAIN = {  # where a claim's unrelated premises are looked for
    "fever.dev_sr": "encyclopedia",
    "scifact_sent.train": "science",
    "healthver.dev": "health",
    "covidfact.train": "health",
}
MONTHS = frozenset(month.lower() for month in rules.MONTHS)
STOP = frozenset({
    "a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "for", "from", "by", "with", "as", "is", "was",
    "are", "were", "be", "been", "being", "it", "its", "this", "that", "these", "those", "he", "she", "his",
    "her", "they", "their", "them", "who", "whom", "which", "what", "there", "has", "have", "had", "do", "does",
    "did", "not", "no", "but", "than", "then", "also", "only", "into", "about", "after", "before", "during",
    "over", "under", "between", "more", "most", "some", "any", "all", "one", "two",
})  # fmt: skip
# Texts about one of these can decide each other without a word in common ("released in May", "came out in June").
TOPICS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"\b(releas|premier|air(ed|s)\b|came out|publish|debut|launch|start|begin|began|open"
            r"|found(ed|er)|form(ed|ation)|establish)"
        ),
        r"\b(born|birth|age[ds]?\b|years old)",
        r"\b(die[ds]?|death|dead|kill|murder|assassinat|alive|living)\b",
        r"\b(direct(s|ed|or|ors)|film(s|ed)?|movie|written|writer|wrote|author|screenplay|produc\w+|novel|book)\b",
        r"\b(star(s|red|ring)?|cast|act(s|ed|or|ress|ing)|play(s|ed|er)?|role|portray\w*|character)\b",
        r"\b(locat\w+|capital|city|town|country|state|continent|border\w*|situated|region|island)\b",
        r"\b(won|win(s|ner)?|award\w*|nominat\w+|prize|medal|champion\w*|oscar|grammy)\b",
        r"\b(marri\w+|wife|husband|spouse|divorc\w+|dat(ed|ing)|son|daughter|father|mother|child\w*|parent\w*|sibling\w*)\b",
        r"\b(sing(s|er|ing)?|song\w*|band|music\w*|album\w*|record(s|ed|ing)?|single|group|member)\b",
        r"\b(population|people|inhabitants|largest|biggest|smallest|highest|gross\w*|million|billion|percent)\b",
        r"\b(president|minister|politician|elect\w*|party|king|queen|ruler|govern\w*|senator|mayor)\b",
        r"\b(team|club|football\w*|basketball|baseball|league|season|coach\w*|nba|nfl|score\w*)\b",
        r"\b(school|university|college|graduat\w*|educat\w*|degree|stud(y|ied|ent)\w*)\b",
        r"\b\w+(ish|ese|ican|alian|rian|nian|dian|tian|sian)\b",  # nationalities
    )
]
MANY_SENTENCES = re.compile(r"fever|mnli|te_new|ling_in|rte|covidfact|healthver|commitment|curriculum_cosmoqa")
NO_CLAIM = re.compile(
    r"(?:I|we|you|he|she|it|they|this|these|those|that|there|his|her|its|their|our|my|but|and|or|so|however|also|therefore"
    r"|thus|then|moreover|furthermore|in (?:addition|contrast))\b|[^A-Z0-9]",
    re.IGNORECASE,
)
TELLTALE = [  # words that writers of claims favour for one label
    re.compile(rf"\b({words})\b", re.IGNORECASE)
    for words in (
        "not|no|never|none|nobody|nothing|without|neither|nor|\\w+n't",
        "more|most|than|because",
        "only|all|every",
    )
]
CUT = re.compile(r"\b(?:[A-Z]|U\.S|Mrs?|Ms|Dr|St|Jr|Sr|No|vs|al|etc)\.$")  # no end of a sentence
EDITABLE = re.compile(r"mnli|te_new|fever|scifact_sent|healthver|ling_in|citint")
PAIRED_ANEW = re.compile(r"mnli|te_new|ling_in|snli|taxinli|fever")
EDITABLE_LABELS = frozenset({"entailment", "neutral", "contradiction"})
# Claims that much that is said of their subject decides.
VAGUE = re.compile(
    r"\b((is|was|are|were) (a|an|the|one|in|not|part|still|banned|unknown)|only|exist\w*|at least|has been|incapable)\b"
)
DEFINITION = re.compile(r"\b(is|was|are|were) (a|an|the|one)\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One training pair; the label is entailment, neutral, contradiction, not_entailment, or None for unknown."""

    premise: str
    hypothesis: str
    label: str | None
    source: str


def normalised(text: str) -> str:
    """The text's words in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def claim_key(text: str) -> str:
    """What two claims share that differ in figures and months at most."""
    words = ["#" if word[0].isdigit() else "month" if word in MONTHS else word for word in normalised(text).split()]
    return " ".join(words)


def content_words(text: str) -> frozenset[str]:
    """Words that carry meaning, cut to six letters so that inflected forms meet."""
    return frozenset(word[:6] for word in normalised(text).split() if word not in STOP)


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSON Lines file, gzip'd or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def chance(text: str) -> float:
    """A number from 0 to 1 that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


def text_key(text: str) -> str:
    """What names a text without its words."""
    return hashlib.sha256(text.encode()).hexdigest()[:14]


def pair_key(premise: str, hypothesis: str) -> str:
    """What names a pair without its texts."""
    return text_key(f"{premise}\n{hypothesis}")


def cleaned(text: str, source: str) -> str:
    """The text without the traces of its data set: entities, bracket names, spaces before punctuation."""
    text = html.unescape(text)
    text = re.sub(r"\s*-LRB-\s*", " (", text)
    text = re.sub(r"\s*-RRB-", ")", text)
    if source.startswith(("curriculum", "rte", "commitment", "dnc")):
        text = re.sub(r"\s+([.,;:!?%)])", r"\1", text)
        text = re.sub(r"\s+(n't|'s|'re|'ve|'ll|'d|'m)\b", r"\1", text)
        text = text.replace("``", '"').replace("''", '"').replace("( ", "(")
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """A rough split, enough for pools of premises."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z\"“(])", text)
    return [part for part in parts if len(part.split()) > 4]


class Recipe:
    """`train.toml`, and what it says of the data."""

    def __init__(self, path: Path = HERE / "train.toml") -> None:
        self.settings: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.paths: dict[str, Path] = {
            name: (path.parent / value).resolve() for name, value in self.settings["paths"].items()
        }
        self.seed: int = self.settings["mix"]["seed"]

    def mix(self, name: str) -> Path:
        """The file of a mix."""
        return self.paths["work"] / "mix" / f"{name}.jsonl.gz"

    def evaluation_claims(self) -> Iterator[str]:
        """Every claim and hypothesis that training must not see."""
        data = self.paths["data"]
        for path in sorted(data.glob("eval/*.jsonl.gz")):
            yield from (record["hypothesis"] for record in json_lines(path))
        yield from (record["claim"] for record in json_lines(data / "scifact" / "claims_dev.jsonl"))
        yield from (record["claim"] for path in data.glob("climate_fever/claims*") for record in json_lines(path))
        yield from (record["text"] for record in self.fool_me_twice(for_training=False))
        for path in (*sorted(self.paths["claims"].glob("*/claims.jsonl")), self.paths["news_claims"]):
            yield from (record["claim"] for record in json_lines(path))

    def fool_me_twice(self, *, for_training: bool) -> Iterator[dict[str, Any]]:
        """The Fool-me-twice claims of the pages that are trained on, six of ten, or of the others."""
        for record in json_lines(self.paths["data"] / "fool_me_twice" / "dev.jsonl"):
            if (chance(f"trained on {record['wikipedia_page']}") < 0.6) is for_training:
                yield record

    @cached_property
    def held_out(self) -> frozenset[str]:
        """The keys of `evaluation_claims`."""
        return frozenset(map(claim_key, self.evaluation_claims()))

    @cached_property
    def set_aside(self) -> frozenset[str]:
        """The keys of the claims of the calibration split.

        Raises:
            FileNotFoundError: It is not yet there; it is built with any of the first mixes, such as `student`.
        """
        return frozenset(claim_key(record["hypothesis"]) for record in json_lines(self.mix("calibration")))

    def rows(self) -> Iterator[Row]:
        """The training files' rows, cleaned; none longer than `max_words`, none with a claim that is held out."""
        limit = self.settings["mix"]["max_words"]
        for name in ("nli_3class", "nli_2class", "augmented"):
            for record in json_lines(self.paths["data"] / "train" / f"{name}.jsonl.gz"):
                source = record["source"]
                row = Row(
                    cleaned(record["premise"], source), cleaned(record["hypothesis"], source), record["label"], source
                )
                words = len(row.premise.split()) + len(row.hypothesis.split())
                if not row.premise or len(row.hypothesis.split()) < 2 or words > limit:
                    continue
                if claim_key(row.hypothesis) not in self.held_out:
                    yield row

    @staticmethod
    def for_calibration(row: Row) -> bool:
        """Whether the row's claim is set aside, whatever its premise or figures."""
        return bool(FACT_CHECKING.match(row.source)) and chance("calibration " + claim_key(row.hypothesis)) < 0.03


class Bm25:
    """Okapi BM25 over the content words of short texts."""

    def __init__(self, texts: Sequence[frozenset[str]], k1: float = 1.2, b: float = 0.75) -> None:
        postings: defaultdict[str, list[int]] = defaultdict(list)
        for index, words in enumerate(texts):
            for word in words:
                postings[word].append(index)
        lengths = np.array([len(words) for words in texts], dtype=np.float32)
        self.size = len(texts)
        norm = 1 / (1 + k1 * (1 - b + b * lengths / lengths.mean()))
        self.postings = {}
        for word, found in postings.items():
            documents = np.array(found)
            idf = math.log(1 + (self.size - len(found) + 0.5) / (len(found) + 0.5))
            self.postings[word] = (documents, idf * (k1 + 1) * norm[documents])

    def top(self, words: Iterable[str], count: int) -> list[int]:
        """The best texts, best first."""
        scores = np.zeros(self.size, dtype=np.float32)
        for word in words:
            if word in self.postings:
                documents, weights = self.postings[word]
                scores[documents] += weights
        best = np.argpartition(-scores, min(count, self.size - 1))[:count]
        return [int(index) for index in best[np.argsort(-scores[best], kind="stable")] if scores[index] > 0]


class Retrieval:
    """Premises of a domain that share words with a claim and say nothing of it."""

    def __init__(self, passages: Iterable[tuple[str, str]], rows: Iterable[Row]) -> None:
        """Index a domain.

        Args:
            passages: (origin, text) pairs; passages of one origin stand together in a source.
            rows: The domain's labelled pairs; their premises are evidence about their claims.
        """
        unique = {text: origin for origin, text in passages}
        self.texts = list(unique)
        self.origins = list(unique.values())
        self.words = [content_words(text) for text in self.texts]
        self.index = Bm25(self.words)
        self.evidence: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for row in rows:
            self.evidence[row.hypothesis] += [content_words(row.premise), *map(content_words, sentences(row.premise))]
        self.claims = list(self.evidence)
        self.claim_words = [content_words(claim) for claim in self.claims]
        self.claim_index = Bm25(self.claim_words)

    def evidence_near(self, words: frozenset[str], names: frozenset[str] = frozenset()) -> list[frozenset[str]]:
        """The evidence for the claim of these words and for claims like it, their names apart."""
        found = []
        for index in self.claim_index.top(words, 40 if names else 12):
            mine, other = words - names, self.claim_words[index] - names
            if len(mine & other) >= 0.5 * min(len(mine), len(other)):
                found += self.evidence[self.claims[index]]
        return found

    def neutral(
        self, claim: str, avoid_origins: frozenset[str] = frozenset(), *, same_subject: bool = False, count: int = 80
    ) -> list[str]:
        """Passages for the claim that very probably neither support nor contradict it.

        First those with most of its names, then the others; the best match first in both. With `same_subject` only
        passages with most of the names, and also evidence for other claims about them.
        """
        words = content_words(claim)
        names = frozenset(word[:6].casefold() for word in re.findall(r"\b[A-Z]\w+", claim)) & words
        if same_subject and (VAGUE.search(claim) or len(words - names) < 2):
            return []
        decisive = self.evidence_near(words, names if same_subject else frozenset())
        topics = [topic for topic in TOPICS if topic.search(claim)]
        found = []
        for index in self.index.top(words, count):
            text, other = self.texts[index], self.words[index]
            shared, partial = words & other, len(names & other) < 0.6 * len(names)
            if self.origins[index] in avoid_origins or not shared or (names and not names & other):
                continue
            if same_subject and (not names or partial or len(shared - names) > 0.34 * len(words - names)):
                continue
            if not same_subject and len(shared) > 0.55 * len(words):
                continue
            if DEFINITION.search(claim) and DEFINITION.search(text):
                continue
            if any(topic.search(text) for topic in topics):
                continue
            if any(len(other & gold) > 0.45 * min(len(other), len(gold)) for gold in decisive):
                continue
            found.append((partial, text))
        return [text for _, text in sorted(found, key=lambda item: item[0])]


def domains(recipe: Recipe, rows: Sequence[Row]) -> dict[str, Retrieval]:
    """One index for each domain of `OWN_DOMAIN`."""
    by_domain: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.source in OWN_DOMAIN:
            by_domain[OWN_DOMAIN[row.source]].append(row)
    passages: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for domain, members in by_domain.items():
        for row in members:
            passages[domain] += [(row.premise, sentence) for sentence in sentences(row.premise)]
    for record in json_lines(recipe.paths["data"] / "scifact" / "corpus.jsonl.gz"):
        passages["science"] += [(str(record["doc_id"]), sentence) for sentence in record["abstract"]]
    return {domain: Retrieval(found, by_domain[domain]) for domain, found in passages.items()}


def retrieved_rows(
    recipe: Recipe, rows: Sequence[Row], generator: random.Random, claims_of: Sequence[Row] | None = None
) -> Iterator[Row]:
    """Neutral pairs by retrieval among the rows' premises: up to six for a claim of `claims_of`, or of the rows."""
    cited = {
        record["claim"]: frozenset(map(str, record["cited_doc_ids"]))
        for record in json_lines(recipe.paths["data"] / "scifact" / "claims_train.jsonl")
    }
    indexes = domains(recipe, rows)
    claims = {row.hypothesis: OWN_DOMAIN[row.source] for row in claims_of or rows if row.source in OWN_DOMAIN}
    for claim, domain in claims.items():
        index = indexes[domain]
        found = index.neutral(claim, cited.get(claim, frozenset()))[:12]
        # The best matches are the hardest, and the likeliest to be no neutral ones after all.
        for text in found[:2] + generator.sample(found[2:], min(1, len(found[2:]))):
            yield Row(text, claim, "neutral", "retrieved")
        for text in index.neutral(claim, cited.get(claim, frozenset()), same_subject=True)[:3]:
            if text not in found:
                yield Row(text, claim, "neutral", "same_subject")


def silent_rows(recipe: Recipe) -> Iterator[Row]:
    """SciFact's training claims with the sentences of abstracts that they cite and that annotators found silent."""
    folder = recipe.paths["data"] / "scifact"
    abstracts = {record["doc_id"]: record["abstract"] for record in json_lines(folder / "corpus.jsonl.gz")}
    for record in json_lines(folder / "claims_train.jsonl"):
        for document in record["cited_doc_ids"]:
            if str(document) not in record["evidence"]:
                for sentence in abstracts[document]:
                    yield Row(sentence, record["claim"], "neutral", "scifact_silent.train")


def page_rows(recipe: Recipe) -> Iterator[Row]:
    """Fool-me-twice claims with what a search of their own page found beside the gold evidence."""
    for record in recipe.fool_me_twice(for_training=True):
        gold = {normalised(evidence["text"]) for evidence in record["gold_evidence"]}
        for evidence in record["retrieved_evidence"]:
            if normalised(evidence["text"]) not in gold and len(evidence["text"].split()) > 5:
                yield Row(cleaned(evidence["text"], "fm2_retrieved"), record["text"], "neutral", "fm2_retrieved")


def documents_of(recipe: Recipe, rows: Sequence[Row]) -> Iterator[list[str]]:
    """The sentences of each document there is: premises of several, pages of Fool-me-twice, and abstracts.

    Abstracts that a claim of SciFact dev cites are left out.
    """
    yield from (sentences(text) for text in {row.premise: 0 for row in rows if MANY_SENTENCES.match(row.source)})
    pages: defaultdict[str, list[str]] = defaultdict(list)
    for record in recipe.fool_me_twice(for_training=True):
        for evidence in (*record["gold_evidence"], *record["retrieved_evidence"]):
            pages[record["wikipedia_page"]].append(cleaned(evidence["text"], "fm2_retrieved"))
    yield from pages.values()
    folder = recipe.paths["data"] / "scifact"
    cited = {document for claim in json_lines(folder / "claims_dev.jsonl") for document in claim["cited_doc_ids"]}
    for record in json_lines(folder / "corpus.jsonl.gz"):
        if record["doc_id"] not in cited:
            yield [" ".join(sentence.split()) for sentence in record["abstract"]]


def same_document_rows(recipe: Recipe, rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Two sentences of one document with few words in common: each says something else about one subject."""
    for found in documents_of(recipe, rows):
        fit = [text for text in dict.fromkeys(found) if 6 <= len(text.split()) <= 45]
        pairs = list(itertools.permutations(fit, 2))
        chosen = 0
        for premise, hypothesis in generator.sample(pairs, min(len(pairs), 12)):
            one, other = content_words(premise), content_words(hypothesis)
            few = len(one & other) <= 0.4 * min(len(one), len(other))
            whole = hypothesis.endswith(".") and not CUT.search(hypothesis) and not NO_CLAIM.match(hypothesis)
            if chosen < 4 and few and whole:
                chosen += 1
                yield Row(premise, hypothesis, None, "same_document")


def judgments() -> dict[str, str]:
    """The labels of the judged pairs, E, N or C, by key."""
    return dict(line.split() for line in JUDGMENTS.read_text(encoding="ascii").splitlines())


def mined_rows(recipe: Recipe) -> Iterator[Row]:
    """What `mine.py` chose, but for what was judged to decide after all; nothing before it ran."""
    labels = judgments()
    for name in (MINED, f"{MINED}-{DOCUMENTS}"):
        if recipe.mix(name).exists():
            for row in (Row(**record) for record in json_lines(recipe.mix(name))):
                if labels.get(pair_key(row.premise, row.hypothesis), "N") == "N":
                    yield row


def verbatim_rows(rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Claims that a premise repeats: alone, or between sentences of another premise."""
    pool = [row for row in rows if row.source in OWN_DOMAIN or row.source.startswith(("te_", "mnli_dev"))]
    others = [sentence for row in pool for sentence in sentences(row.premise)[:1]]
    for row in generator.sample(pool, min(len(pool), 3000)):
        claim = row.hypothesis if row.hypothesis.endswith((".", "!", "?")) else row.hypothesis + "."
        other = generator.choice(others)
        premise = generator.choice([claim, f"{other} {claim}", f"{claim} {other}"])
        yield Row(premise, row.hypothesis, "entailment", "verbatim")


def rule_rows(rows: Sequence[Row], seed: int, invented: int = 16_000) -> Iterator[Row]:
    """Pairs by rule: edits of real pairs, and so many templates filled."""
    pool = [row for row in rows if row.label in EDITABLE_LABELS and EDITABLE.match(row.source)]
    fillers = [sentence for row in pool if row.source in OWN_DOMAIN for sentence in sentences(row.premise)[:1]]
    pairs = [(row.premise, row.hypothesis, row.label) for row in pool if row.label]
    for premise, hypothesis, label in rules.edited(pairs, fillers, seed):
        yield Row(premise, hypothesis, label, "edited")
    for (premise, hypothesis, label), _ in rules.invented(invented, seed):
        yield Row(premise, hypothesis, label, "invented")


def searched_rows(recipe: Recipe, rows: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Claims against what a search shows: related, decisive or neither."""
    indexes = domains(recipe, rows)
    claims = {row.hypothesis: OWN_DOMAIN[row.source] for row in rows if row.source in OWN_DOMAIN}
    for claim, domain in claims.items():
        found = indexes[domain].index.top(content_words(claim), 15)
        for index in generator.sample(found, min(4, len(found))):
            yield Row(indexes[domain].texts[index], claim, None, "searched")


def abstract_rows(recipe: Recipe) -> Iterator[Row]:
    """SciFact's training claims against every sentence of the abstracts that they cite."""
    folder = recipe.paths["data"] / "scifact"
    abstracts = {record["doc_id"]: record["abstract"] for record in json_lines(folder / "corpus.jsonl.gz")}
    for record in json_lines(folder / "claims_train.jsonl"):
        for document in record["cited_doc_ids"]:
            yield from (Row(sentence, record["claim"], None, "abstract") for sentence in abstracts[document])


def real_premises(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Source and premise: of the training rows, and what the abstracts say that SciFact's training claims cite.

    Of an abstract that no claim of SciFact dev cites, one or two sentences, with the title before them or without.
    """
    for row in chain(recipe.rows(), page_rows(recipe)):
        yield row.source, " ".join(row.premise.split())
    folder = recipe.paths["data"] / "scifact"
    cited, other = (
        {document for claim in json_lines(folder / f"claims_{part}.jsonl") for document in claim["cited_doc_ids"]}
        for part in ("train", "dev")
    )
    for record in json_lines(folder / "corpus.jsonl.gz"):
        if record["doc_id"] in cited - other:
            title, *abstract = (" ".join(text.split()) for text in (record["title"], *record["abstract"]))
            for at, sentence in enumerate(abstract):
                for text in dict.fromkeys((sentence, " ".join(abstract[at : at + 2]))):
                    yield "scifact", text
                    yield "scifact", f"{title.rstrip('.')}. {text}"


def claimed_rows(recipe: Recipe, *, held_back: bool) -> Iterator[Row]:
    """Pairs of real premises and the claims that were written about them."""
    claims: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        key, label, claim = line.split(" ", 2)
        if (chance(f"{CLAIMED} {key}") < HELD_BACK) == held_back and claim_key(claim) not in recipe.held_out:
            claims[key].append((claim, written.LABELS[label]))
    for source, premise in real_premises(recipe):
        for claim, label in claims.pop(text_key(premise), ()):
            yield Row(premise, claim, label, f"{CLAIMED}.{source}")
    if claims:
        print(f"{CLAIMED}: {len(claims)} premises are not in the data")


def paired_rows(pool: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Texts of labelled pairs, paired otherwise: siblings, the other way round, with a neighbour's hypothesis."""
    by_premise: defaultdict[str, list[Row]] = defaultdict(list)
    for row in pool:
        by_premise[row.premise].append(row)
    for members in by_premise.values():
        for _ in range(min(2, len(members) - 1)):
            one, other = generator.sample(members, 2)
            yield Row(one.hypothesis, other.hypothesis, None, "siblings")
    for row in generator.sample(pool, min(len(pool), 25_000)):
        if len(row.premise.split()) <= 25:
            yield Row(row.hypothesis, row.premise, None, "reversed")
    hypotheses = [row.hypothesis for row in pool]
    index = Bm25([content_words(text) for text in hypotheses])
    for row in generator.sample(pool, min(len(pool), 25_000)):
        found = [number for number in index.top(content_words(row.premise), 8) if hypotheses[number] != row.hypothesis]
        if found:
            yield Row(row.premise, hypotheses[generator.choice(found)], None, "neighbours")


def edit_rows(pool: Sequence[Row], generator: random.Random) -> Iterator[Row]:
    """Hypotheses with a figure or a date changed, or negated, whatever the pair's label."""
    for row in generator.sample(pool, len(pool)):
        edits = [
            rules.respelled(row.hypothesis, generator),
            rules.refigured(row.hypothesis, row.premise, generator),
            rules.negated(row.hypothesis) if generator.random() < 0.3 else None,
        ]
        yield from (Row(row.premise, edit, None, "edits") for edit in edits if edit)


def unlabelled_rows(recipe: Recipe, rows: Sequence[Row], kept_out: Container[str]) -> list[Row]:
    """Pairs for a teacher to judge, of the kinds that pipeline and mixes have but nobody has labelled.

    None is one of the rows, has a claim whose key is kept out, or is too long.
    """
    generator = random.Random(recipe.seed)
    pool = [row for row in rows if PAIRED_ANEW.match(row.source)]
    found = dict.fromkeys(
        chain(
            searched_rows(recipe, rows, generator),
            abstract_rows(recipe),
            paired_rows(pool, generator),
            edit_rows(pool, generator),
        )
    )
    labelled = {(row.premise, row.hypothesis) for row in rows}
    limit = recipe.settings["mix"]["max_words"]
    return [
        row
        for row in found
        if (row.premise, row.hypothesis) not in labelled
        and claim_key(row.hypothesis) not in kept_out
        and len(row.premise.split()) + len(row.hypothesis.split()) <= limit
    ]


def spread(
    rows: Sequence[Row],
    quota: Mapping[str, Sequence[int]],
    which: int,
    seed: int,
    times: Mapping[str, int] | None = None,
) -> list[Row]:
    """The rows of one mix in random order: so many of each source, the second teacher's after the first's.

    Rows of a source in `times` are in it that often.
    """
    by_source: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    chosen: list[Row] = []
    for source in sorted(by_source):
        if source not in quota:
            continue
        members = by_source[source]
        random.Random(f"{seed}/{source}").shuffle(members)
        start = quota[source][0] if which == 1 else 0
        chosen += members[start : start + quota[source][which]] * (times or {}).get(source, 1)
    random.Random(f"{seed}/{which}").shuffle(chosen)
    return chosen


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as gzip'd JSON Lines, without a time stamp."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = ({name: value for name, value in asdict(row).items() if value is not None} for row in rows)
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(content.encode(), 6, mtime=0))


def write_labelled(recipe: Recipe, name: str, rows: Sequence[Row]) -> None:
    """Write a mix, and say how many rows it has of each label."""
    write(recipe.mix(name), rows)
    print(f"{name}: {len(rows)} pairs, {dict(Counter(row.label for row in rows))}")


def build(recipe: Recipe, names: Sequence[str], seed: int) -> None:
    """Write mixes of one seed, with the recipe's own the calibration split too, and say what is in them."""
    every = list(dict.fromkeys(recipe.rows()))
    calibration = [row for row in every if recipe.for_calibration(row)]
    rows = [row for row in every if not recipe.for_calibration(row)]
    rows += retrieved_rows(recipe, rows, random.Random(seed))
    rows += verbatim_rows(rows, random.Random(seed))
    edits = dict.fromkeys(rule_rows(rows, seed))
    others = dict.fromkeys(chain(edits, silent_rows(recipe), page_rows(recipe), mined_rows(recipe)))
    rows += [
        row for row in others if claim_key(row.hypothesis) not in recipe.held_out and not recipe.for_calibration(row)
    ]
    trained = {claim_key(row.hypothesis) for row in rows}
    calibration = [row for row in calibration if claim_key(row.hypothesis) not in trained]
    if seed == recipe.seed:
        calibration += retrieved_rows(recipe, [*rows, *calibration], random.Random(seed), calibration)
        write(recipe.mix("calibration"), calibration)
        print(f"calibration: {len(calibration)} pairs")
    if UNLABELLED in names:
        rows += unlabelled_rows(recipe, rows, recipe.held_out | {claim_key(row.hypothesis) for row in calibration})
    for name in names:
        sources = recipe.settings["mix"]["unlabelled" if name == UNLABELLED else "sources"]
        which = MIXES.index(name) if name in MIXES else 0
        chosen = spread(rows, sources, which, seed, recipe.settings["mix"]["times"].get(name, {}))
        write(recipe.mix(name), chosen)
        labels = Counter(row.label for row in chosen)
        by_source = Counter(row.source for row in chosen)
        print(f"{name}: {len(chosen)} pairs, {dict(labels)}, {dict(by_source.most_common())}")


def build_part(recipe: Recipe, name: str) -> None:
    """Write a mix of rows of student-2, so many of each source."""
    left: dict[str, int] = dict(recipe.settings["mix"][name])
    chosen = []
    for record in list(json_lines(recipe.mix("student-2")))[:: OF_STUDENT_2[name]]:
        if left.get(record["source"], 0) > 0:
            left[record["source"]] -= 1
            chosen.append(Row(**record))
    write(recipe.mix(name), chosen)
    print(f"{name}: {len(chosen)} pairs, fewer than wanted: { {source: n for source, n in left.items() if n} }")


def documents(names: Iterable[str], *, held_back: bool) -> Iterator[tuple[str, written.Document]]:
    """File name and document, of these written files: those that mixes have, or those held back."""
    for name in names:
        for document in written.read(HERE / "written" / f"{name}.txt"):
            if (chance(f"{WRITTEN} {document.sentences[0]}") < HELD_BACK) == held_back:
                yield name, document


def written_rows(recipe: Recipe, names: Iterable[str], *, held_back: bool) -> Iterator[Row]:
    """Pairs of the documents of these written files, each drawn `DRAWN` times, or once where held back."""
    generator = random.Random(recipe.seed)
    for name, document in documents(names, held_back=held_back):
        for _ in range(1 if held_back else DRAWN):
            for premise, claim, label in written.pairs(document, generator):
                if claim_key(claim) not in recipe.held_out:
                    yield Row(premise, claim, label, f"{WRITTEN}.{name}")


def build_written(recipe: Recipe, name: str) -> None:
    """Write the pairs of the documents that were written for the model, but for those held back."""
    rows = list(written_rows(recipe, recipe.settings["mix"][name], held_back=False))
    random.Random(recipe.seed).shuffle(rows)
    write_labelled(recipe, name, rows)


def build_repeated(recipe: Recipe, name: str) -> None:
    """Write pairs whose claim is a sentence of the written documents, as it is or with little changed."""
    generator = random.Random(recipe.seed)
    files = [file for series in REPEATED_OF for file in recipe.settings["mix"][series]]
    rows = [
        Row(premise, claim, label, name)
        for _, document in documents(files, held_back=False)
        for premise, claim, label in written.repeated(document, generator)
        if claim_key(claim) not in recipe.held_out
    ]
    generator.shuffle(rows)
    write_labelled(recipe, name, rows)


def build_gathered(recipe: Recipe, name: str) -> None:
    """Write long pairs: written documents after one another, and claims about one of them."""
    generator = random.Random(recipe.seed)
    files = [file for series in SERIES for file in recipe.settings["mix"][series]]
    found = [document for _, document in documents(files, held_back=False) if document.claims]
    rows: dict[Row, None] = {}
    while len(rows) < recipe.settings["mix"][name]["pairs"]:
        pair = written.gathered(generator.choice(found), found, generator)
        if pair and claim_key(pair[1]) not in recipe.held_out:
            rows[Row(*pair, name)] = None
    write_labelled(recipe, name, list(rows))


def build_kept(recipe: Recipe, name: str) -> None:
    """Write rows of other mixes once more, for a judge whose soft labels keep what it knows (`teacher.py label`)."""
    generator = random.Random(recipe.seed + DRAWN_ANEW[name])
    rows: list[Row] = []
    for mix, count in recipe.settings["mix"][name].items():
        every = [Row(**record) for record in json_lines(recipe.mix(mix))]
        rows += generator.sample(every, min(count, len(every)))
    generator.shuffle(rows)
    write_labelled(recipe, name, rows)


def build_judged(recipe: Recipe, name: str) -> None:
    """Write the unlabelled pairs that were judged, each once, with these labels."""
    labels = judgments()
    rows = [
        Row(record["premise"], record["hypothesis"], written.LABELS[label], f"{name}.{record['source']}")
        for record in json_lines(recipe.mix(UNLABELLED))
        if (label := labels.pop(pair_key(record["premise"], record["hypothesis"]), None))
    ]
    random.Random(recipe.seed).shuffle(rows)
    write_labelled(recipe, name, rows)
    print(f"{name}: {len(labels)} judged pairs are not in {UNLABELLED}")


def untold(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that make a telltale word a sign of their label: at most as many as the next label has."""
    kept = list(rows)
    for pattern in TELLTALE:
        told = defaultdict(list)
        for row in kept:
            if pattern.search(row.hypothesis):
                told[row.label].append(row)
        limit = sorted(map(len, told.values()))[-2] if len(told) > 1 else 0
        surplus = {row for found in told.values() for row in found[limit:]}
        kept = [row for row in kept if row not in surplus]
    return kept


def build_claimed(recipe: Recipe, name: str) -> None:
    """Write the claims about real premises without those set aside, those held back, and what `untold` drops."""
    found = claimed_rows(recipe, held_back=False)
    rows = [row for row in found if claim_key(row.hypothesis) not in recipe.set_aside]
    random.Random(recipe.seed).shuffle(rows)
    write_labelled(recipe, name, untold(rows))


def build_substituted(recipe: Recipe, name: str) -> None:
    """Write pairs whose claim has words exchanged for their neighbours, without a label."""
    generator = random.Random(recipe.seed)
    neighbours = substitute.Neighbours(recipe.paths["work"] / recipe.settings["student"]["base"])
    pool = list(dict.fromkeys(Row(**record) for record in json_lines(recipe.mix("student-2"))))
    generator.shuffle(pool)
    left: dict[str, int] = dict(recipe.settings["mix"][name])
    rows: dict[Row, None] = {}
    while any(left.values()):
        before = len(rows)
        for row in pool:
            claim = (
                substitute.substituted(row.hypothesis, neighbours, STOP, generator) if left.get(row.source) else None
            )
            if claim and claim_key(claim) not in recipe.held_out:
                left[row.source] -= 1
                rows[Row(row.premise, claim, None, name)] = None
        if len(rows) == before:
            break
    chosen = list(rows)
    generator.shuffle(chosen)
    write(recipe.mix(name), chosen)
    print(f"{name}: {len(chosen)} pairs, fewer than wanted: { {source: n for source, n in left.items() if n} }")


def build_rules(recipe: Recipe, name: str) -> None:
    """Write pairs by rule, other ones than the mixes above have."""
    rows = [row for row in dict.fromkeys(recipe.rows()) if not recipe.for_calibration(row)]
    seed = recipe.seed + 2
    quota: dict[str, int] = recipe.settings["mix"][name]
    made = dict.fromkeys(rule_rows(rows, seed, round(1.1 * quota["invented"])))  # some are held out
    found = [row for row in made if claim_key(row.hypothesis) not in recipe.held_out]
    chosen = spread(found, {source: [count] for source, count in quota.items()}, 0, seed)
    write_labelled(recipe, name, chosen)


def build_years(recipe: Recipe, name: str) -> None:
    """Write pairs whose label hangs on the order of two years and on nothing else."""
    quota: dict[str, int] = recipe.settings["mix"][name]
    words = rules.Words(**rules.TEMPLATES["train"]["words"])
    pairs = orders.ordered(quota["rule"], recipe.seed + 3, words, [orders.plainly_dated])
    rows = [Row(*pair, f"{name}.rule") for pair in pairs]
    write_labelled(recipe, name, [row for row in rows if claim_key(row.hypothesis) not in recipe.held_out])


def build_orders(recipe: Recipe, name: str) -> None:
    """Write pairs whose label hangs on the order of dates or figures: by rule, and entailed claims with a year."""
    generator = random.Random(recipe.seed)
    quota: dict[str, int] = recipe.settings["mix"][name]
    entailed = [row for row in dict.fromkeys(recipe.rows()) if row.label == "entailment"]
    entailed = [row for row in entailed if not recipe.for_calibration(row)]
    words = rules.Words(**rules.TEMPLATES["train"]["words"])
    by_rule = (Row(*pair, f"{name}.rule") for pair in orders.ordered(quota["rule"], recipe.seed, words))
    years: dict[Row, None] = {}
    for row in entailed * 8:  # another year each time
        if pair := orders.bounded_year(row.premise, row.hypothesis, generator):
            years[Row(*pair, f"{name}.{row.source}")] = None
    generator.shuffle(found := list(years))
    rows = [row for row in (*by_rule, *found[: quota["year"]]) if claim_key(row.hypothesis) not in recipe.held_out]
    generator.shuffle(rows)
    write_labelled(recipe, name, rows)


def build_documents(recipe: Recipe, name: str) -> None:
    """Write pairs of sentences of one document, which `mine.py` chooses from."""
    found = dict.fromkeys(same_document_rows(recipe, list(recipe.rows()), random.Random(recipe.seed)))
    rows = [row for row in found if claim_key(row.hypothesis) not in recipe.held_out]
    random.Random(recipe.seed).shuffle(rows)
    write(recipe.mix(name), rows)
    print(f"{name}: {len(rows)} pairs")


DERIVED = {
    DOCUMENTS: build_documents,
    **dict.fromkeys(SERIES, build_written),
    JUDGED: build_judged,
    CLAIMED: build_claimed,
    REPEATED: build_repeated,
    **dict.fromkeys(RULES, build_rules),
    YEARS: build_years,
    ORDERS: build_orders,
    GATHERED: build_gathered,
    KEPT: build_kept,
    **dict.fromkeys(OF_STUDENT_2, build_part),
    SUBSTITUTED: build_substituted,
}


def main() -> None:
    """Build the mixes that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=" ".join((*MIXES, UNLABELLED, *DERIVED)))
    given = parser.parse_args()
    recipe = Recipe()
    by_seed = defaultdict(list)
    names = given.names or [*MIXES, UNLABELLED, *DERIVED]
    for name in names:
        if name not in DERIVED:
            by_seed[recipe.seed + DRAWN_ANEW.get(name, 0)].append(name)
    for seed, same_seed in by_seed.items():
        build(recipe, same_seed, seed)
    for name, build_it in DERIVED.items():
        if name in names:
            build_it(recipe, name)


if __name__ == "__main__":
    main()
