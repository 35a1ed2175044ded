"""The example workflow for GitHub: well-formed, and its commands do what they say."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML comes with the libraries that load models")
ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / "examples" / "github-actions.yml").read_text("utf-8"))
JOB = WORKFLOW["jobs"]["factcheck"]
RUN = {step["id"]: step for step in JOB["steps"] if "run" in step}
EXAMPLE = ROOT / "claims" / "glaciers"

# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
TOP = {"name", "run-name", True, "permissions", "env", "defaults", "concurrency", "jobs"}  # YAML 1.1 reads `on` as true
JOB_KEYS = {
    *("name", "permissions", "needs", "if", "runs-on", "environment", "concurrency", "outputs", "env", "defaults"),
    *("steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services", "uses", "with", "secrets"),
}
STEP_KEYS = {
    *("id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error"),
    "timeout-minutes",
}
CONTEXTS = {"github", "env", "steps", "runner", "job", "inputs", "vars", "secrets", "matrix", "needs", "strategy"}


def test_the_workflow_has_only_keys_that_there_are():
    """At the top, in the job and in each step; a step runs or uses, never both."""
    assert set(WORKFLOW) <= TOP
    assert {"pull_request", "schedule", "workflow_dispatch"} == set(WORKFLOW[True])
    assert set(JOB) <= JOB_KEYS
    for step in JOB["steps"]:
        assert set(step) <= STEP_KEYS
        assert ("run" in step) != ("uses" in step)
        assert "with" not in step or "uses" in step
    assert re.fullmatch(r"(\d+|\*)( (\d+|\*)){4}", WORKFLOW[True]["schedule"][0]["cron"])


def test_a_pull_request_counts_if_it_changes_claims_or_documents():
    """Or the settings, or the workflow; the paths are those that the commands use."""
    env = JOB["env"]
    wanted = {env["CLAIMS"], f"{env['DOCUMENTS']}/**", "factcheck.toml", ".github/workflows/factcheck.yml"}

    assert wanted == set(WORKFLOW[True]["pull_request"]["paths"])


def test_steps_are_named_once_and_actions_by_version():
    """Ids are unique; no action floats on a branch."""
    ids = [step["id"] for step in JOB["steps"] if "id" in step]
    names = [step["name"] for step in JOB["steps"]]

    assert len(ids) == len(set(ids))
    assert len(names) == len(set(names)) == len(JOB["steps"])
    assert all(re.fullmatch(r"[\w-]+(/[\w-]+)+@v\d+", step["uses"]) for step in JOB["steps"] if "uses" in step)


def test_no_command_is_put_together_from_expressions():
    """A branch or title could hold shell code; commands take variables. Expressions name contexts that there are."""
    for step in JOB["steps"]:
        assert "${{" not in step.get("run", "")
        texts = [str(value) for value in step.get("with", {}).values()]
        for expression in re.findall(r"\$\{\{(.*?)\}\}", " ".join(texts)):
            assert expression.strip().split(".")[0] in CONTEXTS
        condition = step.get("if", "always()")
        assert condition == "always()" or condition.split(".")[0] in CONTEXTS


@pytest.mark.parametrize("step", RUN.values(), ids=RUN)
def test_every_command_is_bash(step):
    """Read by bash, not run."""
    done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)

    assert "" == done.stderr


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """What a checkout leaves: claims and documents where the workflow looks for them; verified once."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copy(EXAMPLE / "claims.csv", folder / JOB["env"]["CLAIMS"])
    shutil.copytree(EXAMPLE / "documents", folder / JOB["env"]["DOCUMENTS"])
    done = run_step(folder, "verify")
    assert 0 == done.returncode, done.stderr
    return folder


def run_step(workspace, name, **env):
    """A step as the runner starts it, in an environment of its own; factcheck is the one that is tested."""
    names = ("HOME", "LANG")
    inherited = {key: os.environ[key] for key in names if key in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    summary = workspace / "summary.md"
    summary.unlink(missing_ok=True)
    github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(workspace), "GITHUB_STEP_SUMMARY": str(summary)}
    variables = {
        **inherited,
        **{key: str(value) for key, value in JOB["env"].items()},
        **github,
        "PATH": path,
        "FACTCHECK_CACHE": str(workspace / ".cache"),
        "HF_HUB_OFFLINE": "1",
        **env,
    }
    script = workspace / "step.sh"
    script.write_text(RUN[name]["run"], "utf-8")
    return subprocess.run(
        ["bash", "-e", str(script)], cwd=workspace, env=variables, capture_output=True, text=True, check=False
    )


def junit(workspace):
    [suite] = ET.parse(workspace / "gate.xml").getroot()
    return suite


@pytest.mark.skip(reason="installs from the network; the environment of the tests has factcheck")
def test_the_install_step_installs():
    """Nothing here can show it."""


@pytest.mark.model
def test_the_gate_fails_the_step_and_annotates_the_claims(workspace):
    """With the limits as they stand: the bundled model is far from 95 %."""
    done = run_step(workspace, "gate")

    assert 3 == done.returncode, done.stderr
    claims = [line for line in done.stdout.splitlines() if line.startswith("::error file=claims.csv,line=")]
    assert claims
    assert "gate: failed" in done.stdout
    assert "### factcheck gate: failed" in (workspace / "summary.md").read_text("utf-8")
    assert int(junit(workspace).get("failures")) > len(claims) // 2


@pytest.mark.model
def test_the_gate_passes_with_limits_that_hold(workspace):
    """The step then ends with 0, and its JUnit file has no failure."""
    done = run_step(workspace, "gate", MIN_SUPPORTED="0.01", MAX_CONTRADICTED="0.9")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "::error" not in done.stdout
    assert ("0", "0") == (junit(workspace).get("failures"), junit(workspace).get("errors"))


@pytest.mark.model
def test_by_night_a_run_is_held_against_the_last_good_one(workspace):
    """The first night there is none; after `keep` nothing has newly failed; when documents go, claims are named."""
    lax = {"MIN_SUPPORTED": "0", "MAX_CONTRADICTED": "1"}
    first = run_step(workspace, "nightly", **lax)
    kept = run_step(workspace, "keep")
    second = run_step(workspace, "nightly", **lax)
    for document in sorted((workspace / "documents").iterdir())[1:]:
        document.unlink()
    shutil.rmtree(workspace / "runs" / "today")
    verified = run_step(workspace, "verify")
    third = run_step(workspace, "nightly", **lax)

    assert [0, 0, 0, 0, 4] == [step.returncode for step in (first, kept, second, verified, third)]
    assert "newly" not in first.stdout
    assert "0 newly not SUPPORTED, 0 no longer, of 12 claims in both runs" in second.stdout
    assert "gate: too few claims to decide" in third.stdout  # three became worse: by chance alone with p = 1/8
    assert "removed" in next(line for line in third.stdout.splitlines() if line.startswith("cause"))
    assert "newly not SUPPORTED" in [case.get("name") for case in junit(workspace).iter("testcase")]


@pytest.mark.model
def test_a_pull_request_is_compared_with_the_last_good_run(workspace):
    """In the summary, as text that cannot be Markdown; where there is no good run, nothing is said."""
    shutil.rmtree(workspace / "runs" / "good", ignore_errors=True)
    first = run_step(workspace, "compare")
    silent = not (workspace / "summary.md").exists()
    kept = run_step(workspace, "keep")
    second = run_step(workspace, "compare")

    assert [0, 0, 0] == [step.returncode for step in (first, kept, second)], second.stderr
    assert silent
    heading, blank, *lines = (workspace / "summary.md").read_text("utf-8").splitlines()
    assert ("### Since the last good run", "") == (heading, blank)
    assert lines
    assert all(line.startswith("    ") for line in lines)
