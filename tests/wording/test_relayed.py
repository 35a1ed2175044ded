"""Whether a passage only relays what a claim asserts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Check, Passage, Source
from factcheck.wording import mood, relaying, speech
from factcheck.wording.relayed import check

COLLECTION = Path(__file__).parents[2] / "claims/relayed"
CLOSED = "The mine at Brask was closed."


def passage(quote, before="", title=""):
    return Passage(Source("d", title, "d", "0" * 64), 0, 0, len(quote), quote, f"{before} {quote}" if before else quote)


def kinds(claim, quote, before=""):
    return {finding.kind for finding in check(claim, passage(quote, before))}


def test_a_question_states_nothing():
    """Whatever it asks; a sentence with a statement beside the question is looked at as any other."""
    for quote in ("And sea ice?", "How much has the sea risen so far?", "“Who paid for the mine?”"):
        [finding] = check(CLOSED, passage(quote))
        assert (Check.RELAYED, "asked", (0, len(quote))) == (finding.check, finding.kind, finding.passage)
    assert not check(CLOSED, passage("Why? The mine at Brask was closed."))


RELAYED = [
    ("attributed", "A miner said that the mine at Brask had been closed."),
    ("attributed", "The mine at Brask has been closed, a miner told the paper."),
    ("attributed", "According to Jan Holm, the mine at Brask was closed."),
    ("attributed", "The union claims the mine at Brask was closed."),
    ("attributed", "A viral post says that the mine at Brask was closed."),
    ("quoted", '"The mine at Brask was closed without warning," Holm said.'),
    ("quoted", "Holm said: “The mine at Brask was closed without warning.”"),
    ("denied", "The owner denied that the mine at Brask had been closed."),
    ("denied", "Claims that the mine at Brask was closed are false."),
    ("denied", "It is not true that the mine at Brask was closed."),
    ("asked", "Was the mine at Brask closed?"),
    ("asked", "The mine at Brask closed?"),
    ("asked", "It is unclear whether the mine at Brask was closed."),
    ("supposed", "If the mine at Brask is closed, the railway will be torn up."),
    ("supposed", "Should the price fall, the mine at Brask would be closed."),
    ("supposed", "Without the loan the mine at Brask would have been closed."),
    ("planned", "The owner plans to close the mine at Brask."),
    ("planned", "The mine at Brask is to be closed in May."),
    ("planned", "The mine at Brask is expected to close in May."),
    ("planned", "The minister promised that the mine at Brask would be closed."),
    ("planned", "The mine at Brask will be closed."),
    ("hedged", "The mine at Brask may close."),
    ("hedged", "The mine at Brask was reportedly closed."),
    ("hedged", "The mine at Brask is believed to have closed."),
    ("hedged", "Rumours that the mine at Brask was closed reached the town."),
    ("hedged", "Miners fear that the mine at Brask was closed."),
]


@pytest.mark.parametrize(("kind", "quote"), RELAYED)
def test_each_kind_of_relaying_is_found(kind, quote):
    """The finding names the kind."""
    assert kind in kinds(CLOSED, quote)


@pytest.mark.parametrize(
    "quote",
    [
        "The mine at Brask was closed.",
        "The report shows that the mine at Brask was closed.",
        "Figures of the state show that the mine at Brask was closed in 1998.",
        "According to the mining register, the mine at Brask was closed in 1998.",
        "Researchers found that the mine at Brask was closed by a flood.",
        "The court said that the mine at Brask had been closed unlawfully.",
        "The owner admitted that the mine at Brask had been closed.",
        "The owner confirmed that the mine at Brask was closed.",
        "The mine at Brask was closed, as its owner revealed in June.",
    ],
)
def test_what_a_record_shows_or_somebody_admits_is_asserted(quote):
    """Studies, statistics, records and courts, and factive verbs, vouch for what they introduce."""
    assert set() == kinds(CLOSED, quote)


@pytest.mark.parametrize(
    "quote",
    [
        "The mine at Brask was closed, and Holm said that the railway would follow.",
        "The mine at Brask was closed in May; the harbour may be sold.",
        "The mine at Brask was closed, but the owner plans to build a museum.",
        "Holm, who said nothing of it to the press, closed the mine at Brask.",
        "Was it wise? The mine at Brask was closed.",
    ],
)
def test_a_cue_in_another_clause_does_not_count(quote):
    """The cue must govern the words that claim and passage share."""
    assert set() == kinds(CLOSED, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Holm said that the mine was closed.", "Holm said that the mine at Brask had been closed."),
        ("The owner plans to close the mine at Brask.", "The owner plans to close the mine at Brask in May."),
        ("The mine at Brask may close.", "The mine at Brask may close in May."),
        ("The owner denies that the mine was closed.", "The owner denied that the mine had been closed."),
        ("If the price falls, the mine at Brask will close.", "If the price falls, the mine at Brask will be closed."),
        ("The owner asked whether the mine was closed.", "The owner asked whether the mine at Brask was closed."),
    ],
)
def test_a_claim_that_carries_the_cue_is_plainly_supported(claim, quote):
    """Nothing is left out, so nothing is found."""
    assert set() == kinds(claim, quote)


def test_another_speaker_does_not_support_the_claim():
    """The words of one person are no evidence of what another one said."""
    said = "Ida Moss said that the mine at Brask had been closed."

    assert {"attributed"} == kinds("Jan Holm said that the mine at Brask had been closed.", said)
    assert set() == kinds("Ida Moss said that the mine at Brask had been closed.", said)


def test_what_somebody_is_said_to_have_said_is_relayed():
    """A verb of saying that the cue governs belongs to what is relayed, not to the claim's own attribution."""
    quote = "A cashier testified that Linden had boasted of a house in Portugal."

    assert {"attributed"} == kinds("Linden boasted of a house in Portugal.", quote)


def test_a_quotation_that_opened_before_the_sentence_is_seen():
    """Of the sentence before, an open quotation mark is used, and nothing else."""
    quote = "The mine at Brask was closed without warning.”"

    assert {"quoted"} == kinds(CLOSED, quote, "Holm said: “We were not told.")
    assert set() == kinds(CLOSED, "The mine at Brask was closed without warning.", "Holm may know more.")


def test_titles_in_quotation_marks_are_no_quotations():
    """A name may stand in quotation marks."""
    assert set() == kinds(
        "The Long Way to the Sea sold well.", 'His novel "The Long Way to the Sea" sold well in Norland.'
    )


def test_only_a_denial_in_the_own_voice_of_the_passage_opposes():
    """What somebody denies stays open; what the document itself calls untrue is untrue by it."""
    (own,) = check(CLOSED, passage("Claims that the mine at Brask was closed are false."))
    (relayed,) = check(CLOSED, passage("The owner denied that the mine at Brask had been closed."))

    assert (True, False) == (own.opposes, relayed.opposes)


def test_a_denied_denial_is_no_denial():
    """Claims that are "not false" are not denied."""
    assert set() == kinds(CLOSED, "Claims that the mine at Brask was closed are not false.")


def test_the_span_of_a_finding_is_its_cue():
    """The reader is shown the words that matter."""
    quote = "The owner plans to close the mine at Brask."
    (finding,) = check(CLOSED, passage(quote))

    assert (Check.RELAYED, "plans to") == (finding.check, quote[slice(*finding.passage)])


def test_the_month_of_may_is_no_hedge():
    """Only the verb hedges."""
    assert set() == kinds("The mine at Brask was closed in May.", "In May the mine at Brask was closed.")


def lines(name):
    return [json.loads(line) for line in (COLLECTION / name).read_text("utf-8").splitlines()]


def pairs():
    claims = {one["id"]: one["claim"] for one in lines("claims.jsonl")}
    return [(claims[pair["id"]], pair["quote"], pair["kind"]) for pair in lines("pairs.jsonl")]


def test_most_relayed_pairs_of_the_collection_are_found_and_no_plain_one():
    """At most one in twenty is missed, and a plain twin is never taken for relayed."""
    found = [(kind, bool(kinds(claim, quote))) for claim, quote, kind in pairs() if kind != "qualified"]
    relayed = [hit for kind, hit in found if kind != "plain"]

    assert 0 == sum(hit for kind, hit in found if kind == "plain")
    assert sum(relayed) >= 0.95 * len(relayed) > 80


def test_many_other_wordings_are_found():
    """At least nine in ten of a list that is not from the collection."""
    data = Path(__file__).parents[1] / "data/relayed.jsonl"
    others = [json.loads(line) for line in data.read_text("utf-8").splitlines()]
    hits = sum(bool(kinds(one["claim"], one["passage"])) for one in others)

    assert hits >= 0.9 * len(others) > 100


def test_no_cue_is_lost_by_not_searching_sentences_without_its_words():
    """A reader finds nothing in a sentence that holds none of the beginnings listed for it."""
    sentences = [quote for _, quote, _ in pairs()] + [quote for _, quote in RELAYED]
    readers = (
        speech.questions, speech.said, speech.stated, speech.believed, speech.according, speech.stated_after,
        speech.nouns, speech.denials, mood.conditions, mood.plans, mood.futures, mood.modals, mood.impersonal,
        mood.adverbs,
    )  # fmt: skip
    for sentence in sentences:
        everything = [cue for reader in readers for cue in reader(sentence)]
        assert everything == [cue for cue in relaying.cues(sentence) if cue.kind != "quoted"], sentence


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gives_findings_within_the_quote(claim, quote):
    """No input raises, and every span lies in the quote."""
    for finding in check(claim, passage(quote)):
        start, end = finding.passage
        assert 0 <= start < end <= len(quote)
