"""What the model is shown of a sentence: the sentence, with the one before it where it cannot stand alone.

And with the title of its document, where that has words of the claim which the rest lacks: sentences of a document
rarely say again what it is about.
"""

import re
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from factcheck.corpus.index import Match
from factcheck.segment import content_words
from factcheck.types import Passage, Source

_LONGEST_TITLE: Final = 160  # characters; what is longer is a text, not the name of one
_FIGURE: Final = re.compile(r"\d")

# A sentence that opens like this takes its subject from the sentence before.
_LEANS_BACK = {
    "en": re.compile(
        r"""["'“‘(]*(?:
        (?:he|she|it|they|we|this|these|those|that|such|his|her|its|their|both|another|others)\b
      | (?:however|but|and|so|also|instead|still|meanwhile|moreover|in\ addition|as\ a\ result|by\ contrast)\b
      | the\ (?:latter|former|same|two|three|company|ministry|minister|report|study|authors?|deal|move|agreement)\b
    )""",
        re.IGNORECASE | re.VERBOSE,
    )
}


def build_passage(match: Match, source: Source, *, context: bool, language: str) -> Passage:
    """The passage of one sentence; `context` lets the premise open with the sentence before.

    It resolves "it" and "the ministry", and would mislead where it is not needed. Only English openings are known.
    """
    premise, leans_back = match.quote, _LEANS_BACK.get(language)
    if context and match.before and leans_back and leans_back.match(match.quote):
        premise = f"{match.before} {match.quote}"
    return Passage(
        source=source,
        sentence=match.sentence,
        start=match.start,
        end=match.end,
        quote=match.quote,
        premise=premise,
        page=match.page,
    )


def titled(passage: Passage, claim: str) -> Passage:
    """The passage with its document's title first, or as it is where the title adds no word of the claim.

    Figures are no such words, the name of a file is no title, and one that has all words of the claim says too much:
    what the sentence is evidence of would be read off the headline.
    """
    source = passage.source
    if passage.titled or not source.title or len(source.title) > _LONGEST_TITLE:
        return passage
    claimed, named = content_words(claim), content_words(source.title)
    added = {word for word in claimed & named if not _FIGURE.match(word)} - content_words(passage.premise)
    if not added or claimed <= named or source.title == PurePath(source.path).stem:
        return passage
    return replace(passage, premise=source.heading + passage.premise, titled=True)
