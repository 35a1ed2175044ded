"""The report of an evaluation: what its files hold, and that no text of claims becomes markup."""

import json
import os
import re
import shutil
from dataclasses import replace

import pytest
from evaluation_cases import NO, OPEN, YES, C, N, S, case, evidence, gold, leaning
from rich.console import Console

from factcheck.evaluation.report import write
from factcheck.evaluation.results import (
    ByK,
    ClassScores,
    Confusion,
    Difference,
    Evaluation,
    FalseAlarms,
    Overlap,
    Score,
)
from factcheck.evaluation.tables import terminal
from factcheck.types import Check, Finding, Gold, GoldSentence, Label

HOSTILE = (
    "</script></title><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}\u202egnp\x1b[31m\u2028'\"&lt;"
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FINDING = Finding(Check.QUANTITY, "value", "4 against 3", opposes=False)


def judged(stance, doc_id="harbour", **more):
    return evidence(doc_id, stance=stance, quote="Three of the four cranes worked.", **more)


def harbour_case(number, wanted, label, *found, **more):
    sets = [] if wanted is N else [[("harbour", 0)]]
    text = f"Claim {number} says that three cranes of the harbour work on every day of the week."
    return case(gold(wanted, *sets), label, found, ident=f"c{number}", text=text, **more)


def cases(*, calibrated=True):
    """Some of all sorts: forty right ones, and wrong ones of five stages."""
    sure = [0.5 + at / 100 for at in range(50)]
    right = [harbour_case(at, S, S, judged(YES), confidence=sure[at] if calibrated else None) for at in range(40)]
    wrong = [
        harbour_case(40, S, N, judged(OPEN, "other")),
        harbour_case(41, S, N, judged(OPEN)),
        harbour_case(42, C, S, judged(YES, "other"), judged(NO)),
        harbour_case(43, S, N, judged(OPEN, scores=leaning(YES), findings=[FINDING])),
        harbour_case(44, N, S, judged(YES), confidence=0.55 if calibrated else None),
    ]
    return (*right, *wrong)


def score(name, value, spread=0.05, n=45):
    return Score(name, value, max(value - spread, 0.0), min(value + spread, 1.0), n)


def evaluation(found=None, **changes):
    values = {
        "dataset": "harbour/dev",
        "digest": "ab" * 32,
        "regime": "corpus",
        "model": "nli-mini",
        "settings": {"support": 0.5, "contradict": 0.5, "model": "/home/somebody/models/big", "corpus": "C:\\data\\x"},
        "claims": 45,
        "clusters": 44,
        "two_class": False,
        "scores": (score("accuracy", 0.8889), score("macro F1", 0.6123), Score("empty", None, None, None, 0)),
        "confusion": Confusion(
            tuple(Label), (*Label, "no answer"), ((40, 0, 0, 3, 0), (1, 0, 0, 0, 0), (0, 0, 0, 0, 0), (1, 0, 0, 0, 0))
        ),
        "per_class": tuple(ClassScores(label, 0.5, 0.25, 0.3333, 10) for label in Label),
        "passages": 10,
        "seconds": 1.5,
        "by_k": tuple(
            ByK(
                k,
                (score("accuracy", 0.6 + k / 50), score("macro F1", 0.5 + k / 50)),
                score("evidence recall", 0.7 + k / 50),
            )
            for k in (1, 3, 5, 10)
        ),
        "retrieval": (score("evidence recall@10", 0.9123),),
        "overlap": Overlap(
            3, 2, "digests of 1,000 training claims", (score("accuracy", 0.99),), (score("accuracy", 0.87),)
        ),
        "notes": ("2 claims without a gold label are left out",),
        "cases": cases() if found is None else found,
    }
    return Evaluation(**(values | changes))


def several():
    """Two models on the same claims, an ablation, and claims of which nothing can be known."""
    base = evaluation()
    differences = (
        Difference("accuracy", "nli-large", "nli-mini", 0.0312, 0.0021, 0.0601, 0.012, 0.024, 45),
        Difference("macro F1", "nli-large", "nli-mini", -0.0112, -0.0521, 0.0301, 0.4, 0.4, 45),
    )
    large = evaluation(
        model="nli-large", differences=differences, scores=(score("accuracy", 0.92), score("macro F1", 0.6))
    )
    ablated = evaluation(
        variant="without the quantity check", scores=(score("accuracy", 0.85), score("macro F1", 0.59))
    )
    alarms = tuple(
        FalseAlarms("gold removed", k, score("false alarms", 0.01 * k, 0.01), k, k, 0, 1) for k in (1, 3, 5, 10)
    )
    nothing = evaluation(dataset="harbour/dev, gold removed", by_k=(), false_alarms=alarms, overlap=None)
    return [base, large, ablated, nothing]


def hostile():
    """The same hostile text in every field that has one."""
    finding = Finding(Check.QUANTITY, HOSTILE, HOSTILE)
    found = evidence(HOSTILE, stance=OPEN, scores=leaning(YES), findings=[finding], quote=HOSTILE)
    wanted = Gold(S, ((GoldSentence(HOSTILE, 0, quote=HOSTILE),),))
    lost = case(wanted, N, [found], ident=HOSTILE, text=HOSTILE)
    one = Score(HOSTILE, 0.5, 0.4, 0.6, 10, HOSTILE)
    return evaluation(
        (lost,),
        dataset=HOSTILE,
        digest=HOSTILE,
        regime=HOSTILE,
        model=HOSTILE,
        variant="base",
        settings={HOSTILE: HOSTILE},
        scores=(one,),
        retrieval=(one,),
        confusion=Confusion((HOSTILE,), (HOSTILE,), ((1,),)),
        per_class=(ClassScores(HOSTILE, 0.1, 0.1, 0.1, 1),),
        by_k=(ByK(1, (one,), one),),
        differences=(Difference(HOSTILE, HOSTILE, HOSTILE, 0.1, 0.0, 0.2, 0.5, None, 10),),
        overlap=Overlap(1, 1, HOSTILE, (one,), (one,)),
        false_alarms=(FalseAlarms(HOSTILE, 1, one, 1, 1, 1),),
        notes=(HOSTILE,),
    )


@pytest.fixture
def html(tmp_path):
    return write(several(), tmp_path / "out")[1].read_text("utf-8")


def shown(evaluations, width=100):
    console = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    for item in terminal(evaluations):
        console.print(item)
    console.file.close()
    return console.export_text()


# JSON


def test_the_json_holds_what_the_evaluations_do(tmp_path):
    """And what was made of their cases: stages, examples, bins, and the curve."""
    one, *_ = several()
    record = json.loads(write([one], tmp_path)[0].read_text("utf-8"))
    [found] = record["evaluations"]

    assert 1 == record["schema_version"]
    assert one.scores[0].value == found["scores"][0]["value"]
    assert ("corpus", 45, "nli-mini") == (found["regime"], found["claims"], found["name"])
    assert 5 == found["errors"]["wrong"]
    stages = {stage: sum(labels.values()) for stage, labels in found["errors"]["stages"].items()}
    once = ("not_retrieved", "misjudged", "check", "aggregation", "invented")
    assert dict.fromkeys(once, 1) | dict.fromkeys(("withheld", "threshold", "unknown"), 0) == stages
    assert {"c40", "c41", "c42", "c43", "c44"} == {example["id"] for example in found["errors"]["examples"]}
    taken = next(example for example in found["errors"]["examples"] if example["stage"] == "check")
    assert "4 against 3" == taken["found"]["findings"][0]["detail"]
    assert {"doc_id": "harbour", "sentence": 0}.items() <= taken["gold_sentence"].items()
    assert 10 == len(found["reliability"])
    assert pytest.approx(41) == sum(one["n"] for one in found["reliability"])
    assert "confidence" == found["risk_coverage"]["by"]
    assert pytest.approx(41 / 45) == found["risk_coverage"]["points"][-1]["coverage"]


def test_both_files_are_the_same_again(tmp_path):
    """No clock, no chance, no order of a set."""
    for name in ("a", "b"):
        write(several(), tmp_path / name)

    for name in ("evaluation.json", "evaluation.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_path_of_the_machine_is_told(tmp_path):
    """Of settings the last name of a path stays."""
    for path in write(several(), tmp_path):
        text = path.read_text("utf-8")
        assert "/home/somebody" not in text
        assert "C:\\\\data" not in text
        assert "C:\\data" not in text
    assert "big" == json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["evaluations"][0]["settings"]["model"]


def test_an_evaluation_without_claims_can_be_written(tmp_path):
    """As one from a file, whose cases are gone."""
    empty = evaluation((), scores=(), by_k=(), retrieval=(), overlap=None, per_class=())
    as_json, as_html = write([empty], tmp_path)

    assert 0 == json.loads(as_json.read_text("utf-8"))["evaluations"][0]["errors"]["wrong"]
    assert "Where wrong verdicts were lost" not in as_html.read_text("utf-8")


# HTML


def test_every_score_stands_beside_its_interval_its_n_and_its_regime(html):
    """In the table of each evaluation."""
    [table] = re.findall(r"<table>(?:(?!</table>).)*evidence recall@10.*?</table>", html, re.DOTALL)[:1]

    assert "evidence: corpus" in table
    row = re.search(r"<tr><th[^>]*>evidence recall@10</th>(.*?)</tr>", table, re.DOTALL)[1]
    assert ["91.2", "86.2 to 96.2", "45"] == re.findall(r">([^<>]+)</td>", row)


def test_nothing_may_run_or_be_asked_for(html):
    """One style by its hash, no script, no address."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "<script" not in html
    assert not re.search(r"<(link|img|iframe)[^>]+(src|href)=\"(?!data:,)", html)
    assert " style=" not in html


def test_without_confidence_the_page_says_why(tmp_path):
    """There is no empty drawing, and the curve goes by the score."""
    html = write([evaluation(cases(calibrated=False))], tmp_path)[1].read_text("utf-8")

    assert "No verdict has a confidence" in html
    assert "ten bins of equally many claims" not in html
    assert "by the uncalibrated score" in html


def test_a_set_of_two_classes_frames_all_that_is_no_support(tmp_path):
    """Contradicted is a right answer to what is not supported, and no gold label is called not enough info."""
    table = Confusion(("supported", "not supported"), tuple(Label), ((1, 2, 3, 4), (5, 6, 7, 8)))
    html = write([evaluation((harbour_case(1, N, S, judged(YES)),), confusion=table, two_class=True)], tmp_path)[
        1
    ].read_text("utf-8")

    assert 4 == html.count('class="chart-right"')
    assert "Not supported</span>" in html


def test_no_text_of_the_claims_becomes_markup(tmp_path):
    """In whatever field it stands."""
    html = write([hostile()], tmp_path)[1].read_text("utf-8")

    assert "<img" not in html
    assert "<script" not in html
    assert "</script" not in html
    assert 1 == html.count("</title>") - html.count("</title></g>") - html.count("</title><")
    assert "49" not in re.sub(r"<svg.*?</svg>", "", html.partition("</style>")[2], flags=re.DOTALL)


# Terminal


def test_a_terminal_shows_scores_stages_alarms_and_differences():
    """With intervals, n and regime."""
    text = shown(several())

    assert "harbour/dev · evidence: corpus · nli-mini" in text
    assert re.search(r"accuracy +88\.9 +83\.9 to 93\.9 +45 claims", text)
    assert re.search(r"aggregation +0 +1 +0 +1", text)
    assert re.search(r"gold removed +10 +10\.0 +9\.0 to 11\.0 +45 claims", text)
    assert re.search(r"nli-large − nli-mini +accuracy +\+3\.1 \* +\+0\.2 to \+6\.0 +0\.024 +45", text)
    assert re.search(r"without the quantity check +accuracy +85\.0", text)
    assert 1 == text.count("note: digests of 1,000 training claims")
    assert 1 == text.count("2 claims without a gold label are left out")
    assert "3 were in training as they are, 2 more with other figures" in " ".join(text.split())


def test_a_terminal_obeys_no_text():
    """No control character of it comes through, and no markup is read."""
    text = shown([hostile(), evaluation(dataset="[red]x[/red]")], width=400)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]x[/red]" in text


# In a browser


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("FACTCHECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("FACTCHECK_REQUIRE_BROWSER", "") not in ("", "0"):
            pytest.fail("there is no Chromium", pytrace=False)
        pytest.skip("there is no Chromium; apt-get install chromium, or name it in FACTCHECK_CHROMIUM")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a report without network; fails where the page complains, asks for something, or opens a dialog."""
    problems, contexts = [], []

    def show(evaluations, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        context.on("console", lambda told: problems.append(told.text))
        context.on("weberror", lambda error: problems.append(str(error.error)))
        context.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        context.on("request", lambda request: problems.append(request.url) if _is_far(request.url) else None)
        page = context.new_page()
        page.goto(write(evaluations, tmp_path)[1].as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert [] == problems


def _is_far(url):
    return not url.startswith(("file:", "data:", "about:"))


@pytest.mark.parametrize("look", ["360 light", "1280 dark"])
def test_everybody_can_use_it(opened, look):
    """No finding of axe by WCAG 2.2 AA with all of it open, and nothing to scroll sideways for."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    width, scheme = look.split()
    view = {"width": int(width), "height": 800}
    base, large, _, nothing = several()
    whole = replace(large, false_alarms=nothing.false_alarms)  # all there can be, in one section
    # axe is a script, which the page's own policy would stop
    page = opened([replace(base, variant="base, too"), whole], bypass_csp=True, color_scheme=scheme, viewport=view)
    page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true })")

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.Axe().run(page, options={"runOnly": rules}).response["violations"]
    assert [] == [(item["id"], [node["html"] for node in item["nodes"]]) for item in found]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_text_is_shown_as_it_is(opened):
    """With the page's own policy off, too: nothing of it is run or asked for."""
    page = opened([hostile()], bypass_csp=True, viewport={"width": 360, "height": 800})
    page.locator("summary", has_text="check").click()

    assert HOSTILE == page.locator(".lost-claim").text_content()
    assert 0 == page.locator("main img, script").count()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_goes_by_keyboard(opened):
    """Tab reaches the link over the head, and the examples open with Enter."""
    page = opened(several())
    page.keyboard.press("Tab")
    assert "Skip to the content" == page.evaluate("document.activeElement.textContent")
    summary = page.locator("summary", has_text="misjudged").first
    summary.focus()
    page.keyboard.press("Enter")

    assert page.locator(".lost-claim", has_text="Claim 41").first.is_visible()
