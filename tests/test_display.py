import io
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from strategies import hits, verdicts

from factcheck.config import Settings
from factcheck.display import Progress, print_hits, print_summary, print_trace, print_verdict, visible
from factcheck.jobs.reasons import Case
from factcheck.jobs.trace import HitsFrom, Query, StageEnd, Trace, TracedHit, Treatment, Weighed
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


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


def passage(quote="No crane works.", path="harbour.pdf", page=3, url=None):
    return Passage(Source(path, "Harbour report", path, "ab" * 32, url), 4, 10, 10 + len(quote), quote, quote, page)


def evidence(stance, probability=0.9, copies=(), **place):
    rest = 1 - probability
    scores = {
        Stance.SUPPORTS: NLIScores(probability, rest, 0.0),
        Stance.CONTRADICTS: NLIScores(0.0, rest, probability),
        Stance.NEUTRAL: NLIScores(0.0, probability, rest),
    }[stance]
    return Evidence(Hit(passage(**place), 12.25, copies), scores, stance)


def verdict(label, *found, text="Four cranes work.", score=0.97, confidence=None):
    return Verdict(Claim("c1", text), label, score, Reason.EVIDENCE, EvidenceFrom.CORPUS, found, confidence)


def against(text="Four cranes work.", **place):
    return verdict(Label.CONTRADICTED, evidence(Stance.CONTRADICTS, **place), text=text)


def shown(print_it, *what, width=80, terminal=False):
    """What a function prints on a console of that width."""
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_it(*what, console)
    return console.file.getvalue()


def traced(made, treatment):
    """A trace of that verdict, in which one more passage was found and not read."""
    weighed = [Weighed(at, item, "contradiction reaches 0.5", ground=at == 0) for at, item in enumerate(made.evidence)]
    hits = [TracedHit(rank, part.evidence.hit, ("crane",), treatment, (part,)) for rank, part in enumerate(weighed, 1)]
    unread = TracedHit(len(hits) + 1, Hit(passage("Maybe."), 3.0), ("crane",), Treatment.UNJUDGED, ())
    return Trace(
        verdict=made,
        settings=Settings(),
        identity={"corpus": "0123456789abcdef", "numeric_class": "rules"},
        hits_from=HitsFrom.LEDGER,
        notes=("the index is gone",),
        query=Query(("Four", "cranes"), ("the",), ("four", "crane")),
        hits=(*hits, unread),
        stages=(StageEnd(1, made.label, settled=True, why="it is clear"),),
        case=Case.ONE_SIDE,
        rule="the strongest decides",
        same_again=True,
    )


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """What the shell of a developer says about terminals does not reach the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


# --- progress


def progress(clock, *, terminal=False, width=80, **options):
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal)
    return Progress(console=console, clock=clock, **options), console.file


def test_plain_lines_come_at_most_every_few_seconds():
    """Away from a terminal a line comes every five seconds, then one when all is over."""
    clock = Clock()
    bar, out = progress(clock)
    with bar:
        bar.total("scoring", 1000)
        for _ in range(10):
            clock.now += 1.5
            bar.advance("scoring", 100)

    assert out.getvalue().splitlines() == [
        "scoring: 400 of 1,000 claims, 67 claims/s, 9 s left",
        "scoring: 800 of 1,000 claims, 67 claims/s, 3 s left",
        "scoring: 1,000 of 1,000 claims, 67 claims/s, done in 15 s",
    ]


def test_line_of_a_stage_comes_before_the_next_stage():
    """When a stage begins, the last line of the one before is there already."""
    clock = Clock()
    bar, out = progress(clock)
    with bar:
        bar.advance("reading", 3)
        bar.total("scoring", 2)
        clock.now = 6
        bar.advance("scoring")

    assert out.getvalue().splitlines() == [
        "reading: 3 files",
        "scoring: 1 of 2 claims, 0.2 claims/s, 6 s left",
    ]


def test_nothing_is_said_twice():
    """A stage that has not moved since its last line gets no other."""
    clock = Clock()
    bar, out = progress(clock, every=0)
    with bar:
        bar.advance("scoring", 5)

    assert out.getvalue() == "scoring: 5 claims\n"


def test_line_before_an_error_says_how_far_it_came():
    """The last line is written when the work fails, and the error passes."""
    bar, out = progress(Clock())

    def fail():
        with bar:
            bar.advance("indexing", 7)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert out.getvalue() == "indexing: 7 documents\n"


@pytest.mark.parametrize(
    ("seconds", "words"), [(9, "done in 9 s"), (200, "done in 3 min 20 s"), (7500, "done in 2 h 05 min")]
)
def test_durations_read_as_people_say_them(seconds, words):
    """Long times are told in minutes and hours."""
    clock = Clock()
    bar, out = progress(clock)
    with bar:
        bar.total("scoring", 1)
        clock.now = seconds
        bar.advance("scoring")

    assert out.getvalue().rstrip().endswith(words)


def test_what_was_done_before_says_nothing_about_the_rate():
    """A job that goes on counts from where it was, and times what it does itself."""
    clock = Clock()
    bar, out = progress(clock)
    with bar:
        bar.total("scoring", 100, done=90)
        clock.now = 5
        bar.advance("scoring", 10)
        clock.now = 60

    assert out.getvalue().splitlines() == ["scoring: 100 of 100 claims, 2.0 claims/s, done in 5 s"]


@pytest.mark.parametrize("width", [40, 80])
def test_terminal_gets_bars_with_rate_and_time_left(width):
    """A terminal gets one line a stage that holds amount, rate and time left at any width."""
    clock = Clock()
    bar, out = progress(clock, terminal=True, width=width)
    with bar:
        bar.total("scoring", 1000)
        for _ in range(4):
            clock.now += 1
            bar.advance("scoring", 100)
    unit = " claims" if width == 80 else ""

    assert "━" in out.getvalue()
    assert "400/1,000" in out.getvalue()
    assert f"100{unit}/s" in out.getvalue()
    assert "00:06" in out.getvalue()
    assert "…" not in out.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_without_control_sequences_gets_plain_lines(monkeypatch, name, value):
    """NO_COLOR and TERM=dumb turn bars into lines."""
    monkeypatch.setenv(name, value)
    bar, out = progress(Clock(), terminal=True)
    with bar:
        bar.advance("scoring", 5)

    assert out.getvalue() == "scoring: 5 claims\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_progress_shows_nothing(terminal, capfd):
    """Nothing is written anywhere."""
    bar, out = progress(Clock(), terminal=terminal, quiet=True)
    with bar:
        bar.total("scoring", 5)
        bar.advance("scoring", 5)

    assert out.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_progress_goes_to_standard_error_alone(capfd):
    """Without a console of the caller's, progress is on standard error, and printing goes where it always does."""
    with Progress() as bar:
        bar.advance("scoring", 5)
        sys.stdout.write("a verdict\n")
    out, err = capfd.readouterr()

    assert out == "a verdict\n"
    assert err.startswith("scoring: 5 claims")


def test_bars_leave_standard_output_alone(capfd):
    """What a program prints while bars are shown is not sent among them."""
    bar, out = progress(Clock(), terminal=True)
    with bar:
        bar.advance("scoring", 5)
        sys.stdout.write("a verdict\n")

    assert capfd.readouterr().out == "a verdict\n"
    assert "a verdict" not in out.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_note_is_one_line_that_nothing_in_it_can_break(terminal):
    """A note is printed as it stands, neither as markup nor with what a terminal obeys, among bars too."""
    bar, out = progress(Clock(), terminal=terminal)
    with bar:
        bar.advance("reading")
        bar.note("skipped [b]a.pdf[/] \x1b[31m: torn")

    assert "skipped [b]a.pdf[/] ␛[31m: torn\n" in out.getvalue()


def test_quiet_progress_shows_notes_alone():
    """What was passed over is not progress."""
    bar, out = progress(Clock(), quiet=True)
    with bar:
        bar.advance("reading")
        bar.note("skipped a.pdf")

    assert out.getvalue() == "skipped a.pdf\n"


def test_importing_the_module_does_not_import_rich():
    """A command that shows nothing does not wait for rich."""
    code = "import factcheck.display, sys; print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


# --- summary


def test_summary_counts_every_label_with_its_share():
    """All four verdicts are listed, those without a claim too."""
    counts = {Label.SUPPORTED: 1990, Label.CONTRADICTED: 2, Label.NOT_ENOUGH_INFO: 8}

    assert shown(print_summary, counts, []).splitlines() == [
        "SUPPORTED            1,990  >99 %",
        "CONTRADICTED             2   <1 %",
        "CONFLICTING              0    0 %",
        "NOT ENOUGH INFO          8   <1 %",
        "claims               2,000",
    ]


def test_summary_of_nothing_has_no_shares():
    """No claims are no division by zero."""
    assert "%" not in shown(print_summary, {}, [])


def test_summary_shows_contradictions_then_conflicts():
    """A contradiction shows claim, score, quote and place; a conflict shows both sides; no other verdict comes."""
    conflict = verdict(
        Label.CONFLICTING,
        evidence(Stance.CONTRADICTS, 0.8, quote="Three cranes work.", path="b.pdf"),
        evidence(Stance.SUPPORTS, 0.7, quote="Four cranes are working.", path="a.txt", page=None),
        text="The cranes are four.",
        score=0.8,
    )
    supported = verdict(Label.SUPPORTED, evidence(Stance.SUPPORTS), text="Not to be seen.")
    out = shown(print_summary, {}, [conflict, supported, against()])

    assert out.splitlines()[5:] == [
        "",
        "Strongest contradictions",
        "",
        "claim             Four cranes work.",
        'contradicts 0.90  "No crane works."',
        "                  Harbour report (harbour.pdf, page 3)",
        "",
        "Where the documents disagree",
        "",
        "claim             The cranes are four.",
        'supports 0.70     "Four cranes are working."',
        "                  Harbour report (a.txt)",
        'contradicts 0.80  "Three cranes work."',
        "                  Harbour report (b.pdf, page 3)",
    ]


def test_long_text_is_shortened_in_a_summary_with_a_mark():
    """A summary stays short; the mark says by how much, and a verdict alone is shown whole."""
    long = against(quote="x" * 1000)

    assert f'"{"x" * 399} [and 602 more characters]' in shown(print_summary, {}, [long])
    assert "x" * 1000 in shown(print_verdict, long)


# --- verdicts and hits


def test_verdict_is_shown_with_all_its_evidence():
    """All evidence comes in its order, with stance, probability, exact place, address and copies."""
    found = (
        evidence(Stance.CONTRADICTS, 0.97, (passage(path="copy.txt", page=None),), url="https://example.org/h"),
        evidence(Stance.NEUTRAL, 0.88, quote="It rained.", path="rain.txt", page=None),
    )

    assert shown(print_verdict, verdict(Label.CONTRADICTED, *found, confidence=0.91)).splitlines() == [
        "CONTRADICTED",
        "claim             Four cranes work.",
        "score             0.97, confidence 0.91",
        "reason            evidence; 2 passages read (corpus)",
        "",
        'contradicts 0.97  "No crane works."',
        "                  Harbour report (harbour.pdf:10-25, page 3)",
        "                  https://example.org/h",
        "also in           Harbour report (copy.txt:10-25)",
        "",
        'neutral 0.88      "It rained."',
        "                  Harbour report (rain.txt:10-20)",
    ]


def test_verdict_shows_what_the_model_read_where_that_was_more_than_the_quote():
    """With the date of the document, and the id and place of the claim where they are asked for."""
    found = evidence(Stance.CONTRADICTS)
    source = replace(found.passage.source, date="2024-05", title=found.passage.source.path)
    read = replace(found.passage, source=source, premise="It was late. No crane works.")
    made = verdict(Label.CONTRADICTED, replace(found, hit=replace(found.hit, passage=read)))
    lines = shown(lambda one, console: print_verdict(one, console, named=True), made).splitlines()

    assert "id                c1" == lines[1]
    assert [
        'contradicts 0.90  "No crane works."',
        "                  harbour.pdf:10-25, page 3, 2024-05",
        'model read        "It was late. No crane works."',
    ] == lines[6:]


def test_trace_is_shown_from_the_words_to_the_rule():
    """By rank, with everything that a trace holds."""
    read = evidence(Stance.CONTRADICTS, 0.9, (passage(path="copy.txt", page=None),))
    made = replace(verdict(Label.CONTRADICTED, read, score=0.9), unjudged=1)

    assert shown(print_trace, traced(made, Treatment.WITHOUT_CONTEXT)).splitlines() == [
        "CONTRADICTED",
        "id                c1",
        "claim             Four cranes work.",
        "score             0.90",
        "reason            evidence; 1 of 2 passages read (corpus)",
        "",
        "note              the index is gone",
        "looked in         the whole corpus, version 0123456789ab; the 10 best by BM25",
        "searched          Four cranes",
        "as                four crane",
        "stop words        the",
        "",
        '1. BM25 12.25     "No crane works."',
        "                  Harbour report (harbour.pdf:10-25, page 3)",
        "also in           Harbour report (copy.txt:10-25)",
        "words in it       crane",
        "                  read without title and sentence before it, with which it did not fit beside the claim",
        "contradicts       entailment 0.000000, neutral 0.100000, contradiction 0.900000",
        "                  contradiction reaches 0.5",
        "                  the verdict stands on this",
        "",
        '2. BM25 3.00      "Maybe."',
        "                  Harbour report (harbour.pdf:10-16, page 3)",
        "words in it       crane",
        "                  not read: the claim was settled before",
        "",
        "after rank 1      settled as CONTRADICTED: it is clear",
        "left unread       1 passage",
        "rule              the strongest decides",
        "check             the recorded probabilities give the same verdict again",
        "model             nli-mini (rules)",
    ]


def test_trace_shows_the_parts_of_a_split_sentence():
    """Each with its characters and its words."""
    made = verdict(Label.CONTRADICTED, evidence(Stance.CONTRADICTS), evidence(Stance.NEUTRAL, quote="works."))
    whole = traced(made, Treatment.SPLIT)
    parts = tuple(part for hit in whole.hits for part in hit.parts)
    out = shown(print_trace, replace(whole, hits=(replace(whole.hits[0], parts=parts),), same_again=False))

    assert 'part              10-25 "No crane works."\n' in out
    assert 'part              10-16 "works."\n' in out
    assert "do NOT give this verdict" in out


def test_verdict_says_how_much_of_what_was_found_was_read():
    """Where the first passages settled the claim."""
    early = replace(against(), unjudged=9)

    assert "reason            evidence; 1 of 10 passages read (corpus)" in shown(print_verdict, early)


def test_verdict_without_evidence_gives_its_reason():
    """A verdict that stands on nothing says why."""
    empty = Verdict(Claim("c1", "It rained."), Label.NOT_ENOUGH_INFO, 0.0, Reason.NO_PASSAGE_FOUND, EvidenceFrom.GIVEN)

    assert "reason            no passage found; 0 passages read (given)" in shown(print_verdict, empty)


def test_hits_are_numbered_with_their_scores():
    """Hits come in their order with number, score, place and copies."""
    found = [Hit(passage(), 12.25, (passage(path="copy.txt", page=None),)), Hit(passage("Yes.", "b.txt", None), 3.5)]

    assert shown(print_hits, found).splitlines() == [
        '1. score 12.25    "No crane works."',
        "                  Harbour report (harbour.pdf, page 3)",
        "also in           Harbour report (copy.txt)",
        "",
        '2. score 3.50     "Yes."',
        "                  Harbour report (b.txt)",
    ]


def test_no_hits_are_said_so():
    """An empty search does not print nothing."""
    assert shown(print_hits, []) == "nothing found\n"


# --- any console, any text


def everything(made, found, console):
    print_summary({made.label: 1}, [made], console)
    print_verdict(made, console, named=True)
    print_hits(found, console)
    print_trace(traced(made, Treatment.SPLIT), console)


@given(made=verdicts(), found=st.lists(hits, max_size=2), width=st.sampled_from([40, 80]))
def test_no_line_is_wider_than_the_terminal(made, found, width):
    """Whatever the texts hold, a terminal of 40 columns is enough."""
    lines = shown(everything, made, found, width=width, terminal=True).split("\n")

    assert max(map(cell_len, lines)) <= width


@given(made=verdicts(), found=st.lists(hits, max_size=2), terminal=st.booleans())
def test_nothing_reaches_the_terminal_that_it_obeys(made, found, terminal):
    """Without colours of our own, no control character comes out whatever goes in."""
    out = shown(everything, made, found, terminal=terminal).replace("\n", "")

    assert not [char for char in out if ord(char) < 32 or 127 <= ord(char) < 160]


@pytest.mark.parametrize(
    "text", ["[red]no[/red]", "[/]", "[link=https://example.org]x[/link]", ":smile:", "\\[b]", "[@click=f]"]
)
def test_markup_is_printed_as_it_stands(text):
    """What rich would read as markup is text like any other, in a claim, a quote, a title and a path."""
    source = Source("d", text, f"{text}.txt", "ab" * 32)
    piece = Evidence(Hit(Passage(source, 0, 0, len(text), text, text), 1.0), NLIScores(0, 0.1, 0.9), Stance.CONTRADICTS)
    made = verdict(Label.CONTRADICTED, piece, text=text)

    for out in (shown(print_summary, {}, [made]), shown(print_verdict, made), shown(print_hits, [piece.hit])):
        assert f'"{text}"' in out
        assert f"{text} ({text}.txt" in out
    assert f"claim             {text}\n" in shown(print_verdict, made)


def test_control_characters_become_pictures():
    """An escape sequence of a document is shown, not sent; what turns the direction of writing is replaced."""
    out = shown(print_verdict, against("a\x1b[31mb\x07c\x9bd\u202ee\x7f"))

    assert "a␛[31mb␇c\ufffdd\ufffde␡" in out


def test_visible_text_can_be_sent_to_a_terminal():
    """Every control character, a line end too, is made visible; other characters stay."""
    assert visible("a\x1bb\nc\x9d é漢") == "a␛b␊c\ufffd é漢"


def test_line_ends_in_a_text_do_not_end_the_line():
    """A quote that runs over lines is shown as one text."""
    assert '"one two three"' in shown(print_verdict, against(quote="one\r\ntwo\u2028\n  three"))


def test_pipe_gets_whole_lines():
    """Away from a terminal nothing is wrapped, so that lines can be searched."""
    text = "crane " * 100 + "end"

    assert f"claim             {text}\n" in shown(print_verdict, against(text), width=40)


def test_terminal_wraps_below_the_text():
    """On a terminal the lines of a text stand below its first."""
    out = shown(print_verdict, against("Four old cranes work in the harbour."), width=40, terminal=True)

    assert out.splitlines()[1:3] == ["claim             Four old cranes work", "                  in the harbour."]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_console_that_lacks_a_character_shows_a_question_mark(encoding):
    """A text is printed as far as the encoding of the console reaches."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=stream, width=80)
    print_verdict(against("Zagreb 漢 \ud800 rain"), console)
    stream.flush()

    assert b"Zagreb ? ? rain" in raw.getvalue()


def test_verdicts_have_colours_on_a_terminal():
    """A contradiction is red on a terminal that has colours."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    print_verdict(against(), console)

    assert "\x1b[1;31mCONTRADICTED\x1b[0m" in console.file.getvalue()


def test_default_console_is_standard_output(capfd):
    """Without a console, verdicts go to standard output."""
    print_verdict(against())

    assert capfd.readouterr().out.startswith("CONTRADICTED\n")
