"""`factcheck show`: finding a claim of a run by what people call it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.formats.export import export
from factcheck.jobs.lookup import look_up
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Claim, EvidenceFrom, Label, Reason, Verdict

IDS = ["sec-1", "sec-2", "Sec-30", "-7", "claims.jsonl:2", "[b]we\x1b[31mird\nid[/]", "漢 ☃"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(tmp_path):
    """A run of claims with their own contexts; the last one has no verdict yet."""
    claims = tmp_path / "in" / "claims.jsonl"
    claims.parent.mkdir()
    contexts = [{"id": "t", "title": "Log", "text": "Ferry Baa sails. It rains."}]
    records = [{"id": ident, "claim": "Ferry Baa sails.", "contexts": contexts} for ident in (*IDS, "late")]
    claims.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    folder = tmp_path / "run"
    report = run_job(claims, folder, Settings(window=len(IDS)), scorer=RuleNLI(), stopping=lambda: True)
    assert not report.finished
    return folder


def show(run, *args):
    return CliRunner().invoke(app, ["show", str(run), *args])


def found(run, name):
    with Ledger(run) as ledger:
        return [item.claim.id if isinstance(item, Verdict) else item for item in look_up(ledger, [name])]


@pytest.mark.parametrize("name", IDS)
def test_an_id_may_be_any_text(run, name):
    """A name that is an id is that claim, even if it looks like an option, a place or markup."""
    assert [name] == found(run, name)
    assert name == json.loads(show(run, "--", name).stdout)["id"]


@pytest.mark.parametrize("place", ["claims.jsonl:4", "in/claims.jsonl:4"])
def test_a_claim_is_found_by_its_place(run, tmp_path, place):
    """With or without the folder of the file; part of a file's name is not enough."""
    assert ["-7"] == found(run, place) == found(run, f"{tmp_path}/in/claims.jsonl:4")
    [error] = found(run, "laims.jsonl:4")
    assert isinstance(error, RunError)


def test_all_sentences_of_a_text_stand_at_its_place(tmp_path):
    """A response that was split is shown whole, in order."""
    log = tmp_path / "log.jsonl"
    log.write_text(
        json.dumps({"id": "a", "response": "It rains. It snows.", "contexts": ["It rains."]}) + "\n", "utf-8"
    )
    run_job(log, tmp_path / "run", Settings(format="rag"), scorer=RuleNLI())

    assert 2 == len(found(tmp_path / "run", "log.jsonl:1"))


@pytest.mark.parametrize(
    ("name", "near"),
    [("sec-3", ["sec-1", "sec-2", "Sec-30"]), ("SEC-2", ["sec-2"]), ("ate", ["late"]), ("漢 x", ["漢 ☃"])],
)
def test_an_unknown_id_names_those_that_are_like_it(run, name, near):
    """Case does not matter; and the message says how to list them all."""
    [error] = found(run, name)

    assert all(repr(one) in error.fix for one in near)
    assert "factcheck export" in error.fix


@pytest.mark.parametrize("name", ["", "%", "zzzzzz", "\udcff\udcfe", "x" * 100_000, "'; DROP TABLE claims; --"])
def test_a_name_that_is_like_no_id_is_refused_without_a_guess(run, name):
    """In a message of bounded length, whatever the name."""
    [error] = found(run, name)

    assert "did you mean" not in str(error)
    assert len(str(error)) < 300 + len(str(run)) * 2


def test_a_guess_is_near_where_all_ids_are_alike(tmp_path):
    """Of thousands that share beginning and end with the name, those are named that are one character from it."""
    with Ledger(tmp_path / "run", write=True) as ledger:
        ledger.ingest(Claim(f"claim-{number:06}-of-many-others", "x") for number in range(0, 100_000, 21))

    [error] = found(tmp_path / "run", "claim-04221-of-many-others")

    assert "'claim-042210-of-many-others'" in error.fix


def test_a_claim_without_a_verdict_says_so(run):
    """The others are shown all the same, in the order of the names, and the exit status is 1."""
    done = show(run, "sec-2", "late", "nope", "sec-1")

    assert 1 == done.exit_code
    assert ["sec-2", "sec-1"] == [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert "claim 'late' has no verdict yet (7 of 8 claims have one)" in done.stderr
    assert "no claim is called 'nope'" in done.stderr


def test_what_is_piped_is_the_line_of_the_export(run, tmp_path):
    """Byte for byte, also for an id that no terminal should see."""
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", tmp_path / "out.jsonl")

    done = show(run, "--", *IDS)

    assert (tmp_path / "out.jsonl").read_bytes() == done.stdout_bytes
    assert 0 == done.exit_code


def test_text_shows_id_and_place(run):
    """Nothing in them reaches the terminal as a command."""
    text = show(run, IDS[5], "--no-json").stdout

    assert "id                [b]we␛[31mird id[/] (" in text
    assert "claims.jsonl:6)" in text
    assert '"Ferry Baa sails."' in text


@pytest.mark.parametrize("kind", ["--json", "--no-json"])
def test_a_trace_can_be_read_and_parsed(run, kind):
    """The same trace for a reader and for a program."""
    done = show(run, "sec-1", "--trace", kind)

    assert 0 == done.exit_code
    if kind == "--json":
        record = json.loads(done.stdout)
        assert (1, "sec-1", "one_side") == (record["trace_version"], record["verdict"]["id"], record["case"])
    else:
        assert "1. BM25" in done.stdout
        assert "the verdict stands on this" in done.stdout


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    """With the way out."""
    assert isinstance(show(tmp_path, "x").exception, RunError)


@settings(max_examples=30)
@given(
    ids=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=5),
    wrong=st.text(max_size=12),
)
def test_every_id_finds_its_claim_and_no_other_name_does(tmp_path_factory, ids, wrong):
    """Whatever text the ids are."""
    folder = tmp_path_factory.mktemp("run")
    made = [Claim(one, "x", place=f"f:{at}") for at, one in enumerate(ids)]
    with Ledger(folder / "run", write=True) as ledger:
        ledger.ingest(made)
        ledger.write(
            [Verdict(one, Label.NOT_ENOUGH_INFO, 0.0, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS) for one in made]
        )

    with Ledger(folder / "run") as ledger:
        assert [one.id for one in made] == [item.claim.id for item in look_up(ledger, [one.id for one in made])]
        if wrong not in ids and not wrong.startswith("f:"):
            assert [RunError] == [type(item) for item in look_up(ledger, [wrong])]
