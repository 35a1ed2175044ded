"""The LangChain runnable, alone and in a chain."""

import asyncio

import pytest
from showing import needs

pytestmark = needs("langchain_core")


@pytest.fixture(scope="module")
def runnable(load, rules):
    return load("langchain_grounding").grounding(rules)


def answered(answer, *sources):
    from langchain_core.documents import Document

    names = {"named.txt": {"source": "named.txt"}}
    return {"answer": answer, "context": [Document(text, metadata=names.get(name, {})) for name, text in sources]}


FERRY = ("named.txt", "The ferry sails twice a day.")


@pytest.mark.model
def test_the_program_prints_the_verdict_on_the_chains_answer(main):
    """With the quote it stands on."""
    printed = main("langchain_grounding")

    assert printed.startswith("SUPPORTED The ferry sails twice a day. ['The ferry to Orrin sails twice a day, at six")


@pytest.mark.parametrize(
    ("answer", "grounded", "share"),
    [
        ("The ferry sails.", True, 1.0),
        ("The ferry sails. Gulls nest.", False, 0.5),
        ("The ferry does not sail.", False, 0.0),
        ("", False, 0.0),
    ],
)
def test_an_answer_is_grounded_if_each_sentence_is_supported(runnable, answer, grounded, share):
    """The share is told too; an empty answer is grounded in nothing."""
    result = runnable.invoke(answered(answer, FERRY))

    assert (grounded, share) == (result["grounded"], result["supported"])


def test_evidence_names_the_source_of_the_document(runnable):
    """By the usual key of its metadata; a document without one gets its number."""
    texts = [FERRY, ("", "Gulls nest.")]

    verdicts = runnable.invoke(answered("The ferry sails. Gulls nest.", *texts))["verdicts"]

    assert ["named.txt", "2"] == [verdict.evidence[0].passage.source.doc_id for verdict in verdicts]


def test_it_composes_as_runnables_do(runnable):
    """In batches, and awaited."""
    calls = [answered("The ferry sails.", FERRY), answered("Gulls nest.", FERRY)]

    assert [True, False] == [one["grounded"] for one in runnable.batch(calls)]
    assert asyncio.run(runnable.ainvoke(calls[0]))["grounded"]


def test_an_answer_without_documents_is_not_grounded(runnable):
    """Retrieval that found nothing must not pass."""
    assert not runnable.invoke(answered("The ferry sails."))["grounded"]
