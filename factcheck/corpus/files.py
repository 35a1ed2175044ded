"""Which files of a folder are documents, and what identifies each of them."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from factcheck.errors import CorpusError, DocumentError

KINDS = {
    ".txt": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
GZIPPED = frozenset({"txt", "md", "html", "jsonl", "json", "csv", "tsv"})
ONE_DOCUMENT = frozenset({"txt", "md", "html", "pdf", "docx"})
HUB_PREFIX = "hf:"

_READER_VERSION = dict.fromkeys([*KINDS.values(), "hf"], 1)
_LIBRARY = {"html": "trafilatura", "pdf": "pypdf", "docx": "python-docx"}  # those whose version changes the text
_INDEX_FILES = frozenset({"index.json", "write.lock"})
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one document may cost; past a limit it becomes a `Problem` and the job goes on.

    `max_file_bytes` counts for files that are one document (txt, md, html, pdf, docx), after decompression; files
    of records may be any size. `max_seconds` is wall-clock time, for kinds that are parsed in their own process.
    """

    max_file_bytes: int = 200_000_000
    max_record_bytes: int = 5_000_000
    max_seconds: float = 60
    max_memory_bytes: int = 2_000_000_000
    max_pages: int = 5_000
    max_expansion: int = 200  # bytes out of one of a gzip file of records: text seldom gives 20, a bomb 1,000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the corpus, not opened beyond hashing.

    `name` is the path below the root with forward slashes; `kind` says which reader takes it (`a.txt.gz` is "txt").
    A data set of the Hugging Face hub has its `hf:NAME:SPLIT` as name, and as path.
    """

    path: Path
    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, or was passed over; the job went on."""

    name: str
    found: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.found}" + (f"; {self.fix}" if self.fix else "")

    @classmethod
    def of(cls, error: DocumentError) -> "Problem":
        """The same finding as a record."""
        return cls(error.where, error.found, error.fix)


def extractor_of(kind: str) -> str:
    """Name and version of the reader of a kind, such as `txt/1` or `pdf/1+pypdf-7.1.0`.

    Documents read by another extractor may have other text and offsets, so they are to be read again.
    """
    own = f"{kind}/{_READER_VERSION[kind]}"
    library = _LIBRARY.get(kind)
    if library is None:
        return own
    try:
        return f"{own}+{library}-{metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return own


def kind_of(name: str) -> str | None:
    """The kind that a file name's extension stands for, None where there is no reader for it."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    if suffixes[-1:] == [".gz"]:
        kind = KINDS.get(suffixes[-2]) if len(suffixes) > 1 else None
        return kind if kind in GZIPPED else None
    return KINDS.get(suffixes[-1]) if suffixes else None


def scan(
    root: Path | str,
    *,
    limits: Limits,
    on_problem: Callable[[Problem], None],
    wanted: Callable[[str], bool] = lambda _name: True,
) -> Iterator[SourceFile]:
    """Give the documents' files below a folder, in code point order of their names, each with its hash.

    `root` is a folder, one file, or `hf:NAME` / `hf:NAME:SPLIT` for a data set that `datasets.load_dataset` finds.
    Hidden entries and the folders of our own indexes and runs are passed over. A symbolic link that leads out of the
    root is never followed; one that stays inside is followed only where its target has no readable name of its own
    (a target below a hidden folder), so that nothing is read twice. Everything else that gives no document is told to
    `on_problem`. Files are hashed as they are given, a megabyte at a time.

    Where a part is enough, `wanted` is asked of each name, and of each with a slash at its end, which stands for all
    that is below it. What it does not want is not looked at.

    Raises:
        CorpusError: There is nothing at `root`.
    """
    if str(root).startswith(HUB_PREFIX):
        from factcheck.corpus.readers import hf  # noqa: PLC0415 (readers import this module)

        yield from (file for file in hf.find(str(root), on_problem=on_problem) if wanted(file.name))
        return
    root = Path(root)
    if not root.exists():
        raise CorpusError(root, "does not exist", "give a file or a folder of documents")
    root = root.resolve()
    scanner = _Scanner(root if root.is_dir() else root.parent, limits, on_problem, wanted)
    if not root.is_dir():
        yield from scanner.file(root, root.name) if wanted(root.name) else ()
    elif is_data_set(root):
        yield from scanner.data_set(root, root.name) if wanted(root.name) else ()
    elif _is_ours(root):
        on_problem(Problem(str(root), "this is an index or a run, not documents", "give the folder of the documents"))
    else:
        yield from scanner.folder()


def is_data_set(folder: Path) -> bool:
    """Whether a folder was written by `datasets`' `save_to_disk`."""
    if (folder / "dataset_dict.json").is_file():
        return True
    return (folder / "dataset_info.json").is_file() and (folder / "state.json").is_file()


def hash_file(path: Path) -> str:
    """SHA-256 of a file as 64 hex digits, read a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_files(files: list[tuple[str, Path]]) -> str:
    """One SHA-256 over several files and their names, in the order given."""
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a run, an index, or an index being made; other people's sites have an index.json too."""
    if (folder / "run.sqlite").is_file():
        return True
    try:
        if (folder / "write.lock").is_file():
            return all(path.name in _INDEX_FILES or path.suffix == ".lance" for path in folder.iterdir())
        with (folder / "index.json").open("rb") as file:
            return b'"corpus_version"' in file.read(_CHUNK)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One name in a folder: `target` is the real path, `order` sorts folders where their contents' names sort."""

    name: str
    target: Path
    is_folder: bool
    order: str


class _Scanner:
    """One walk below `root`, which is a real path."""

    def __init__(
        self, root: Path, limits: Limits, on_problem: Callable[[Problem], None], wanted: Callable[[str], bool]
    ) -> None:
        self._root, self._limits, self._on_problem, self._wanted = root, limits, on_problem, wanted

    def folder(self) -> Iterator[SourceFile]:
        # A stack, not recursion: folders may nest deeper than Python's call stack. Each level carries the real
        # folders above it, so that a link back to one of them is seen.
        stack = [iter(self._entries(self._root, "", frozenset({self._root})))]
        above = [frozenset({self._root})]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
                above.pop()
            elif not entry.is_folder:
                yield from self.file(entry.target, entry.name)
            elif is_data_set(entry.target):
                yield from self.data_set(entry.target, entry.name)
            elif not _is_ours(entry.target):
                above.append(above[-1] | {entry.target})
                stack.append(iter(self._entries(entry.target, f"{entry.name}/", above[-1])))

    def file(self, path: Path, name: str) -> Iterator[SourceFile]:
        kind = kind_of(name)
        if kind is None:
            suffix = "".join(PurePosixPath(name).suffixes[-2:]) if name.lower().endswith(".gz") else path.suffix
            known = ", ".join(sorted(KINDS))
            self._tell(name, f"unsupported kind {suffix or '(no extension)'}", f"supported: {known}")
            return
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):  # before opening: a pipe without a writer would block for ever
                self._tell(name, "not a regular file")
            elif status.st_size == 0:
                self._tell(name, "the file is empty")
            elif kind in ONE_DOCUMENT and status.st_size > self._limits.max_file_bytes:
                allowed = f"at most {self._limits.max_file_bytes:,} are read; split the file or raise the limit"
                self._tell(name, f"{status.st_size:,} bytes", allowed)
            else:
                yield SourceFile(path, name, kind, status.st_size, hash_file(path))
        except OSError as error:
            self._tell(name, error.strerror or str(error))

    def data_set(self, folder: Path, name: str) -> Iterator[SourceFile]:
        parts = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*.arrow"))
        outside = [part for part, path in parts if not path.resolve().is_relative_to(self._root)]
        if outside:
            self._tell(f"{name}/{outside[0]}", "a link that leads out of the corpus folder is not followed")
        elif not parts:
            self._tell(name, "a Hugging Face data set folder without .arrow files", "save it again with save_to_disk")
        else:
            try:
                size = sum(path.stat().st_size for _, path in parts)
                yield SourceFile(folder, name, "hf", size, hash_files(parts))
            except OSError as error:
                self._tell(name, error.strerror or str(error))

    def _entries(self, folder: Path, prefix: str, above: frozenset[Path]) -> list[_Entry]:
        try:
            with os.scandir(folder) as listing:
                shown = (item for item in listing if item.name[0] != "." and self._is_wanted(prefix + item.name))
                found = [self._entry(item, prefix + item.name, above) for item in shown]
        except OSError as error:
            self._tell(prefix.rstrip("/") or str(folder), error.strerror or str(error))
            return []
        return sorted(filter(None, found), key=lambda entry: entry.order)

    def _is_wanted(self, name: str) -> bool:
        return self._wanted(name) or self._wanted(f"{name}/")

    def _entry(self, item: os.DirEntry[str], name: str, above: frozenset[Path]) -> _Entry | None:
        if any("\udc80" <= letter <= "\udcff" for letter in item.name):  # how Python spells undecodable bytes
            self._tell(os.fsencode(name).decode("utf-8", "backslashreplace"), "the file name is not UTF-8", "rename it")
            return None
        target = Path(item.path)
        try:
            if item.is_symlink():
                target = target.resolve(strict=True)
                if not self._follow(target, name, above):
                    return None
            is_folder = target.is_dir()
        except (OSError, RuntimeError) as error:  # RuntimeError: how Python 3.11 and 3.12 tell of a circle of links
            loop = isinstance(error, RuntimeError) or (isinstance(error, OSError) and error.errno == 40)  # ELOOP
            self._tell(name, "a link that leads to itself" if loop else getattr(error, "strerror", "") or str(error))
            return None
        return _Entry(name, target, is_folder, f"{name}/" if is_folder and not is_data_set(target) else name)

    def _follow(self, target: Path, name: str, above: frozenset[Path]) -> bool:
        if not target.is_relative_to(self._root):
            self._tell(name, "a link that leads out of the corpus folder is not followed", "copy the file into it")
            return False
        if target in above:
            return False
        inside = target.relative_to(self._root)
        hidden = any(part.startswith(".") for part in inside.parts)
        return hidden or (target.is_file() and kind_of(target.name) is None and kind_of(name) is not None)

    def _tell(self, name: str, found: str, fix: str = "") -> None:
        self._on_problem(Problem(name, found, fix))
