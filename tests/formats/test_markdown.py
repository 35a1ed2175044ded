"""Reports in Markdown."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from strategies import texts, verdicts

from factcheck.formats.export import About, export
from factcheck.formats.markdown import shown, write_markdown
from factcheck.formats.reviewed import Opinion, Remark, Reviewed
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

SCORES = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
HOSTILE = [
    "[click](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "<img src=https://evil.example onerror=alert(1)>",
    "<!-- hidden",
    "https://evil.example",
    "<https://evil.example>",
    "www.evil.example",
    "# heading",
    "1. list",
    "- list",
    "| a | b |",
    "`code` **bold** _it_ ~~no~~ $x$",
    "&lt;b&gt; &#60;",
    "[^1] [x]: y",
    "> quote",
    "---",
    "a\n\n# b",
    "a  \nb\\",
    "\u202egnp.exe",
]


def evidence(quote, stance=Stance.SUPPORTS, page=3):
    passage = Passage(Source("h", "Harbour news", "h.pdf", "0" * 64, None, "2024-05-01"), 0, 0, 9, quote, quote, page)
    return Evidence(Hit(passage, 1.0), NLIScores(*SCORES[stance]), stance)


def verdict(label, *found, text="Three cranes work.", reason=Reason.EVIDENCE):
    return Verdict(Claim("c1", text), label, 0.93, reason, EvidenceFrom.CORPUS, found)


def report(*verdicts, review=None, name="Harbour"):
    stream = BytesIO()
    assert len(verdicts) == write_markdown(lambda: iter(verdicts), stream, About(name=name, review=review))
    return stream.getvalue().decode()


def parsed(text):
    """Types of all elements that a reader of Markdown with tables and links makes of a text, and the text shown."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = [child for token in reader.parse(text) for child in [token, *(token.children or [])]]
    return [token.type for token in tokens], "".join(token.content for token in tokens if token.type == "text")


def test_each_claim_has_its_verdict_and_quotes_with_their_place():
    """Below a table of all verdicts."""
    text = report(
        verdict(Label.SUPPORTED, evidence("Three cranes work.")),
        verdict(Label.CONFLICTING, evidence("Yes."), evidence("No.", Stance.CONTRADICTS, page=None)),
        verdict(Label.NOT_ENOUGH_INFO, evidence("Old.", Stance.NEUTRAL), reason=Reason.ONLY_NEUTRAL),
    )
    types, shown = parsed(text)

    assert 1 == types.count("table_open")
    assert 3 == types.count("blockquote_open")
    assert "“Three cranes work.”supports · Harbour news (h.pdf, page 3, 2024-05-01)" in shown
    assert "“No.”contradicts · Harbour news (h.pdf, 2024-05-01)" in shown
    assert "| SUPPORTED | 1 |\n| CONTRADICTED | 0 |\n| CONFLICTING | 1 |\n| NOT ENOUGH INFO | 1 |" in text
    assert "every sentence found is neutral" in shown
    assert "Old." not in shown
    assert "nobody has reviewed them" in shown


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_markup(hostile):
    """Of a claim, a quote, a name, a note or the run: what is shown is the text, and no element is added."""

    def made(text):
        review = Reviewed(
            "overruled", Label.SUPPORTED, (Opinion(text, Label.SUPPORTED, 1.0),), (Remark(text, text, 1.0),)
        )
        verdict = Verdict(
            Claim("c1", text), Label.SUPPORTED, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (evidence(text),)
        )
        return parsed(report(verdict, review=lambda _: review, name=text))

    plain, _ = made("plain")
    types, text = made(hostile)

    assert plain == [kind for kind in types if kind != "text_special"]
    assert 6 == text.replace("\u2060", "").count(" ".join(hostile.split()).replace("\u202e", "\ufffd"))


@given(texts)
def test_any_text_is_shown_as_it_is(text):
    """But for white space, controls, and what nobody sees behind @ and #."""
    _, seen = parsed(f"“{shown(text)}”")

    kept = [sign for sign in seen[1:-1] if sign.isalnum()]
    assert [sign for sign in text if sign.isalnum()] == kept


@given(st.lists(verdicts(), max_size=3))
def test_any_verdict_can_be_reported(made):
    """A heading for each claim."""
    types, _ = parsed(report(*made))

    assert 1 + len(made) == types.count("heading_open")
    assert not {"link_open", "image", "html_inline", "html_block", "code_inline", "fence"} & set(types)


def test_names_find_nobody_to_notify():
    """GitHub makes links of @name and #1 where the two stand together."""
    assert "&#64;\u2060ann" in shown("@ann")
    assert "&#35;\u20601" in shown("see #1")


def test_a_review_is_told_with_the_machines_verdict():
    """Who decided what, and what the machine had said; evidence marked as wrong is gone, an added one is there."""
    review = Reviewed(
        "overruled",
        Label.CONTRADICTED,
        (Opinion("ann", Label.CONTRADICTED, 1.0),),
        (Remark("ann", "See page 3.", 1.0),),
        wrong=frozenset({0}),
        added=(evidence("No crane works.", Stance.CONTRADICTS),),
    )
    text = report(verdict(Label.SUPPORTED, evidence("Three cranes work.")), review=lambda _: review)
    _, seen = parsed(text)

    assert "CONTRADICTED · overruled by ann; the machine said SUPPORTED, score 0.93" in seen
    assert "“No crane works.”contradicts" in seen
    assert "found by a reviewer" in seen
    assert "“Three cranes work.”" not in seen
    assert "Note by ann: See page 3." in seen
    assert "| SUPPORTED | 1 | 0 |\n| CONTRADICTED | 0 | 1 |" in text


def test_a_dispute_has_no_verdict_of_the_reviewers():
    """Each of them is named with their own."""
    opinions = (Opinion("ann", Label.CONTRADICTED, 1.0), Opinion("bob", Label.SUPPORTED, 2.0))
    review = Reviewed("disputed", None, opinions)
    _, seen = parsed(report(verdict(Label.SUPPORTED, evidence("Yes.")), review=lambda _: review))

    assert "disputed: ann (CONTRADICTED), bob (SUPPORTED)" in seen


def test_it_goes_to_standard_output(capfdbinary):
    """As the other text formats."""
    export(lambda: iter([]), "markdown")

    assert b"# Fact check" in capfdbinary.readouterr().out
