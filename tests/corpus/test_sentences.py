"""Laws of the sentences of a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.readers import paragraphs
from factcheck.corpus.sentences import split
from factcheck.types import Block, Document

prose = st.text(st.sampled_from("abcDEF .!?\n\r\t\"'()-1\u00a0\u2029\u3002\U0001f6a2|U.S. ")) | st.text()


def document_of(text, blocks):
    return Document("a", "", text, "a.txt", "0" * 64, "txt/1", tuple(blocks))


@st.composite
def documents(draw):
    text = draw(prose)
    if draw(st.booleans()):
        return document_of(text, paragraphs.blocks(text))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pages = st.none() | st.integers(1, 9)
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return document_of(text, [Block(start, end, page=draw(pages)) for start, end in spans])


@given(document=documents(), language=st.sampled_from(["en", "de", "ja", "ar", "xx"]))
def test_sentences_are_trimmed_spans_in_order_inside_one_block(document, language):
    """Not empty, not overlapping, inside the text; the index counts from 0 and the page is the block's."""
    found = split(document, language=language)

    assert [sentence.index for sentence in found] == list(range(len(found)))
    last = 0
    for sentence in found:
        quote = document.text[sentence.start : sentence.end]
        assert last <= sentence.start < sentence.end <= len(document.text)
        assert quote == quote.strip()
        around = [block for block in document.blocks if block.start <= sentence.start and sentence.end <= block.end]
        assert sentence.page in [block.page for block in around]
        last = sentence.end


@given(document=documents())
def test_no_letter_of_a_block_is_lost(document):
    """Every letter and digit inside a block is in one of its sentences."""
    covered = {at for sentence in split(document, language="en") for at in range(sentence.start, sentence.end)}

    for block in document.blocks:
        for at in range(block.start, block.end):
            assert at in covered or not document.text[at].isalnum()


@given(sentences=st.lists(st.text()))
def test_a_document_that_came_split_keeps_its_own_numbers(sentences):
    """Each sentence that has something in it stays whole under its number, whatever marks it holds."""
    text = " ".join(sentences)
    blocks, start = [], 0
    for index, sentence in enumerate(sentences):
        blocks.append(Block(start, start + len(sentence), sentence=index))
        start += len(sentence) + 1

    found = split(document_of(text, blocks), language="en")

    expected = [(index, sentence.strip()) for index, sentence in enumerate(sentences) if sentence.strip()]
    assert [(sentence.index, text[sentence.start : sentence.end]) for sentence in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They fear the China-U.S. rivalry. It grows.", ["They fear the China-U.S. rivalry.", "It grows."]),
        ("Gen. Abe met Dr. Holt. They spoke.", ["Gen. Abe met Dr. Holt.", "They spoke."]),
        ("\u201cIt is late,\u201d she said. He left.", ["\u201cIt is late,\u201d she said.", "He left."]),
        ("2.1. Directory layout", ["2.1. Directory layout"]),
        ("The rate is 2.1. It rose.", ["The rate is 2.1.", "It rose."]),
        ("The Japan-U.K. pact stands.", ["The Japan-U.K. pact stands."]),
    ],
)
def test_abbreviations_and_quotes_do_not_cut_a_sentence(text, expected):
    """Cases met in news articles."""
    found = split(document_of(text, [Block(0, len(text))]), language="en")

    assert [text[sentence.start : sentence.end] for sentence in found] == expected
