"""The words of a text as the index sees them: lower-cased, without accents, stemmed."""

from collections.abc import Sequence
from typing import Any, Final

from factcheck.errors import ConfigError

LANGUAGES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "it": "Italian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "ta": "Tamil",
    "tr": "Turkish",
}

_MARK: Final = "5x7q0"  # between texts that are cut together; no language takes it for a stop word or shortens it
_REMEMBERED: Final = 100_000  # words
_MEMORY_MB, _WORKERS = 512, 2  # of an indexing; by its own measure the database takes 2 GB for every second core


def check_language(language: str) -> None:
    """Refuse a language for which there is no stemmer and no stop-word list.

    Raises:
        ConfigError: It is not one of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise ConfigError("language", f"{language!r} is not known", f"use one of {', '.join(LANGUAGES)}")


def full_text_config(language: str, *, stop_words: bool) -> Any:  # noqa: ANN401 (the database is untyped)
    """Settings of the database's full-text analysis; `stop_words` says whether they are kept."""
    from lancedb.index import FTS  # noqa: PLC0415 (the database is imported by those who use it)

    return FTS(
        language=LANGUAGES[language],
        stem=True,
        remove_stop_words=not stop_words,
        memory_limit=_MEMORY_MB,
        num_workers=_WORKERS,
    )


class Analyzer:
    """The database's own tokeniser for one language, so that queries and passages are cut alike.

    It lives in a table of one row in memory, which is where the database lets a tokeniser be reached.

    Raises:
        ConfigError: The language is not one of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        import lancedb  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        check_language(language)
        database = lancedb.connect("memory://")
        self._table = database.create_table("analyzer", pa.table({"all": ["x"], "content": ["x"]}))
        self._table.create_index("all", config=full_text_config(language, stop_words=True), replace=True)
        self._table.create_index("content", config=full_text_config(language, stop_words=False), replace=True)
        self._content: dict[str, bool] = {}  # words that were met, and whether they are more than stop words

    def words(self, text: str) -> list[str]:
        """All words of a text in order, stop words too."""
        return self.words_of([text])[0]

    def words_of(self, texts: Sequence[str]) -> list[list[str]]:
        """All words of each text in order, stop words too."""
        return self._cut(texts, "all")

    def query(self, text: str) -> str:
        """What to search for: the text without stop words, or the whole text where it has nothing else."""
        return self.queries([text])[0]

    def queries(self, texts: Sequence[str]) -> list[str]:
        """What to search for, for each text."""
        cut = [_words(text) for text in texts]
        content = self._content
        if len(content) > _REMEMBERED:
            content = self._content = {}
        if new := list(dict.fromkeys(word for words in cut for word in words if word not in content)):
            content.update(zip(new, map(bool, self._cut(new, "content")), strict=True))
        found = [" ".join(word for word in words if content[word]) for words in cut]
        return [query or text for query, text in zip(found, texts, strict=True)]

    def _cut(self, texts: Sequence[str], column: str) -> list[list[str]]:
        """The words of each text: the database is asked once, with a mark between the texts, since asking is slow."""
        groups = [[]] if not texts else _split_at(_MARK, self._tokenize(f" {_MARK} ".join(texts), column))
        if len(groups) == len(texts):
            return groups
        return [self._tokenize(text, column) for text in texts]  # a text holds the mark

    def _tokenize(self, text: str, column: str) -> list[str]:
        return [token.text for token in self._table.tokenize(text, column=column)]


def _split_at(mark: str, words: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for word in words:
        if word == mark:
            groups.append([])
        else:
            groups[-1].append(word)
    return groups


def _words(text: str) -> list[str]:
    """Runs of letters and digits, as the database's tokeniser cuts them."""
    return "".join(char if char.isalnum() else " " for char in text).split()
