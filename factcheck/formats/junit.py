"""Results of checks as JUnit XML, for the test pages of Jenkins, GitLab and GitHub.

What the schemas of Ant (windyroad/JUnit-Schema) and of Jenkins (junit-10.xsd) both allow, and nothing else: so a case
has no attribute `file` and no output of its own, and what there is to say of it is the text of its failure.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

from factcheck.formats.export import replacing

_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, section 2.2


class Outcome(StrEnum):
    """What a case came to, named as its XML element."""

    PASSED = "passed"  # a case without an element
    FAILED = "failure"
    ERROR = "error"  # it could not be told
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One check."""

    name: str
    classname: str  # what test pages group by
    outcome: Outcome
    message: str = ""  # in one line
    text: str = ""  # all there is to say


@dataclass(frozen=True, slots=True)
class Suite:
    """What a file says before its first case."""

    name: str
    counts: Mapping[Outcome, int]  # of all cases
    properties: Mapping[str, str]
    when: float  # seconds since 1970


def write_junit(out: Path, suite: Suite, cases: Iterable[Case]) -> None:
    """Write a file with one suite, case by case as they come; it is put in its place when it is whole.

    Raises:
        FactcheckError: The file cannot be written.
        ValueError: The cases are not as many as the suite says.
    """
    written: Counter[Outcome] = Counter()
    with replacing(out) as stream:
        for line in _opening(suite):
            _line(stream, line)
        for case in cases:
            written[case.outcome] += 1
            _line(stream, _case(case))
        if +written != +Counter(suite.counts):
            raise ValueError(f"{dict(written)} cases, not {dict(suite.counts)}")
        for line in ("<system-out/>", "<system-err/>", "</testsuite>", "</testsuites>"):
            _line(stream, line)


def _opening(suite: Suite) -> Iterator[str]:
    counts = suite.counts
    attributes = {
        "name": suite.name,
        "package": "factcheck",
        "id": "0",
        "tests": str(sum(counts.values())),
        "failures": str(counts.get(Outcome.FAILED, 0)),
        "errors": str(counts.get(Outcome.ERROR, 0)),
        "skipped": str(counts.get(Outcome.SKIPPED, 0)),
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(suite.when)),
        "hostname": "localhost",  # the schema wants one; the name of a machine is nobody's business
        "time": "0",
    }
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<testsuites>"
    yield f"<testsuite{_attributes(attributes)}>"
    yield "<properties>"
    for key, value in suite.properties.items():
        yield f"<property{_attributes({'name': key, 'value': value})}/>"
    yield "</properties>"


def _case(case: Case) -> str:
    head = f"<testcase{_attributes({'name': case.name, 'classname': case.classname, 'time': '0'})}"
    if case.outcome is Outcome.PASSED:
        return f"{head}/>"
    kind = {} if case.outcome is Outcome.SKIPPED else {"type": "factcheck.gate"}
    inner = _attributes({"message": case.message, **kind})
    text = escape(_clean(case.text), {"\r": "&#13;"})
    return f"{head}><{case.outcome}{inner}>{text}</{case.outcome}></testcase>"


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {key}={quoteattr(_clean(value))}" for key, value in values.items())


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def _line(stream: IO[bytes], text: str) -> None:
    stream.write(text.encode() + b"\n")
