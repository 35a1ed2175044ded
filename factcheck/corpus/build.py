"""Building and updating a corpus index: only added, changed and removed documents are read and written again."""

import errno
import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from factcheck.corpus.analyzer import check_language, full_text_config
from factcheck.corpus.copies import copy_key
from factcheck.corpus.files import ONE_DOCUMENT, Limits, Problem, SourceFile, extractor_of, scan
from factcheck.corpus.index import FORMAT, POINTER, TABLES, Pointer
from factcheck.corpus.inventory import Inventory
from factcheck.corpus.places import place_of
from factcheck.corpus.readers import CHANGED, Reader
from factcheck.corpus.rows import Waiting, among, groups
from factcheck.corpus.sentences import sentences_before, split
from factcheck.corpus.vectors import Embedder, Vectors, VectorStore, Wanted, state_of, table_name
from factcheck.errors import CorpusError, FactcheckError
from factcheck.types import Document, Sentence

_SENTENCES_A_WRITE = 25_000  # each write is a piece of the table
_REMOVED_A_WRITE = 20_000  # documents
_PIECES, _SENTENCES_A_PIECE = 32, 25_000  # with more pieces than these, they are merged
_TAG, _REPLACED = "published", "replaced-"
_KEPT = timedelta(days=1)  # a reader of a version that was replaced has this long to finish
_KEPT_BEYOND, _VERSIONS = timedelta(hours=1), 10  # or this long, where so many were replaced since
_CLEARED_TOGETHER = 4  # versions: clearing merges the pieces of a table, which costs as much as some of them
_SLACK = timedelta(minutes=1)  # between when a version was made and what its age is when others are cleared
_NOTHING_IS_OLDER = timedelta(days=36_500)
_TAKEN = "document id is taken:"
_REFUSED = (errno.EIO, errno.EACCES, errno.EFBIG, errno.ENOSPC, errno.EROFS, errno.EDQUOT)
_DATABASE_DISK_ERROR = re.compile(rf"LanceError\(IO\): (.*\(os error (?:{'|'.join(map(str, _REFUSED))})\))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: counts of documents, and everything that could not be read."""

    corpus_version: str
    documents: int
    sentences: int
    added: int
    changed: int
    removed: int
    files_read: int
    problems: tuple[Problem, ...]


def build_index(  # noqa: PLR0913 (all named)
    corpus: Path | str,
    folder: Path | str,
    *,
    language: str = "en",
    limits: Limits | None = None,
    exclude: Sequence[Path] = (),
    embedder: Embedder | None = None,
    on_problem: Callable[[Problem], None] = lambda _: None,
    on_read: Callable[[int, int], None] = lambda _done, _total: None,
    on_indexed: Callable[[int], None] = lambda _documents: None,
    on_embedded: Callable[[int, int], None] = lambda _done, _total: None,
    on_wait: Callable[[], None] | None = None,
) -> BuildReport:
    """Bring the index in `folder` up to date with the documents under `corpus`, or build it.

    A file is read again when its bytes or its reader changed; a document is written again when its content did. An
    interrupted build leaves what was published before, whole and alone visible. One writer at a time.

    Args:
        corpus: A file, a folder, or `hf:NAME` for a data set.
        folder: The index; made where it is not there.
        language: Decides sentence boundaries, stemming and stop words.
        limits: Sizes and times at which a reader stops.
        exclude: Files under `corpus` that are no documents, such as the claims themselves.
        embedder: Gives the sentences vectors, beside the words that are indexed in any case; only new and changed
            ones are embedded, also after an interrupted build. Without one, vectors that are there lose what is gone
            from the corpus, and nothing is added to them.
        on_problem: Told of each file that cannot be read, once, as it is met.
        on_read: Told how many files of how many are done.
        on_indexed: Told how many more documents were split and taken up.
        on_embedded: Told how many sentences of how many got their vector.
        on_wait: Told before waiting for another process that writes the index; without it, that is an error.

    Raises:
        CorpusError: There is nothing readable, another process writes the index, the disk is full, or `folder` is the
            URL of a store.
    """
    check_language(language)
    folder = _writable(folder)
    with _writing(folder, on_wait):
        try:
            builder = _Builder(
                corpus=corpus,
                folder=folder,
                language=language,
                limits=limits or Limits(),
                exclude=exclude,
                embedder=embedder,
                on_problem=on_problem,
                on_read=on_read,
                on_indexed=on_indexed,
                on_embedded=on_embedded,
            )
            try:
                return builder.run()
            except _IdMovedError:  # the same id in two files: which one wins is decided in file order, from the start
                builder.start_afresh()
                return builder.run()
            except FactcheckError:
                raise
            except (RuntimeError, ValueError) as error:  # how the database tells of a torn file: all is read again
                if builder.pointer is None or _disk_error(error) is not None:
                    raise
                builder.start_afresh()
                return builder.run()
        except (OSError, RuntimeError, sqlite3.OperationalError) as error:
            if (found := _disk_error(error)) is None:
                raise
            raise CorpusError(
                folder, f"the index cannot be written: {found}", "free the disk and start again"
            ) from error


def _writable(folder: Path | str) -> Path:
    place = place_of(folder)
    if isinstance(place, Path):
        return place
    raise CorpusError(
        place,
        "an index is built in a folder, not in an object store",
        "build it with `factcheck index DOCUMENTS --index FOLDER` and copy the finished folder there; to read what is"
        " there, name no documents",
    )


def _disk_error(error: Exception) -> str | None:
    """What the system refused; None of an error that is of another kind."""
    if isinstance(error, (OSError, sqlite3.OperationalError)):
        return str(error)
    said = _DATABASE_DISK_ERROR.search(str(error))
    return said[1] if said else None


@contextmanager
def _writing(folder: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the one writer's lock of an index; the system drops it when the process dies."""
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(folder / "write.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is None:
                raise
            on_wait()
            lock.acquire(poll_interval=0.1)
    except Timeout:
        raise CorpusError(folder, "another process is writing this index", "wait for it, or name another") from None
    except OSError as error:
        found = f"no index can be written there: {error.strerror or error}"
        raise CorpusError(folder, found, "name another with --index, or another cache with FACTCHECK_CACHE") from error
    try:
        yield
    finally:
        lock.release()


def remove_index(folder: Path) -> None:
    """Remove an index with all that it holds of its documents; where it stops in the middle, it can be done again.

    Raises:
        CorpusError: Another process writes it, or it cannot be removed.
    """
    with _writing(folder):
        try:
            (folder / POINTER).unlink(missing_ok=True)  # first: what is left of it is no index
            shutil.rmtree(folder)
        except OSError as error:
            raise CorpusError(folder, f"cannot be removed: {error.strerror or error}") from error


class _IdMovedError(Exception):
    """A document id is now claimed by another file than before."""


@dataclass
class _Changes:
    """What one build will write and delete, gathered file by file."""

    added: int = 0
    changed: int = 0
    gone: int = 0
    removed: set[str] = field(default_factory=set)  # document ids whose rows go
    documents: Waiting = field(default_factory=lambda: Waiting(_schemas()["documents"]))
    sentences: Waiting = field(default_factory=lambda: Waiting(_schemas()["sentences"]))
    files: Waiting = field(default_factory=lambda: Waiting(_schemas()["files"]))
    stale_files: list[str] = field(default_factory=list)

    def note(self, row: dict[str, Any], known: dict[str, Any] | None) -> None:
        """Note the row of a file, if it is another than the one that is known."""
        if row != known:
            self.files.extend([row])
            self.stale_files += [row["name"]] if known is not None else []

    def drop(self, doc_ids: Sequence[str]) -> None:
        """Note documents that are in no file any more."""
        self.gone += len(doc_ids)
        self.removed.update(doc_ids)


class _Builder:
    def __init__(  # noqa: PLR0913 (the public function's own arguments)
        self,
        *,
        corpus: Path | str,
        folder: Path,
        language: str,
        limits: Limits,
        exclude: Sequence[Path],
        embedder: Embedder | None,
        on_problem: Callable[[Problem], None],
        on_read: Callable[[int, int], None],
        on_indexed: Callable[[int], None],
        on_embedded: Callable[[int, int], None],
    ) -> None:
        import lancedb  # noqa: PLC0415

        self.corpus, self.folder, self.language, self.limits = corpus, folder, language, limits
        self.on_problem, self.on_read, self.on_indexed = on_problem, on_read, on_indexed
        self.embedder, self.on_embedded = embedder, on_embedded
        self.exclude = {path.resolve() for path in exclude}
        self.told: set[Problem] = set()
        self.splitter = f"sentencex-{version('sentencex')}"
        self.database = lancedb.connect(folder)
        self.problems: list[Problem] = []
        self.pointer = self._usable_pointer()

    def _usable_pointer(self) -> Pointer | None:
        """What was published, if it was built with the same settings; another language means a new index."""
        try:
            pointer = Pointer.read(self.folder)
        except CorpusError:  # torn or of another format: it is made again
            return None
        same = pointer is not None and (pointer.language, pointer.splitter) == (self.language, self.splitter)
        return pointer if same else None

    def start_afresh(self) -> None:
        """Forget what was published: read everything again."""
        self.pointer = None
        self.problems = []

    def run(self) -> BuildReport:
        try:
            self._open_tables()
        except (ValueError, RuntimeError):  # a table is missing or torn: all is read again
            self.start_afresh()
            self._open_tables()
        with Inventory(self._published_documents()) as self.inventory:
            return self._bring()

    def _bring(self) -> BuildReport:
        before = self._known_files()
        changes = _Changes()
        files_read = 0
        found = list(scan(self.corpus, limits=self.limits, on_problem=self._report))
        files = [file for file in found if file.path.resolve() not in self.exclude]
        self.names = {file.name for file in files}
        changes.note(self._file_row("", "", "", self.problems), before.pop("", None))
        with Reader(self.limits) as reader:
            for number, file in enumerate(files):
                known = before.pop(file.name, None)
                if known is not None and _is_current(known, file, self._limits_row()):
                    for problem in known["problems"]:
                        self._report(Problem(*problem))
                else:
                    files_read += 1
                    changes.note(self._read(reader, file, changes), known)
                self.on_read(number + 1, len(files))
        for name in before:
            changes.stale_files.append(name)
            self._drop_unmet(name, changes)
        return self._finish(changes, files_read=files_read)

    def _open_tables(self) -> None:
        """Tables as they were published; whatever an interrupted build left beyond that is dropped.

        A fresh start overwrites as a new version: the published one stays readable until the new one is.
        """
        there, schemas = set(self.database.list_tables().tables), _schemas()
        self.tables: dict[str, Any] = {}
        for name in TABLES:
            if self.pointer is None:
                self.tables[name] = self._new_table(name, schemas[name], there=name in there)
                continue
            table = self.tables[name] = self.database.open_table(name)
            if table.version != (published := self.pointer.tables[name]):
                table.checkout(published)
                table.restore()

    def _new_table(self, name: str, schema: Any, *, there: bool) -> Any:  # noqa: ANN401
        try:
            return self.database.create_table(name, schema=schema, mode="overwrite" if there else "create")
        except (RuntimeError, ValueError) as error:
            if not there or _disk_error(error) is not None:
                raise
            self.database.drop_table(name)  # so torn that nobody reads it any more
            return self.database.create_table(name, schema=schema)

    def _known_files(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.tables["files"].search().limit(None).to_arrow().to_pylist()}

    def _published_documents(self) -> Iterator[tuple[str, str, str]]:
        """Id, file name and content hash of every published document."""
        query = self.tables["documents"].search().select(["doc_id", "path", "content"]).limit(None)
        for batch in query.to_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)
        if problem not in self.told:  # a build that starts over meets it again
            self.told.add(problem)
            self.on_problem(problem)

    def _read(self, reader: Reader, file: SourceFile, changes: _Changes) -> dict[str, Any]:
        """Read one file and note which of its documents are new, changed or gone; gives its row of `files`."""
        problems: list[Problem] = []

        def note(problem: Problem) -> None:
            problems.append(problem)
            self._report(problem)

        digest = file.sha256
        for document in reader.read(file, on_problem=note):
            if file.kind in ONE_DOCUMENT:
                digest = document.sha256  # another than was found, if the file was saved meanwhile
            content = _content_hash(document)
            owner = self.inventory.find(document.id)
            if owner is not None and owner[0] != file.name:
                if owner[0] not in self.names or owner[0] > file.name:
                    raise _IdMovedError
                note(Problem(file.name, f"{_TAKEN} {document.id!r}, also in {owner[0]}", "give each document its own"))
                continue
            if owner is not None and owner[1] == content:
                self.inventory.meet(document.id)
                continue
            changes.added += owner is None
            changes.changed += owner is not None
            if owner is not None:
                changes.removed.add(document.id)
            self.inventory.put(document.id, file.name, content)
            changes.documents.extend([_document_row(document, content)])
            changes.sentences.extend(_sentence_rows(document, split(document, language=self.language)))
            self.on_indexed(1)
            if len(changes.sentences) >= _SENTENCES_A_WRITE:
                self._write(changes)
        self._drop_unmet(file.name, changes)
        return self._file_row(file.name, digest, extractor_of(file.kind), problems)

    def _drop_unmet(self, file: str, changes: _Changes) -> None:
        """Note the documents that were published of a file and were not met in it."""
        for doc_ids in self.inventory.take_unmet(file):
            changes.drop(doc_ids)
            if len(changes.removed) >= _REMOVED_A_WRITE:
                self._write(changes)

    def _file_row(self, name: str, digest: str, extractor: str, problems: Sequence[Problem]) -> dict[str, Any]:
        """A row of `files`; the one without a name holds what was not even a file to read."""
        return {
            "name": name,
            "sha256": digest,
            "extractor": extractor,
            "limits": self._limits_row(),
            "problems": [[problem.name, problem.found, problem.fix] for problem in problems],
        }

    def _limits_row(self) -> str:
        return json.dumps(asdict(self.limits))

    def _write(self, changes: _Changes) -> None:
        for name, column, keys in (
            ("documents", "doc_id", changes.removed),
            ("sentences", "doc_id", changes.removed),
            ("files", "name", changes.stale_files),
        ):
            for group in groups(sorted(keys), 500):
                self.tables[name].delete(among(column, group))
        for name, rows in (
            ("documents", changes.documents),
            ("sentences", changes.sentences),
            ("files", changes.files),
        ):
            if rows:
                self.tables[name].add(rows.take())
        changes.removed.clear()
        changes.stale_files.clear()

    def _finish(self, changes: _Changes, *, files_read: int) -> BuildReport:
        """Write what is left, rebuild the full-text index if a sentence changed, and publish."""
        touched = bool(changes.added or changes.changed or changes.gone)
        written = bool(touched or changes.files or changes.stale_files or self.pointer is None)
        if written:
            self._write(changes)
            if self.tables["documents"].count_rows() == 0:
                self._nothing_readable()
            if touched or self.pointer is None:
                self._tidy()
                self._make_indexes()
        before = self.pointer.vectors if self.pointer else ()
        vectors = self._bring_vectors(before, touched=touched)
        if written or vectors != before:
            self.pointer = self._publish(vectors)
        assert self.pointer is not None
        return BuildReport(
            corpus_version=self.pointer.corpus_version,
            documents=self.pointer.documents,
            sentences=self.pointer.sentences,
            added=changes.added,
            changed=changes.changed,
            removed=changes.gone,
            files_read=files_read,
            problems=tuple(self.problems),
        )

    def _bring_vectors(self, before: tuple[Vectors, ...], *, touched: bool) -> tuple[Vectors, ...]:
        """The entries of all vectors that are kept, by table name, those of the embedder whole."""
        self.store = store = VectorStore(self.database, self._tidy_one)
        embedder, known = self.embedder, {entry.table: entry for entry in before}
        others = [name for name in store.names() if embedder is None or name != table_name(embedder.fingerprint)]
        if embedder is None and not (touched and others):
            return before
        states = {doc: state_of(content, self.language, self.splitter) for doc, content in self.inventory}
        wanted = Wanted(self._corpus_version(), states, self.tables["sentences"])
        found = [store.shrink(name, known.get(name), wanted) if touched else known.get(name) for name in others]
        if embedder is not None:
            try:
                entry = store.extend(embedder, wanted, known.get(table_name(embedder.fingerprint)), self.on_embedded)
            except FactcheckError:
                raise
            except (RuntimeError, ValueError) as error:  # the table is torn
                if _disk_error(error) is not None:
                    raise
                store.forget(embedder)
                entry = store.extend(embedder, wanted, None, self.on_embedded)
            found.append(entry)
        return tuple(sorted(filter(None, found), key=lambda entry: entry.table))

    def _tidy(self) -> None:
        """Merge the pieces of the tables and clear what was replaced long ago, where there is something to gain.

        A search over 100 pieces takes a seventh longer than over one.
        """
        for table in self.tables.values():
            self._tidy_one(table)

    def _tidy_one(self, table: Any) -> None:  # noqa: ANN401
        most = _PIECES + self.tables["sentences"].count_rows() // _SENTENCES_A_PIECE
        if not _let_go(table) and table.stats()["fragment_stats"]["num_fragments"] <= most:
            return
        for index in table.list_indices():  # made anew in any case; to bring them along takes longer, and the memory
            table.drop_index(index.name)
        table.optimize(cleanup_older_than=_NOTHING_IS_OLDER)
        try:
            table.optimize(cleanup_older_than=_age_of_kept(table))  # nothing is left to merge: it clears at once
        except RuntimeError as error:
            if "tagged" not in str(error):
                raise
            # The machine stood still for so long that a version that is kept became too old: another time.

    def _make_indexes(self) -> None:
        """Index words anew, not what was added alone: word statistics drift after deletions otherwise."""
        from lancedb.index import BTree  # noqa: PLC0415

        words = full_text_config(self.language, stop_words=True)
        self.tables["sentences"].create_index("body", config=words, replace=True)
        for table, column in (("sentences", "doc_id"), ("sentences", "copy_key"), ("documents", "doc_id")):
            self.tables[table].create_index(column, config=BTree(), replace=True)

    def _nothing_readable(self) -> None:
        why = f"({len(self.problems)} problems, the first: {self.problems[0]})" if self.problems else "in it"
        raise CorpusError(
            self.corpus,
            f"no readable document {why}",
            "name a file or folder with txt, md, html, pdf, docx, jsonl, csv or parquet documents",
        )

    def _publish(self, vectors: tuple[Vectors, ...]) -> Pointer:
        """Name the new versions in `index.json`, at once and for good; tags keep them, and those they replace."""
        pointer = Pointer(
            format=FORMAT,
            language=self.language,
            splitter=self.splitter,
            corpus_version=self._corpus_version(),
            corpus=_absolute(self.corpus),
            tables={name: table.version for name, table in self.tables.items()},
            documents=self.tables["documents"].count_rows(),
            sentences=self.tables["sentences"].count_rows(),
            problems=len(self.problems),
            vectors=vectors,
        )
        _replace(self.folder / POINTER, pointer.to_json())
        for table in (*self.tables.values(), *self.store.tables.values()):
            _hold(table)
        return pointer

    def _corpus_version(self) -> str:
        digest = sha256(json.dumps([FORMAT, self.language, self.splitter]).encode())
        for doc_id, content in self.inventory:
            digest.update(f"\n{doc_id}\t{content}".encode())
        return digest.hexdigest()


def _hold(table: Any) -> None:  # noqa: ANN401
    """Tag the published version of a table, and the one that it replaces with the time when it did."""
    tag = table.tags.list().get(_TAG)
    if tag is None:
        table.tags.create(_TAG, table.version)
    elif tag["version"] != table.version:
        with suppress(RuntimeError, ValueError):  # it is gone or torn: nobody reads it
            table.tags.create(f"{_REPLACED}{time.time_ns()}", tag["version"])
        table.tags.update(_TAG, table.version)


def _let_go(table: Any) -> bool:  # noqa: ANN401
    """Untag versions that were replaced long ago, some at once; whether there is now something to clear."""
    names = [name for name in table.tags.list() if name.startswith(_REPLACED)]
    newest_first = sorted((int(name.removeprefix(_REPLACED)) for name in names), reverse=True)
    ages = [timedelta(seconds=(time.time_ns() - at) / 1e9) for at in newest_first]
    due = [
        at
        for rank, (at, age) in enumerate(zip(newest_first, ages, strict=True))
        if age >= _KEPT or (rank >= _VERSIONS and age >= _KEPT_BEYOND)
    ]
    if not due or (ages[-1] < _KEPT and len(due) < _CLEARED_TOGETHER):
        return False
    for at in due:
        table.tags.delete(f"{_REPLACED}{at}")
    return True


def _age_of_kept(table: Any) -> timedelta:  # noqa: ANN401
    """The age beyond which nobody reads a version of a table: that of the oldest which is tagged."""
    tagged = {tag["version"] for tag in table.tags.list().values()}
    made: list[datetime] = [item["timestamp"] for item in table.list_versions() if item["version"] in tagged]
    ages = [datetime.now(tz=at.tzinfo) - at for at in made]
    return max(ages) + _SLACK if ages and min(ages) >= timedelta(0) else _NOTHING_IS_OLDER


def _absolute(corpus: Path | str) -> str:
    return str(corpus) if str(corpus).startswith("hf:") else str(Path(corpus).resolve())


def _is_current(known: dict[str, Any], file: SourceFile, limits: str) -> bool:
    """Whether a file need not be read: same bytes, same reader, and nothing that could go better this time.

    A document that could not be read is tried again, as time, memory or a missing library may have been the reason. So
    is a file of records that met a limit that is another now, an id that another file may have given up, or a change.
    """
    if (known["sha256"], known["extractor"]) != (file.sha256, extractor_of(file.kind)):
        return False
    passing = any(found.startswith((_TAKEN, CHANGED)) for _, found, _ in known["problems"])
    return not known["problems"] or (file.kind not in ONE_DOCUMENT and known["limits"] == limits and not passing)


def _content_hash(document: Document) -> str:
    """SHA-256 of everything that a verdict could show or depend on."""
    blocks = [(block.start, block.end, block.page, block.sentence) for block in document.blocks]
    parts = [
        *(document.id, document.title, document.text, document.path, document.sha256, document.extractor),
        *(document.url, document.date, document.date_origin, dict(document.metadata), blocks),
    ]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _document_row(document: Document, content: str) -> dict[str, Any]:
    return {
        "doc_id": document.id,
        "title": document.title,
        "path": document.path,
        "sha256": document.sha256,
        "extractor": document.extractor,
        "content": content,
        "url": document.url,
        "date": document.date,
        "date_origin": document.date_origin,
        "metadata": json.dumps(dict(document.metadata), ensure_ascii=False),
        "text": None if document.in_file else document.text,
    }


def _sentence_rows(document: Document, sentences: tuple[Sentence, ...]) -> Iterator[dict[str, Any]]:
    before = sentences_before(document, sentences)
    for sentence in sentences:
        quote = document.text[sentence.start : sentence.end]
        yield {
            "doc_id": document.id,
            "sentence": sentence.index,
            "start": sentence.start,
            "end": sentence.end,
            "page": sentence.page,
            "quote": quote,
            "before": before.get(sentence.start, ""),
            "copy_key": sha256("\0".join(copy_key(quote)).encode("utf-8", "surrogatepass")).hexdigest()[:32],
            "body": f"{document.title} {quote}",
        }


def _schemas() -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415

    text, number = pa.string(), pa.int64()
    return {
        "documents": pa.schema(
            [
                *((name, text) for name in ("doc_id", "title", "path", "sha256", "extractor", "content")),
                *((name, text) for name in ("url", "date", "date_origin", "metadata", "text")),
            ]
        ),
        "sentences": pa.schema(
            [
                ("doc_id", text),
                *((name, number) for name in ("sentence", "start", "end", "page")),
                *((name, text) for name in ("quote", "before", "copy_key", "body")),
            ]
        ),
        "files": pa.schema(
            [
                *((name, text) for name in ("name", "sha256", "extractor", "limits")),
                ("problems", pa.list_(pa.list_(text))),
            ]
        ),
    }


def _replace(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
