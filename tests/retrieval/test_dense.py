"""Finding passages by meaning, and by words and meaning together."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from factcheck.config import Settings
from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import ConfigError, CorpusError, ModelError, RunError
from factcheck.jobs import sources
from factcheck.jobs.sources import embedder_identity, open_finder
from factcheck.jobs.trace import HitsFrom, Tracer
from factcheck.jobs.verify import run_job
from factcheck.retrieval import dense
from factcheck.retrieval.dense import SentenceEmbedder
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.review.desk import _open
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI, WordEmbedder
from factcheck.types import Claim, Context, EvidenceFrom

DOCUMENTS = {
    "a.txt": "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n",
    "b.txt": "The ferry to Lund sails once a day. Nobody counted the gulls.\n",
    "c.txt": "Gulls nest on the pier in May. The ferry sails twice a day.\n",
    "d.txt": "Ferries are sailing daily. The pier was painted. A gull was seen.\n",
}
CLAIM = Claim("1", "The ferries sailed twice daily.")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("dense")
    (root / "corpus").mkdir()
    for name, text in DOCUMENTS.items():
        (root / "corpus" / name).write_text(text, "utf-8")
    build_index(root / "corpus", root / "index", embedder=WordEmbedder())
    return CorpusIndex(root / "index")


def finder(index, retriever="dense", **options):
    return EvidenceFinder(index, retriever=retriever, embedder=WordEmbedder(), **options)


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_a_hit_shows_a_sentence_of_a_document(index, retriever):
    """Its quote is the text at its offsets, and its source the document's, as with a search by words."""
    [found] = finder(index, retriever).find([CLAIM])

    assert EvidenceFrom.CORPUS is found.evidence_from
    for hit in found.hits:
        passage = hit.passage
        assert DOCUMENTS[passage.source.doc_id][passage.start : passage.end] == passage.quote
        assert index.sources([passage.source.doc_id])[passage.source.doc_id] == passage.source


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_near_copies_are_one_hit(index, retriever):
    """All places that print it are told."""
    [found] = finder(index, retriever).find([CLAIM])

    places = [sorted(place.source.doc_id for place in (hit.passage, *hit.copies)) for hit in found.hits]
    assert ["a.txt", "c.txt"] in places
    assert len(found.hits) == len({hit.passage.quote for hit in found.hits})


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_claims_that_are_asked_together_find_what_each_finds_alone(index, retriever):
    """In order."""
    claims = [Claim(str(at), text) for at, text in enumerate(["gulls", "ferry Lund", "the", "harbour 2019", "gulls"])]
    one = finder(index, retriever)

    assert one.find(claims) == [one.find([claim])[0] for claim in claims]


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_the_best_of_more_passages_are_the_best_of_fewer(index, retriever):
    """With the same scores, in the order of score, document and place."""
    [few], [many] = (finder(index, retriever, passages=k).find([CLAIM]) for k in (3, 9))
    order = [(-hit.score, hit.passage.source.doc_id, hit.passage.start) for hit in many.hits]

    assert few.hits == many.hits[:3]
    assert order == sorted(order)


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_documents_that_are_left_out_take_no_part(index, retriever):
    """Neither as hits nor as copies, nor in the ranks of the others."""
    [found] = finder(index, retriever, left_out=lambda _, source: source.doc_id == "c.txt").find([CLAIM])

    assert found.hits
    assert {"a.txt", "b.txt", "d.txt"} == {
        place.source.doc_id for hit in found.hits for place in (hit.passage, *hit.copies)
    }


def test_a_fusion_ranks_what_takes_part_alone(index):
    """What is left out holds no rank, so that the best of the rest is first in both rankings."""
    [found] = finder(index, "hybrid", left_out=lambda _, source: source.doc_id == "b.txt").find(
        [Claim("1", "The ferry to Lund sails twice a day, nobody counted.")]
    )

    assert ("The ferry sails twice a day.", round(2 / 11, 6)) == (found.hits[0].passage.quote, found.hits[0].score)


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_named_documents_are_searched_alone(index, retriever):
    """Every sentence of theirs is a hit where they are few enough."""
    [found] = finder(index, retriever).find([Claim("1", CLAIM.text, doc_ids=("b.txt", "d.txt"))])

    assert EvidenceFrom.GIVEN is found.evidence_from
    assert ["b.txt"] * 2 + ["d.txt"] * 3 == sorted(hit.passage.source.doc_id for hit in found.hits)


@pytest.mark.parametrize("retriever", ["dense", "hybrid"])
def test_contexts_of_a_claim_are_ranked_by_meaning(retriever):
    """Without a corpus; copies are merged; a context without a sentence brings none."""
    texts = ["Nobody came.", "The ferries were sailing.", "The  ferries were sailing!", ""]
    contexts = tuple(Context(str(at), "", text) for at, text in enumerate(texts))
    one = EvidenceFinder(None, retriever=retriever, embedder=WordEmbedder())

    [found], [nothing] = (
        one.find([Claim("1", CLAIM.text, contexts=contexts)]),
        one.find([Claim("2", "a", contexts=contexts[3:])]),
    )

    assert ["1", "0"] == [hit.passage.source.doc_id for hit in found.hits]
    assert ["2"] == [copy.source.doc_id for copy in found.hits[0].copies]
    assert () == nothing.hits


def test_by_meaning_a_sentence_is_found_that_shares_no_word_with_the_claim(index):
    """By words it is not."""
    claim = Claim("1", "seagull")

    assert () == EvidenceFinder(index).find([claim])[0].hits
    assert "A gull was seen." in [hit.passage.quote for hit in finder(index, passages=3).find([claim])[0].hits]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"retriever": "dense"}, "embedder: there is none for the retriever 'dense'; name a sentence-transformers"),
        ({"retriever": "hybird", "embedder": "x"}, "'hybird' is not known; use hybrid"),
    ],
)
def test_settings_that_do_not_fit_are_refused(values, message):
    """Before anything is opened."""
    with pytest.raises(ConfigError, match=message):
        Settings(**values)


def save(folder, modules, *weights):
    folder.mkdir(exist_ok=True)
    (folder / "modules.json").write_text(modules if isinstance(modules, str) else json.dumps(modules), "utf-8")
    for name in weights:
        (folder / name).write_bytes(b"")


OWN = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}


@pytest.mark.parametrize(
    ("modules", "weights", "message"),
    [
        ("[", [], "modules.json: is torn"),
        ([{"idx": 0}], [], "modules.json: is torn"),
        ([OWN | {"type": "custom.Pooling"}], [], "custom.Pooling is code that the model brings; it is never run"),
        ([OWN | {"path": "../other"}], [], "'../other' is outside of the folder"),
        ([OWN], ["pytorch_model.bin"], "no safetensors, only pytorch_model.bin; other formats can run code"),
    ],
)
def test_a_folder_that_could_run_code_or_is_torn_is_refused(tmp_path, modules, weights, message):
    """Before a weight is read."""
    save(tmp_path / "embedder", modules, *weights)

    with pytest.raises(ModelError, match=message):
        SentenceEmbedder(tmp_path / "embedder")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere: no such folder; name a folder that holds modules.json"),
        ("file.txt", "file.txt: is a file"),
        ("empty", "no modules.json; name a folder as SentenceTransformer.save_pretrained"),
    ],
)
def test_what_is_no_embedder_is_refused(tmp_path, monkeypatch, name, message):
    """The message says what to name."""
    monkeypatch.chdir(tmp_path)
    Path("file.txt").write_text("", "utf-8")
    Path("empty").mkdir()

    with pytest.raises(ModelError, match=message):
        SentenceEmbedder(name)


def test_without_the_extra_the_message_says_how_to_install_it(monkeypatch, tmp_path):
    """Nothing else needs it."""
    monkeypatch.setattr(dense, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match=r"sentence-transformers is not installed; run .*factcheck-nli\[dense\]"):
        SentenceEmbedder(tmp_path)


def test_a_fingerprint_tells_models_apart_and_not_folders(tmp_path):
    """Every file of the model counts, and nothing else."""
    for name in ("one", "two", "other"):
        save(tmp_path / name, [OWN])
        save_file({"x": np.full(2, name == "other", np.float32)}, tmp_path / name / "model.safetensors")
    (tmp_path / "two" / "README.md").write_text("about it", "utf-8")

    one, two, other = (SentenceEmbedder(tmp_path / name).fingerprint for name in ("one", "two", "other"))

    assert one == two != other


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Runs a job whose embedder is a double of the dimension that its name says."""
    monkeypatch.setattr(sources, "open_embedder", lambda name, _: WordEmbedder(int(name)))
    (tmp_path / "corpus").mkdir()
    for name, text in DOCUMENTS.items():
        (tmp_path / "corpus" / name).write_text(text, "utf-8")
    (tmp_path / "claims.csv").write_text("claim\nThe ferry sails twice a day.\n", "utf-8")

    def run(**values):
        settings = Settings(
            corpus=str(tmp_path / "corpus"), index=str(tmp_path / "index"), cache=False, stages=(), **values
        )
        return run_job(str(tmp_path / "claims.csv"), tmp_path / "run", settings, scorer=RuleNLI())

    return run


def test_a_run_is_bound_to_its_retriever_and_embedder(job, tmp_path):
    """Another one is refused, and named; the embedder by its content."""
    job(retriever="hybrid", embedder="64")
    with Ledger(tmp_path / "run") as ledger:
        identity = ledger.get("identity")

    assert "hybrid" == identity["retriever"]
    assert {"model": WordEmbedder(64).fingerprint, "library": "rules", "search": "exact"} == identity["embedder"]
    for other in ({"retriever": "hybrid", "embedder": "32"}, {"retriever": "dense", "embedder": "64"}, {}):
        with pytest.raises(RunError, match=r"retriever|embedder"):
            job(**other)


def test_without_its_embedder_a_run_can_still_be_read(job, tmp_path, monkeypatch):
    """A trace says what is missing and tells what the ledger knows; a reviewer searches by words."""
    job(retriever="dense", embedder="64")

    def gone(name, _):
        raise ModelError(name, "no such folder")

    monkeypatch.setattr(sources, "open_embedder", gone)
    with Ledger(tmp_path / "run") as ledger:
        traced = Tracer(ledger).trace(next(iter(ledger.verdicts())))
        opened, why_not = _open(Settings.of(ledger.get("settings")))

    assert HitsFrom.LEDGER is traced.hits_from
    assert "the run's sources cannot be searched (64: no such folder)" in traced.notes[0]
    assert ("", True) == (why_not, bool(opened.finder.find([CLAIM])[0].hits))


def test_by_words_the_embedder_is_no_part_of_a_run(tmp_path):
    """It changes nothing that is found."""
    assert None is embedder_identity(Settings(embedder="64"), None)


def test_an_index_without_vectors_is_refused_before_anything_is_scored(tmp_path, monkeypatch):
    """Where it is opened as it is."""
    monkeypatch.setattr(sources, "open_embedder", lambda name, _: WordEmbedder(int(name)))
    (tmp_path / "a.txt").write_text("The ferry sails.", "utf-8")
    build_index(tmp_path / "a.txt", tmp_path / "index")

    with pytest.raises(CorpusError, match="holds no vectors"):
        open_finder(Settings(index=str(tmp_path / "index"), retriever="dense", embedder="64"))


@pytest.fixture(scope="module")
def real():
    folder = os.environ.get("FACTCHECK_EMBEDDER")
    if not folder:
        pytest.skip("FACTCHECK_EMBEDDER names no folder of a sentence-transformers model")
    pytest.importorskip("sentence_transformers", reason="the extra `dense` is not installed")
    return SentenceEmbedder(folder, device="cpu")


def test_a_vector_depends_on_neither_companions_nor_order(real):
    """To the last bit, for passages and for what is searched for."""
    texts = [
        "Ice melts.",
        "The ferry sails twice a day.",
        "Sea rises.",
        "It cost 40 million euros in all.",
        "Ice melts.",
    ]

    for embed in (real.passages, real.queries):
        together = embed(texts)
        assert np.array_equal(together, embed(texts[::-1])[::-1])
        assert all(np.array_equal(embed([text])[0], vector) for text, vector in zip(texts, together, strict=True))
        assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-6)


def test_a_real_embedder_finds_what_shares_no_word(real, tmp_path):
    """Through the index and the finder."""
    (tmp_path / "a.txt").write_text("The physician was late. The boat sank. Prices rose steeply.", "utf-8")
    build_index(tmp_path / "a.txt", tmp_path / "index", embedder=real)

    [found] = EvidenceFinder(CorpusIndex(tmp_path / "index"), retriever="dense", embedder=real, passages=1).find(
        [Claim("1", "A doctor did not come on time.")]
    )

    assert "The physician was late." == found.hits[0].passage.quote


def test_a_torn_embedder_is_an_error_that_says_so(real, tmp_path):
    """When its weights are read."""
    folder = tmp_path / "embedder"
    shutil.copytree(os.environ["FACTCHECK_EMBEDDER"], folder)
    (folder / "model.safetensors").write_bytes(b"torn")

    with pytest.raises(ModelError, match=r"cannot be used: .*; fetch or save the embedder again"):
        SentenceEmbedder(folder, device="cpu").passages(["Ice melts."])
