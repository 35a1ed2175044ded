"""A Haystack component that holds answers against the documents they were made from, sentence by sentence.

It stands behind an `AnswerBuilder` and sends each answer on by one of two outputs: `grounded`, or `doubtful`.
"""

from dataclasses import replace

from haystack import Document, Pipeline, component
from haystack.components.builders import AnswerBuilder
from haystack.components.retrievers import InMemoryBM25Retriever
from haystack.dataclasses import GeneratedAnswer
from haystack.document_stores.in_memory import InMemoryDocumentStore

from factcheck import FactChecker, Label
from factcheck.formats.records import verdict_record


@component
class GroundingChecker:
    """Sends answers on by whether their documents support every sentence; `meta["verdicts"]` has a record of each."""

    def __init__(self, model: str = "nli-mini") -> None:
        """Keep the name of the model, which `warm_up` loads."""
        self.model = model
        self._checker: FactChecker | None = None

    def warm_up(self) -> None:
        """Load the model; a pipeline calls it before its first run."""
        self._checker = self._checker or FactChecker.load(model=self.model, evidence="given")

    @component.output_types(grounded=list[GeneratedAnswer], doubtful=list[GeneratedAnswer])
    def run(self, answers: list[GeneratedAnswer]) -> dict[str, list[GeneratedAnswer]]:
        """The answers whose sentences are all supported, and the others."""
        self.warm_up()
        assert self._checker is not None
        sent: dict[str, list[GeneratedAnswer]] = {"grounded": [], "doubtful": []}
        for answer in answers:
            contexts = [{"id": document.id, "text": document.content} for document in answer.documents]
            verdicts = self._checker.check_text(answer.data, contexts=contexts)
            is_grounded = bool(verdicts) and all(verdict.label is Label.SUPPORTED for verdict in verdicts)
            meta = answer.meta | {"verdicts": [verdict_record(verdict) for verdict in verdicts]}
            sent["grounded" if is_grounded else "doubtful"].append(replace(answer, meta=meta))
        return sent


def build(documents: list[Document]) -> Pipeline:
    """Retrieval, answers and the check; between the first two stands your prompt and generator, which gives replies."""
    store = InMemoryDocumentStore()
    store.write_documents(documents)
    pipeline = Pipeline()
    pipeline.add_component("retriever", InMemoryBM25Retriever(store, top_k=1))
    pipeline.add_component("answers", AnswerBuilder())
    pipeline.add_component("check", GroundingChecker())
    pipeline.connect("retriever.documents", "answers.documents")
    pipeline.connect("answers.answers", "check.answers")
    return pipeline


if __name__ == "__main__":
    texts = ("The ferry to Orrin sails twice a day, at six and at eight.", "The pier of Orrin is closed in January.")
    query, reply = "When does the ferry sail?", "The ferry to Orrin sails twice a day."
    rag = build([Document(content=text) for text in texts])
    result = rag.run({"retriever": {"query": query}, "answers": {"query": query, "replies": [reply]}})
    for output, answers in result["check"].items():
        for answer in answers:
            print(output, [(one["verdict"], one["evidence"][0]["quote"]) for one in answer.meta["verdicts"]])
