"""What changed between two runs: real jobs over small corpora, with the rule double in the model's place."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.display import print_comparison, print_flips
from factcheck.errors import RunError
from factcheck.jobs.causes import Change, Fate, Kind
from factcheck.jobs.diff import Flip, compare, flips
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.run.manifest import MANIFEST, scoring_versions
from factcheck.testing import RuleNLI
from factcheck.types import Label, NLIScores

FERRIES = ("Alba", "Bruna", "Cora", "Dita")


class OtherNLI(RuleNLI):
    """The rules with another fingerprint, and another opinion of one pair."""

    def __init__(self, pair, scores):
        super().__init__()
        self.fingerprint = "other"
        self._opinion = {pair: scores}

    def score(self, pairs):
        found = super().score(pairs)
        return [self._opinion.get(pair, scores) for pair, scores in zip(pairs, found, strict=True)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in FERRIES:
        text = f"The ferry {name} sails twice a day.\n\nTickets for the {name} are sold on board.\n"
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


def ask(tmp_path, *names, **texts):
    """A claims file: ferries sail; `texts` by id."""
    rows = {name: f"The ferry {name} sails." for name in names} | texts
    path = tmp_path / "claims.csv"
    path.write_text("id,claim\n" + "".join(f"{claim_id},{text}\n" for claim_id, text in rows.items()), "utf-8")
    return path


@pytest.fixture
def verify(tmp_path, corpus):
    """Runs a job in a folder of that name."""

    def start(name, *, claims=None, scorer=None, stopping=lambda: False, **settings):
        claims = claims or ask(tmp_path, *FERRIES)
        settings = Settings(corpus=str(corpus), **{"join": False} | settings)  # one pair a sentence
        run_job(claims, tmp_path / name, settings, scorer=scorer or RuleNLI(), stopping=stopping)
        return tmp_path / name

    return start


def flips_of(before, after):
    with Ledger(before) as one, Ledger(after) as other:
        return list(flips(one, other))


def comparison_of(before, after):
    with Ledger(before) as one, Ledger(after) as other:
        return compare(one, other)


def diff(*args):
    return CliRunner().invoke(app, ["diff", *map(str, args)])


def test_runs_that_are_equal_are_identical(verify):
    """Said of their exports; another name of the claims file, window or time is no difference."""
    before, after = verify("one"), verify("two", window=1)

    comparison = comparison_of(before, after)

    assert [] == flips_of(before, after)
    assert comparison.is_identical
    assert (4, 4) == (comparison.compared, comparison.identical)
    assert "identical, byte for byte" in diff(before, after).stdout


def test_a_threshold_that_changed_is_the_setting_responsible(verify):
    """For each verdict that it flipped."""
    found = flips_of(verify("one"), verify("two", support=0.97))

    assert list(FERRIES) == [flip.claim_id for flip in found]
    for flip in found:
        assert (Label.SUPPORTED, Label.NOT_ENOUGH_INFO) == (flip.before, flip.after)
        assert (Kind.SETTING, "support was 0.5, is 0.97") == (flip.cause.kind, str(flip.cause))


def test_a_document_that_was_edited_is_responsible(verify, corpus):
    """The sentence that went and the one that came are shown with their places."""
    before = verify("one")
    (corpus / "Cora.txt").write_text("The ferry Cora sails no more.\n", "utf-8")

    [flip] = flips_of(before, verify("two"))

    assert ("Cora", Label.CONTRADICTED) == (flip.claim_id, flip.after)
    assert (Kind.DOCUMENTS, {"Cora.txt": Fate.CHANGED}) == (flip.cause.kind, flip.cause.documents)
    assert [
        (Change.REMOVED, "The ferry Cora sails twice a day."),
        (Change.ADDED, "The ferry Cora sails no more."),
    ] == [(item.change, item.quote) for item in flip.cause.passages]


def test_a_document_that_was_added_is_responsible_and_so_is_one_that_was_removed(verify, corpus):
    """The same document, looked at from either side."""
    before = verify("one")
    (corpus / "news.txt").write_text("The ferry Dita does not sail.\n", "utf-8")
    after = verify("two")

    [came], [went] = flips_of(before, after), flips_of(after, before)

    assert (Label.CONFLICTING, {"news.txt": Fate.ADDED}) == (came.after, came.cause.documents)
    assert (Label.SUPPORTED, {"news.txt": Fate.REMOVED}) == (went.after, went.cause.documents)
    assert ["The ferry Dita does not sail."] == [item.quote for item in came.cause.passages]


def test_a_pair_that_another_model_scores_otherwise_is_responsible(verify):
    """By its quote, with both scores; the model is named, and no other pair."""
    premise, scores = "The ferry Bruna sails twice a day.", NLIScores(0.1, 0.1, 0.8)
    before, after = verify("one"), verify("two", scorer=OtherNLI((premise, "The ferry Bruna sails."), scores))

    [flip] = flips_of(before, after)
    comparison = comparison_of(before, after)

    assert ("Bruna", Label.CONTRADICTED, Kind.SCORES) == (flip.claim_id, flip.after, flip.cause.kind)
    assert [(premise, 0.96, 0.1)] == [
        (item.quote, item.before.entailment, item.after.entailment) for item in flip.cause.passages
    ]
    assert ["model"] == [item.name for item in flip.cause.differences]
    assert (0.86, "Bruna", premise) == (
        comparison.largest.by,
        comparison.largest.claim_id,
        comparison.largest.premise,
    )


def test_fewer_passages_are_the_setting_responsible(verify, corpus):
    """Where they take a passage away whose document is the same."""
    (corpus / "news.txt").write_text("In winter the ferry Alba does not sail when it storms or freezes.\n", "utf-8")

    [flip] = flips_of(verify("one"), verify("two", passages=1))

    assert ("Alba", Label.CONFLICTING, Label.SUPPORTED) == (flip.claim_id, flip.before, flip.after)
    assert Kind.RETRIEVAL is flip.cause.kind
    assert "other passages of the same documents were judged (passages was 10, is 1)" == str(flip.cause)
    assert [("news.txt", Change.REMOVED)] == [(item.doc_id, item.change) for item in flip.cause.passages]


def test_claims_are_matched_by_id_and_others_are_listed(verify, tmp_path):
    """A claim with another text is another claim, whatever its verdict."""
    before = verify("one", claims=ask(tmp_path, "Alba", "Bruna", "Cora", x="The ferry Dita sails."))
    after = verify("two", claims=ask(tmp_path, "Dita", "Cora", "Alba", x="The ferry Dita does not sail."), support=0.97)

    comparison = comparison_of(before, after)

    assert ["Cora", "Alba"] == [flip.claim_id for flip in flips_of(before, after)]
    assert (1, ("Bruna",)) == (comparison.only_before.count, comparison.only_before.ids)
    assert (1, ("Dita",)) == (comparison.only_after.count, comparison.only_after.ids)
    assert (1, ("x",)) == (comparison.reworded.count, comparison.reworded.ids)
    assert (2, 2) == (comparison.compared, comparison.flipped)
    lines = [json.loads(line) for line in diff(before, after, "--json").stdout.splitlines()]
    assert [("only_before", "Bruna"), ("only_after", "Dita"), ("reworded", "x")] == [
        (line["record"], line["id"]) for line in lines if line["record"] not in {"flip", "report"}
    ]


def test_the_same_verdicts_in_another_order_are_not_identical(verify, tmp_path):
    """Their exports are not, either."""
    before = verify("one", claims=ask(tmp_path, "Alba", "Bruna"))

    comparison = comparison_of(before, verify("two", claims=ask(tmp_path, "Bruna", "Alba")))

    assert (2, 2, False) == (comparison.compared, comparison.identical, comparison.is_identical)
    assert "0 of 2 verdicts flipped" == comparison.conclusion


def test_verdicts_with_the_same_label_are_told_apart_by_what_else_differs(verify, corpus):
    """Other scores, other passages, other details, or nothing."""
    pair = ("The ferry Bruna sails twice a day.", "The ferry Bruna sails.")
    one = verify("one")
    rescored = comparison_of(one, verify("rescored", scorer=OtherNLI(pair, NLIScores(0.9, 0.05, 0.05))))
    (corpus / "Dita.txt").write_text("\n\nThe ferry Dita sails twice a day.\n", "utf-8")
    edited = comparison_of(one, verify("edited"))

    assert (4, 3, 1, 0, 0) == (rescored.compared, rescored.identical, rescored.rescored, rescored.other_passages, 0)
    assert (0, 0, 4) == (edited.flipped, edited.rescored, edited.other_passages + edited.other_details)
    assert edited.other_passages
    assert not rescored.is_identical


def test_what_a_claim_came_with_is_part_of_its_record(verify, tmp_path):
    """Another column of the input makes another export, and no other verdict."""
    claims = ask(tmp_path, *FERRIES)
    before = verify("one", claims=claims)
    head, *rows = claims.read_text("utf-8").splitlines()
    claims.write_text("\n".join([f"{head},from", *(f"{row},desk" for row in rows)]) + "\n", "utf-8")

    comparison = comparison_of(before, verify("two", claims=claims))

    assert (4, 0, 4, 0) == (
        comparison.compared,
        comparison.identical,
        comparison.other_details,
        comparison.flipped,
    )


@pytest.mark.parametrize("torn", ["{", "[1]", ""])
def test_a_manifest_that_cannot_be_read_explains_nothing_and_breaks_nothing(verify, torn):
    """The ledgers say all that counts."""
    before, after = verify("one"), verify("two")
    (after / MANIFEST).write_text(torn, "utf-8")

    assert (True, ()) == (comparison_of(before, after).is_identical, comparison_of(before, after).facts)


def test_another_processor_is_said_to_be_all_that_differs(verify, tmp_path, monkeypatch):
    """With how far the scores are apart: here one pair, a little, over a threshold."""
    pair = ("The ferry Bruna sails twice a day.", "The ferry Bruna sails.")
    monkeypatch.setattr("factcheck.jobs.bench.instruction_set", lambda: "one kind")
    noisy = OtherNLI(pair, NLIScores(0.500002, 0.4, 0.099998))
    before = verify("one", scorer=noisy)
    monkeypatch.setattr("factcheck.jobs.bench.instruction_set", lambda: "another kind")
    monkeypatch.setattr("factcheck.jobs.bench.scoring_versions", lambda: scoring_versions() | {"torch": "99"})
    after = verify("two", scorer=OtherNLI(pair, NLIScores(0.499998, 0.4, 0.100002)))
    manifest = json.loads((after / MANIFEST).read_text("utf-8"))
    manifest["machine"]["cores"] = 1_000
    manifest["versions"]["torch"] = "99"
    (after / MANIFEST).write_text(json.dumps(manifest), "utf-8")

    comparison = comparison_of(before, after)
    [flip] = flips_of(before, after)

    assert comparison.differs_in_machine_only
    assert 0.000004 == comparison.largest.by
    assert (
        "the same inputs on two machines: the probabilities of a pair are at most 4e-06 apart,"
        " and 1 of 4 verdicts flipped"
    ) == comparison.conclusion
    assert ["processor", "versions.torch"] == [item.name for item in flip.cause.differences]
    assert ["machine.cores"] == [item.name for item in comparison.facts]  # torch is named already


def test_an_unfinished_run_is_refused(verify, tmp_path):
    """By diff and by export, with how far it is; `--partial` takes what there is, and says so."""
    whole, part = verify("whole"), verify("part", stopping=lambda: True, window=3, support=0.97)

    for refused in (["diff", whole, part], ["diff", part, whole], ["export", part]):
        done = CliRunner().invoke(app, [str(arg) for arg in refused])
        assert isinstance(done.exception, RunError)
        assert "3 of 4 claims have a verdict" in str(done.exception)
        assert "--partial" in str(done.exception)
    compared = diff(whole, part, "--partial")
    exported = CliRunner().invoke(app, ["export", str(part), "--partial"])

    for done in (compared, exported):
        assert 0 == done.exit_code
        assert "not finished: 3 of 4 claims" in done.stderr
    assert 3 == len(exported.stdout.splitlines())
    comparison = comparison_of(whole, part)
    assert (3, 1, 3) == (comparison.compared, comparison.undecided, comparison.flipped)


def test_the_exit_status_tells_of_flips_where_that_is_asked_for(verify):
    """As that of `git diff`; else a comparison that was made is a success."""
    one, same, other = verify("one"), verify("same"), verify("other", support=0.97)

    assert [0, 0, 1] == [
        diff(one, other).exit_code,
        diff(one, same, "--exit-code").exit_code,
        diff(one, other, "--exit-code").exit_code,
    ]


def test_json_is_a_record_a_line_with_the_counts_last(verify):
    """A flip's record gives the flip again."""
    before, after = verify("one"), verify("two", support=0.97)

    *lines, report = (json.loads(line) for line in diff(before, after, "--json").stdout.splitlines())

    assert flips_of(before, after) == [Flip.of(line) for line in lines]
    assert {"flip"} == {line["record"] for line in lines}
    assert ("report", 4, 4) == (report["record"], report["claims"]["compared"], report["claims"]["flipped"])
    assert {"before": "SUPPORTED", "after": "NOT ENOUGH INFO", "claims": 4} in report["labels"]


def test_two_editions_of_one_run_are_compared_like_two_runs(verify, corpus):
    """The next edition has its own identity and documents; what follows it is streamed from one connection."""
    folder = verify("one")
    (corpus / "news.txt").write_text("The ferry Dita does not sail.\n", "utf-8")
    with Ledger(verify("two")) as other:
        identity, verdicts = other.get("identity"), list(other.verdicts())
        documents = [(name, other.document(name)) for name in ("news.txt", *(f"{name}.txt" for name in FERRIES))]

    with Ledger(folder, write=True) as ledger:
        following = ledger.begin_update(identity, documents)
        following.write(verdicts)
        comparison = compare(ledger, following)
        following.publish(flip.record() for flip in flips(ledger, following))
        kept = [Flip.of(record) for _, record in ledger.events("flip")]

    assert (["corpus"], 1) == ([item.name for item in comparison.identity], comparison.flipped)
    assert [("Dita", {"news.txt": Fate.ADDED})] == [(flip.claim_id, flip.cause.documents) for flip in kept]


def test_only_so_many_flips_are_shown_and_the_rest_is_counted(verify):
    """Whether their number is known or not; nothing in a text is obeyed by a terminal."""
    before, after = verify("one"), verify("two", support=0.97)
    found = flips_of(before, after)
    sly = replace(found[0], text="[red]\x1b[31mThe ferry[/red]")

    with_total = diff(before, after, "--limit", 1).stdout
    without = _printed(lambda console: print_flips(iter([sly, *found[1:]]), 1, console=console))

    for shown in (with_total, without):
        assert 1 == shown.count("because")
        assert "and 3 more" in shown
    assert "[red]\u241b[31mThe ferry[/red]" in without


def test_all_that_was_counted_is_shown(verify, tmp_path):
    """Inputs that differ, labels that flipped, claims that have no counterpart, and the largest change of a score."""
    pair = ("The ferry Bruna sails twice a day.", "The ferry Bruna sails.")
    before = verify("one", claims=ask(tmp_path, "Alba", "Bruna"))
    claims = ask(tmp_path, "Bruna", "Cora")
    after = verify("two", claims=claims, scorer=OtherNLI(pair, NLIScores(0.1, 0.1, 0.8)), language="en", passages=3)

    shown = _printed(lambda console: print_comparison(comparison_of(before, after), console))

    for words in (
        "passages was 10, is 3",
        "SUPPORTED → CONTRADICTED",
        "only before       1: Alba",
        "only after        1: Cora",
        "0.86 in a probability, of claim Bruna: entailment 0.96 → 0.10",
        "1 of 1 verdicts flipped",
    ):
        assert words in shown


def _printed(show):
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), width=120)
    show(console)
    return console.file.getvalue()
