"""Opening the corpus that the settings name, and bringing its index up to date."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from factcheck.assets import cache_folder
from factcheck.config import Settings
from factcheck.corpus.build import BuildReport, build_index
from factcheck.corpus.files import Limits, Problem
from factcheck.corpus.index import CorpusIndex
from factcheck.corpus.nearest import published
from factcheck.corpus.places import Place, place_of
from factcheck.errors import ConfigError
from factcheck.jobs.progress import Progress, Silent, counting
from factcheck.retrieval.dense import SentenceEmbedder, open_embedder
from factcheck.retrieval.finder import LEXICAL, EvidenceFinder
from factcheck.types import JSON, Claim, EvidenceFrom, Hit, Source
from factcheck.verdict.periods import by


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence is looked for: the finder, and the index behind it."""

    finder: EvidenceFinder
    index: CorpusIndex | None


def open_finder(settings: Settings, *, exclude: Sequence[Path] = (), progress: Progress | None = None) -> Sources:
    """The finder over the corpus that the settings name.

    `corpus` alone is indexed in the user's cache; `index` alone is opened as it is, where it may be the URL of a copy
    in an object store; both together bring that index up to date first; neither is for claims that bring their own
    sources. Files in `exclude` are no documents.

    Raises:
        CorpusError: Nothing is readable, the index is missing, torn or in use, or it lacks vectors of the embedder.
        ConfigError: The index is of another language than the settings, or the extra `dense` is not installed.
        ModelError: The embedder cannot be used.
    """
    folder = index_place(settings)
    if settings.corpus and folder is not None:
        index_corpus(settings.corpus, folder, settings, progress or Silent(), exclude=exclude)
    opened = CorpusIndex(folder) if folder is not None else None
    if opened is not None and opened.pointer.language != settings.language:
        raise ConfigError(
            "language",
            f"the index is of {opened.pointer.language!r}, not {settings.language!r}",
            "say the same --language, or build the index again",
        )
    return Sources(finder_of(settings, opened), opened)


def finder_of(settings: Settings, index: CorpusIndex | None) -> EvidenceFinder:
    """The finder that settings ask for, over an index that is open."""

    def is_later(_: Claim, source: Source) -> bool:
        return not by(settings.as_of, source.date)

    return EvidenceFinder(
        index,
        passages=settings.passages,
        evidence=settings.evidence_from,
        context=settings.context,
        titles=settings.titles,
        language=settings.language,
        left_out=is_later if settings.as_of else None,
        retriever=settings.retriever,
        embedder=None if settings.retriever == LEXICAL else embedder_of(settings),
    )


def searcher_of(settings: Settings, index: CorpusIndex | None, most: int) -> EvidenceFinder:
    """The finder that answers searches of the corpus with up to `most` hits, whatever claims are judged by.

    The best ten are the first of the best fifty, so one finder serves all who want fewer.
    """
    return finder_of(replace(settings, passages=most, stages=(), evidence=str(EvidenceFrom.CORPUS)), index)


def search(finder: EvidenceFinder, text: str) -> tuple[Hit, ...]:
    """The passages that a claim of this text would be judged by, best first.

    Raises:
        ClaimsError: There is no corpus.
    """
    claim = Claim(id="search", text=text)
    finder.check(claim)
    return finder.find([claim])[0].hits


def embedder_of(settings: Settings) -> SentenceEmbedder | None:
    """The embedder that settings name; its weights are read when it is first used."""
    return open_embedder(settings.embedder, settings.device) if settings.embedder else None


def embedder_identity(settings: Settings, index: CorpusIndex | None) -> JSON:
    """What of the embedder can change a verdict; None where passages are found by words alone."""
    if settings.retriever == LEXICAL or (embedder := embedder_of(settings)) is None:
        return None
    search = None if index is None else published(index, embedder).search
    return {"model": embedder.fingerprint, "library": embedder.library, "search": search}


def index_corpus(
    corpus: str, folder: Place, settings: Settings, progress: Progress, *, exclude: Sequence[Path] = ()
) -> BuildReport:
    """Bring an index up to date, with vectors where an embedder is named, telling progress and what cannot be read."""

    def on_problem(problem: Problem) -> None:
        progress.note(f"skipped {problem}")

    progress.total("reading", None)  # comes before "indexing" on the screen, as it does in life
    limits = Limits(max_file_bytes=settings.max_file_mb * 1_000_000, max_seconds=settings.max_seconds)
    return build_index(
        corpus,
        folder,
        language=settings.language,
        limits=limits,
        exclude=exclude,
        embedder=embedder_of(settings),
        on_problem=on_problem,
        on_read=counting(progress, "reading"),
        on_indexed=lambda documents: progress.advance("indexing", documents),
        on_embedded=counting(progress, "embedding"),
        on_wait=lambda: progress.note(f"waiting for another process that is writing the index {folder}"),
    )


def index_place(settings: Settings) -> Place | None:
    """Where the index of the settings' corpus lies, folder or URL; None where they name neither corpus nor index.

    Raises:
        CorpusError: It is a URL of a kind that no index can be read from.
    """
    if settings.index:
        return place_of(settings.index)
    return cached_index(settings.corpus, settings.language) if settings.corpus else None


def cached_index(corpus: str, language: str) -> Path:
    """Where the index of a corpus lives when none is named: in `FACTCHECK_CACHE`, else the user's cache folder."""
    name = corpus if corpus.startswith("hf:") else str(Path(corpus).resolve())
    key = sha256(json.dumps([name, language]).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return cache_folder() / "indexes" / key
