"""What a verdict does with findings, parts, dates, budgets and claims that are none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import (
    Check,
    Claim,
    EvidenceFrom,
    Finding,
    Hit,
    Judged,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
)
from factcheck.verdict.checks import Checks, weighed
from factcheck.verdict.decide import Rule

YES, NO, OPEN = (0.96, 0.02, 0.02), (0.02, 0.02, 0.96), (0.02, 0.96, 0.02)
RULE = Rule(0.5, 0.5)
PARTS = Rule(0.5, 0.5, Checks(parts=True))
WORDS = Rule(0.5, 0.5, Checks(quantities=True, cues=True))
TWO_PARTS = "The bridge was opened in 1998 and it was closed in 2011."
findings = st.builds(
    Finding, st.sampled_from(Check), st.just("kind"), st.just("detail"), opposes=st.booleans()
) | st.builds(Finding, st.just(Check.QUANTITY), st.just("kind"), st.just("detail"), opposes=st.just(value=True))


def hit(text, doc_id="a", *, date=None, title=""):
    source = Source(doc_id, title, f"{doc_id}.txt", "0" * 64, date=date)
    return Hit(Passage(source, 0, 0, len(text), text, text), 1.0)


def judged(text, scores, doc_id="a", *, parts=(), **source):
    return Judged(hit(text, doc_id, **source), NLIScores(*scores), tuple(NLIScores(*part) for part in parts))


def decide(claim, *items, rule=RULE, date=None):
    return rule.decide(Claim("1", claim, date=date), items, evidence_from=EvidenceFrom.CORPUS)


@given(st.integers(0, 100), st.integers(0, 100), st.lists(findings, max_size=3))
def test_findings_never_create_support(first, second, found):
    """Whatever words say, entailment does not rise, and probabilities stay what they are."""
    low, high = sorted((first, second))
    scores = NLIScores(low / 100, (high - low) / 100, (100 - high) / 100)

    after = weighed(scores, found)

    assert after == scores if not found else after.entailment == 0
    assert all(0 <= value <= 1 for value in (after.entailment, after.neutral, after.contradiction))
    if not any(item.opposes for item in found):
        assert after.contradiction <= scores.contradiction


def test_a_passage_that_only_relays_the_claim_supports_nothing():
    """The reason is `relayed`, and the passage says by which words."""
    text = "A viral post says that the dam in Ostheim has collapsed."

    verdict = decide("The dam in Ostheim has collapsed.", judged(text, YES), rule=WORDS)

    assert (Label.NOT_ENOUGH_INFO, Reason.RELAYED) == (verdict.label, verdict.reason)
    assert Stance.NEUTRAL is verdict.evidence[0].stance
    assert Check.RELAYED in {finding.check for finding in verdict.evidence[0].findings}
    assert verdict.detail


def test_what_the_detail_speaks_of_is_the_first_passage():
    """Words took its support away, yet a claim left open because of it shows it before nearer neutral ones."""
    leaning = (0.4, 0.35, 0.25)

    verdict = decide(
        "The dam in Ostheim has collapsed.",
        judged("The dam in Ostheim is old.", leaning, "a"),
        judged("A viral post says that the dam in Ostheim has collapsed.", YES, "b"),
        judged("If the dam in Ostheim has collapsed, the valley will be flooded.", (0.7, 0.2, 0.1), "c"),
        rule=WORDS,
    )

    assert (Label.NOT_ENOUGH_INFO, Reason.RELAYED) == (verdict.label, verdict.reason)
    assert ["b", "c", "a"] == [item.passage.source.doc_id for item in verdict.evidence]
    assert verdict.detail == verdict.evidence[0].findings[0].detail


def test_another_figure_for_the_same_thing_contradicts():
    """Subject, measure and unit are the same: the model's support turns into contradiction, the figures named."""
    text = "The dam in Ostheim is 45 metres high."

    verdict = decide("The dam in Ostheim is 54 metres high.", judged(text, YES), rule=WORDS)

    assert Label.CONTRADICTED is verdict.label
    assert {"45", "54"} <= set(
        "".join(finding.detail for finding in verdict.evidence[0].findings).replace(",", " ").split()
    )


def test_parts_that_are_each_supported_support_the_claim():
    """One passage for each part will do, and the verdict stands on both."""
    verdict = decide(
        TWO_PARTS,
        judged("The bridge opened in 1998.", OPEN, "a", parts=(YES, OPEN)),
        judged("In 2011 the bridge was closed.", OPEN, "b", parts=(OPEN, YES)),
        rule=PARTS,
    )

    assert (Label.SUPPORTED, 2) == (verdict.label, len(verdict.parts))
    assert [Label.SUPPORTED] * 2 == [part.label for part in verdict.parts]
    assert {0, 1} == {at for part in verdict.parts for at in part.evidence}
    assert all(TWO_PARTS[part.start : part.end] for part in verdict.parts)


def test_a_contradicted_part_contradicts_the_claim_and_is_named():
    """Though another part is supported."""
    verdict = decide(
        TWO_PARTS,
        judged("The bridge opened in 1998.", OPEN, "a", parts=(YES, OPEN)),
        judged("The bridge was never closed.", NO, "b", parts=(OPEN, NO)),
        rule=PARTS,
    )

    assert Label.CONTRADICTED is verdict.label
    assert verdict.parts[1].text in verdict.detail
    assert "b" == verdict.evidence[0].passage.source.doc_id


def test_a_passage_that_supports_one_part_does_not_contradict_another():
    """It speaks of that part, and the model takes what is about something else for a contradiction."""
    verdict = decide(TWO_PARTS, judged("The bridge opened in 1998.", NO, parts=(YES, NO)), rule=PARTS)

    assert [Label.SUPPORTED, Label.NOT_ENOUGH_INFO] == [part.label for part in verdict.parts]


def test_a_part_that_nothing_speaks_of_leaves_the_claim_open():
    """The reason is `partly_supported`, and the open part is named."""
    verdict = decide(TWO_PARTS, judged("The bridge opened in 1998.", OPEN, parts=(YES, OPEN)), rule=PARTS)

    assert (Label.NOT_ENOUGH_INFO, Reason.PARTLY_SUPPORTED) == (verdict.label, verdict.reason)
    assert verdict.parts[1].text in verdict.detail
    assert verdict.parts[0].text not in verdict.detail


def test_a_conflict_is_about_one_part():
    """Support of one part and contradiction of another are no conflict."""
    torn = decide(
        TWO_PARTS,
        judged("The bridge opened in 1998.", OPEN, "a", parts=(YES, OPEN)),
        judged("The bridge was opened in 1999.", NO, "b", parts=(NO, OPEN)),
        rule=PARTS,
    )

    assert Label.CONFLICTING is torn.label
    assert Label.CONFLICTING is torn.parts[0].label


@pytest.mark.parametrize(
    ("dates", "claim_date", "expected"),
    [
        (("2020-03-01", "2023-03-01"), None, (Label.CONFLICTING, Reason.CHANGED_OVER_TIME)),
        (("2020-03-01", "2020-03-09"), None, (Label.CONFLICTING, Reason.EVIDENCE)),
        ((None, "2020-03-09"), "2021", (Label.CONFLICTING, Reason.EVIDENCE)),
        (("2020-03-01", "2023-03-01"), "2021-06", (Label.SUPPORTED, Reason.EVIDENCE)),
        (("2020-03-01", "2023-03-01"), "2024", (Label.CONTRADICTED, Reason.EVIDENCE)),
        (("2020-03-01", "2023-03-01"), "2019-01-01", (Label.SUPPORTED, Reason.EVIDENCE)),
        (("2020", "2023"), "2023-01", (Label.CONTRADICTED, Reason.EVIDENCE)),
    ],
)
def test_a_conflict_between_times(dates, claim_date, expected):
    """Without a claim date it is said to have changed; with one the side decides that held then."""
    support, contradiction = dates

    verdict = decide(
        "The clinic has a ward for children.",
        judged("The clinic has a children's ward.", YES, "a", date=support),
        judged("The clinic has no ward for children.", NO, "b", date=contradiction),
        date=claim_date,
    )

    assert expected == (verdict.label, verdict.reason)
    assert bool(verdict.detail) is (expected != (Label.CONFLICTING, Reason.EVIDENCE))


def test_the_latest_document_by_the_date_of_the_claim_decides_not_the_strongest():
    """Three documents disagree; the one of the time is the weakest."""
    verdict = decide(
        "The clinic has a ward for children.",
        judged("The clinic has a children's ward.", YES, "a", date="2015"),
        judged("The clinic has no ward for children.", NO, "b", date="2019-06-01"),
        judged("The clinic opened a children's ward.", (0.8, 0.15, 0.05), "c", date="2020-01-05"),
        date="2020",
    )

    assert (Label.SUPPORTED, "c") == (verdict.label, verdict.evidence[0].passage.source.doc_id)


def test_a_conflict_may_still_be_resolved_where_the_claim_has_a_date_or_parts():
    """So it is not settled before all passages are judged."""
    sides = (judged("It is so.", YES, "a"), judged("It is not so.", NO, "b"))

    assert RULE.settles(decide("It is so.", *sides))
    assert not RULE.settles(decide("It is so.", *sides, date="2020"))


def test_versions_of_a_document_are_of_different_times():
    """They need no dates: their titles are the same but for the version."""
    verdict = decide(
        "Visitors may bring dogs.",
        judged("Dogs are welcome.", YES, "a", title="House rules, version 2"),
        judged("Dogs must stay outside.", NO, "b", title="House rules, version 3"),
    )

    assert (Label.CONFLICTING, Reason.CHANGED_OVER_TIME) == (verdict.label, verdict.reason)


def test_years_that_the_sentences_name_tell_periods_apart():
    """Documents of one day may speak of two years."""
    verdict = decide(
        "The harvest was good.",
        judged("In 2019 the harvest was good.", YES, "a", date="2024-01-01"),
        judged("In 2021 the harvest was poor.", NO, "b", date="2024-01-01"),
    )

    assert (Reason.CHANGED_OVER_TIME, "2019 against 2021") == (verdict.reason, verdict.detail)


def test_a_pronoun_may_be_explained_by_the_sources_of_a_claim():
    """A sentence of an answer comes with what it was written from."""
    rule = Rule(0.5, 0.5, Checks(screen=True))
    alone = Claim("1", "It was built by the monks in the twelfth century.")

    assert [] == rule.texts(alone)
    assert [alone.text] == rule.texts(replace(alone, doc_ids=("abbey.txt",)))


def test_a_denial_in_the_passages_own_voice_contradicts():
    """It relays the claim in order to call it false."""
    verdict = decide(
        "The dam in Ostheim has collapsed.",
        judged("Claims that the dam in Ostheim has collapsed are false.", YES),
        rule=WORDS,
    )

    assert Label.CONTRADICTED is verdict.label


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Is the new hospital in Larvik open on Sundays?", Reason.NOT_CHECKABLE),
        ("Das neue Krankenhaus der Stadt ist seit dem letzten Sommer geschlossen.", Reason.LANGUAGE_NOT_SUPPORTED),
    ],
)
def test_what_is_no_claim_is_not_judged(claim, reason):
    """It has no evidence, no score and no confidence, and the rule asks for no pair."""
    rule = Rule(0.5, 0.5, Checks(screen=True, languages=("en",)))

    verdict = decide(claim, rule=rule)

    assert (Label.NOT_ENOUGH_INFO, reason, 0.0, None) == (
        verdict.label,
        verdict.reason,
        verdict.score,
        verdict.confidence,
    )
    assert verdict.detail
    assert [] == rule.texts(Claim("1", claim))
    assert [claim] == replace(rule, checks=Checks()).texts(Claim("1", claim))
