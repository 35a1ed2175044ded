"""What makes two sentences near-copies: one story printed ten times is one piece of evidence."""

import re
import unicodedata

_ARTICLES = frozenset({"a", "an", "the", "that", "also"})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,:/](?=\d)")
_INSIDE_WORD = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_BEFORE_DIGIT = re.compile(r".\s?\d")


def copy_key(sentence: str) -> tuple[str, ...]:
    """Equal for two sentences exactly when they differ in nothing but space, punctuation, articles and first capital.

    Every number, sign, name, date and negation is part of the key, so sentences that differ in one are never copies.
    "1,000" and "1000" are the same number; "1.5" and "15", "-5" and "5", "US" and "us" are not.
    """
    text = _THOUSANDS.sub("", unicodedata.normalize("NFC", sentence).translate(_QUOTES))
    tokens: list[str] = []
    word = ""
    for at, char in enumerate(text):
        if _holds_meaning(text, at):
            if char.isalnum() or unicodedata.category(char)[0] == "M" or char in "'.,:/":
                word += char
                continue
            tokens += [word, char]  # a sign stands alone, with or without space before it
        else:
            tokens.append(word)
        word = ""
    kept = [token for token in [*tokens, word] if token]
    if kept and kept[0].istitle():
        kept[0] = kept[0].lower()  # capital only because the sentence starts
    return tuple(token for token in kept if token not in _ARTICLES) or (sentence.strip(),)


def _holds_meaning(text: str, at: int) -> bool:
    """Whether a character is more than punctuation: letters, digits, marks, symbols, and dashes that join or negate."""
    kind = unicodedata.category(text[at])
    if kind[0] in "LNMS" or text[at] in "%‰#@&":
        return True
    if kind == "Pd":  # a minus, a range, a compound; a dash between words with spaces is punctuation
        return text[at + 1 : at + 2].isalnum() or bool(_BEFORE_DIGIT.match(text, at))
    return bool(_INSIDE_NUMBER.match(text, at) or _INSIDE_WORD.match(text, at))
