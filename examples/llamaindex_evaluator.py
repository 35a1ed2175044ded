"""A LlamaIndex evaluator that holds a response against its source nodes, sentence by sentence."""

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.evaluation import BaseEvaluator, EvaluationResult

from factcheck import FactChecker, Label


class GroundingEvaluator(BaseEvaluator):
    """Passes a response if its contexts support at least a share of its sentences, and contradict none.

    It asks no language model. The score is the share that is supported; the feedback names each other sentence with
    the nearest quote.
    """

    def __init__(self, checker: FactChecker, *, min_supported: float = 1.0) -> None:
        """Keep a checker that is loaded, and the least share."""
        self._checker, self._min_supported = checker, min_supported

    async def aevaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        **_: Any,  # noqa: ANN401 (what other evaluators take)
    ) -> EvaluationResult:
        """The evaluation of one response; the model works in a thread."""
        verdicts = await asyncio.to_thread(self._checker.check_text, response or "", contexts=list(contexts or ()))
        supported = sum(verdict.label is Label.SUPPORTED for verdict in verdicts)
        against = any(verdict.label in {Label.CONTRADICTED, Label.CONFLICTING} for verdict in verdicts)
        score = supported / len(verdicts) if verdicts else 0.0
        others = [verdict for verdict in verdicts if verdict.label is not Label.SUPPORTED]
        return EvaluationResult(
            query=query,
            response=response,
            contexts=contexts,
            passing=bool(verdicts) and not against and score >= self._min_supported,
            score=score,
            feedback="\n".join(
                f"{verdict.label}: {verdict.claim.text} {[item.passage.quote for item in verdict.evidence[:1]]}"
                for verdict in others
            ),
        )

    def _get_prompts(self) -> dict[str, Any]:
        return {}  # there is no language model to prompt

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        pass


if __name__ == "__main__":
    evaluator = GroundingEvaluator(FactChecker.load(evidence="given"))
    result = evaluator.evaluate(
        query="How often does the ferry sail?",
        response="The ferry sails twice a day.",
        contexts=["The ferry to Orrin sails twice a day, at six and at eight."],
    )
    print(result.passing, result.score, result.feedback)
