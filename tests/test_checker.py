"""factcheck from Python."""

import pandas as pd
import pytest

import factcheck
from factcheck import ClaimsError, ConfigError, FactChecker, FactcheckError, Label, Verdict
from factcheck.testing import RuleNLI, assert_grounded


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("The ferry sails twice a day.\n\nThe pier is not closed.\n", "utf-8")
    return folder


@pytest.fixture
def checker(corpus):
    return FactChecker.load(corpus=corpus, model=RuleNLI())


def test_strings_records_and_claims_are_claims(checker):
    """All three mixed, in order, with ids made where there are none."""
    claims = ["The ferry sails.", {"id": "x", "claim": "The pier is closed."}, factcheck.Claim("y", "Zeppelins.")]

    verdicts = list(checker.verify(claims))

    assert [Label.SUPPORTED, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO] == [verdict.label for verdict in verdicts]
    assert ["x", "y"] == [verdict.claim.id for verdict in verdicts[1:]]
    assert verdicts[0].claim.id


def test_a_data_frame_goes_in_and_comes_out(checker):
    """Its columns come first, then ours."""
    frame = pd.DataFrame({"claim": ["The ferry sails.", "The pier is closed."], "desk": ["sea", "land"]})

    result = checker.verify(frame).to_pandas()

    assert ["claim", "desk"] == list(result.columns[:2])
    assert ["SUPPORTED", "CONTRADICTED"] == list(result["verdict"])
    assert ["sea", "land"] == list(result["desk"])


def test_verdicts_are_decided_as_they_are_asked_for(checker):
    """`verify` is an iterator; nothing is read before the first verdict is wanted."""
    read = []

    def claims():
        for number in range(10_000):
            read.append(number)
            yield f"The ferry sails {number}."

    verdicts = checker.verify(claims())
    assert [] == read
    assert isinstance(next(verdicts), Verdict)
    assert len(read) < 1000


def test_one_claim_can_bring_contexts(checker):
    """Then the corpus is not asked."""
    verdict = checker.check("The ferry sails.", contexts=["Nothing sails.", {"id": "n", "text": "The ferry sails."}])

    assert (Label.SUPPORTED, "n") == (verdict.label, verdict.evidence[0].passage.source.doc_id)


def test_contexts_need_no_corpus():
    """A checker without a corpus judges what claims bring, and says so where they bring nothing."""
    checker = FactChecker.load(model=RuleNLI())

    assert Label.SUPPORTED is checker.check("Ice melts.", contexts=["Ice melts."]).label
    with pytest.raises(ClaimsError, match="--corpus"):
        checker.check("Ice melts.")


def test_the_sentences_of_a_text_are_checked(checker):
    """In order, with their places in the text; against the contexts alone where there are some, else the corpus."""
    text = "The ferry sails. The pier is closed."

    by_corpus, by_contexts = checker.check_text(text), checker.check_text(text, contexts=["The pier is closed."])

    assert [Label.SUPPORTED, Label.CONTRADICTED] == [verdict.label for verdict in by_corpus]
    assert [Label.NOT_ENOUGH_INFO, Label.SUPPORTED] == [verdict.label for verdict in by_contexts]
    claims = [verdict.claim for verdict in by_contexts]
    assert ["The ferry sails.", "The pier is closed."] == [text[claim.start : claim.end] for claim in claims]
    assert by_contexts == [checker.check(claim, contexts=["The pier is closed."]) for claim in claims]


def test_a_text_without_contexts_or_sentences_is_no_error(checker):
    """An empty list of contexts asks nobody; a text that says nothing has no verdicts."""
    [verdict] = checker.check_text("The ferry sails.", contexts=[])

    assert (Label.NOT_ENOUGH_INFO, "given") == (verdict.label, verdict.evidence_from)
    assert [] == checker.check_text("", contexts=["The ferry sails."])


def test_a_bad_context_is_refused(checker):
    """By its place among the contexts."""
    with pytest.raises(ClaimsError, match=r"contexts\[1\]"):
        checker.check_text("The ferry sails.", contexts=["The ferry sails.", 7])


def test_a_bad_claim_is_named_by_its_number(checker):
    """As a file would name its line."""
    with pytest.raises(ClaimsError, match="claims:2"):
        list(checker.verify(["Fine.", {"claim": None}]))


def test_an_unknown_setting_is_refused():
    """With a suggestion."""
    with pytest.raises(ConfigError, match="did you mean 'passages'"):
        FactChecker.load(pasages=3, model=RuleNLI())


def test_every_public_name_can_be_imported():
    """`__all__` is what there is, sorted, and errors share one base."""
    assert sorted(factcheck.__all__) == factcheck.__all__
    for name in factcheck.__all__:
        assert getattr(factcheck, name) is not None
    assert issubclass(ClaimsError, FactcheckError)
    with pytest.raises(AttributeError, match="no_such_name"):
        factcheck.no_such_name  # noqa: B018


def test_a_grounded_answer_passes():
    """The verdicts come back, one a sentence."""
    checker = FactChecker.load(model=RuleNLI())
    contexts = ["The ferry sails twice a day. The pier is open."]

    verdicts = assert_grounded("The ferry sails. The pier is open.", contexts, checker=checker)

    assert [Label.SUPPORTED] * 2 == [verdict.label for verdict in verdicts]


@pytest.mark.parametrize(
    ("answer", "least", "message"),
    [
        ("The ferry sails. Gulls nest.", 1.0, r"1 of 2 sentences .*\n  NOT ENOUGH INFO .*Gulls nest\."),
        (
            "The ferry sails. The ferry does not sail.",
            0.5,
            r"CONTRADICTED .*does not sail\.\n    nearest: The ferry sails",
        ),
        ("", 0.0, "0 of 0"),
    ],
)
def test_an_ungrounded_answer_fails_with_the_sentence(answer, least, message):
    """Too little support, any contradiction, or nothing to check."""
    checker = FactChecker.load(model=RuleNLI())

    with pytest.raises(AssertionError, match=message):
        assert_grounded(answer, ["The ferry sails twice a day."], min_supported=least, checker=checker)


def test_an_answer_without_contexts_is_not_grounded(checker):
    """The corpus of the checker is not asked: retrieval that found nothing must not pass."""
    with pytest.raises(AssertionError, match="0 of 1"):
        assert_grounded("The ferry sails.", [], checker=checker)


def test_contexts_are_refused_where_the_corpus_is_asked_for(corpus):
    """Rather than passed over."""
    checker = FactChecker.load(corpus=corpus, model=RuleNLI(), evidence="corpus")

    with pytest.raises(ConfigError, match="contexts are not read"):
        checker.check("The ferry sails.", contexts=["Nothing sails."])
