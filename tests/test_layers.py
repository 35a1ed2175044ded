"""The import table: each part imports only what lies below it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "factcheck"
_BASE = {"types", "errors"}
_READS = _BASE | {"segment", "formats"}
ALLOWED = {
    "errors": set(),
    "types": {"errors"},
    "segment": set(),
    "matching": _BASE | {"segment"},
    "assets": _BASE,
    "hub": _BASE,
    "machine": set(),
    "listening": {"errors"},
    "config": _BASE,
    "formats": _BASE | {"segment"},
    "corpus": _BASE | {"segment"},
    "nli": _BASE | {"assets", "hub", "machine"},
    "retrieval": _BASE | {"segment", "matching", "hub", "corpus"},
    "wording": _BASE,
    "verdict": _BASE | {"segment", "wording"},
    "pipeline": _BASE | {"nli", "retrieval", "verdict"},
    "run": _READS | {"machine"},
    "jobs": _READS
    | {"assets", "machine", "config", "corpus", "nli", "retrieval", "wording", "verdict", "pipeline", "run"},
    "engine": _READS | {"config", "nli", "jobs", "run", "__version__"},
    "checker": _READS | {"config", "jobs", "nli"},
    "display": _READS | {"jobs", "nli"},
    "review": _READS
    | {"config", "corpus", "nli", "retrieval", "wording", "verdict", "pipeline", "jobs", "run", "display"}
    | {"listening", "__version__"},
    "server": _READS | {"config", "corpus", "nli", "retrieval", "jobs", "listening", "__version__"},
    "mcp": _READS | {"config", "corpus", "retrieval", "jobs", "__version__"},
    "evaluation": _READS
    | {"assets", "machine", "config", "matching", "corpus", "nli", "retrieval", "verdict", "pipeline", "run", "jobs"}
    | {"display"},
    "testing": _READS | {"nli", "checker"},
    "cli": _READS
    | {"config", "listening", "engine", "jobs", "nli", "run", "review", "server", "mcp", "evaluation"}
    | {"FactChecker", "display", "__version__"},
    "__main__": {"cli"},
    "__init__": _READS | {"config", "checker"},
}
HEAVY = {  # who may import what, even inside a function
    "torch": {"nli"},
    "transformers": {"nli", "hub"},
    "sentence_transformers": {"retrieval"},
    "lancedb": {"corpus"},
    "pypdf": {"corpus"},
    "trafilatura": {"corpus"},
    "docx": {"corpus"},
    "ray": {"engine"},
    "fastapi": {"review"},
    "starlette": {"review"},
    "mcp": {"mcp"},
    "mcp_types": {"mcp"},
    "uvicorn": {"review", "server"},
    "h11": {"server"},
    "prometheus_client": {"server"},
}


EMBEDS = "retrieval/dense.py"  # alone in its part loads a model


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Full names of all modules that a file imports, early or late."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "factcheck":
            yield from (f"factcheck.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_its_part(path):
    """The table is the code's, not a wish."""
    part = part_of(path)
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("factcheck.")}

    assert ours - {part, "__version__"} <= ALLOWED[part]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_where_they_belong(path):
    """Only one part knows of each, so that it can be changed there."""
    for name in imports(path):
        top = name.split(".")[0]

        assert part_of(path) in HEAVY.get(top, {part_of(path)})
        if top == "sentence_transformers":
            assert path == PACKAGE / EMBEDS
