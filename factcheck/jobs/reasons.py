"""The rule in words: which case of it gave a label, and what the thresholds made of a passage or of a stage."""

from enum import StrEnum

from factcheck.types import Evidence, Label, Reason, Stance, Verdict
from factcheck.verdict.decide import Rule


class Case(StrEnum):
    """Which case of the rule gave the label."""

    CONFLICT = "conflict"  # support and contradiction from different documents
    ONE_SIDE = "one_side"  # passages of one stance alone
    STRONGER_SIDE = "stronger_side"  # both stances, from the same documents
    NO_STANCE = "no_stance"  # no passage reached a threshold
    NO_PASSAGE = "no_passage"  # nothing was judged


def case_of(verdict: Verdict) -> Case:
    """The case of the rule that gives this label on this evidence."""
    stances = {item.stance for item in verdict.evidence}
    if verdict.label is Label.NOT_ENOUGH_INFO:
        return Case.NO_STANCE if verdict.evidence else Case.NO_PASSAGE
    if verdict.label is Label.CONFLICTING:
        return Case.CONFLICT
    return Case.STRONGER_SIDE if {Stance.SUPPORTS, Stance.CONTRADICTS} <= stances else Case.ONE_SIDE


def in_words(case: Case, verdict: Verdict) -> str:
    """Why a verdict of that case has its label and its score."""
    score = _number(verdict.score)
    match case:
        case Case.NO_PASSAGE:
            return f"no passage was found, so nothing was judged; the score is {score}"
        case Case.NO_STANCE:
            leaning = {
                Reason.BELOW_THRESHOLD: "though at least one is less likely neutral than something else",
                Reason.ONLY_NEUTRAL: "and each is most likely neutral",
            }.get(verdict.reason, "")
            strongest = _number(max(map(_strength, verdict.evidence)))
            return (
                f"no passage reaches a threshold, {leaning}; the score is one minus the strongest probability of"
                f" entailment or contradiction: 1 - {strongest} = {score}"
            )
        case Case.CONFLICT:
            return (
                "passages of different documents support and contradict the claim; the weaker side of the strongest"
                f" such pair is the score: {score}"
            )
        case Case.STRONGER_SIDE:
            first = verdict.evidence[0].stance
            other = next(item for item in verdict.evidence if item.stance not in {first, Stance.NEUTRAL})
            tie = " (support, where they are equal)" if _strength(other) == verdict.score else ""
            return (
                "support and contradiction come from the same document, so the stronger decides"
                f"{tie}: {_number(verdict.score)} against {_number(_strength(other))}"
            )
        case Case.ONE_SIDE:
            said, unsaid = Stance.SUPPORTS, Stance.CONTRADICTS
            if verdict.label is Label.CONTRADICTED:
                said, unsaid = unsaid, said
            return f"at least one passage {said} the claim and none {unsaid} it; the strongest is the score: {score}"


def against_thresholds(item: Evidence, rule: Rule) -> str:
    """Why a passage has its stance."""
    support, contradict = f"{rule.support:g}", f"{rule.contradict:g}"
    if item.stance is Stance.SUPPORTS:
        return f"entailment reaches {support}"
    if item.stance is Stance.CONTRADICTS:
        return f"contradiction reaches {contradict}"
    if rule.support == rule.contradict:
        return f"neither entailment nor contradiction reaches {support}"
    return f"entailment does not reach {support}, nor contradiction {contradict}"


def standing(verdict: Verdict, rule: Rule, *, settled: bool) -> str:
    """Why `Rule.settles` holds or does not for the passages judged so far."""
    if verdict.label is Label.CONFLICTING:
        return "more passages can be added to a conflict, but none takes it away"
    if verdict.label is Label.NOT_ENOUGH_INFO:
        return "a claim without enough information stays open, whatever the scores"
    support = max(item.scores.entailment for item in verdict.evidence)
    contradiction = max(item.scores.contradiction for item in verdict.evidence)
    ours, theirs = ("entailment", support, rule.support), ("contradiction", contradiction, rule.contradict)
    if verdict.label is Label.CONTRADICTED:
        ours, theirs = theirs, ours
    clear, quiet = ours[2] + rule.clear * (1 - ours[2]), rule.quiet * theirs[2]
    strong = f"the strongest {ours[0]}, {_number(ours[1])}, {'reaches' if ours[1] >= clear else 'is below'} {clear:g}"
    calm = f"the strongest {theirs[0]}, {_number(theirs[1])}, is {'within' if theirs[1] <= quiet else 'over'} {quiet:g}"
    if settled:
        return f"{strong}, and {calm}"
    return ", and ".join(text for text, wrong in ((strong, ours[1] < clear), (calm, theirs[1] > quiet)) if wrong)


def _strength(item: Evidence) -> float:
    return max(item.scores.entailment, item.scores.contradiction)


def _number(value: float) -> str:
    """A probability as every record holds it, with the zeros at its end left out."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
