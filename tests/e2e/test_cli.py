"""The command line as a user runs it: real processes, the bundled model, the bundled examples."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "claims" / "asean-security"
NEWS = ROOT.parent / "shared" / "corpus"
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A working folder and an environment of its own; the cache is shared by the tests of this file."""
    folder = tmp_path_factory.mktemp("e2e")
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    env = {name: os.environ[name] for name in names if name in os.environ}
    env |= {"FACTCHECK_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
    return folder, env


def factcheck(work, *args, before=(), check=True, **options):
    folder, env = work
    command = [*before, sys.executable, "-m", "factcheck", *map(str, args)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, **options)
    if check:
        assert 0 == done.returncode, done.stderr
    return done


def records(work, run):
    return [json.loads(line) for line in factcheck(work, "export", run, "--to", "jsonl").stdout.splitlines()]


@pytest.fixture(scope="module")
def demo(work):
    """The demo job, run once."""
    done = factcheck(work, "verify", EXAMPLE / "claims.csv", "--corpus", EXAMPLE / "documents", "--run", "runs/demo")
    return done, records(work, "runs/demo")


def assert_quotes_are_verbatim(found, corpus):
    """Every quote and copy of txt and md documents is the text of its file at its offsets."""
    checked = 0
    for record in found:
        for item in record["evidence"]:
            for passage in (item, *item["copies"]):
                if passage["path"].endswith((".txt", ".md")):
                    text = (corpus / passage["path"]).read_bytes().decode("utf-8-sig")
                    assert text[passage["start"] : passage["end"]] == passage["quote"]
                    checked += 1
    assert checked


def test_the_demo_gives_a_verdict_with_its_sentence_for_every_claim(demo):
    """Claims in input order, all passages with three probabilities, decisive verdicts on decisive evidence."""
    done, found = demo

    assert 12 == len(found)
    assert "Strongest contradictions" in done.stdout
    assert "scoring: 12 of 12 claims" in done.stderr
    for record in found:
        alone = [item for item in record["evidence"] if item["joined"] is None]
        assert record["judged"] == len(record["evidence"]) <= len(alone) + 1
        assert len(alone) == 10
        for item in record["evidence"]:
            assert item["entailment"] + item["neutral"] + item["contradiction"] == pytest.approx(1, abs=1e-5)
            assert item["quote"] in item["premise"]
        if record["verdict"] == "CONTRADICTED":
            assert "contradicts" == record["evidence"][0]["stance"]
    assert_quotes_are_verbatim(found, EXAMPLE / "documents")


def test_every_verdict_of_the_demo_can_be_shown_and_traced(work, demo):
    """What is piped is the export's record; a trace finds the same passages and decides the same again."""
    found = demo[1]
    ids = [record["id"] for record in found]

    assert found == [json.loads(line) for line in factcheck(work, "show", "runs/demo", *ids).stdout.splitlines()]
    traces = [json.loads(line) for line in factcheck(work, "show", "runs/demo", *ids, "--trace").stdout.splitlines()]
    assert found == [trace["verdict"] for trace in traces]
    assert {("search", True)} == {(trace["hits_from"], trace["same_again"]) for trace in traces}
    text = factcheck(work, "show", "runs/demo", f"claims.csv:{2 + 3}", "--no-json").stdout
    assert text.startswith(found[3]["verdict"])
    assert found[3]["claim"] in text


def test_a_job_killed_in_the_middle_ends_with_the_same_bytes(work, demo, tmp_path):
    """kill -9 while the model scores; the same command again goes on."""
    folder, env = work
    settings = tmp_path / "small.toml"
    settings.write_text("window = 2\n", "utf-8")
    command = ["verify", EXAMPLE / "claims.csv", "--corpus", EXAMPLE / "documents", "--run", "runs/killed"]
    command += ["--config", settings]
    process = subprocess.Popen(
        [sys.executable, "-m", "factcheck", *map(str, command)], cwd=folder, env=env, stderr=subprocess.DEVNULL
    )
    ledger = folder / "runs/killed/run.sqlite"
    while process.poll() is None and not _verdicts(ledger):
        time.sleep(0.01)  # polls for the first verdict; what is tested does not depend on how long it takes
    process.send_signal(signal.SIGKILL)
    process.wait()

    resumed = factcheck(work, *command)

    assert "there already" in resumed.stdout
    assert factcheck(work, "export", "runs/demo").stdout == factcheck(work, "export", "runs/killed").stdout


def _verdicts(ledger):
    import sqlite3

    try:
        with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM verdicts").fetchone()[0]
    except sqlite3.Error:
        return 0


def test_it_works_with_the_network_unplugged(work, demo):
    """In a network namespace without any interface."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("`unshare -n` is not allowed here")

    factcheck(
        work,
        "verify",
        EXAMPLE / "claims.csv",
        "--corpus",
        EXAMPLE / "documents",
        "--run",
        "runs/unplugged",
        before=(unshare, "-n"),
    )

    assert demo[1] == records(work, "runs/unplugged")


def test_claims_can_come_through_a_pipe(work):
    """Standard input is read like a file, and a run can be exported through a pipe."""
    factcheck(work, "verify", "-", "--corpus", EXAMPLE / "documents", "--run", "runs/pipe", input="Japan gave boats.\n")

    assert ["Japan gave boats."] == [record["claim"] for record in records(work, "runs/pipe")]


def test_one_claim_can_be_asked(work):
    """For a reader, and as the record of the export."""
    corpus = ("--corpus", EXAMPLE / "documents")

    shown = factcheck(work, "ask", "Japan gave Malaysia rescue boats.", *corpus, "-k", 3).stdout
    record = json.loads(factcheck(work, "ask", "Japan gave Malaysia rescue boats.", *corpus, "-k", 3, "--json").stdout)

    assert 3 == record["judged"]
    assert shown.startswith(record["verdict"])
    assert record["evidence"][0]["quote"][:40] in " ".join(shown.split())


def test_an_index_is_built_searched_and_used(work):
    """`index`, then `search` and `verify` with it."""
    built = factcheck(work, "index", EXAMPLE / "documents", "--index", "asean.idx").stdout
    again = factcheck(work, "index", EXAMPLE / "documents", "--index", "asean.idx").stdout
    hits = factcheck(work, "search", "rescue boats", "--index", "asean.idx", "-k", 2).stdout

    assert "13 added" in built
    assert "0 files read" in again
    assert "boat" in hits
    factcheck(work, "verify", EXAMPLE / "claims.csv", "--index", "asean.idx", "--run", "runs/index")


def test_a_text_is_split_into_claims_that_can_be_verified(work):
    """`factcheck claims` writes what `factcheck verify` reads."""
    folder, _ = work
    text = "# News\n\nJapan gave boats. Dr. Smith said so.\n"
    (folder / "answer.txt").write_text(text, "utf-8")

    lines = factcheck(work, "claims", "answer.txt").stdout
    (folder / "split.jsonl").write_text(lines, "utf-8")

    split = [json.loads(line) for line in lines.splitlines()]
    assert ["News", "Japan gave boats.", "Dr. Smith said so."] == [item["claim"] for item in split]
    assert all(text[item["start"] : item["end"]] == item["claim"] for item in split)
    factcheck(work, "verify", "split.jsonl", "--corpus", EXAMPLE / "documents", "--run", "runs/split")
    assert [item["id"] for item in split] == [record["id"] for record in records(work, "runs/split")]


def test_an_answer_is_checked_against_what_was_retrieved_for_it(work):
    """A RAG log needs no corpus: each sentence of the response is judged by the contexts of its record."""
    factcheck(work, "verify", ROOT / "tests/data/rag_log.jsonl", "--run", "runs/rag")

    found = records(work, "runs/rag")
    logs = [json.loads(line) for line in (ROOT / "tests/data/rag_log.jsonl").read_text("utf-8").splitlines()]
    assert sum(len(log["sentence_labels"]) for log in logs) == len(found)
    assert {"given"} == {record["evidence_from"] for record in found}
    for record in found:
        log = next(log for log in logs if record["id"].startswith(f"{log['id']}#"))
        assert log["response"][record["claim_start"] : record["claim_end"]] == record["claim"]
        assert {item["doc_id"] for item in record["evidence"]} <= {item["doc_id"] for item in log["retrieved_context"]}


def test_a_dry_run_estimates_and_writes_no_run(work):
    """Documents, claims, pairs, minutes, memory and disk."""
    folder, _ = work

    shown = factcheck(work, "verify", EXAMPLE / "claims.csv", "--corpus", EXAMPLE / "documents", "--dry-run").stdout

    for word in ("13 read", "12 good", "pairs", "minutes", "MB at the peak", "disk"):
        assert word in shown
    assert not (folder / "runs/claims").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("verify", "none.csv", "--corpus", EXAMPLE / "documents", "--run", "runs/x"), "none.csv"),
        (("verify", EXAMPLE / "claims.csv", "--corpus", "no-such-folder", "--run", "runs/x"), "no-such-folder"),
        (("verify", EXAMPLE / "claims.csv", "--run", "runs/x"), "--corpus"),
        (("verify", EXAMPLE / "claims.csv", "--corpus", EXAMPLE / "documents", "--model", "no-model"), "no-model"),
        (("verify", EXAMPLE / "claims.csv", "--corpus", EXAMPLE / "documents", "--support", "0.1"), "0.5 to 1"),
        (("export", "no-run"), "no-run"),
        (("search", "x", "--index", "no-index"), "factcheck index"),
        (("export", "runs/demo", "--to", "docx"), "csv"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(work, demo, args, message):
    """No traceback; the line names the place and the way out."""
    done = factcheck(work, *args, check=False)

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last


def test_bad_usage_is_exit_2(work):
    """As every command line does."""
    assert 2 == factcheck(work, "verify", "--no-such-flag", check=False).returncode


def test_settings_say_where_they_came_from(work, tmp_path):
    """Each value with its origin; a misspelt one is refused."""
    folder, _ = work
    (folder / "factcheck.toml").write_text("passages = 4\n", "utf-8")
    try:
        shown = factcheck(work, "config").stdout
    finally:
        (folder / "factcheck.toml").unlink()
    (tmp_path / "bad.toml").write_text("pasages = 4\n", "utf-8")

    lines = {line.split()[0]: line for line in shown.splitlines()}
    assert "4" in lines["passages"]
    assert lines["passages"].endswith("# factcheck.toml")
    assert lines["model"].endswith("# default")
    assert "did you mean 'passages'" in factcheck(work, "config", "--config", tmp_path / "bad.toml", check=False).stderr


@pytest.mark.parametrize("to", ["csv", "parquet", "xlsx"])
def test_each_file_format_holds_every_claim(work, demo, to):
    """Read back by pandas."""
    import pandas as pd

    folder, _ = work
    out = folder / f"verdicts.{to}"
    factcheck(work, "export", "runs/demo", "--to", to, "--out", out)

    frame = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": pd.read_excel}[to](out)
    assert [record["claim"] for record in demo[1]] == list(frame["claim"])
    assert [record["verdict"] for record in demo[1]] == list(frame["verdict"])


def test_help_loads_neither_torch_nor_a_database():
    """So that it is quick, whatever is installed."""
    heavy = "torch transformers lancedb pyarrow pandas datasets openpyxl"
    code = f"import sys, factcheck.cli, factcheck.display; print([m for m in {heavy.split()} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    "command", ["verify", "show", "export", "index", "search", "ask", "claims", "score", "models", "config"]
)
def test_every_command_has_help_with_an_example_or_a_word(work, command):
    """Nothing is left for guessing."""
    shown = factcheck(work, command, "--help").stdout

    assert len(shown.split("Usage:")[1].split()) > 20


def test_the_five_articles(work):
    """Real news: every claim gets a verdict and every quote is the article's own words."""
    if not NEWS.is_dir():
        pytest.skip("the articles are not part of the repository (../shared/corpus)")

    claims = ROOT / "tests/data/news_claims.jsonl"
    factcheck(work, "verify", claims, "--corpus", NEWS, "--run", "runs/news")

    found = records(work, "runs/news")
    gold = [json.loads(line) for line in claims.read_text("utf-8").splitlines()]
    assert [item["id"] for item in gold] == [record["id"] for record in found]
    assert_quotes_are_verbatim(found, NEWS)
    right = sum(item["label"] == record["verdict"] for item, record in zip(gold, found, strict=True))
    assert right > 29  # what the commonest label alone would give
