"""A folder like a user's own, and a small shell that runs the pages' commands in it, in this process.

One process keeps the libraries loaded, and all pages share one score cache: a pair is scored once for all of them.
"""

import json
import re
import shlex
import shutil
import subprocess
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from itertools import takewhile
from pathlib import Path

from pages import ROOT
from typer.main import get_command
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.run.reviews import Event, Note

TOOLS = frozenset(
    {"cat", "cp", "head", "ls", "ln", "mkdir", "wc", "zcat"}
)  # of the system, harmless in a folder of ours
GLACIERS = ROOT / "claims" / "glaciers"
MARK = "<!-- not run: REASON -->"
CLAIMS = 45  # enough to fit a calibration, few enough to be scored in seconds


class RefusedError(Exception):
    """A command line that this shell does not run, or that ended as it should not."""


def make_embedder(folder):
    """A sentence-transformers model that knows nothing, quick and small: for commands that need one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    body = folder / "body"
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    tokenizer = BertTokenizerFast.from_pretrained(ROOT / "models" / "nli-mini")
    tokenizer.save_pretrained(body)
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes)).save_pretrained(body)
    SentenceTransformer(modules=[Transformer(str(body)), Pooling(32)], device="cpu").save(str(folder / "embedder"))
    return folder / "embedder"


def furnish(folder, embedder):
    """Fill a folder with what the pages speak of: claims, labelled claims, documents, texts, decisions."""
    shutil.copytree(ROOT / "claims", folder / "claims")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(GLACIERS / "documents", folder / "reports")
    shutil.copytree(ROOT / "claims" / "relayed" / "documents", folder / "novels")
    (folder / "other").symlink_to(ROOT / "models" / "nli-mini")
    shutil.copytree(embedder, folder / "models" / "all-MiniLM-L6-v2")
    restore(folder)


def restore(folder):
    """Write the files anew that a user has before the first command."""
    records = [json.loads(line) for line in (GLACIERS / "claims.jsonl").read_text("utf-8").splitlines()]
    records = [record | {"id": f"c{number}"} for number, record in enumerate(records[::2][:CLAIMS], 1)]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    rows = [f"{record['id']},{json.dumps(record['claim'])},{record['label']}\n" for record in records]
    texts = {
        "claims.csv": "".join(["id,claim,label\n", *rows]),
        "claims.jsonl": lines,
        "labelled.jsonl": lines,
        "answer.txt": "The council voted to build the reservoir. The glacier has lost area since 1969.\n",
        "pairs.jsonl": json.dumps({"premise": "The ferry sails at six.", "hypothesis": "A boat leaves at six."}) + "\n",
        "decisions.jsonl": json.dumps(Event("c1", "ben", Note("Look again."), 5.0, "one").record()) + "\n",
        "factcheck.toml": 'publisher = "Example News"\npublisher_url = "https://example.org/fact-checks"\n',
    }
    for file, text in texts.items():
        (folder / file).write_text(text, "utf-8")


class Shell:
    """Runs command lines in the current folder, which `furnish` has filled."""

    def run(self, line):
        """Run a line: commands joined by `&&`, `|` and `>`.

        Raises:
            RefusedError: A command is none of those that are run here, or ended as it should not.
        """
        line = line.replace("$(date +%F)", datetime.now(UTC).date().isoformat())
        reader = shlex.shlex(line, posix=True, punctuation_chars="|&<>;")
        reader.whitespace_split, reader.commenters = True, ""
        words = list(takewhile(lambda word: not word.startswith("#"), reader))
        for pipeline in _split(words, "&&"):
            text, target = "", None
            if ">" in pipeline:
                place = pipeline.index(">")
                pipeline, target = pipeline[:place], pipeline[place + 1]  # noqa: PLW2901 (the rest of it)
            if "<" in pipeline:
                place = pipeline.index("<")
                text = Path(pipeline[place + 1]).read_text("utf-8")
                pipeline = pipeline[:place] + pipeline[place + 2 :]  # noqa: PLW2901 (the rest of it)
            for command in _split(pipeline, "|"):
                text = self.one(command, text)
            if target:
                Path(target).write_text(text, "utf-8")

    def one(self, words, given):
        """What one command prints when it is given a text."""
        if words[:3] == ["python", "-m", "factcheck"]:
            words = ["factcheck", *words[3:]]
        program, *arguments = words
        if program in ("factcheck", ".venv/bin/factcheck"):
            return self.factcheck(arguments, given)
        if program == "jq" and shutil.which("jq") is None:
            return "".join(json.dumps(json.loads(line)) + "\n" for line in given.splitlines())  # JSON at least
        if program in TOOLS or program == "jq":
            done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RefusedError(f"{shlex.join(words)}: {done.stderr}")
            return done.stdout
        raise RefusedError(f"{program} is not run here: mark the block with {MARK}")

    def factcheck(self, arguments, given=""):
        """What a factcheck command prints; it has the runs that it names, and answers yes when it is asked."""
        if serves(arguments):
            parse(arguments)
            return ""
        target = arguments[arguments.index("--run") + 1] if "--run" in arguments else None
        for word in arguments:
            if re.fullmatch(r"runs/[\w-]+", word) and word != target and not Path(word).exists():
                self.invoke(["verify", "claims.csv", "--corpus", "reports", "--run", word, "--quiet"])
        if arguments[0] == "evaluate" and not arguments[1].startswith("runs/"):
            arguments = [*arguments, "--first", "8"]  # an ablation judges its claims in a dozen ways
        return self.invoke(arguments, given or "y\n")

    def invoke(self, arguments, given=""):
        """What a factcheck command prints."""
        with redirect_stdout(StringIO()):  # tables of a console that does not know of the runner
            result = CliRunner().invoke(app, arguments, input=given)
        refused = "--max-error" in arguments and "--max-error" in str(result.exception)  # too few labels for a budget
        if not refused and result.exit_code not in ((0, 3, 4) if arguments[0] == "gate" else (0,)):
            told = result.exception if result.exit_code == 1 else result.stderr
            raise RefusedError(f"factcheck {shlex.join(arguments)}: exit status {result.exit_code}: {told}")
        return result.stdout


def serves(arguments):
    """Whether a command goes on until it is stopped, needs a cluster, or minutes: then only its options are read here.

    These are started and stopped for real elsewhere: `review` in tests/e2e/test_review.py, `serve` in tests/server,
    `mcp` in tests/assistants, `update --watch` in tests/jobs/test_watch.py, a cluster in tests/engine; `models check`
    takes two minutes, and its checks run in tests/nli/test_checks.py.
    """
    first = arguments[0]
    if first == "review":
        return "--merge" not in arguments and "--help" not in arguments
    return (
        first in ("serve", "mcp")
        or not {"--watch", "ray"}.isdisjoint(arguments)
        or arguments[:2] == ["models", "check"]
    )


def parse(arguments):
    """Read a command's options and arguments, and do nothing.

    Raises:
        RefusedError: There is no such command or option, or a value does not fit.
    """
    command, words = get_command(app), list(arguments)
    while hasattr(command, "commands"):
        if words[0] not in command.commands:
            raise RefusedError(f"{words[0]}: no such command")
        name, *words = words
        command = command.commands[name]
    try:
        command.make_context(command.name, words)
    except Exception as error:
        raise RefusedError(f"factcheck {shlex.join(arguments)}: {error}") from error


def _split(words, sign):
    """Lists of words between the signs."""
    parts = [[]]
    for word in words:
        if word == sign:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts
