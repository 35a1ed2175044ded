"""The command line: each command parses, calls one library function, and prints.

Nothing heavy is imported before a command runs, so that `factcheck --help` is quick.
"""

from factcheck.cli import (  # noqa: F401 (importing registers the commands)
    audit,
    calibrate,
    corpus,
    diff,
    evaluate,
    export,
    gate,
    mcp,
    nli,
    purge,
    review,
    serve,
    settings,
    show,
    status,
    update,
    verify,
)
from factcheck.cli.app import app, main

__all__ = ["app", "main"]
