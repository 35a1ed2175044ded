"""How verdicts, stances, reasons and statuses are shown: words and a symbol, never a colour alone."""

from dataclasses import dataclass

from factcheck.run.listing import Order
from factcheck.run.reviews import Status
from factcheck.types import EvidenceFrom, Label, Reason, Stance


@dataclass(frozen=True, slots=True)
class Word:
    """How something is shown: in words, by a symbol beside them, and in a colour by the name of a class."""

    word: str
    symbol: str = ""
    css: str = ""
    more: str = ""


LABELS = {
    Label.SUPPORTED: Word("Supported", "✓", "is-supported"),
    Label.CONTRADICTED: Word("Contradicted", "✗", "is-contradicted"),
    Label.CONFLICTING: Word("Conflicting", "⇄", "is-conflicting"),
    Label.NOT_ENOUGH_INFO: Word("Not enough info", "?", "is-unknown"),
}
STANCES = {
    Stance.SUPPORTS: Word("supports", "✓", "is-supported"),
    Stance.CONTRADICTS: Word("contradicts", "✗", "is-contradicted"),
    Stance.NEUTRAL: Word("neutral", "–", "is-unknown"),
}
REASONS = {
    Reason.EVIDENCE: Word("the evidence decides"),
    Reason.BELOW_THRESHOLD: Word("a sentence leans, not far enough"),
    Reason.ONLY_NEUTRAL: Word("every sentence found is neutral"),
    Reason.NO_PASSAGE_FOUND: Word("no sentence shares a word with it"),
    Reason.QUANTITY_MISMATCH: Word("a figure, negation or quantifier does not fit"),
    Reason.RELAYED: Word("it is only reported, asked, supposed or planned"),
    Reason.QUALIFIED: Word("it is said under a restriction only"),
    Reason.PARTLY_SUPPORTED: Word("a part of it is supported, the rest is open"),
    Reason.CHANGED_OVER_TIME: Word("it changed over time"),
    Reason.ABOVE_ERROR_BUDGET: Word("an answer would be wrong too often"),
    Reason.NOT_CHECKABLE: Word("it is no claim that can be checked"),
    Reason.LANGUAGE_NOT_SUPPORTED: Word("it is in a language that the model does not read"),
}
STATUSES = {
    Status.UNREVIEWED: Word("Not reviewed", "○", "is-open"),
    Status.ACCEPTED: Word("Accepted", "●", "is-accepted"),
    Status.OVERRULED: Word("Overruled", "◆", "is-overruled"),
    Status.DISPUTED: Word("Disputed", "≠", "is-disputed"),
    Status.STALE: Word("Needs re-review", "↻", "is-stale"),
}
ORDERS = {
    Order.URGENT: Word(
        "What needs a human first",
        more="Conflicts first, then contradicted, then supported, then claims that a sentence nearly decided; "
        "in each the least sure first.",
    ),
    Order.LEAST_SURE: Word("Least sure first", more="Lowest score (or confidence) first, whatever the verdict."),
    Order.SUREST: Word("Surest first", more="Highest score (or confidence) first, whatever the verdict."),
    Order.CLAIM: Word("As in the claims file", more="The order of the claims file."),
}
ORIGINS = {
    EvidenceFrom.CORPUS: Word("the whole corpus was searched"),
    EvidenceFrom.GIVEN: Word("the claim's own sources were searched"),
    EvidenceFrom.GOLD: Word("the gold evidence of the data set"),
}
