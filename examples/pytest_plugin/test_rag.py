"""Tests of a RAG system: each answer is held against what was retrieved for it."""

from collections.abc import Callable

import pytest
import rag


@pytest.mark.parametrize("question", ["How often does the ferry to Orrin sail?", "When was the lighthouse built?"])
def test_answers_are_grounded(question: str, grounded: Callable[[str, list[str]], object]) -> None:
    """Every sentence is supported by a passage."""
    passages = rag.retrieve(question)

    grounded(rag.answer(question, passages), passages)


@pytest.mark.grounded(min_supported=0.5)
def test_a_polite_answer_is_grounded(grounded: Callable[[str, list[str]], object]) -> None:
    """A sentence that says nothing to check counts as not supported, so half of them is enough here."""
    passages = rag.retrieve("Is the pier closed?")

    grounded(f"Thank you for asking! {rag.answer('Is the pier closed?', passages)}", passages)
