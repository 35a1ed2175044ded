"""The rule in words: which case of it gave a label, and what the thresholds made of a passage or of a stage."""

from enum import StrEnum

from factcheck.types import Evidence, Label, Reason, Stance, Verdict
from factcheck.verdict.answers import ABOUT_PART, EACH_PART
from factcheck.verdict.checks import weighed
from factcheck.verdict.decide import Rule


class Case(StrEnum):
    """Which case of the rule gave the label."""

    CONFLICT = "conflict"  # support and contradiction from different documents
    ONE_SIDE = "one_side"  # passages of one stance alone
    STRONGER_SIDE = "stronger_side"  # both stances, from the same documents
    NO_STANCE = "no_stance"  # no passage reached a threshold
    TAKEN_AWAY = "taken_away"  # a passage would have a stance, but for what its words say
    NO_PASSAGE = "no_passage"  # nothing was found
    REFUSED = "refused"  # the claim is none that is judged
    PARTS = "parts"  # the parts of the claim decide, or leave it open
    BUDGET = "budget"  # an answer would not be sure enough
    FITTED = "fitted"  # all passages together, by a rule that was fitted
    DATE = "date"  # support and contradiction from different times, of which the claim's date chooses


_TAKEN_AWAY = frozenset([Reason.QUANTITY_MISMATCH, Reason.RELAYED, Reason.QUALIFIED, Reason.LANGUAGE_NOT_SUPPORTED])
_REFUSED = frozenset([Reason.NOT_CHECKABLE, Reason.LANGUAGE_NOT_SUPPORTED])
_PARTS = {
    Label.SUPPORTED: "every part of the claim is supported for itself",
    Label.CONTRADICTED: "a part of the claim is contradicted",
    Label.CONFLICTING: "sources disagree about a part of the claim",
    Label.NOT_ENOUGH_INFO: "some parts of the claim are supported, the others are not settled",
}


def case_of(verdict: Verdict) -> Case:
    """The case of the rule that gives this label on this evidence."""
    stances = {item.stance for item in verdict.evidence}
    if verdict.reason is Reason.PARTLY_SUPPORTED or (
        verdict.reason is Reason.EVIDENCE and verdict.detail.startswith((EACH_PART, ABOUT_PART))
    ):
        return Case.PARTS
    if verdict.label is Label.NOT_ENOUGH_INFO:
        return Case.BUDGET if verdict.reason is Reason.ABOVE_ERROR_BUDGET else _open_case(verdict)
    if verdict.confidence is not None and not verdict.detail:
        return Case.FITTED
    if verdict.label is Label.CONFLICTING:
        return Case.CONFLICT
    if verdict.detail:
        return Case.DATE
    return Case.STRONGER_SIDE if {Stance.SUPPORTS, Stance.CONTRADICTS} <= stances else Case.ONE_SIDE


def _open_case(verdict: Verdict) -> Case:
    if verdict.evidence:
        return Case.TAKEN_AWAY if verdict.reason in _TAKEN_AWAY else Case.NO_STANCE
    return Case.REFUSED if verdict.reason in _REFUSED else Case.NO_PASSAGE


def in_words(case: Case, verdict: Verdict) -> str:
    """Why a verdict of that case has its label and its score."""
    score = _number(verdict.score)
    match case:
        case Case.PARTS:
            which = "" if verdict.label is Label.SUPPORTED else f" ({verdict.detail})"
            return f"{_PARTS[verdict.label]}{which}; the score is {score}"
        case Case.CONFLICT:
            times = f"; they are of different times: {verdict.detail}" if verdict.detail else ""
            return (
                "passages of different documents support and contradict the claim; the weaker side of the strongest"
                f" such pair is the score: {score}{times}"
            )
        case Case.FITTED:
            return f"by the fitted rule, which weighs all passages together: score {score}"
        case Case.DATE:
            return f"passages of different times differ, and the claim's date decides ({verdict.detail}): {score}"
        case Case.STRONGER_SIDE | Case.ONE_SIDE:
            return _sides_in_words(case, verdict)
        case _:
            return _open_in_words(case, verdict)


def _sides_in_words(case: Case, verdict: Verdict) -> str:
    score, first = _number(verdict.score), verdict.evidence[0].stance
    if case is Case.ONE_SIDE:
        unsaid = Stance.CONTRADICTS if first is Stance.SUPPORTS else Stance.SUPPORTS
        return f"at least one passage {first} the claim and none {unsaid} it; the strongest is the score: {score}"
    other = next(item for item in verdict.evidence if item.stance not in {first, Stance.NEUTRAL})
    tie = " (support, where they are equal)" if _strength(other) == verdict.score else ""
    return (
        "support and contradiction come from the same document, so the stronger decides"
        f"{tie}: {score} against {_number(_strength(other))}"
    )


def _open_in_words(case: Case, verdict: Verdict) -> str:
    score = _number(verdict.score)
    if case is Case.REFUSED:
        what = f"in {verdict.detail}" if verdict.reason is Reason.LANGUAGE_NOT_SUPPORTED else _a(verdict.detail)
        return f"the claim looks like it is {what}, so nothing was judged; `--check-all` has it judged all the same"
    if case is Case.NO_PASSAGE:
        return f"no passage was found, so nothing was judged; the score is {score}"
    if case is Case.BUDGET:
        return f"an answer would not be sure enough for the error budget: {verdict.detail}"
    if case is Case.TAKEN_AWAY:
        return f"a passage would decide it, but for its words: {verdict.detail}"
    if verdict.confidence is not None:
        return f"by the fitted rule, which weighs all passages together, neither side is likely enough: score {score}"
    leaning = {
        Reason.BELOW_THRESHOLD: "though at least one is less likely neutral than something else",
        Reason.ONLY_NEUTRAL: "and each is most likely neutral",
    }.get(verdict.reason, "")
    return (
        f"no passage reaches a threshold, {leaning}; the score is one minus the strongest probability of"
        f" entailment or contradiction: 1 - {_number(1 - verdict.score)} = {score}"
    )


def against_thresholds(item: Evidence, rule: Rule) -> str:
    """Why a passage has its stance."""
    support, contradict = f"{rule.support:g}", f"{rule.contradict:g}"
    if rule.calibration is not None:
        support = contradict = f"{rule.calibration.combination.floor:g} once the temperature is taken out"
    said = "; ".join(finding.detail for finding in item.findings)
    after = f"after its words were looked at ({said}), " if said else ""
    if item.stance is not rule.stance(weighed(item.scores, item.findings)):
        return f"{after}for a part of the claim, it {item.stance} it"
    if item.stance is Stance.SUPPORTS:
        return f"{after}entailment reaches {support}"
    if item.stance is Stance.CONTRADICTS:
        return f"{after}contradiction reaches {contradict}"
    if rule.support == rule.contradict:
        return f"{after}neither entailment nor contradiction reaches {support}"
    return f"{after}entailment does not reach {support}, nor contradiction {contradict}"


def standing(verdict: Verdict, rule: Rule, *, settled: bool) -> str:
    """Why `Rule.settles` holds or does not for the passages judged so far."""
    if verdict.label is Label.CONFLICTING:
        return "more passages can be added to a conflict, but none takes it away"
    if verdict.label is Label.NOT_ENOUGH_INFO:
        return "a claim without enough information stays open, whatever the scores"
    scores = [weighed(item.scores, item.findings) for item in verdict.evidence]
    support = max(one.entailment for one in scores)
    contradiction = max(one.contradiction for one in scores)
    ours, theirs = ("entailment", support, rule.support), ("contradiction", contradiction, rule.contradict)
    if verdict.label is Label.CONTRADICTED:
        ours, theirs = theirs, ours
    clear, quiet = ours[2] + rule.clear * (1 - ours[2]), rule.quiet * theirs[2]
    strong = f"the strongest {ours[0]}, {_number(ours[1])}, {'reaches' if ours[1] >= clear else 'is below'} {clear:g}"
    calm = f"the strongest {theirs[0]}, {_number(theirs[1])}, is {'within' if theirs[1] <= quiet else 'over'} {quiet:g}"
    if settled:
        return f"{strong}, and {calm}"
    return ", and ".join(text for text, wrong in ((strong, ours[1] < clear), (calm, theirs[1] > quiet)) if wrong)


def said(item: Evidence) -> float:
    """How probable it is that a passage says what its stance is: of the claim, or of the part it speaks of most surely.

    Its words are looked at for the claim, as they are in the rule.
    """
    scores = [weighed(item.scores, item.findings), *item.parts]
    if item.stance is Stance.SUPPORTS:
        return max(one.entailment for one in scores)
    return max(one.contradiction for one in scores) if item.stance is Stance.CONTRADICTS else scores[0].neutral


def _strength(item: Evidence) -> float:
    scores = weighed(item.scores, item.findings)
    return max(scores.entailment, scores.contradiction)


def _a(kind: str) -> str:
    """What a claim is that is none."""
    return {
        "pronoun": "about somebody or something that it does not name",
        "opinion": "an opinion",
        "instruction": "an instruction",
    }.get(kind, f"a {kind}")


def _number(value: float) -> str:
    """A probability as every record holds it, with the zeros at its end left out."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
