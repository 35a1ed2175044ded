"""What the service counts, for Prometheus."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from factcheck.nli import Counters

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CLAIMS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter("factcheck_requests", "Answered requests.", ["path", "status"], registry=registry)
        self._refused = Counter("factcheck_rejected", "Refused requests, by reason.", ["reason"], registry=registry)
        self._claims = Counter("factcheck_claims", "Answered claims, by verdict.", ["verdict"], registry=registry)
        self._seconds = Histogram(
            *("factcheck_request_seconds", "From the first byte of a request to its answer.", ["path"]),
            buckets=_SECONDS,
            registry=registry,
        )
        self.waited = Histogram(
            "factcheck_queue_seconds", "Claims' time in the queue.", buckets=_SECONDS, registry=registry
        )
        self.batch = Histogram("factcheck_batch_claims", "Claims a batch.", buckets=_CLAIMS, registry=registry)
        self.batch_seconds = Histogram(
            "factcheck_batch_seconds", "Time of a batch.", buckets=_SECONDS, registry=registry
        )
        self._queue = Gauge("factcheck_queue_claims", "Claims accepted and not answered.", registry=registry)
        self._flying = Gauge("factcheck_requests_in_flight", "Requests not answered.", registry=registry)
        self._ready = Gauge("factcheck_ready", "1 when model and index are loaded.", registry=registry)
        self._info = Info("factcheck_build", "What answers.", registry=registry)
        ProcessCollector(registry=registry)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request; `path` is one of the service's own."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self._refused.labels(reason).inc()

    def decided(self, verdicts: Tally[str]) -> None:
        """Count answered claims by verdict, `error` for those that were refused."""
        for verdict, count in verdicts.items():
            self._claims.labels(verdict).inc(count)

    def watch(self, *, queue: Callable[[], float], flying: Callable[[], float], ready: Callable[[], float]) -> None:
        """Ask these for the figures of the moment."""
        self._queue.set_function(queue)
        self._flying.set_function(flying)
        self._ready.set_function(ready)

    def built(self, facts: dict[str, str], counters: Callable[[], Counters]) -> None:
        """Show what answers, and how many pairs it has scored."""
        self._info.info(facts)
        self._registry.register(_Pairs(counters))

    def text(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._registry)


class _Pairs(Collector):
    """The scorer's own counters."""

    def __init__(self, counters: Callable[[], Counters]) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        """The two counts."""
        now = self._counters()
        pairs = CounterMetricFamily("factcheck_pairs", "Scored pairs, by where scores came from.", labels=["source"])
        pairs.add_metric(["computed"], now.pairs_scored)
        pairs.add_metric(["cache"], now.pairs_cached)
        yield pairs
