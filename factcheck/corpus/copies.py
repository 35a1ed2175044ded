"""What makes two sentences near-copies: one story printed ten times is one piece of evidence."""

import re
import unicodedata

_ARTICLES = frozenset({"a", "an", "the", "that", "also"})
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))(?<=\d,)")  # opens with its comma, which is found fast
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
# What of a sentence, spelt in kinds of characters, holds meaning: words, with what joins them inside, and signs. A sign
# stands alone; a dash is one where it joins or negates, and punctuation between words with spaces.
_TOKENS = re.compile(r"[a0m]+(?:(?:(?<=0)\.(?=0)|(?<=a)'(?=a))[a0m]+)*|\$|-(?=[a0]| 0)")
# The same for a text of ASCII alone, spelt in its characters: most sentences are, and need no translation.
_ASCII_TOKENS = re.compile(
    r"[A-Za-z0-9]+(?:(?:(?<=[0-9])[.,:/](?=[0-9])|(?<=[A-Za-z])'(?=[A-Za-z]))[A-Za-z0-9]+)*"
    r"|[$%#@&+<=>^`|~]|-(?=[A-Za-z0-9]|\s[0-9])"
)


def copy_key(sentence: str) -> tuple[str, ...]:
    """Equal for two sentences exactly when they differ in nothing but space, punctuation, articles and first capital.

    Every number, sign, name, date and negation is part of the key, so sentences that differ in one are never copies.
    "1,000" and "1000" are the same number; "1.5" and "15", "-5" and "5", "US" and "us" are not.
    """
    text = _THOUSANDS.sub("", unicodedata.normalize("NFC", sentence).translate(_QUOTES))
    kept = _ASCII_TOKENS.findall(text) if text.isascii() else _tokens(text)
    if kept and kept[0].istitle():
        kept[0] = kept[0].lower()  # capital only because the sentence starts
    return tuple([token for token in kept if token not in _ARTICLES]) or (sentence.strip(),)


def _tokens(text: str) -> list[str]:
    return [text[token.start() : token.end()] for token in _TOKENS.finditer(text.translate(_KINDS))]


class _Kinds(dict[int, str]):
    """One letter for each kind of character, told once a character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char.isalnum():
            kind = "0" if category == "Nd" else "a"
        elif category[0] in "LNM":
            kind = "m"
        elif category[0] == "S" or char in "%‰#@&":
            kind = "$"
        elif char in ".,:/":
            kind = "."
        elif category == "Pd":
            kind = "-"
        else:
            kind = " " if char.isspace() else char if char == "'" else "_"
        self[code] = kind
        return kind


_KINDS = _Kinds()
