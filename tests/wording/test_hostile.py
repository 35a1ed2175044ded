"""Texts that nobody writes: very long ones, and ones that say the same words over and over."""

import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Passage, Source
from factcheck.wording import cues, opposition, qualified, quantity, relayed, relaying
from factcheck.wording.checkable import not_checkable
from factcheck.wording.edits import EditKind, edits
from factcheck.wording.grammar import _QUOTED, tokens_of
from factcheck.wording.language import foreign
from factcheck.wording.limits import LONGEST, TITLE, too_long
from factcheck.wording.numbers import numbers
from factcheck.wording.parts import parts_of
from factcheck.wording.words import clause_of

FILLER = "Gulls rest there. "
CLAIM = "Members of the Tarn club rose by 12 percent more than in May 2019 if Ann Holm said that it opened."
READERS = {
    "quantity": lambda text: quantity.check(text, passage(text)),
    "figures in both": lambda text: quantity.shared(text, text),
    "plain numbers in both": lambda text: quantity.shared(text, text, language="de"),
    "opposition": lambda text: opposition.check(text.replace("few", "all").replace("more", "less"), passage(text)),
    "relayed": lambda text: relayed.check(CLAIM, passage(text)),
    "qualified": lambda text: qualified.check(CLAIM, passage(text)),
    "cues": relaying.cues,
    "edits": edits,
    "edits with evidence": lambda text: edits("Norway won in May 2019.", [text]),
    "parts": parts_of,
    "tokens": tokens_of,
    "numbers": numbers,
    "checkable": not_checkable,
    "language": lambda text: foreign(text, ["de"]),
}
REPEATED = {
    "quantity": ["1 ", "$5 ", "5 to ", "COVID-19 "],
    "figures in both": ["1 ", "$5 ", "5 to ", "COVID-19 "],
    "plain numbers in both": ["1 ", "$5 "],
    "opposition": ["more ", "gulls rest few there "],
    "relayed": ["he said ", "if ", "may "],
    "qualified": ["if ", "aged 5 ", "except in "],
    "cues": ["said that ", "is to "],
    "edits": ["1990 ", "two ", "Anna and Bob "],
    "edits with evidence": ["Sweden, ", "According to Holm, "],
    "parts": ['"', "was and "],
    "tokens": ["\u201c", "(a) "],
    "numbers": ["1 ", "million "],
    "checkable": ["the ", "?"],
    "language": ["das "],
}


def passage(quote, title="Tarn"):
    return Passage(Source("doc", title, "doc.txt", ""), 0, 0, len(quote), quote, quote)


def filled(text, length):
    return text + " " + (FILLER * (length // len(FILLER)))[: length - len(text) - 1]


def calls(function, *arguments):
    """How many functions a call enters, which tells how much it does whatever the machine does beside it."""
    found = Counter()
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, _argument: found.update([event]))
    try:
        function(*arguments)
    finally:
        sys.setprofile(before)
    return found["call"] + found["c_call"]


@pytest.mark.parametrize(("name", "repeated"), [(name, text) for name, texts in REPEATED.items() for text in texts])
def test_words_said_over_and_over_cost_little(name, repeated):
    """The longest text that is read, of nothing but some words, takes a bounded number of steps."""
    assert calls(READERS[name], (repeated * LONGEST)[:LONGEST]) < 1_000_000


@pytest.mark.parametrize(
    ("check", "claim", "quote"),
    [
        (quantity.check, "The hall has 12 rooms.", "The hall has 15 rooms."),
        (relayed.check, "The hall burned down.", "Ann Holm said that the hall burned down."),
        (qualified.check, "The hall is open to visitors.", "The hall is open to visitors only in summer."),
    ],
)
def test_nothing_is_found_in_a_passage_that_is_no_sentence(check, claim, quote):
    """Up to the longest length findings are what they are in a sentence; beyond it there are none."""
    assert check(claim, passage(filled(quote, LONGEST)))
    assert check(claim, passage(filled(quote, LONGEST + 1))) == ()


def test_a_passage_that_is_no_sentence_is_not_held_against_a_claim_word_by_word():
    """A passage is not contradicted by what is not read."""
    quote = "The hall was not open to visitors on Sunday."
    claim = quote.replace("not ", "")

    assert opposition.check(claim, passage(quote))
    assert opposition.check(claim, passage(quote + " " * LONGEST)) == ()


@pytest.mark.parametrize(
    ("reader", "text", "nothing"),
    [
        (lambda text: quantity.figures(text).amounts, "The hall has 12 rooms.", ()),
        (relaying.cues, "Ann Holm said that the hall burned down.", ()),
        (tokens_of, "The hall burned down.", []),
        (edits, "The hall has 12 rooms.", ()),
    ],
)
def test_a_very_long_text_is_not_read(reader, text, nothing):
    """Up to the longest length a text is read; beyond it nothing is taken from it."""
    assert reader(filled(text, LONGEST)) != nothing
    assert reader(filled(text, LONGEST + 1)) == nothing


def test_a_very_long_text_is_taken_for_a_claim():
    """What is not surely something else is checkable."""
    question = "Is the hall open" + " to visitors" * 400 + "?"

    assert not_checkable("Is the hall open to visitors?") == "question"
    assert too_long(question)
    assert not_checkable(question) is None


def test_figures_and_names_stay_where_the_evidence_is_too_long_to_look_for_them():
    """A figure is not changed for one that the evidence may have; a negation needs no evidence."""
    claim = "The hall is 12 metres high."
    kinds = {edit.kind for edit in edits(claim, [FILLER])}

    assert kinds == {EditKind.NUMBER, EditKind.NEGATION}
    assert {edit.kind for edit in edits(claim, [FILLER * LONGEST])} == {EditKind.NEGATION}


def test_a_list_of_figures_is_not_changed_one_by_one():
    """A claim with more than 60 figures keeps them."""
    few, many = ("The prices were " + "$5, " * count + "and that is all." for count in (60, 61))

    assert len(edits(few)) > len(edits(many))


def test_only_the_beginning_of_a_title_is_read():
    """A year at the end of a very long title tells no period."""
    claim, quote = "The hall opened in 2019.", "The hall opened in spring."
    short, long = ("Hall" + " " * count + "2019" for count in (TITLE - 8, TITLE))

    assert quantity.check(claim, passage(quote, short)) == ()
    assert quantity.check(claim, passage(quote, long)) != ()


def test_a_figure_that_no_machine_number_holds_is_compared():
    """Words such as "million" in a row make no figure that cannot be computed with."""
    vast = "It cost at least 5 " + "million " * 400 + "dollars."

    assert quantity.check(vast, passage("It cost at least 7 dollars.")) is not None
    assert max(value for number in numbers(vast) for value in number.values) < 10**30


SENTENCES = st.lists(
    st.sampled_from(
        ["a", " ", ", ", ", but ", " and ", " - ", ". ", '."', " B", ";", " that ", "(", " because ", ", so "]
    )
).map("".join)


@given(SENTENCES, st.integers(0, 60), st.integers(0, 60))
def test_a_clause_ends_and_begins_where_it_does_when_looked_for_from_there(text, one, other):
    """What is kept of a text gives the same places as a search for each of them."""
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    match = cues._END.search(text, start)
    before = [match.end() for match in cues._START.finditer(text, 0, end)]

    assert cues.clause_end(text, start) == (match.start() if match else len(text))
    assert cues.clause_start(text, end) == (before[-1] if before else 0)
    assert cues.sentence_start(text, end) <= end


@given(SENTENCES, st.integers(0, 60), st.integers(0, 60))
def test_the_clause_around_a_span_holds_it(text, one, other):
    """It has no break within but those in the span itself."""
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    low, high = clause_of(text, start, end)

    assert low <= start <= end <= high


@given(st.text(alphabet="a \"“”()[]«»'", max_size=60))
def test_a_token_is_hidden_where_it_stands_in_marks(text):
    """Every token between a pair of marks is hidden, and no other one."""
    spans = [match.span() for match in _QUOTED.finditer(text)]

    assert all(token.hidden == any(a <= token.start < b for a, b in spans) for token in tokens_of(text))
