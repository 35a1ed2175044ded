"""Servers that show a run to real browsers, and what reviewers do again and again."""

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from factcheck.run.ledger import Ledger

GLACIERS = Path(__file__).parents[2] / "claims" / "glaciers"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@dataclass
class Office:
    """A review that is being served."""

    desk: object
    sessions: object
    origin: str

    def link(self, reviewer, path="/"):
        """Lets one browser in, once, under that name."""
        mark = "&" if "?" in path else "?"
        return f"{self.origin}{path}{mark}token={quote(self.sessions.invite(reviewer))}"

    def of(self, claim_id):
        """What reviewers have said of a claim, as it is stored."""
        return self.desk.reviews.of(claim_id)

    @property
    def verdicts(self):
        with Ledger(self.desk.folder) as ledger:
            return {item.claim.id: item for item in ledger.verdicts()}


@contextmanager
def serving(folder):
    """The review of a run on a port of its own, in a thread."""
    import uvicorn

    from factcheck.review.app import make_app
    from factcheck.review.desk import Desk
    from factcheck.review.guard import Sessions

    desk, sessions = Desk(folder), Sessions()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        app = make_app(desk, sessions=sessions, hosts=[host])
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Office(desk, sessions, f"http://{host}")
        finally:
            server.should_exit = True
            thread.join()
            desk.close()


def tab_to(page, element_id, most=80):
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("document.activeElement?.id") == element_id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{element_id} is not reached by Tab")


def fits(page):
    """Whether nothing has to be scrolled sideways for."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
