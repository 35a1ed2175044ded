"""The wheel: it carries the bundled model and the examples, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_it_holds_code_types_model_and_examples(wheel):
    """And nothing of the tests, nor of what the model was made from."""
    names = set(zipfile.ZipFile(wheel).namelist())

    for name in (
        "py.typed",
        "cli/app.py",
        "review/templates/base.html",
        "review/static/htmx.min.js",
        "_assets/models/nli-mini/model.safetensors",
        "_assets/claims/glaciers/claims.jsonl",
        "_assets/claims/gate-pairs.json",
        "_assets/models/nli-mini/checks.json",
    ):
        assert f"factcheck/{name}" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "models/", "claims/"))]
    model = "factcheck/_assets/models/nli-mini/"
    inside = {name.removeprefix(model) for name in names if name.startswith(model)}
    assert {name for name in inside if not name.startswith("calibration-")} == {
        *("README.md", "checks.json", "config.json", "eval.json", "int8.safetensors", "model.safetensors"),
        *("tokenizer.json", "tokenizer_config.json", "training-claims.bin", "training-claims-masked.bin"),
    }


def test_it_verifies_a_claim_where_it_is_installed(wheel, tmp_path):
    """Unpacked alone on the path, in a folder of its own; the checkout is out of reach."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = """
import factcheck, sys
from factcheck.assets import asset
assert factcheck.__file__.startswith(sys.argv[1]), factcheck.__file__
verdict = factcheck.FactChecker.load(corpus=asset("claims/glaciers/documents"), passages=3).check("Ice melts.")
print(verdict.label, verdict.judged)
"""
    env = os.environ | {"PYTHONPATH": str(site), "FACTCHECK_CACHE": str(tmp_path / "cache")}

    done = subprocess.run(
        [sys.executable, "-c", code, str(site)], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip().endswith(" 4"), done.stderr
