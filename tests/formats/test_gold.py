"""Reviewed verdicts as labelled claims."""

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import evidence as any_evidence

from factcheck.formats.claims import read_claims
from factcheck.formats.export import About
from factcheck.formats.gold import write_gold
from factcheck.formats.reviewed import Opinion, Reviewed
from factcheck.types import (
    Claim,
    Context,
    Evidence,
    EvidenceFrom,
    GoldSentence,
    Hit,
    Judged,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)
from factcheck.verdict.checks import Checks
from factcheck.verdict.decide import Rule

S, C, X, N = Label


def evidence(quote, stance=Stance.SUPPORTS, doc_id="harbour"):
    passage = Passage(Source(doc_id, "", "h.txt", "0" * 64), 4, 10, 10 + len(quote), quote, quote)
    scores = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
    return Evidence(Hit(passage, 1.0), NLIScores(*scores[stance]), stance)


def verdict(label=S, *found, **claim):
    named = Claim(**{"id": "c1", "text": "Three cranes work."} | claim)
    found = found or (evidence("Yes."), evidence("No.", Stance.CONTRADICTS, "news"))
    return Verdict(named, label, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, found)


def written(*pairs):
    reviews = {id(verdict): review for verdict, review in pairs}
    stream = BytesIO()
    rows = write_gold(lambda: (one for one, _ in pairs), stream, About(review=lambda one: reviews[id(one)]))
    lines = stream.getvalue().splitlines()
    assert rows == len(lines)
    return lines


def decided(label, drawn="", **more):
    return Reviewed("overruled", label, (Opinion("ann", label, 1.5, drawn),), **more)


@pytest.mark.parametrize(
    ("label", "quotes"),
    [
        (S, [("harbour", "Yes.", S)]),
        (C, [("news", "No.", C)]),
        (X, [("harbour", "Yes.", S), ("news", "No.", C)]),
        (N, []),
    ],
)
def test_our_reader_reads_it_back(label, quotes):
    """The reviewers' label, and each sentence that says so as evidence that suffices alone."""
    [claim] = read_claims(BytesIO(b"\n".join(written((verdict(), decided(label))))))

    assert ("c1", "Three cranes work.", label) == (claim.id, claim.text, claim.gold.label)
    assert [
        (GoldSentence(doc_id, 4, 10, 10 + len(quote), quote, label=says),) for doc_id, quote, says in quotes
    ] == list(claim.gold.evidence_sets)


def test_what_the_claim_brought_comes_along():
    """So that it can be verified again just as it was."""
    given = verdict(date="2026-04", contexts=(Context("1", "News", "Yes."),), doc_ids=("harbour", "news"))
    [claim] = read_claims(BytesIO(b"\n".join(written((given, decided(S))))))

    assert given.claim.contexts == claim.contexts
    assert (given.claim.date, given.claim.doc_ids) == (claim.date, claim.doc_ids)


@pytest.mark.parametrize("status", ["unreviewed", "disputed", "needs re-review"])
def test_only_what_people_agree_on_is_gold(status):
    """Not what nobody decided, nor what was decided on other evidence."""
    review = Reviewed(status, None, (Opinion("ann", S, 1.5, stands=False),))

    assert [] == written((verdict(), review))


def test_how_a_claim_was_drawn_is_kept():
    """A claim of a random sample stays one when others decided it, too; an opinion that does not stand is left out."""
    opinions = (
        Opinion("ann", S, 1.5),
        Opinion("dan", S, 1.7, "carried:older:sample:1:9/9:SUPPORTED"),
        Opinion("bob", S, 2.5, "sample:3:10/40:SUPPORTED"),
        Opinion("cem", C, 1.0, "sample:9:1/2:SUPPORTED", stands=False),
    )
    [line] = written((verdict(), Reviewed("accepted", S, opinions)))
    record = json.loads(line)

    assert "sample:3:10/40:SUPPORTED" == record["drawn"]
    assert ["ann", "dan", "bob"] == [item["reviewer"] for item in record["reviewers"]]
    assert {"verdict": "SUPPORTED", "score": 0.9, "confidence": None, "reason": "evidence"} == record["machine"]


def test_evidence_is_what_reviewers_looked_at():
    """What they added, and the strongest sentence that they left; none that they marked as wrong."""
    review = decided(S, added=(evidence("Indeed."), evidence("Never.", Stance.CONTRADICTS)), wrong=frozenset({0}))
    [line] = written((verdict(S, *map(evidence, ("Wrong.", "Best.", "Third."))), review))

    assert ["Indeed.", "Best."] == [item["quote"] for item in json.loads(line)["evidence"]]


def in_parts():
    """The verdict of the real rule on a claim whose parts are supported by a passage each, a third one aside."""
    yes, unsure = NLIScores(0.9, 0.1, 0.0), NLIScores(0.1, 0.8, 0.1)
    quotes = {"It opened in 1998.": (yes, unsure), "It closed in 2011.": (unsure, yes), "It was red.": (unsure, unsure)}
    judged = [Judged(evidence(quote).hit, unsure, parts) for quote, parts in quotes.items()]
    claim = Claim("c1", "The bridge opened in 1998 and was closed in 2011.")
    return Rule(0.5, 0.5, Checks(parts=True)).decide(claim, judged, evidence_from=EvidenceFrom.CORPUS)


def quotes_of(line):
    [claim] = read_claims(BytesIO(line))
    return [[item.quote for item in one] for one in claim.gold.evidence_sets]


def test_what_supports_each_part_is_needed_together():
    """No sentence supports the whole claim; what reviewers added does."""
    given = in_parts()
    both = sorted(["It opened in 1998.", "It closed in 2011."])

    [line] = written((given, decided(S)))
    assert [both] == [sorted(one) for one in quotes_of(line)]
    [line] = written((given, decided(S, added=(evidence("Indeed."),))))
    assert [["Indeed."], both] == [sorted(one) for one in quotes_of(line)]
    [line] = written((given, decided(C, added=(evidence("Never.", Stance.CONTRADICTS),))))
    assert [["Never."]] == quotes_of(line)


def test_what_was_added_fills_the_gap_of_a_sentence_that_was_wrong():
    """The sentence for the other part does not suffice alone."""
    given = in_parts()
    wrong = next(at for at, item in enumerate(given.evidence) if "2011" in item.passage.quote)

    [line] = written((given, decided(S, added=(evidence("Closed."),), wrong=frozenset({wrong}))))
    assert [["Closed.", "It opened in 1998."]] == quotes_of(line)


@given(
    st.lists(any_evidence, max_size=2), st.sampled_from(Label), st.text(min_size=1).filter(lambda text: text.strip())
)
def test_any_review_is_a_line_of_json(added, label, text):
    """Whatever stands in it."""
    [line] = written((verdict(text=text), decided(label, added=tuple(added))))

    assert label.value == json.loads(line)["label"]
