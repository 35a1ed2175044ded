"""The Haystack component, in the pipeline of the example."""

import pytest
from showing import needs

pytestmark = [pytest.mark.model, needs("haystack")]
TEXTS = ("The ferry to Orrin sails twice a day.", "The pier of Orrin is closed in January.")


@pytest.fixture(scope="module")
def example(load):
    return load("haystack_component")


@pytest.fixture(scope="module")
def pipeline(example):
    from haystack import Document

    return example.build([Document(content=text) for text in TEXTS])


def ask(pipeline, *replies, query="When does the ferry sail?"):
    inputs = {"retriever": {"query": query}, "answers": {"query": query, "replies": list(replies)}}
    return pipeline.run(inputs)["check"]


def test_the_program_prints_a_grounded_answer(main):
    """With the quote it stands on."""
    assert main("haystack_component").startswith("grounded [('SUPPORTED', 'The ferry to Orrin sails twice a day,")


def test_answers_are_sent_on_by_what_their_documents_say(pipeline):
    """Each by one output; one wrong sentence is enough to make an answer doubtful, and an empty one says nothing."""
    good, bad = "The ferry to Orrin sails twice a day.", "Gulls nest under the roof of the town hall."

    sent = ask(pipeline, good, f"{good} {bad}", "")

    assert [good] == [answer.data for answer in sent["grounded"]]
    assert [f"{good} {bad}", ""] == [answer.data for answer in sent["doubtful"]]


def test_the_verdicts_name_haystacks_documents(pipeline):
    """By the ids that they have in the store."""
    [answer] = ask(pipeline, TEXTS[0])["grounded"]

    [verdict] = answer.meta["verdicts"]
    assert verdict["evidence"][0]["doc_id"] == answer.documents[0].id
    assert verdict["evidence"][0]["quote"] == answer.documents[0].content


def test_the_pipeline_can_be_saved_and_loaded(pipeline):
    """With the name of the model; its weights are loaded again when they are needed."""
    loaded = type(pipeline).loads(pipeline.dumps(), allowed_modules=["haystack_component"])

    assert "nli-mini" == loaded.get_component("check").model
