"""Claims to verdicts with the rule double in the model's place."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import ClaimsError
from factcheck.formats.records import to_line
from factcheck.pipeline import check_length, verify
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.testing import RuleNLI
from factcheck.types import Claim, Context, EvidenceFrom, Gold, GoldSentence, Judged, Label, Reason
from factcheck.verdict.checks import Checks
from factcheck.verdict.decide import Rule

TEXTS = {
    "a.txt": "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n",
    "b.txt": "The ferry does not sail twice a day.\n\nThe harbour opened in 2019.\n",
}
RULE = Rule(support=0.5, contradict=0.5)
CLAIMS = [
    Claim("1", "The harbour opened in 2019."),
    Claim("2", "The ferry sails twice a day."),
    Claim("3", "The harbour opened in 2018."),
    Claim("4", "The lighthouse is white."),
    Claim("5", "Zeppelins!"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("pipeline")
    (root / "corpus").mkdir()
    for name, text in TEXTS.items():
        (root / "corpus" / name).write_text(text, "utf-8")
    build_index(root / "corpus", root / "idx")
    return CorpusIndex(root / "idx")


def run(claims, index=None, *, scorer=None, window=128, stages=(), join=False, **options):
    finder = EvidenceFinder(index, **options)
    for claim in claims:
        finder.check(claim)
    scorer = scorer or RuleNLI()
    return list(verify(claims, finder=finder, scorer=scorer, rule=RULE, stages=stages, window=window, join=join))


def test_two_sentences_of_a_document_can_support_together(index):
    """A claim that no single sentence bears out is supported by two that are judged together, if that is asked for."""
    text = "The ferry sails twice a day, and that cost 40 million euros."
    claim = Claim("6", text, doc_ids=("a.txt",))

    [apart], [together] = run([claim], index), run([claim], index, join=True)

    assert apart.label is Label.NOT_ENOUGH_INFO
    assert together.label is Label.SUPPORTED
    ground = together.evidence[0].passage
    assert ground.joined is not None
    assert ground.companion is not None
    assert {ground.quote, ground.companion.quote} == {"It cost 40 million euros.", "The ferry sails twice a day."}
    assert together.judged == apart.judged + 1


def test_each_verdict_can_be_reached(index):
    """Supported, conflicting, contradicted, and two ways not to know."""
    verdicts = run(CLAIMS, index)

    expected = [Label.SUPPORTED, Label.CONFLICTING, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO, Label.NOT_ENOUGH_INFO]
    assert expected == [verdict.label for verdict in verdicts]
    assert Reason.NO_PASSAGE_FOUND is verdicts[4].reason
    assert {EvidenceFrom.CORPUS} == {verdict.evidence_from for verdict in verdicts}


def test_a_document_that_is_left_out_is_no_evidence_and_no_copy(index):
    """Its sentence is found in the other document that prints it, as if there were no other."""
    claim = CLAIMS[0]
    gone = run([claim], index, left_out=lambda asked, source: asked.id == claim.id and source.doc_id == "a.txt")[0]
    kept = run([claim], index, left_out=lambda asked, _: asked.id == "another")[0]

    named = {one.source.doc_id for item in gone.evidence for one in (item.passage, *item.hit.copies)}
    assert {"b.txt"} == named
    assert gone.label is kept.label
    assert kept == run([claim], index)[0]


def test_parts_of_a_claim_are_judged_beside_the_whole(index):
    """Each passage has probabilities for the claim and for each part; a claim of one part is judged whole only."""
    rule = Rule(0.5, 0.5, Checks(parts=True))
    claims = [
        Claim("1", "The ferry to Lowmere was built in 1998 and it was sold in 2011."),
        Claim("2", "The ferry was sold."),
    ]
    found = list(verify(claims, finder=EvidenceFinder(index), scorer=RuleNLI(), rule=rule))

    assert {2} == {len(item.parts) for item in found[0].evidence}
    assert {0} == {len(item.parts) for item in found[1].evidence}
    assert (2, 0) == tuple(len(verdict.parts) for verdict in found)


def test_a_claim_that_is_refused_is_searched_for_and_not_scored(index):
    """What was found is counted as left unjudged."""
    scorer, rule = RuleNLI(), Rule(0.5, 0.5, Checks(screen=True))

    [verdict] = verify([Claim("1", "Does the ferry sail?")], finder=EvidenceFinder(index), scorer=scorer, rule=rule)

    assert (Reason.NOT_CHECKABLE, 0, 0) == (verdict.reason, verdict.judged, scorer.counters.pairs_asked)
    assert verdict.unjudged == verdict.found > 0


def test_copies_are_one_piece_of_evidence(index):
    """The sentence that both files print is judged once, and names both."""
    verdict = run(CLAIMS[:1], index)[0]

    first = verdict.evidence[0]
    assert {"a.txt", "b.txt"} == {first.passage.source.doc_id, *(copy.source.doc_id for copy in first.hit.copies)}
    assert 1 == sum(item.passage.quote == first.passage.quote for item in verdict.evidence)


def test_a_sentence_that_leans_back_is_shown_with_the_one_before(index):
    """Premise and quote differ then; without context they are the same."""
    claim = Claim("1", "The harbour cost 40 million euros.")

    with_context = {item.passage.quote: item.passage.premise for item in run([claim], index)[0].evidence}
    without = {item.passage.quote: item.passage.premise for item in run([claim], index, context=False)[0].evidence}

    assert "The harbour opened in 2019. It cost 40 million euros." == with_context["It cost 40 million euros."]
    assert "It cost 40 million euros." == without["It cost 40 million euros."]


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(CLAIMS), window=st.integers(1, 7))
def test_a_verdict_depends_on_its_claim_alone(index, order, window):
    """Neither the order of claims nor the window changes a verdict."""
    alone = {claim.id: run([claim], index)[0] for claim in CLAIMS}

    assert [alone[claim.id] for claim in order] == run(order, index, window=window)


def test_no_claims_give_no_verdicts(index):
    """Nothing in, nothing out."""
    assert [] == run([], index)


def test_claims_are_read_a_window_ahead_and_no_further(index):
    """An endless stream of claims can be verified."""
    read = []

    def endless():
        while True:
            read.append(len(read))
            yield Claim(str(len(read)), "The ferry sails twice a day.")

    finder = EvidenceFinder(index)
    verdicts = verify(endless(), finder=finder, scorer=RuleNLI(), rule=RULE, window=4)

    assert Label.CONFLICTING is next(verdicts).label
    verdicts.close()
    assert len(read) <= 12


def test_only_the_contexts_that_a_claim_brings_are_searched(index):
    """The corpus says otherwise and is not asked."""
    claim = Claim(
        "1", "The ferry sails twice a day.", contexts=(Context("ctx", "", "Once. The ferry sails twice a day."),)
    )

    verdict = run([claim], index)[0]

    assert (Label.SUPPORTED, EvidenceFrom.GIVEN) == (verdict.label, verdict.evidence_from)
    passage = verdict.evidence[0].passage
    assert passage.quote == claim.contexts[0].text[passage.start : passage.end]
    assert {"ctx"} == {item.passage.source.doc_id for item in verdict.evidence}


def test_contexts_need_no_corpus():
    """A claim that brings its own sources can be verified alone; empty contexts find nothing."""
    claims = [
        Claim("1", "Ice melts.", contexts=(Context("1", "", "Ice melts."),)),
        Claim("2", "Ice melts.", contexts=(Context("1", "", ""),)),
    ]

    assert [Label.SUPPORTED, Label.NOT_ENOUGH_INFO] == [verdict.label for verdict in run(claims)]


def test_only_the_documents_that_a_claim_names_are_searched(index):
    """Without the other file there is no conflict."""
    verdict = run([Claim("1", "The ferry sails twice a day.", doc_ids=("a.txt",))], index)[0]

    assert (Label.SUPPORTED, EvidenceFrom.GIVEN) == (verdict.label, verdict.evidence_from)


def test_own_sources_are_passed_over_when_the_corpus_is_asked_for(index):
    """`--evidence corpus` searches all documents."""
    claim = Claim("1", "The ferry sails twice a day.", doc_ids=("a.txt",))

    assert Label.CONFLICTING is run([claim], index, evidence=EvidenceFrom.CORPUS)[0].label


@pytest.mark.parametrize(
    "named",
    [
        GoldSentence("a.txt", sentence=2),
        GoldSentence("a.txt", start=55, end=80),
        GoldSentence("a.txt", quote="The ferry sails twice  a day."),
        GoldSentence("elsewhere", quote="The ferry sails twice a day."),
    ],
)
def test_gold_evidence_is_found_however_it_is_named(index, named):
    """By index, by offsets, by its words, or by the words alone where the document is not in the corpus."""
    claim = Claim("1", "The ferry sails twice a day.", gold=Gold(Label.SUPPORTED, ((named,),)))

    verdict = run([claim], index, evidence=EvidenceFrom.GOLD)[0]

    assert (Label.SUPPORTED, EvidenceFrom.GOLD, 1) == (verdict.label, verdict.evidence_from, verdict.judged)
    assert "The ferry sails twice a day." == verdict.evidence[0].passage.quote


@pytest.mark.parametrize(
    ("claim", "options", "message"),
    [
        (Claim("1", "x", place="c.csv:3"), {}, r"c\.csv:3: .*--corpus"),
        (Claim("1", "x", doc_ids=("d",)), {}, "--corpus"),
        (Claim("1", "x"), {"evidence": EvidenceFrom.GIVEN}, "no `contexts`"),
        (Claim("1", "x"), {"evidence": EvidenceFrom.GOLD}, "no gold"),
    ],
)
def test_missing_sources_are_an_error_that_names_the_claim(claim, options, message):
    """Rather than a verdict from nothing."""
    with pytest.raises(ClaimsError, match=message):
        run([claim], **options)


def test_an_unknown_document_is_an_error(index):
    """Rather than an empty search."""
    with pytest.raises(ClaimsError, match=r"'z\.txt' is not in the corpus"):
        run([Claim("1", "x", doc_ids=("a.txt", "z.txt"))], index)


def test_a_long_passage_is_judged_in_windows_that_lose_nothing():
    """The decisive words stand at the end of a sentence that the model cannot take whole."""
    text = "This long sentence says " + "many words and " * 40 + "then that the ferry sails twice a day."
    claim = Claim("1", "The ferry sails twice a day.", contexts=(Context("c", "", text),))

    verdict = run([claim], scorer=RuleNLI(max_tokens=40))[0]

    assert Label.SUPPORTED is verdict.label
    assert verdict.judged > 1
    covered = set()
    for item in verdict.evidence:
        passage = item.passage
        assert text[passage.start : passage.end] == passage.quote == passage.premise
        covered |= set(range(passage.start, passage.end))
    assert {at for at, char in enumerate(text) if not char.isspace()} <= covered


def test_context_is_left_out_before_a_sentence_is_split():
    """A premise that is too long with the sentence before is shown without it."""
    text = "One " * 30 + "end. It sails."
    claim = Claim("1", "It sails.", contexts=(Context("c", "", text),))

    quotes = {
        item.passage.quote: item.passage.premise for item in run([claim], scorer=RuleNLI(max_tokens=20))[0].evidence
    }

    assert "It sails." == quotes["It sails."]


def test_a_claim_that_is_too_long_is_refused_not_cut():
    """The error counts tokens; a claim that fits has none."""
    long, short = Claim("1", "word " * 50, place="c.txt:7"), Claim("2", "word")

    error, none = check_length([long, short], RuleNLI(max_tokens=40))

    assert "c.txt:7: the claim has 50 tokens" in str(error)
    assert none is None


def test_all_copies_are_listed_however_they_rank(tmp_path):
    """Copies under titles of other lengths score lower; they are found all the same."""
    (tmp_path / "corpus").mkdir()
    for number in range(8):
        title = "word " * number * 3 + "log"
        text = f"---\ntitle: {title}\n---\n\nThe ferry sails twice a day.\n"
        (tmp_path / "corpus" / f"{number}.md").write_text(text, "utf-8")
    build_index(tmp_path / "corpus", tmp_path / "idx")

    verdict = run([Claim("1", "The ferry sails.")], CorpusIndex(tmp_path / "idx"), passages=1)[0]

    assert (1, 7) == (verdict.judged, len(verdict.evidence[0].hit.copies))


def test_contexts_and_documents_together_are_refused(index):
    """Rather than one of them passed over."""
    claim = Claim("1", "x", contexts=(Context("c", "", "x"),), doc_ids=("a.txt",))

    with pytest.raises(ClaimsError, match="both"):
        run([claim], index)


def test_a_gold_sentence_named_twice_is_one_sentence(index):
    """By its index and by its words."""
    named = (GoldSentence("a.txt", sentence=2), GoldSentence("a.txt", quote="The ferry sails twice a day."))
    claim = Claim("1", "The ferry sails twice a day.", gold=Gold(Label.SUPPORTED, (named,)))

    verdict = run([claim], index, evidence=EvidenceFrom.GOLD)[0]

    assert (1, ()) == (verdict.judged, verdict.evidence[0].hit.copies)


def test_claims_are_read_in_the_thread_that_asks_for_verdicts(index):
    """So that they may come from a database cursor or an open file."""
    here = threading.get_ident()

    def claims():
        for claim in CLAIMS:
            assert threading.get_ident() == here
            yield claim

    finder = EvidenceFinder(index)

    assert 5 == len(list(verify(claims(), finder=finder, scorer=RuleNLI(), rule=RULE, window=2)))


# --- stages

CLAIM = "The ferry sails twice a day."
SUPPORTS = [CLAIM, "The ferry sails twice a day now.", "The ferry sails twice a day again now."]
NEUTRAL = ["The ferry sails each day.", "Twice a day the ferry rests.", "The ferry sails twice."]  # a word is missing
# Long, so that it ranks below all others.
HEARSAY = "whatever anybody heard in the harbour of late from people who should know, "
AGAINST = "They say that, " + HEARSAY * 6 + "the ferry does not sail twice a day."


def brought(*texts, name="1"):
    """A claim with its own sources, one sentence each."""
    contexts = tuple(Context(str(number), "", text) for number, text in enumerate(texts))
    return Claim(name, CLAIM, contexts=contexts)


class Counting(RuleNLI):
    """Remembers how many pairs each call brought."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def score(self, pairs):
        self.calls.append(len(pairs))
        return super().score(pairs)


def test_a_claim_that_its_first_passages_settle_is_judged_by_them_alone():
    """The verdict says how many of how many were read."""
    scorer = Counting()

    verdict = run([brought(*SUPPORTS, *NEUTRAL)], scorer=scorer, stages=(2, 10))[0]

    assert (Label.SUPPORTED, 2, 6) == (verdict.label, verdict.judged, verdict.found)
    assert [2] == scorer.calls


def test_a_claim_that_its_first_passages_leave_open_is_judged_whole():
    """As without stages, to the last field."""
    claim = brought(*NEUTRAL, AGAINST)

    verdict = run([claim], stages=(2, 10))[0]

    assert Label.CONTRADICTED is verdict.label
    assert run([claim])[0] == verdict
    assert (4, 4) == (verdict.judged, verdict.found)


def test_every_stage_is_one_call_for_all_claims_of_the_window():
    """First the best of all claims, then the rest of those that are open, so that batches stay full."""
    scorer = Counting()
    claims = [brought(*SUPPORTS, *NEUTRAL, name="1"), brought(*NEUTRAL, name="2"), brought(*NEUTRAL, AGAINST, name="3")]

    verdicts = run(claims, scorer=scorer, stages=(1, 3, 10))

    assert [3, 4, 1] == scorer.calls
    assert [(1, 6), (3, 3), (4, 4)] == [(verdict.judged, verdict.found) for verdict in verdicts]


def test_what_contradicts_below_a_settled_stage_is_not_seen():
    """The price of stages: the whole run finds the conflict."""
    claim = brought(*SUPPORTS, AGAINST)

    assert Label.CONFLICTING is run([claim])[0].label
    assert Label.SUPPORTED is run([claim], stages=(2, 10))[0].label


def test_a_conflict_among_the_first_passages_settles_the_claim():
    """No passage further down could take it away."""
    verdict = run([brought(CLAIM, "The ferry does not sail twice a day.", *NEUTRAL)], stages=(2, 10))[0]

    assert (Label.CONFLICTING, 2, 5) == (verdict.label, verdict.judged, verdict.found)


def test_gold_evidence_is_judged_whole(index):
    """It has no ranks that a stage could count."""
    named = tuple((GoldSentence("a.txt", sentence=number),) for number in (2, 0, 1))
    claim = Claim("1", CLAIM, gold=Gold(Label.SUPPORTED, named))

    verdict = run([claim], index, evidence=EvidenceFrom.GOLD, stages=(1, 10))[0]

    assert (3, 3) == (verdict.judged, verdict.found)


def test_a_stage_counts_passages_not_the_parts_of_a_long_one():
    """A long sentence of rank 1 is read to its end in the first stage."""
    long = "The ferry sails twice a day, they say, " + "and many words " * 40 + "follow."

    verdict = run([brought(long, "Gulls rest.", "Terns rest.")], scorer=RuleNLI(max_tokens=40), stages=(1, 10))[0]

    parts = {item.passage.source.doc_id for item in verdict.evidence}
    assert {"0"} == parts
    assert 2 == verdict.unjudged
    assert verdict.judged > 1


def expected(claim, stages):
    """What the stages say of one claim, worked out without them: prefixes of what a whole run judges."""
    hits = EvidenceFinder(None).find([claim])[0].hits
    scores = RuleNLI().score([(hit.passage.premise, claim.text) for hit in hits])
    for stage in (*stages[:-1], len(hits)):
        judged = list(map(Judged, hits, scores))[:stage]
        verdict = RULE.decide(claim, judged, evidence_from=EvidenceFrom.GIVEN, unjudged=max(0, len(hits) - len(judged)))
        if RULE.settles(verdict):
            break
    return verdict


@settings(max_examples=40, deadline=None)
@given(
    chosen=st.lists(st.lists(st.sampled_from([*SUPPORTS, *NEUTRAL, AGAINST]), min_size=1, max_size=7), max_size=6),
    stages=st.sets(st.integers(1, 9), min_size=1, max_size=3).map(lambda found: (*sorted(found), 10)),
    window=st.integers(1, 7),
)
def test_a_staged_verdict_depends_on_its_claim_alone(chosen, stages, window):
    """To the byte: neither the window nor the other claims decide what is judged."""
    claims = [brought(*texts, name=str(number)) for number, texts in enumerate(chosen)]

    verdicts = run(claims, stages=stages, window=window)

    assert [to_line(expected(claim, stages)) for claim in claims] == [to_line(verdict) for verdict in verdicts]
