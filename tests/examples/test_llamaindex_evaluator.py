"""The LlamaIndex evaluator, as LlamaIndex calls it."""

import asyncio

import pytest
from showing import needs

pytestmark = needs("llama_index")
FERRY = "The ferry sails twice a day."


@pytest.fixture(scope="module", autouse=True)
def loop():
    """The event loop that LlamaIndex finds; it would make one itself and leave it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def evaluator(load, rules):
    return load("llamaindex_evaluator").GroundingEvaluator(rules)


@pytest.mark.model
def test_the_program_prints_that_the_response_passes(main):
    """Its one sentence is supported."""
    assert "True 1.0" == main("llamaindex_evaluator").strip()


@pytest.mark.parametrize(
    ("response", "passing", "score", "feedback"),
    [
        ("The ferry sails.", True, 1.0, ""),
        ("The ferry sails. Gulls nest.", False, 0.5, f"NOT ENOUGH INFO: Gulls nest. ['{FERRY}']"),
        ("The ferry does not sail.", False, 0.0, f"CONTRADICTED: The ferry does not sail. ['{FERRY}']"),
        (None, False, 0.0, ""),
    ],
)
def test_a_response_passes_by_its_contexts(evaluator, response, passing, score, feedback):
    """The feedback names what is not supported."""
    result = evaluator.evaluate(query="?", response=response, contexts=[FERRY])

    assert (passing, score, feedback) == (result.passing, result.score, result.feedback)
    assert ("?", response, [FERRY]) == (result.query, result.response, result.contexts)


def test_a_share_may_be_enough(load, rules):
    """But a contradiction never passes."""
    lenient = load("llamaindex_evaluator").GroundingEvaluator(rules, min_supported=0.5)

    assert lenient.evaluate(response="The ferry sails. Gulls nest.", contexts=[FERRY]).passing
    assert not lenient.evaluate(response="The ferry sails. The ferry does not sail.", contexts=[FERRY]).passing


def test_a_response_object_is_held_against_its_source_nodes(evaluator, loop):
    """As a query engine gives it."""
    from llama_index.core.base.response.schema import Response
    from llama_index.core.schema import NodeWithScore, TextNode

    response = Response("The ferry sails.", source_nodes=[NodeWithScore(node=TextNode(text=FERRY), score=1.0)])

    assert evaluator.evaluate_response(query="?", response=response).passing
    assert loop.run_until_complete(evaluator.aevaluate_response(query="?", response=response)).passing
    assert {} == evaluator.get_prompts()
