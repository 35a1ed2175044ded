"""Fragility: decisive verdicts that do not change when the claim is edited so that they should."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from factcheck.nli import PairScorer
from factcheck.pipeline import as_shown, fitted
from factcheck.types import Claim, Hit, Judged, Label, NLIScores, Verdict
from factcheck.verdict.decide import Rule
from factcheck.wording.edits import Edit, EditKind, edits
from factcheck.wording.parts import parts_of


@dataclass(frozen=True, slots=True)
class Stayed:
    """An edit after which the verdict was the same, and the score that it then had."""

    edit: Edit
    score: float


@dataclass(frozen=True, slots=True)
class Fragility:
    """What became of a verdict when its claim was edited: `score` is that of the claim as it is."""

    claim_id: str
    label: Label
    score: float
    tried: tuple[Edit, ...]
    stayed: tuple[Stayed, ...]

    @property
    def is_fragile(self) -> bool:
        """Whether an edit that should have changed the verdict did not."""
        return bool(self.stayed)


def probe(
    verdicts: Iterable[Verdict], scorer: PairScorer, rule: Rule, *, most: int = 8, window: int = 64
) -> Iterator[Fragility]:
    """One record for each verdict that is SUPPORTED or CONTRADICTED, in their order.

    The passages that a verdict was judged by are judged again for each edit of its claim, and `rule` decides. The
    record of a verdict does not depend on the others; those of `window` verdicts are scored together, which is all
    that is held in memory. A claim that offers no edit has a record with none.

    Args:
        verdicts: Verdicts of `rule` and of the model of `scorer`.
        scorer: Judges the pairs.
        rule: Decides.
        most: Edits tried for one claim, evenly over its kinds.
        window: Verdicts at a time.
    """
    decisive = (verdict for verdict in verdicts if verdict.label in {Label.SUPPORTED, Label.CONTRADICTED})
    while chunk := list(islice(decisive, window)):
        trials = [_trials(verdict, scorer, rule, most) for verdict in chunk]
        pairs = [pair for some in trials for trial in some for pair in trial.pairs]
        scores = iter(scorer.score(pairs))
        for verdict, some in zip(chunk, trials, strict=True):
            answers = [(trial.edit, _decided(trial, verdict, scores, rule)) for trial in some]
            yield Fragility(
                claim_id=verdict.claim.id,
                label=verdict.label,
                score=verdict.score,
                tried=tuple(edit for edit, _ in answers),
                stayed=tuple(Stayed(edit, answer.score) for edit, answer in answers if answer.label is verdict.label),
            )


def expected_to_flip(verdict: Verdict) -> list[Edit]:
    """The edits of a claim after which its verdict cannot stay what it is, if the verdict is right.

    Whatever is changed in a claim that is supported, the evidence no longer says it. A claim that is contradicted
    mostly stays so with another figure or name; only where it is denied as a whole does the evidence say the same.
    """
    text = verdict.claim.text
    passages = [item.passage.premise for item in verdict.evidence]
    if verdict.label is Label.SUPPORTED:
        return list(edits(text, passages))
    if parts_of(text):  # the part that is denied need not be the one that is contradicted
        return []
    return [edit for edit in edits(text) if edit.kind is EditKind.NEGATION]


@dataclass(frozen=True, slots=True)
class _Trial:
    """An edited claim with its passages as the model can read them, and the texts that it is judged against."""

    edit: Edit
    claim: Claim
    texts: Sequence[str]
    hits: Sequence[Hit]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is scored, passage by passage."""
        return [(hit.passage.premise, text) for hit in self.hits for text in self.texts]


def _trials(verdict: Verdict, scorer: PairScorer, rule: Rule, most: int) -> list[_Trial]:
    found = []
    for edit in _chosen(expected_to_flip(verdict), most):
        claim = replace(verdict.claim, text=edit.text)
        texts = rule.texts(claim)
        if max(scorer.count_tokens([edit.text, *texts])) > scorer.max_claim_tokens:
            continue  # it grew too long to be judged
        longest = max([edit.text, *texts], key=lambda text: scorer.count_tokens([text]))
        hits = [piece for item in verdict.evidence for piece in fitted(item.hit, longest, scorer)]
        found.append(_Trial(edit, claim, texts, hits))
    return found


def _chosen(options: Sequence[Edit], most: int) -> list[Edit]:
    """At most so many edits, in their order: the first of each kind, then the second of each, and so on."""
    rank = {
        id(edit): (nth, at)
        for kind in EditKind
        for nth, (at, edit) in enumerate((at, edit) for at, edit in enumerate(options) if edit.kind is kind)
    }
    kept = sorted(options, key=lambda edit: rank[id(edit)])[:most]
    return sorted(kept, key=lambda edit: rank[id(edit)][1])


def _decided(trial: _Trial, verdict: Verdict, scores: Iterator[NLIScores], rule: Rule) -> Verdict:
    judged = []
    for hit in trial.hits if trial.texts else ():
        whole, *parts = map(as_shown, islice(scores, len(trial.texts)))
        judged.append(Judged(hit, whole, tuple(parts)))
    return rule.decide(trial.claim, judged, evidence_from=verdict.evidence_from, unjudged=verdict.unjudged)
