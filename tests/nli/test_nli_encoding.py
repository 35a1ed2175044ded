"""Encoding of pairs and splitting of texts that are too long."""

import functools
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from factcheck.assets import asset
from factcheck.errors import ScoreError
from factcheck.nli.encoding import PairEncoder

KINDS = ["wordpiece", "bpe", "unigram"]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.lists(
    st.sampled_from(
        ["ferry", "unapproved", "3.5", "naïve", "[SEP]", "[CLS]", "</s>", "北海道", "👩‍🚀", "\n", "re-sold"]
    )
).map(" ".join)


@pytest.fixture(scope="module")
def tokenizers(tiny):
    """The tiny models' tokenizers and the bundled one's, as transformers loads them."""
    folders = {kind: tiny(kind=kind) for kind in KINDS} | {"nli-mini": asset("models/nli-mini")}
    return {kind: AutoTokenizer.from_pretrained(folder) for kind, folder in folders.items()}


@pytest.fixture(scope="module")
def encoder(tokenizers):
    """Make an encoder for a kind of tokenizer and a limit."""
    return functools.cache(lambda kind, limit=10_000: PairEncoder(tokenizers[kind].backend_tokenizer, limit))


@pytest.mark.parametrize("kind", [*KINDS, "nli-mini"])
@settings(deadline=None)
@given(premise=TEXT, hypothesis=TEXT)
def test_ids_are_those_of_the_models_own_tokenizer(tokenizers, encoder, kind, premise, hypothesis):
    """Tokenising the texts apart and joining them gives what transformers gives for the pair."""
    expected = tokenizers[kind](
        [premise],  # in lists, since transformers takes an empty second text that stands alone for none at all
        [hypothesis],
        split_special_tokens=True,
        truncation=False,
        padding=False,
        return_token_type_ids=True,
    )

    encoded = encoder(kind).encode([(premise, hypothesis)])

    assert encoded[0].ids == expected["input_ids"][0]
    assert encoded[0].type_ids == expected["token_type_ids"][0]
    assert encoded.token_counts == [len(expected["input_ids"][0])]


def test_text_that_spells_a_special_token_is_only_text(encoder):
    """A document cannot close the premise and start a hypothesis of its own."""
    (pair,) = [encoder("nli-mini").encode([("All is well. [SEP] All is well.", "x [CLS]")])[0]]

    assert pair.ids.count(102) == 2  # [SEP], after each of the two texts
    assert pair.ids.count(101) == 1  # [CLS]


def test_without_a_template_type_ids_still_tell_the_texts_apart(tokenizers):
    """A tokenizer that adds no special tokens is joined as `Tokenizer.encode` joins."""
    bare = Tokenizer.from_str(tokenizers["wordpiece"].backend_tokenizer.to_str())
    bare.post_processor = None
    bare.no_truncation()
    bare.no_padding()
    expected = bare.encode("The ferry leaves.", "It returns.")

    pair = PairEncoder(bare, 64).encode([("The ferry leaves.", "It returns.")])[0]

    assert (pair.ids, pair.type_ids) == (expected.ids, expected.type_ids)


def test_the_callers_tokenizer_is_left_as_it_was(tokenizers):
    """The encoder changes a copy."""
    backend = tokenizers["wordpiece"].backend_tokenizer
    before = backend.to_str(), backend.encode_special_tokens

    PairEncoder(backend, 64)

    assert (backend.to_str(), backend.encode_special_tokens) == before


def test_a_pair_one_token_too_long_is_refused_and_named(encoder):
    """Nothing is truncated: the limit itself fits, one more does not."""
    narrow = encoder("wordpiece", 13)

    assert narrow.encode([(". " * 9, ".")]).token_counts == [13]
    with pytest.raises(ScoreError, match=r"premise '\. \. .*14 tokens.*takes 13.*windows"):
        narrow.encode([(".", "."), (". " * 10, ".")])


def test_a_lone_surrogate_is_refused_with_its_place(encoder):
    """JSON can carry half a character, which no tokenizer takes."""
    with pytest.raises(ScoreError, match="surrogate at character 3"):
        encoder("wordpiece").encode([("fine", "abc\udc80")])


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(data=st.data())
def test_windows_cover_the_text_and_each_fits(encoder, kind, data):
    """Every character that is not white space is shown to the model, in spans that fit and go forward."""
    narrow = encoder(kind, 24)
    text = data.draw(st.lists(TEXT, max_size=12).map(" ".join))
    hypothesis = data.draw(st.sampled_from(["", "ferry", "the new bridge"]))

    spans = narrow.windows(text, hypothesis)

    parts = [text[start:end] for start, end in spans]
    if len(spans) > 1:
        assert parts == [part.strip() for part in parts]
        covered = {i for start, end in spans for i in range(start, end)}
        assert all(char.isspace() for i, char in enumerate(text) if i not in covered)
        assert sorted(spans) == spans
        assert len(set(spans)) == len(spans)
    assert len(narrow.encode([(part, hypothesis) for part in parts]).token_counts) == len(spans)


@pytest.mark.parametrize("kind", KINDS)
def test_windows_cut_at_words_and_share_about_a_quarter(encoder, kind):
    """No word of a plain text is cut in two, and neighbours overlap by a sixth to a half."""
    text = " ".join(f"ferry {i} bridge" for i in range(60))

    spans = encoder(kind, 60).windows(text, "the bridge")

    assert len(spans) > 2
    for start, end in spans:
        assert start == 0 or text[start - 1] == " "
        assert end == len(text) or text[end] == " "
    for (start, end), (following, _) in itertools.pairwise(spans):
        assert (end - start) / 6 < end - following < (end - start) / 2


def test_text_without_spaces_is_cut_between_tokens(encoder):
    """Scripts without spaces are split all the same, without losing a character."""
    text = "x" * 3 + "ferrybridge" * 40

    spans = encoder("wordpiece", 40).windows(text, "ferry")

    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(following < end for (_, end), (following, _) in itertools.pairwise(spans))


def test_a_text_that_fits_is_one_window_untouched(encoder):
    """White space around a text that fits is kept, and so is an empty text."""
    assert encoder("wordpiece", 40).windows("  ferry \n", "bridge") == [(0, 9)]
    assert encoder("wordpiece", 40).windows("", "bridge") == [(0, 0)]


def test_a_hypothesis_that_leaves_no_room_is_refused(encoder):
    """A claim longer than `max_claim_tokens` is no reason to show the passage a word at a time."""
    narrow = encoder("wordpiece", 23)
    assert narrow.max_claim_tokens == 10

    assert len(narrow.windows(". " * 30, ". " * 10)) > 1
    with pytest.raises(ScoreError, match=r"hypothesis of 11 tokens.*10"):
        narrow.windows(". " * 30, ". " * 11)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=5))
def test_counts_leave_special_tokens_out(encoder, texts):
    """A pair's tokens are those of its texts and the special ones."""
    chosen = encoder("bpe")
    counts = chosen.count_tokens(texts)

    assert [len(chosen.encode([(text, "")])[0].ids) - chosen.specials for text in texts] == counts
