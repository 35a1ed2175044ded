"""How much the service takes on, and how long it waits for anybody."""

from dataclasses import dataclass, fields

from factcheck.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All limits of the service.

    Raises:
        ConfigError: One is not above 0, or the queue has no room for the largest request.
    """

    claims: int = 1000
    """Claims of one request."""
    claim_chars: int = 10_000
    """Characters of one claim."""
    body: int = 8_000_000
    """Bytes of one request's body."""
    bodies: int = 64_000_000
    """Bytes of all bodies that are held at a time."""
    queue: int = 5000
    """Claims that were accepted and are not answered."""
    seconds: float = 60.0
    """Time from the end of a request's body to its answer."""
    upload_seconds: float = 10.0
    """Time for the headers of a request; the same again for its body, and for a client to take some of its answer."""
    passages: int = 50
    """Passages that a search gives at most."""
    searches: int = 64
    """Searches that are accepted and not answered."""
    connections: int = 1000
    """Connections that are open at a time."""
    batch: int = 64
    """Claims that are verified together: fewer cost throughput (docs/service.md), more the patience of others."""
    linger: float = 0.004
    """Seconds that the first claim waits for others to be verified with."""
    grace: float = 30.0
    """Time to answer what was accepted, once the service is told to stop."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            if not getattr(self, limit.name) > 0:
                raise ConfigError(f"limit {limit.name}", f"is {getattr(self, limit.name)}", "it must be above 0")
        if self.queue < self.claims:
            found = f"of {self.queue:,} claims has no room for a request of {self.claims:,}"
            raise ConfigError("the queue", found, "raise --queue, or lower --max-claims")
        if self.bodies < self.body:
            found = f"all bodies may take {self.bodies:,} bytes, one of them {self.body:,}"
            raise ConfigError("the body", found, "lower --max-body-mb")
