"""The words of a text as the index sees them: lower-cased, without accents, stemmed."""

from functools import lru_cache
from typing import Any

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

    return FTS(language=LANGUAGES[language], stem=True, remove_stop_words=not stop_words)


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
        self._is_content = lru_cache(maxsize=100_000)(self._has_content)

    def words(self, text: str) -> list[str]:
        """All words of a text in order, stop words too."""
        return [token.text for token in self._table.tokenize(text, column="all")]

    def content_words(self, text: str) -> list[str]:
        """The words of a text in order, without stop words."""
        return [token.text for token in self._table.tokenize(text, column="content")]

    def query(self, text: str) -> str:
        """What to search for: the text without stop words, or the whole text where it has nothing else."""
        content = " ".join(word for word in _words(text) if self._is_content(word))
        return content or text

    def _has_content(self, word: str) -> bool:
        return bool(self.content_words(word))


def _words(text: str) -> list[str]:
    """Runs of letters and digits, as the database's tokeniser cuts them."""
    return "".join(char if char.isalnum() else " " for char in text).split()
