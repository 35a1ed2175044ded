"""Two sentences of one document read as one."""

from hypothesis import given
from hypothesis import strategies as st

from factcheck.retrieval.joined import joined
from factcheck.types import Hit, Passage, Source

TEXT = "The quay was built in 1910. A storm broke it. It was mended in 1956."
SPANS = ((0, 27), (28, 45), (46, 68))


def hit(number, score, doc_id="quay.txt", premise=None):
    start, end = SPANS[number]
    quote = TEXT[start:end]
    return Hit(Passage(Source(doc_id, "", doc_id, "0"), number, start, end, quote, premise or quote), score)


def test_the_two_best_sentences_are_read_in_the_order_of_the_text():
    """The passage is that of the better one; the premise has both, the earlier one first."""
    both = joined([hit(2, 3.0), hit(0, 2.0), hit(1, 1.0)])

    assert both is not None
    assert both.passage.premise == "The quay was built in 1910. It was mended in 1956."
    assert (both.passage.quote, both.passage.joined) == ("It was mended in 1956.", (0, 27))
    assert both.score == 3.0


def test_sentences_of_other_documents_are_not_joined():
    """Only the document of the best hit counts, and where it has one sentence alone nothing is joined."""
    assert joined([hit(0, 3.0), hit(1, 2.0, "other.txt"), hit(2, 1.0, "other.txt")]) is None
    assert joined([hit(0, 3.0)]) is None
    assert joined([]) is None


def test_what_was_read_already_is_not_read_twice():
    """A premise that opened with the sentence before is the pair already."""
    pair = f"{TEXT[:27]} {TEXT[28:45]}"

    assert joined([hit(1, 3.0, premise=pair), hit(0, 2.0)]) is None


@given(st.permutations(range(3)), st.booleans())
def test_the_companion_is_the_other_sentence(order, first):
    """Whichever of the two is better, the span and the words of the other one can be told from the pair."""
    chosen = order[:2] if first else order[1:]
    both = joined([hit(number, 3.0 - place) for place, number in enumerate(chosen)])

    assert both is not None
    companion = both.passage.companion
    assert companion is not None
    assert companion.quote == TEXT[slice(*SPANS[chosen[1]])] == TEXT[companion.start : companion.end]
    assert companion.companion is None
    before, after = both.passage.around
    assert before + both.passage.quote + after == both.passage.premise
    assert (before == "") == (both.passage.start < companion.start)
