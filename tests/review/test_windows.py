"""A long text around its quotes."""

from hypothesis import given
from hypothesis import strategies as st

from factcheck.review import windows as module
from factcheck.review.windows import AROUND, WHOLE, Gap, Span, windows


@st.composite
def quoted(draw):
    """A text, long or short, and some spans of it."""
    words = draw(
        st.lists(st.sampled_from(["the", "harbour", "crane ", "\n\n", "é", "x" * 40]), min_size=1, max_size=30)
    )
    text = " ".join(words) * draw(st.sampled_from([1, 3, 1 + WHOLE // 60]))
    starts = draw(st.lists(st.integers(0, len(text) - 1), max_size=6))
    return text, [(start, min(len(text), start + draw(st.integers(1, 200)))) for start in starts]


@given(quoted())
def test_spans_and_gaps_are_the_whole_text_in_order(given_):
    """Nothing comes twice, and nothing is missing without a word."""
    text, quotes = given_
    at = 0
    for piece in windows(text, quotes):
        if isinstance(piece, Gap):
            assert piece.characters > 0
            at += piece.characters
        else:
            assert (at, text[at : at + len(piece.text)]) == (piece.start, piece.text)
            at += len(piece.text)
    assert at == len(text)


@given(quoted())
def test_every_quote_is_shown_whole_and_begins_once(given_):
    """Overlapping ones, too."""
    text, quotes = given_
    spans = [piece for piece in windows(text, quotes) if isinstance(piece, Span)]

    for number, (start, end) in enumerate(quotes):
        assert text[start:end] == "".join(span.text for span in spans if number in span.quotes)
        assert [start] == [span.start for span in spans if number in span.first]


def test_a_short_text_is_shown_whole():
    """Without a gap."""
    assert [Span("one two", 0)] == windows("one two", [])


def test_a_long_text_is_cut_between_words():
    """To some characters before and after each quote."""
    text = "word " * WHOLE
    [before, first, quote, last, after] = windows(text, [(5000, 5004)])

    assert isinstance(before, Gap)
    assert isinstance(after, Gap)
    assert "word" == quote.text
    for span in (first, last):
        assert AROUND - 5 <= len(span.text) <= AROUND
        assert span.text.split() == ["word"] * len(span.text.split())


def test_a_text_without_blanks_is_cut_all_the_same():
    """Somewhere."""
    pieces = windows("x" * (module.WHOLE + 1), [(5000, 5010)])

    assert [Gap, Span, Span, Span, Gap] == list(map(type, pieces))
