"""A small corpus, a service over it with the rule double in the model's place, and processes that serve it."""

import pytest
import serving

from factcheck.config import Settings
from factcheck.corpus.build import build_index
from factcheck.jobs.bench import prepare
from factcheck.server.app import App
from factcheck.server.guard import Guard
from factcheck.server.limits import Limits
from factcheck.server.service import Service
from factcheck.testing import RuleNLI


@pytest.fixture(scope="session")
def harbour(tmp_path_factory):
    """A folder with documents and an index of them."""
    root = tmp_path_factory.mktemp("service")
    (root / "documents").mkdir()
    for name, text in serving.TEXTS.items():
        (root / "documents" / name).write_text(text, "utf-8")
    build_index(root / "documents", root / "idx")
    return root


def _opened(harbour, limits=None, scorer=None, ready=True, **settings):
    one = Service(Limits(**(limits or {})))
    if ready:
        asked = {"index": str(harbour / "idx"), "cache": False} | settings
        one.open(prepare(Settings(**asked), scorer=scorer or RuleNLI()))
    return one


def _client(one, tokens=(), hosts=("testserver",), texts=False):
    lines = []
    log = lambda event, facts: lines.append({"event": event, **facts})  # noqa: E731
    visitor = serving.test_client(App(one, guard=Guard(tokens=tokens, hosts=hosts), log=log, texts=texts))
    visitor.lines, visitor.service = lines, one
    return visitor


@pytest.fixture(scope="session")
def visitor(harbour):
    """A client of a service with default limits, for tests that leave nothing behind."""
    one = _opened(harbour)
    yield _client(one)
    one.close()


@pytest.fixture
def service(harbour):
    """Makes services; `limits` are fields of `Limits`, the rest are settings."""
    made = []

    def make(**asked):
        made.append(_opened(harbour, **asked))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def client(service):
    """Makes clients of applications; `lines` of one is its log."""

    def make(*, tokens=(), hosts=("testserver",), texts=False, **asked):
        return _client(service(**asked), tokens, hosts, texts)

    return make


@pytest.fixture
def process(harbour):
    """Starts processes that serve the corpus with the double; those that still run are ended at the end."""
    started = []

    def start(*arguments, **options):
        one = serving.Process(harbour / "idx", *arguments, **options)
        started.append(one)
        return one.wait_until_ready()

    yield start
    for one in started:
        one.end()
