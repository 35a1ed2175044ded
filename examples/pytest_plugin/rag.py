"""A RAG system in miniature, to be tested: put your own in its place."""

import re

PASSAGES = (
    "The ferry to Orrin sails twice a day, at six and at eight.",
    "The pier of Orrin is closed in January.",
    "The lighthouse of Orrin was built in 1901.",
)


def retrieve(question: str) -> list[str]:
    """The passage that shares most words with the question."""
    asked = set(re.findall(r"\w+", question.lower()))
    return sorted(PASSAGES, key=lambda passage: -len(asked & set(re.findall(r"\w+", passage.lower()))))[:1]


def answer(question: str, passages: list[str]) -> str:
    """What a language model would make of the passages; this one repeats the best, if the question is one."""
    return passages[0] if question.endswith("?") else "I can answer questions only."
