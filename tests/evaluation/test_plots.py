"""Drawings are well-formed, hold the numbers they are of, and stay within their frame."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation import plots
from factcheck.evaluation.plots import Bin, Interval, Point

HOSTILE = "<b>\"'&</b>\u202e\x00\x1b[31m"
LABELS = ("SUPPORTED", "CONTRADICTED", "CONFLICTING", "NOT ENOUGH INFO")
shares = st.floats(0, 1)
names = st.text(max_size=60)


@st.composite
def ranges(draw):
    return sorted((draw(shares), draw(shares), draw(shares)))


points = st.builds(lambda at, found: Point(at, found[1], found[0], found[2]), st.sampled_from([1, 3, 5, 10]), ranges())
rows = st.builds(
    lambda name, found, n: Interval(name, found[1], found[0], found[2], n), names, ranges(), st.integers(0, 9**9)
)


def read(svg):
    """The root, all text that is seen, and all numbers that say where something is."""
    root = ET.fromstring(svg)
    assert "img" == root.get("role")
    assert root.get("aria-label")
    return root, [item.text for item in root.iter("text")]


def stays_inside(svg):
    """No mark leaves the drawing; text is given a little room."""
    root, _ = read(svg)
    _, _, width, height = map(float, root.get("viewBox").split())
    for item in root.iter():
        for names_, most in ((("x", "x1", "x2", "cx"), width), (("y", "y1", "y2", "cy"), height)):
            for name in names_:
                if item.get(name) is not None:
                    assert -1 <= float(item.get(name)) <= most + 1, ET.tostring(item)
    return True


def test_a_confusion_shows_every_count_and_share():
    """Shades go by the row; equal names are framed."""
    svg = plots.confusion(
        LABELS, (*LABELS, "no answer"), [[6, 2, 0, 2, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 0], [0, 0, 0, 1234, 0]]
    )
    root, words = read(svg)

    assert {"6", "2", "1,234", "60 %", "20 %", "25 %", "100 %", "–"} <= set(words)
    shades = [float(item.get("fill-opacity")) for item in root.iter("rect") if item.get("class") == "chart-shade"]
    assert 20 == len(shades)
    assert shades[0] == pytest.approx(3 * shades[1], abs=0.02)
    assert 4 == svg.count('class="chart-right"')
    assert "gold SUPPORTED: 6 SUPPORTED, 2 CONTRADICTED" in root.get("aria-label")


def test_what_is_right_can_be_named():
    """Of two classes contradicted is right where gold says not supported."""
    svg = plots.confusion(
        ("yes", "no"), LABELS, [[1, 1, 1, 1]] * 2, right=[("no", "CONTRADICTED"), ("no", "CONFLICTING")]
    )

    assert 2 == svg.count('class="chart-right"')


def test_reliability_shows_bar_promise_and_count_of_each_bin():
    """A bar as high as what was right, a line at what was promised."""
    svg = plots.reliability([Bin(0.5, 0.25, 120), Bin(0.9, 1.0, 119.5)])
    root, words = read(svg)
    bars = [item for item in root.iter("rect") if item.get("class") == "chart-bar"][:2]
    lines = [item for item in root.iter("line") if item.get("class") == "chart-mark"][:2]

    assert {"50", "90", "120"} <= set(words)
    assert float(bars[1].get("height")) == pytest.approx(4 * float(bars[0].get("height")), rel=0.01)
    bottom = float(bars[0].get("y")) + float(bars[0].get("height"))
    half, whole = bottom - float(lines[0].get("y1")), float(bars[1].get("height"))
    assert half == pytest.approx(whole / 2, abs=0.1)
    assert "90.0 % sure, 100.0 % right" in root.get("aria-label")


def test_risk_against_coverage_tells_what_the_budget_gives():
    """The widest coverage within it, where there is one."""
    curve = [Point(0.2, 0.0), Point(0.4, 0.04), Point(0.7, 0.2), Point(1.0, 0.3)]

    assert "40.0 % at 5 % wrong" in read(plots.risk_coverage(curve))[1]
    assert "70.0 % at 20 % wrong" in read(plots.risk_coverage(curve, budget=0.2))[1]
    assert not any("at 1 % wrong" in word for word in read(plots.risk_coverage(curve[1:], budget=0.01))[1])


def test_lines_by_k_have_their_names_and_values():
    """Told in words, in the hint of each mark, and by the place of its dot."""
    lines = {"accuracy": [Point(1, 0.4, 0.3, 0.5), Point(10, 0.6)], "macro F1": [Point(1, 0.2)]}
    root, words = read(plots.by_k(lines))
    titles = [item.text for item in root.iter("title")]

    assert {"accuracy", "macro F1", "1", "10"} <= set(words)
    assert "accuracy, k 1: 40.0 % [30.0 %, 50.0 %]" in titles
    assert "accuracy: 40.0 % at 1, 60.0 % at 10; macro F1: 20.0 % at 1" in root.get("aria-label")
    assert 3 == sum(item.tag == "circle" for item in root.iter())


def test_intervals_show_values_in_percent():
    """A difference has its sign, and a line at none."""
    _, words = read(plots.intervals([Interval("mini", 0.712, 0.65, 0.77, 300)]))
    differences = plots.intervals([Interval("large − mini", 0.031, -0.002, 0.06, 300)], differences=True)

    assert {"mini", "71.2 [65.0, 77.0]"} <= set(words)
    assert "+3.1 [-0.2, +6.0]" in read(differences)[1]
    assert 1 == differences.count('class="chart-mark"')


def test_a_long_name_keeps_both_ends():
    """Where two of them differ is often at the end."""
    _, words = read(plots.intervals([Interval("model-" + "x" * 80 + "-large", 0.5, 0.4, 0.6, 10)]))

    assert re.fullmatch(r"model-x+…x+-large", words[-2])


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0.0 %"),
        (0.0001, "<0.1 %"),
        (0.123, "12.3 %"),
        (0.9999, ">99.9 %"),
        (1.0, "100.0 %"),
        (1 - 1e-15, "100.0 %"),
    ],
)
def test_no_percent_claims_none_or_all_that_is_not(share, shown):
    """Rounding errors are no share."""
    assert shown == plots.percent(share)


@given(
    counts=st.integers(1, 5).flatmap(
        lambda many: st.lists(st.lists(st.integers(0, 10**7), min_size=many, max_size=many), min_size=1, max_size=4)
    ),
    data=st.data(),
)
def test_any_confusion_can_be_drawn(counts, data):
    """With any names."""
    some = [data.draw(names) for _ in range(max(len(counts), len(counts[0])))]

    assert stays_inside(plots.confusion(some[: len(counts)], some[: len(counts[0])], counts))


@given(st.lists(st.builds(Bin, shares, shares, st.floats(0, 10**6)), max_size=10))
def test_any_reliability_can_be_drawn(bins):
    """Also of no bins."""
    assert stays_inside(plots.reliability(bins))


@given(st.lists(st.builds(Point, shares, shares), max_size=30), shares)
def test_any_curve_can_be_drawn(curve, budget):
    """Also of no points."""
    assert stays_inside(plots.risk_coverage(curve, budget=budget))


@given(st.dictionaries(names, st.lists(points, max_size=4), max_size=5))
def test_any_lines_can_be_drawn(lines):
    """More of them than there are looks."""
    assert stays_inside(plots.by_k(lines))


@given(st.lists(rows, max_size=5), st.booleans())
def test_any_intervals_can_be_drawn(found, differences):
    """Also where all are the same number."""
    assert stays_inside(plots.intervals(found, differences=differences))


@given(value=st.sampled_from([0.0, 0.5, 1.0]), differences=st.booleans())
def test_a_single_number_can_be_drawn(value, differences):
    """An interval without width."""
    assert stays_inside(plots.intervals([Interval("one", value, value, value, 1)], differences=differences))


def test_names_stay_text():
    """No markup, and no control character, which XML has no place for."""
    drawings = [
        plots.confusion([HOSTILE], [HOSTILE], [[1]]),
        plots.by_k({HOSTILE: [Point(1, 0.5, 0.4, 0.6)]}),
        plots.intervals([Interval(HOSTILE, 0.5, 0.4, 0.6, 1)]),
    ]
    for svg in drawings:
        root, _ = read(svg)
        assert 0 == sum(1 for _ in root.iter("b"))
        assert not re.search("[\x00\x1b\u202e]", svg)


def test_many_points_are_thinned_and_the_ends_stay():
    """Evenly."""
    thinned = plots.thinned([Point(at / 999, 0) for at in range(1000)], 11)

    assert [0.0, 0.1, 1.0] == pytest.approx([thinned[0].at, thinned[1].at, thinned[-1].at], abs=1e-3)
    assert 11 == len(thinned)
