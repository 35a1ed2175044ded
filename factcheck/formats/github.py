"""What GitHub Actions reads of a step: annotations among its output, and a summary in Markdown.

Text of claims and documents is untrusted. In a command it is escaped; in other output nothing is a command between
`stop` and its answer; in Markdown every sign that could mean something is written as a character reference, which by
CommonMark (section 6.2) never means anything but the character.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from factcheck.errors import FactcheckError

SHOWN: Final = 10  # annotations of each kind that GitHub shows of a step

_BREAKS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # not LF, which is escaped
_MARKUP: Final = re.compile(r"[^\w\s,;()'-]|_", re.ASCII)
_SUMMARY_CELL: Final = 500  # characters; a summary may have a megabyte


def annotation(kind: str, message: str, *, title: str, file: str | None = None, line: int | None = None) -> str:
    """A workflow command, `error`, `warning` or `notice`, as one line of output.

    Escaped as the runner unescapes it (actions/runner, ActionCommand.cs): `%`, CR and LF everywhere, `:` and `,` in
    properties. Other control characters become U+FFFD.
    """
    given = {"file": file, "line": None if line is None else str(line), "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in given.items() if value)
    return f"::{kind} {properties}::{_data(message)}"


def stop() -> tuple[str, str]:
    """Two lines of output; what is printed between them is not looked at for commands. The second can't be guessed."""
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"


def position(place: str, environment: Mapping[str, str]) -> tuple[str, int] | None:
    """File and line of a place such as `claims.csv:17`, as an annotation names them: from the workspace on.

    None where it is not the place of a file that is there, within the workspace.
    """
    name, _, number = place.rpartition(":")
    if not name or not number.isdecimal():
        return None
    root = Path(environment.get("GITHUB_WORKSPACE") or ".").resolve()
    try:
        file = Path(name).resolve(strict=True)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    if not file.is_file() or not file.is_relative_to(root):
        return None
    return file.relative_to(root).as_posix(), int(number)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in GitHub's Markdown; its cells are shown as the texts that they are, long ones cut."""
    lines = [header, ["---"] * len(header), *([markdown_text(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def markdown_text(text: str, *, most: int = _SUMMARY_CELL) -> str:
    """A text on one line that Markdown and HTML leave as it is; of a longer one the first `most` characters."""
    line = _BREAKS.sub("\ufffd", " ".join(text.split()))
    cut = line if len(line) <= most else line[:most] + " …"
    return _MARKUP.sub(lambda sign: sign[0] if ord(sign[0]) > 0x7F else f"&#{ord(sign[0])};", cut)


def append_summary(path: str, text: str) -> None:
    """Add Markdown to the summary of a step.

    Raises:
        FactcheckError: It cannot be written.
    """
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise FactcheckError(
            "GITHUB_STEP_SUMMARY", f"{path} cannot be written: {error.strerror or error}", "use --no-github"
        ) from error


def _data(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BREAKS.sub("\ufffd", lines).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
