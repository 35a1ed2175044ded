"""What the model is shown of a sentence: the sentence, with the one before it where it cannot stand alone."""

import re

from factcheck.corpus.index import Match
from factcheck.types import Passage, Source

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
