"""Documents and megabytes read, split and indexed per second."""

import json
import random
import shutil

import pytest

from factcheck.corpus.build import build_index

DOCUMENTS, SENTENCES = 2_000, 12


@pytest.fixture(scope="module")
def texts(gate):
    """Texts drawn from the sentences of our collections, the same ones each time."""
    rng = random.Random(0)
    sentences = sorted({premise for premise, _ in gate})
    return [" ".join(rng.sample(sentences, SENTENCES)) for _ in range(DOCUMENTS)]


@pytest.mark.parametrize("kind", ["txt", "jsonl"])
def test_index(measure, tmp_path, texts, kind):
    """A folder of text files, and the same texts as records of one file."""
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    if kind == "txt":
        for number, text in enumerate(texts):
            (corpus / f"{number}.txt").write_text(text, "utf-8")
    else:
        lines = [json.dumps({"id": str(number), "text": text}) + "\n" for number, text in enumerate(texts)]
        (corpus / "all.jsonl").write_text("".join(lines), "utf-8")
    reports = []

    measure(
        lambda: reports.append(build_index(str(corpus), index)),
        prepare=lambda: shutil.rmtree(index, ignore_errors=True),
        documents=DOCUMENTS,
        megabytes=sum(len(text.encode()) for text in texts) / 1e6,
    )

    assert {report.documents for report in reports} == {DOCUMENTS}


def test_unchanged(measure, tmp_path, texts):
    """A folder of text files of which none has changed since."""
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for number, text in enumerate(texts):
        (corpus / f"{number}.txt").write_text(text, "utf-8")
    build_index(str(corpus), index)

    measure(lambda: build_index(str(corpus), index), documents=DOCUMENTS)
