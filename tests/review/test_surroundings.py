"""What stands around a quote, and why it may not be shown."""

import hashlib
import shutil
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.config import Settings
from factcheck.jobs.sources import Sources, open_finder
from factcheck.review.surroundings import around, document_text, surroundings
from factcheck.types import Claim, Context, Passage, Source

FERRY = """# Ferries

The ferry was built in 1931. It sails twice a day. In winter it stays in the harbour.

The end.
"""
TOWER = """<html><head><title>Tower</title></head><body>
<p>The tower has a clock. It is slow.</p><p>Bells too.</p></body></html>"""


@dataclass
class Shelf:
    settings: Settings
    opened: Sources | None
    no_sources: str = ""
    asked: list = field(default_factory=list)

    def sources(self):
        return self.opened


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus with its index, made once."""
    folder = tmp_path_factory.mktemp("surroundings")
    corpus = folder / "corpus"
    (corpus / "deep").mkdir(parents=True)
    for name in ("ferry.md", "edited.md", "gone.md", "deep/ferry.md"):
        (corpus / name).write_text(FERRY, "utf-8")
    (corpus / "tower.html").write_text(TOWER, "utf-8")
    (corpus / "record.jsonl").write_text('{"id": "r1", "text": "The mill is old. It grinds rye."}\n', "utf-8")
    open_finder(Settings(corpus=str(corpus), index=str(folder / "index")))
    return folder


@pytest.fixture
def shelf(made, tmp_path):
    corpus = tmp_path / "corpus"
    shutil.copytree(made / "corpus", corpus)
    opened = open_finder(Settings(index=str(made / "index")))
    return Shelf(Settings(corpus=str(corpus)), opened)


def passage_of(shelf, doc_id, quote):
    index = shelf.opened.index
    match = next(match for match in index.sentences([doc_id]) if match.quote == quote)
    source = index.sources([doc_id])[doc_id]
    return Passage(source, match.sentence, match.start, match.end, quote, quote, match.page)


def one(shelf, passage, claim=None):
    [found] = surroundings(shelf, claim or Claim("1", "a claim"), [passage])
    return found


def test_a_quote_is_shown_in_its_paragraph(shelf):
    """The paragraph, not the heading before nor what comes after."""
    found = one(shelf, passage_of(shelf, "ferry.md", "It sails twice a day."))

    assert found.before == "The ferry was built in 1931. "
    assert found.after == " In winter it stays in the harbour."
    assert (found.cut_before, found.cut_after, found.why) == (False, False, "")


def test_a_file_in_a_folder_below_is_found(shelf):
    """The walk goes down where the name leads."""
    assert one(shelf, passage_of(shelf, "deep/ferry.md", "It sails twice a day.")).before


@pytest.mark.parametrize(("doc_id", "quote"), [("tower.html", "It is slow."), ("r1", "It grinds rye.")])
def test_text_that_is_not_the_file_comes_from_the_index(shelf, doc_id, quote):
    """Also when the corpus is not there any more."""
    shutil.rmtree(shelf.settings.corpus)

    assert one(shelf, passage_of(shelf, doc_id, quote)).before.startswith("The ")


def test_an_edited_file_is_not_shown(shelf, tmp_path):
    """Its hash is another, even where the quote still stands there."""
    passage = passage_of(shelf, "edited.md", "It sails twice a day.")
    (tmp_path / "corpus" / "edited.md").write_text(FERRY + "More.\n", "utf-8")

    found = one(shelf, passage)

    assert (found.before, found.after) == ("", "")
    assert "changed" in found.why


def test_a_file_that_is_gone_says_so(shelf, tmp_path):
    """The quote then stands alone."""
    (tmp_path / "corpus" / "gone.md").unlink()

    assert "not there any more" in one(shelf, passage_of(shelf, "gone.md", "It sails twice a day.")).why


def test_a_document_that_the_index_has_in_another_version_is_not_taken_from_it(shelf):
    """A quote of an older version."""
    passage = passage_of(shelf, "tower.html", "It is slow.")

    assert "changed" in one(shelf, replace(passage, source=replace(passage.source, sha256="0" * 64))).why


def test_a_quote_that_does_not_stand_where_it_should_is_shown_alone(shelf):
    """Whatever the hashes say."""
    passage = passage_of(shelf, "ferry.md", "It sails twice a day.")

    assert one(shelf, replace(passage, start=passage.start + 1, end=passage.end + 1)).why


def test_without_an_index_a_plain_file_is_read_all_the_same(shelf):
    """The recorded hash vouches for it."""
    passages = [passage_of(shelf, "ferry.md", "It sails twice a day."), passage_of(shelf, "tower.html", "It is slow.")]
    bare = Shelf(shelf.settings, None, "the index is gone")

    plain, page = surroundings(bare, Claim("1", "a claim"), passages)

    assert plain.before
    assert page.why == "the index is gone"


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/hostname", "deep/../../secret.txt", "link.txt", "../corpus/ferry.md"]
)
def test_no_path_leads_out_of_the_corpus(shelf, tmp_path, path):
    """Neither dots, nor a link, nor an absolute path; not even with the right hash."""
    secret = "A secret stands here.\n"
    (tmp_path / "secret.txt").write_text(secret, "utf-8")
    (tmp_path / "corpus" / "link.txt").symlink_to(tmp_path / "secret.txt")
    digest = hashlib.sha256((FERRY if "ferry" in path else secret).encode()).hexdigest()
    source = Source(path, "t", path, digest, extractor="txt/1")

    text, why = document_text(Shelf(shelf.settings, None, "none"), source)

    assert text is None
    assert why


def test_a_text_that_the_claim_brought_comes_from_the_claim(shelf):
    """By its id and its hash."""
    text = "The well is deep. Nobody knows how deep it is."
    claim = Claim("1", "The well is deep.", contexts=(Context("a", "", "Other."), Context("a", "", text)))
    source = Source("a", "", "", hashlib.sha256(text.encode()).hexdigest())
    passage = Passage(source, 0, 0, 17, text[:17], text[:17])

    assert one(shelf, passage, claim).after == text[17:]
    assert "no more" in one(shelf, passage).why


def test_a_single_file_can_be_the_corpus(shelf):
    """Then its name is the path."""
    passage = passage_of(shelf, "ferry.md", "It sails twice a day.")
    alone = Shelf(Settings(corpus=f"{shelf.settings.corpus}/ferry.md"), None, "none")

    assert one(alone, passage).before


def test_a_long_paragraph_is_cut_at_words():
    """On both sides, and that is told."""
    text = "word " * 500 + "QUOTE" + " word" * 500
    start = text.index("QUOTE")
    found = around(text, start, start + 5)

    assert (found.cut_before, found.cut_after) == (True, True)
    assert set(found.before.split()) == set(found.after.split()) == {"word"}
    assert 200 < len(found.before) < 400


def test_a_quote_that_is_a_paragraph_has_its_neighbours():
    """Alone it would tell nothing of where it stands."""
    text = "Far.\n\nBefore.\n\nThe quote.\n\nAfter.\n\nFar too."
    start = text.index("The quote.")
    found = around(text, start, start + 10)

    assert (found.before.strip(), found.after.strip()) == ("Before.", "After.")


@given(st.text(alphabet="ab \n\U0001f9ca\ud800", max_size=3000), st.data())
def test_the_surrounding_is_what_stands_there(text, data):
    """Whatever the text: no character is moved, however far the span reaches."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = around(text, start, end)
    plain = text.replace("\ud800", "\ufffd")

    assert plain[:start].endswith(found.before)
    assert plain[end:].startswith(found.after)
