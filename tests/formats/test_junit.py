"""JUnit XML: what test pages read, whatever the texts hold."""

import tracemalloc
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import FactcheckError
from factcheck.formats.junit import Case, Outcome, Suite, write_junit

texts = st.text(max_size=30) | st.sampled_from(
    ["a\r\nb\tc", "\x00\x1b\x7f\x85", "\ud800x\udfff", "\ufffe\uffff", "]]>"]
)
cases = st.builds(Case, texts, texts, st.sampled_from(Outcome), texts, texts)
facts = st.dictionaries(st.text(min_size=1, max_size=8), texts, max_size=3)

# What the schemas of Ant (windyroad/JUnit-Schema) and of Jenkins (junit-10.xsd) both have: element, its attributes
# (a question mark: may be missing), and its children in their order (a star: any number, a question mark: at most one).
SCHEMA = {
    "testsuites": ("", "testsuite*"),
    "testsuite": (
        "name package id tests failures errors skipped? timestamp hostname time",
        "properties testcase* system-out system-err",
    ),
    "properties": ("", "property*"),
    "property": ("name value", ""),
    "testcase": ("name classname time", "failure|error|skipped?"),
    "failure": ("message? type", ""),
    "error": ("message? type", ""),
    "skipped": ("message?", ""),
    "system-out": ("", ""),
    "system-err": ("", ""),
}


def assert_fits(element):
    """The element and all within keep to the schema."""
    attributes, children = SCHEMA[element.tag]
    allowed = {name.rstrip("?") for name in attributes.split()}
    needed = {name for name in attributes.split() if not name.endswith("?")}
    assert needed <= set(element.keys()) <= allowed
    rest = [child.tag for child in element]
    for entry in children.split():
        names = entry.rstrip("*?").split("|")
        found = 0
        while rest and rest[0] in names and (entry.endswith("*") or not found):
            rest.pop(0)
            found += 1
        assert found or entry[-1] in "*?"
    assert not rest
    for child in element:
        assert_fits(child)


def write(tmp_path, items, name="gate", properties=()):
    counts = Counter(item.outcome for item in items)
    write_junit(tmp_path / "out.xml", Suite(name, counts, dict(properties), 1_700_000_000.0), iter(items))
    return (tmp_path / "out.xml").read_bytes()


def clean(text):
    """What XML 1.0 can hold of a text: the rest is replaced, one for one."""
    return "".join(
        sign
        if sign in "\t\n\r" or 0x20 <= ord(sign) <= 0xD7FF or 0xE000 <= ord(sign) <= 0xFFFD or ord(sign) > 0xFFFF
        else "\ufffd"
        for sign in text
    )


@given(st.lists(cases, max_size=5), texts, facts)
def test_any_text_comes_back_from_a_file_that_keeps_to_the_schema(tmp_path_factory, items, name, properties):
    """Names, messages and texts as they went in, but for what XML has no place for; counted by outcome."""
    root = ET.fromstring(write(tmp_path_factory.mktemp("junit"), items, name, properties))

    assert_fits(root)
    [suite] = root
    assert (clean(name), str(len(items))) == (suite.get("name"), suite.get("tests"))
    for count, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(count) == str(len(list(suite.iter(outcome))))
    assert Counter({clean(key): 1 for key in properties}).keys() == {
        item.get("name") for item in suite.iter("property")
    }
    for item, case in zip(items, suite.iter("testcase"), strict=True):
        assert (clean(item.name), clean(item.classname)) == (case.get("name"), case.get("classname"))
        if item.outcome is Outcome.PASSED:
            assert not list(case)
        else:
            [child] = case
            assert (item.outcome.value, clean(item.message)) == (child.tag, child.get("message"))
            assert clean(item.text) == (child.text or "")


def test_the_time_is_that_of_the_run(tmp_path):
    """In the form of the schema, without a zone; UTC."""
    [suite] = ET.fromstring(write(tmp_path, []))

    assert "2023-11-14T22:13:20" == suite.get("timestamp")


def test_cases_are_written_as_they_come(tmp_path):
    """Memory does not hold them: 4,000 of half a kilobyte."""
    case = Case("id", "claims.csv", Outcome.FAILED, "m" * 100, "t" * 400)
    suite = Suite("gate", {Outcome.FAILED: 4_000}, {}, 0.0)
    tracemalloc.start()
    try:
        write_junit(tmp_path / "out.xml", suite, (case for _ in range(4_000)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (tmp_path / "out.xml").stat().st_size > 2_000_000
    assert peak < 400_000


def test_a_file_that_fails_in_the_middle_leaves_the_old_one(tmp_path):
    """And no part of itself."""
    old = write(tmp_path, [Case("a", "b", Outcome.PASSED)])

    def torn():
        yield Case("a", "b", Outcome.PASSED)
        raise FactcheckError("run", "is torn")

    with pytest.raises(FactcheckError, match="is torn"):
        write_junit(tmp_path / "out.xml", Suite("gate", {Outcome.PASSED: 2}, {}, 0.0), torn())

    assert old == (tmp_path / "out.xml").read_bytes()
    assert ["out.xml"] == [path.name for path in tmp_path.iterdir()]


def test_counts_that_are_not_those_of_the_cases_write_nothing(tmp_path):
    """They stand at the head of the file, before any case is seen."""
    with pytest.raises(ValueError, match="cases, not"):
        write_junit(tmp_path / "out.xml", Suite("gate", {Outcome.FAILED: 1}, {}, 0.0), [Case("a", "b", Outcome.PASSED)])

    assert not list(tmp_path.iterdir())
