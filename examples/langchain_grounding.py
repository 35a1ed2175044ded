"""A LangChain runnable that holds an answer against the documents it was made from, sentence by sentence.

It reads the keys that LangChain's retrieval chains give, `answer` and `context`.
"""

from collections.abc import Mapping
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableLambda

from factcheck import FactChecker, Label


def grounding(checker: FactChecker) -> Runnable[Mapping[str, Any], dict[str, Any]]:
    """Whether an answer is grounded, what share of its sentences is supported, and the verdict on each."""

    def check(answered: Mapping[str, Any]) -> dict[str, Any]:
        documents: list[Document] = answered["context"]
        contexts = [{"text": document.page_content, **_named(document)} for document in documents]
        verdicts = checker.check_text(answered["answer"], contexts=contexts)
        supported = sum(verdict.label is Label.SUPPORTED for verdict in verdicts)
        share = supported / len(verdicts) if verdicts else 0.0
        return {"grounded": share == 1, "supported": share, "verdicts": verdicts}

    return RunnableLambda(check)


def _named(document: Document) -> dict[str, str]:
    """The document's own name, where it has one, so that evidence can be traced back to it."""
    source = document.metadata.get("source")
    return {"id": str(source)} if source else {}


if __name__ == "__main__":
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnablePassthrough

    prompt = ChatPromptTemplate.from_template("{context}\n\nQuestion: {question}")
    llm = FakeListChatModel(responses=["The ferry sails twice a day."])  # stands for your model
    chain = RunnablePassthrough.assign(answer=prompt | llm | StrOutputParser()).assign(
        grounding=grounding(FactChecker.load(evidence="given"))
    )
    found = [Document("The ferry to Orrin sails twice a day, at six and at eight.", metadata={"source": "ferry.txt"})]
    result = chain.invoke({"question": "How often does the ferry sail?", "context": found})
    for verdict in result["grounding"]["verdicts"]:
        print(verdict.label, verdict.claim.text, [item.passage.quote for item in verdict.evidence[:1]])
