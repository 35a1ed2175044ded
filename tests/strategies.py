"""Hypothesis strategies for the records of factcheck.types."""

from dataclasses import replace

from hypothesis import strategies as st

from factcheck.types import (
    Check,
    Claim,
    Evidence,
    EvidenceFrom,
    Finding,
    Hit,
    Label,
    NLIScores,
    Part,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

texts = st.text(max_size=40)
names = st.text(min_size=1, max_size=12)
offsets = st.integers(0, 10**9)
shares = st.floats(0, 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(names, json_values, max_size=4)

sources = st.builds(
    Source,
    doc_id=names,
    title=texts,
    path=texts,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    url=st.none() | texts,
    date=st.none() | texts,
)


@st.composite
def passages(draw):
    """A passage whose span is as long as its quote."""
    start, quote = draw(offsets), draw(st.text(min_size=1, max_size=40))
    return Passage(
        source=draw(sources),
        sentence=draw(offsets),
        start=start,
        end=start + len(quote),
        quote=quote,
        premise=draw(texts) + quote,
        page=draw(st.none() | st.integers(1, 5000)),
    )


@st.composite
def joined(draw):
    """A passage that was read together with a later sentence."""
    passage, quote = draw(passages()), draw(st.text(min_size=1, max_size=40))
    start = passage.end + 1
    return replace(passage, premise=f"{passage.quote} {quote}", joined=(start, start + len(quote)))


hits = st.builds(
    Hit,
    passage=passages() | joined(),
    score=st.floats(0, 1e4, exclude_max=True),  # what BM25 gives
    copies=st.lists(passages(), max_size=2).map(tuple),
)


@st.composite
def nli_scores(draw):
    """Three probabilities that sum to 1."""
    low, high = sorted((draw(shares), draw(shares)))
    return NLIScores(entailment=low, neutral=high - low, contradiction=1 - high)


spans = st.none() | st.tuples(offsets, offsets)
findings = st.builds(
    Finding,
    check=st.sampled_from(Check),
    kind=names,
    detail=names,
    claim=spans,
    passage=spans,
    opposes=st.booleans(),
)
evidence = st.builds(
    Evidence,
    hit=hits,
    scores=nli_scores(),
    stance=st.sampled_from(Stance),
    findings=st.lists(findings, max_size=2).map(tuple),
    parts=st.lists(nli_scores(), max_size=2).map(tuple),
)
parts = st.builds(
    Part,
    start=offsets,
    end=offsets,
    text=names,
    label=st.sampled_from(Label),
    evidence=st.lists(st.integers(0, 9), max_size=2).map(tuple),
)


@st.composite
def claims(draw):
    """A claim as an answer keeps it: id, text, input, and sometimes its span in a longer text."""
    span = draw(st.none() | st.tuples(offsets, st.integers(1, 500)))
    return Claim(
        id=draw(names),
        text=draw(st.text(min_size=1, max_size=60)),
        start=None if span is None else span[0],
        end=None if span is None else sum(span),
        input=draw(json_objects),
    )


NEEDED = {
    Label.SUPPORTED: [Stance.SUPPORTS],
    Label.CONTRADICTED: [Stance.CONTRADICTS],
    Label.CONFLICTING: [Stance.SUPPORTS, Stance.CONTRADICTS],
    Label.NOT_ENOUGH_INFO: [],
}


@st.composite
def verdicts(draw, labels=tuple(Label)):
    """A verdict with one of `labels`, the evidence it needs first and up to two pieces more."""
    label = draw(st.sampled_from(labels))
    needed = [Evidence(draw(hits), draw(nli_scores()), stance) for stance in NEEDED[label]]
    return Verdict(
        claim=draw(claims()),
        label=label,
        score=draw(shares),
        reason=draw(st.sampled_from(Reason)),
        evidence_from=draw(st.sampled_from(EvidenceFrom)),
        evidence=(*needed, *draw(st.lists(evidence, max_size=2))),
        confidence=draw(st.none() | shares),
        unjudged=draw(st.integers(0, 20)),
        detail=draw(st.just("") | names),
        parts=tuple(draw(st.lists(parts, max_size=2))),
    )
