"""Sentence spans of plain and Markdown text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.segment import block_sentences, block_spans, sentence_spans


def sentences(text, language="en"):
    return [text[start:end] for start, end in sentence_spans(text, language=language)]


def blocks(text):
    return [text[start:end] for start, end in block_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "The U.S. Army bought four tanks.",
        "Dr. Smith and Mrs. J. K. Jones agreed.",
        "It cost $4.5 million.",
        "Eat fruit, e.g. apples, i.e. not crisps.",
        "The article is in Vol. 2 on p. 7.",
        "Atty. Gen. Lee resigned.",
        "Of these, approx. 5 were late.",
        "Sales, vs. 4 percent in Q1, grew.",
        '"Is it true?" she asked.',
        "Guess Who? is a game for two.",
        "The report was handed to President\nAdams in 2009 and printed.",
        "THE OWNERS GIVE\nNO WARRANTY WHATSOEVER FOR IT.",
    ],
)
def test_one_sentence_stays_whole(text):
    """Abbreviations, initials, amounts, quotes and wrapped lines end no sentence."""
    assert [text] == sentences(text)


@pytest.mark.parametrize(
    "parts",
    [
        ["It rose by 3.5 %.", "It fell in 1999.", "Why?", "Nobody knows!"],
        ["She studied in the U.S.", "He did not."],
        ['"We agree."', "They left.", "(See page 4.)", "More follows."],
        ["The answer is no.", "She left."],
        ["The bank opened.[2]", "It closed."],
        ["The bank opened.3", "It closed."],
        ["日本語です。", "はい。"],
        ["😀 is one.", "Two is 😀."],
    ],
)
def test_sentences_are_told_apart(parts):
    """Spans are cut where the text's reader would, and trimmed."""
    assert parts == sentences("  " + "  ".join(parts) + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "Overview\nThe bank opened in May.",
        "# Overview\nThe bank opened in May.",
        "Overview\n====\nThe bank opened in May.",
    ],
)
def test_a_heading_is_not_glued_to_the_text_below(text):
    """A short line with room for the next word, a Markdown mark or an underline makes a heading."""
    assert sentences(text) == ["Overview", "The bank opened in May."]


@pytest.mark.parametrize("mark", ["-", "*", "+", "•", "1.", "2)", "(3)", "a)", "–"])
def test_list_items_are_blocks_without_their_markers(mark):
    """An item without a full stop does not run into the next; its second line belongs to it."""
    text = f"Findings:\n{mark} sales rose\n{mark} costs fell\n  by half"

    assert blocks(text) == ["Findings:", "sales rose", "costs fell\n  by half"]


def test_numbers_in_wrapped_prose_are_no_list():
    """A line that happens to begin with a number and a full stop goes on with its sentence."""
    text = "Of all the members present that day, the motion won 45 out of\n50. She left."

    assert sentences(text) == ["Of all the members present that day, the motion won 45 out of\n50.", "She left."]


def test_numbers_in_a_line_lead_their_sentence():
    """A number alone is no sentence."""
    assert sentences("We saw this. 1. Sales rose. 2. Costs fell.") == [
        "We saw this.",
        "1. Sales rose.",
        "2. Costs fell.",
    ]


@pytest.mark.parametrize("gap", ["\n\n", "\n \t\n", "\r\n\r\n", "\n---\n", "\x0c", "\u2029", "\n```\n"])
def test_paragraphs_are_never_joined(gap):
    """Blank lines, rules, fences and page breaks end a sentence without a full stop."""
    assert sentences(f"sales rose in{gap}the north") == ["sales rose in", "the north"]


@pytest.mark.parametrize("text", ["", " \n\t", "...", "--- \n***\n", "?!", "\u200b"])
def test_what_says_nothing_is_no_sentence(text):
    """A span has a letter or a digit."""
    assert sentences(text) == []


def test_a_block_is_cut_in_place():
    """Offsets count in the whole text, and nothing outside the block is looked at."""
    text = "Skip this. One here. Two here. Skip that."

    found = block_sentences(text, 11, 31, "en")

    assert [text[start:end] for start, end in found] == ["One here.", "Two here."]


def test_other_languages_have_their_own_abbreviations():
    """German days and German titles end no sentence; an unknown language is read as English."""
    assert sentences("Am 3. Mai kam Dr. Kern. Er ging.", "de") == ["Am 3. Mai kam Dr. Kern.", "Er ging."]
    assert sentences("Dr. Kern came. He left.", "xx") == ["Dr. Kern came.", "He left."]


@given(text=st.text(st.sampled_from(" \n\r\t.!?\"'()[]aB1-*#é😀。\x0c\u2029\u2028\ud800"), max_size=150))
def test_spans_are_ordered_trimmed_and_complete(text):
    """Spans do not overlap, begin and end in something visible, and only list numbers are left out."""
    spans = sentence_spans(text)

    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    kept = sum(char.isalpha() for start, end in spans for char in text[start:end])
    markers = sum(text.count(f"{letter})") for letter in "aBé")
    assert 0 <= sum(map(str.isalpha, text)) - kept <= markers


@pytest.mark.parametrize("space", ["\u3000", "\u2029", "\u2028", " \u3000", "\u3000\u3000"])
def test_a_wide_space_before_a_full_stop_is_no_obstacle(space):
    """sentencex panics on it; the spans are those of the text as it is."""
    text = f"The boats need vitamin A{space}. The harbour is closed."

    assert "The harbour is closed." == text[slice(*sentence_spans(text)[-1])]
