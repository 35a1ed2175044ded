"""Claims of many requests in one batch."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from serving import CLAIMS, body

from factcheck.config import Settings
from factcheck.formats.memory import claims_of
from factcheck.formats.records import to_line
from factcheck.jobs.bench import prepare
from factcheck.server.batching import Batcher, QueueFullError
from factcheck.server.limits import Limits
from factcheck.server.metrics import Metrics
from factcheck.testing import RuleNLI

JSON = {"content-type": "application/json"}


class Watched(RuleNLI):
    """A scorer that waits for its turn in each call, and keeps what it was asked."""

    def __init__(self):
        super().__init__()
        self.calls, self.turns, self.asked = [], threading.Semaphore(0), threading.Semaphore(0)

    def score(self, pairs):
        self.calls.append({hypothesis for _, hypothesis in pairs})
        self.asked.release()
        assert self.turns.acquire(timeout=30)
        return super().score(pairs)

    def free(self):
        """Let all calls pass from now on."""
        self.turns.release(10_000)


@pytest.fixture
def batcher(harbour):
    """Makes batchers over the harbour, with their scorers."""
    made = []

    def make(scorer=None, **limits):
        scorer = scorer or RuleNLI()
        bench = prepare(Settings(index=str(harbour / "idx"), cache=False, parts=False, join=False), scorer=scorer)
        one = Batcher(bench, Limits(**limits), Metrics())
        made.append((one, scorer))
        return one

    yield make
    for one, scorer in made:
        if isinstance(scorer, Watched):
            scorer.free()
        one.close()


def submit(batcher, texts):
    """A future of a job for these claims."""
    ended = Future()
    claims = list(claims_of([{"id": text, "claim": text} for text in texts]))
    ended.job = batcher.submit(list(enumerate(claims)), ended.set_result)
    return ended


def numbered(*numbers):
    return [f"The harbour opened in {number}." for number in numbers]


def test_claims_of_several_requests_are_verified_together(batcher):
    """Those that come while a batch is scored are one batch."""
    scorer = Watched()
    one = batcher(scorer, linger=0.001)
    first = submit(one, numbered(1))
    assert scorer.asked.acquire(timeout=30)
    second = submit(one, numbered(2))  # the other thread takes it, and waits for the scorer as a model would
    assert scorer.asked.acquire(timeout=30)
    others = [submit(one, numbered(number)) for number in range(3, 9)]
    scorer.free()

    jobs = [future.result(30) for future in (first, second, *others)]

    assert all(list(job.answers) == [0] for job in jobs)
    assert set(numbered(*range(3, 9))) in scorer.calls


def test_a_long_request_does_not_keep_a_short_one_waiting(batcher):
    """Batches take from all in turn: the short one is answered first, though it came last."""
    scorer = Watched()
    one = batcher(scorer, batch=4, linger=0.001)
    for number in (1, 2):  # one for each thread
        submit(one, numbered(number))
        assert scorer.asked.acquire(timeout=30)
    long, short = submit(one, numbered(*range(10, 30))), submit(one, numbered(3))
    order = []
    long.add_done_callback(lambda _: order.append("long"))
    short.add_done_callback(lambda _: order.append("short"))
    scorer.free()

    long.result(30)
    short.result(30)

    assert ["short", "long"] == order


def test_what_was_dropped_is_not_verified(batcher):
    """Its claims leave the queue before their turn, and make room."""
    scorer = Watched()
    one = batcher(scorer, claims=4, queue=4, linger=0.001)
    for number in (1, 2):  # one for each thread
        submit(one, numbered(number))
        assert scorer.asked.acquire(timeout=30)
    left = submit(one, numbered(7, 8))
    with pytest.raises(QueueFullError):
        submit(one, numbered(9))

    one.drop(left.job)

    last = submit(one, numbered(9))
    assert 3 == one.held
    scorer.free()
    last.result(30)
    assert not [call for call in scorer.calls if call & set(numbered(7, 8))]
    assert not left.done()


def test_closing_answers_what_was_accepted(batcher):
    """And takes nothing more."""
    one = batcher(linger=5.0)
    ended = [submit(one, numbered(number)) for number in range(50)]

    one.close()

    assert all(future.done() and future.result().error is None for future in ended)
    assert 0 == one.held
    with pytest.raises(QueueFullError):
        submit(one, numbered(1))


class Picky(RuleNLI):
    """A scorer that a claim breaks."""

    def score(self, pairs):
        if any("13" in hypothesis for _, hypothesis in pairs):
            raise MemoryError
        return super().score(pairs)


def test_a_claim_that_breaks_the_scorer_costs_its_own_request_only(batcher, caplog):
    """Whoever shared its batch is verified without it."""
    one = batcher(Picky())

    good, bad = submit(one, numbered(1, 2)), submit(one, numbered(12, 13))

    assert good.result(30).error is None
    assert 2 == len(good.result().answers)
    assert isinstance(bad.result(30).error, MemoryError)
    assert 0 == one.held
    assert "could not be verified" in caplog.text


def test_answers_do_not_depend_on_who_else_asks(client, harbour):
    """Forty threads with requests of all sizes get what each claim gets alone in a batch job, bit for bit."""
    texts = [*CLAIMS, *numbered(*range(40))]
    bench = prepare(Settings(index=str(harbour / "idx"), cache=False), scorer=RuleNLI())
    alone = {}
    for text in texts:
        [verdict] = bench.verify(claims_of([text]))
        alone[text] = json.loads(to_line(verdict))
    visitor = client(limits={"batch": 7})

    def ask(number):
        chosen = [texts[(number * 7 + at) % len(texts)] for at in range(1 + number % 9)]
        answer = visitor.post("/v1/verify", content=body({"claims": chosen}), headers=JSON)
        return chosen, answer.json()["results"]

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(ask, range(80)))

    assert all([alone[text] for text in chosen] == results for chosen, results in answers)
    assert len({line["claims"] for line in visitor.lines}) == 9
