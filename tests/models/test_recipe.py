"""How the training data of the bundled model is made, its teacher trained, and its scores counted."""

import gzip
import importlib
import json
import math
import os
import random
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

from factcheck.types import NLIScores

FOLDER = Path(__file__).parents[2] / "models" / "nli-mini"
NAMES = [
    "figures", "slots", "rules", "orders", "train", "written", "substitute", "mix", "sheets", "judge", "claim",
    "check_overlap", "blend", "teacher", "evaluate",
]  # fmt: skip
ROWS = [
    ("The kiln was lit on Monday.", "The kiln was lit.", "entailment"),
    ("The kiln was lit on Monday.", "The kiln was never lit.", "contradiction"),
    ("The kiln was lit on Monday, and by Friday all of the bricks had been sold.", "The bricks were red.", "neutral"),
    ("Two potters left the village.", "Ten potters stayed.", "not_entailment"),
    ("Clay came by boat.", "Clay came by boat from the north.", "not_entailment"),
]


@pytest.fixture(scope="module")
def recipe():
    """The scripts as modules, by name; their folder is no package."""
    before = {name: sys.modules.pop(name, None) for name in NAMES}
    sys.path.insert(0, str(FOLDER))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(FOLDER))
    for name, module in before.items():
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module


def write_records(path, records):
    """A gzip'd JSON Lines file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def write_rows(path, rows):
    """A gzip'd mix."""
    write_records(path, [dict(zip(("premise", "hypothesis", "label"), row, strict=False)) for row in rows])


# --- rules


def amount(text):
    """What a written amount is."""
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "")) * {"": 1, "thousand": 1e3, "million": 1e6, "billion": 1e9}[unit]


@given(st.integers(1, 999), st.sampled_from([1, 10, 1000, 100_000, 10**6, 10**8]))
def test_every_way_to_write_an_amount_is_the_same_amount(recipe, digits, unit):
    """400 million is 0.4 billion, and 1500 is 1.5 thousand."""
    value = float(digits * unit)

    ways = recipe["rules"].scaled(value)

    assert [amount(way) for way in ways] == pytest.approx([value] * len(ways))


def test_a_figure_written_otherwise_is_still_entailed_and_another_one_contradicted(recipe):
    """The two edits of one claim carry opposite labels."""
    pairs = [("In 2020 the mine sold 1,500 tonnes.", "The mine sold 1,500 tonnes.", "entailment")] * 40

    made = set(recipe["rules"].edited(pairs, ["Rain fell."], 1))

    respelled = {claim for _, claim, label in made if label == "entailment" and "1500 tonnes" in claim}
    assert respelled == {"The mine sold 1500 tonnes."}
    found = [
        re.fullmatch(r"The mine sold ([\d,]+) tonnes.", claim) for _, claim, label in made if label == "contradiction"
    ]
    wrong = [match[1].replace(",", "") for match in found if match]
    assert wrong
    assert "1500" not in wrong


def test_negating_a_false_claim_makes_it_true(recipe):
    """And a true one false; what is open stays open."""
    kinds = ("entailment", "neutral", "contradiction")
    pairs = [("The dam is in Chile.", "The dam is new.", kind) for kind in kinds for _ in range(60)]

    made = list(recipe["rules"].edited(pairs, ["Rain fell."], 1))

    found = {label for _, claim, label in made if claim == "The dam is not new."}
    assert found == set(kinds)
    assert recipe["rules"].negated("The dam is not new.") is None
    assert recipe["rules"].negated("Is the dam new?") is None


def test_held_out_templates_share_neither_words_nor_sentences_with_training(recipe):
    """Otherwise their score would say nothing about new sentences."""
    templates = recipe["rules"].TEMPLATES

    def texts(part):
        return {
            text
            for family, content in templates[part].items()
            if family != "words"
            for say in content["say"].values()
            for text in say
        }

    bare = {"{body} {past} {what}.", "{two} {role_back} {one}.", "{three} {role} {two}.", "{body} {past2} {what2}."}
    measures = {text for text in texts("train") if text.startswith(("{measure", "{wrong_measure"))}
    assert texts("train") & texts("held_out") <= bare | measures | {"{two} {role} {one}."}
    whole = [text.strip(".").lower() for text in texts("held_out") - texts("train")]
    assert not [text for text in texts("train") if any(held in text.lower() for held in whole)]
    for kind in ("people", "places", "bodies", "speakers", "deeds", "things", "amounts", "measures", "roles"):
        first, second = (set(map(str, templates[part]["words"][kind])) for part in ("train", "held_out"))
        assert not first & second


@pytest.mark.parametrize("held_out", [False, True])
def test_every_template_can_be_filled(recipe, held_out):
    """No pair has an open brace, and the same seed gives the same pairs."""
    made = list(recipe["rules"].invented(1500, 3, held_out=held_out))

    assert made == list(recipe["rules"].invented(1500, 3, held_out=held_out))
    assert len(set(made)) == 1500
    assert not any("{" in text for pair, _ in made for text in pair)
    assert {pair[2] for pair, _ in made} == {"entailment", "neutral", "contradiction"}


def test_every_wording_of_every_family_is_used_and_can_be_filled(recipe):
    """Also those that few pairs draw."""
    rules, slots, generator = recipe["rules"], recipe["slots"], random.Random(2)
    for part in ("train", "held_out"):
        families = dict(rules.TEMPLATES[part])
        words = slots.Words(**families.pop("words"))
        filled = slots.slots(generator, words)
        filled |= slots.more_slots(generator, words, filled["place"], filled["place2"])
        for family in families.values():
            related = {name for label in ("entailment", "neutral", "contradiction") for name in family[label]}
            assert family["say"].keys() == {name for pair in related for name in pair.split(" > ")}
            for text in (text for say in family["say"].values() for text in say):
                assert "{" not in text.format_map(filled)


@given(seed=st.integers())
def test_what_the_slots_say_of_one_amount_agrees(recipe, seed):
    """Sums, rests, lists and votes are counted right, and the wrong ones are others."""
    slots, generator = recipe["slots"], random.Random(seed)
    spelt = {slots.spelled(value): value for value in range(2000)}

    def count(text):
        return spelt.get(text) or int(text.replace(",", ""))

    vote, rest = slots.vote_slots(generator), slots.rest_slots(generator)
    names = slots.list_slots(generator, [f"P{n}" for n in range(9)], [f"Q{n}" for n in range(9)])
    price, several = slots.price_slots(generator), slots.compare_slots(generator, "ABC", "DEF")

    assert count(vote["vt_many"]) - count(vote["vt_few"]) == count(vote["vt_lead"]) > 0
    assert (count(vote["vt_for"]) > count(vote["vt_against"])) == (vote["vt_more"] == "for")
    assert count(rest["rs_used"]) + count(rest["rs_remain"]) == count(rest["rs_whole"])
    assert count(rest["rs_wrong"]) != count(rest["rs_remain"])
    assert len(re.findall(r"[PQ]\d", names["ls_names"])) == count(names["ls_number"]) != count(names["ls_wrong"])
    assert names["ls_absent"] not in names["ls_names"]
    old, new, cut = (count(price[slot].rpartition(" ")[0]) for slot in ("mo_old", "mo_new", "mo_cut"))
    assert old - new == cut
    assert count(several["cp_low"]) + count(several["cp_high"]) == count(several["cp_sum"])


# --- mix


@pytest.mark.parametrize(
    ("said", "claimed", "label"),
    [
        ((5, 5), (1, 9), "entailment"),
        ((5, 9), (5, 9), "entailment"),
        ((5, 5), (6, 9), "contradiction"),
        ((8, 9), (1, 7), "contradiction"),
        ((5, 9), (6, 7), "neutral"),
        ((5, 9), (9, 12), "neutral"),
    ],
)
def test_a_range_within_the_claims_is_entailed_and_one_beside_it_contradicted(recipe, said, claimed, label):
    """What reaches over an end of it is left open."""
    assert recipe["orders"].relation(said, claimed) == label


@pytest.fixture(scope="module")
def ordered(recipe):
    """Pairs that the order of two dates or figures decides."""
    words = recipe["slots"].Words(**recipe["rules"].TEMPLATES["train"]["words"])
    plainly = recipe["orders"].ordered(4_000, 4, words, [recipe["orders"].plainly_dated])
    return [*recipe["orders"].ordered(12_000, 4, words), *plainly]


@pytest.mark.parametrize(
    "word", ["before", "after", "later", "between", "more", "fewer", "least", "over", "below", "fell"]
)
def test_no_word_of_order_tells_the_label(ordered, word):
    """A model that goes by the word alone is right as often as by chance."""
    found = [label for _, claim, label in ordered if re.search(rf"\b{word}\b", claim)]
    share = found.count("entailment") / (found.count("entailment") + found.count("contradiction"))

    assert len(found) > 50
    assert 0.4 < share < 0.6


def test_no_pair_has_the_form_of_a_held_out_template(recipe, ordered):
    """Otherwise the score of held-out templates would say nothing about new wordings."""
    templates = recipe["rules"].TEMPLATES
    words = templates["train"]["words"]
    figure = r"[\d.,]+(?: thousand| million| billion)?"
    slots = dict.fromkeys(("year", "after", "later", "much_later", "lower", "higher"), r"\d{4}")
    slots |= dict.fromkeys(("first", "second", "first2", "second2", "wrong_second"), figure)
    slots |= {"grew": r"\w+", "grew_wrong": r"\w+", "half": "first", "wrong_half": "second", "date": r"[\w, ]+\d{4}"}
    slots |= {"amount": "|".join(words["amounts"]), "body": "|".join(words["bodies"])}
    slots |= {"past": r"\w+", "what": "|".join(re.escape(what) for _, _, what in words["deeds"])}
    told = [
        text for name in ("when", "change") for texts in templates["held_out"][name]["say"].values() for text in texts
    ]
    forms = [re.sub(r"\\{(\w+)\\}", lambda slot: f"(?:{slots[slot[1]]})", re.escape(text)) for text in told]
    said = {text for premise, claim, _ in ordered for text in (premise, claim)}

    assert [form for form in forms if any(re.fullmatch(form, text, re.IGNORECASE) for text in said)] == []


def test_the_years_of_a_pair_bear_its_label_out(ordered):
    """Read again from the texts: a plain year in the premise, before or after one in the claim."""
    checked = 0
    for premise, claim, label in ordered:
        years = re.findall(r"\b(?:1[89]|20)\d\d\b", premise)
        bound = re.search(r"(?<!not )\b(before|after) ((?:1[89]|20)\d\d)\.$", claim)
        if len(years) != 1 or not bound or re.search(r"\d", premise.replace(years[0], "")) or "head" in claim:
            continue
        year, other = int(years[0]), int(bound[2])
        fits = year < other if bound[1] == "before" else year > other
        assert label in {"entailment" if fits else "contradiction", "neutral"}, (premise, claim)
        checked += 1
    assert checked > 100


def test_an_entailed_year_becomes_a_bound(recipe):
    """Of a real claim, with the label that the bound has; a claim whose year the premise lacks is left alone."""
    generator = random.Random(2)
    made = [
        pair
        for _ in range(60)
        if (pair := recipe["orders"].bounded_year("It was lit in 1950.", "In 1950 the kiln was lit.", generator))
    ]
    made += [
        pair
        for _ in range(60)
        if (pair := recipe["orders"].bounded_year("It was lit in 1950.", "The kiln was lit in 1950.", generator))
    ]

    assert {label for _, _, label in made} >= {"entailment", "contradiction"}
    for _, claim, label in made:
        if match := re.search(r"[Bb]efore (\d+)", claim):
            assert (label == "entailment") == (int(match[1]) > 1950)
    assert recipe["orders"].bounded_year("It was lit in 1951.", "The kiln was lit in 1950.", generator) is None


def test_claims_that_differ_in_figures_and_months_have_one_key(recipe):
    """So that an evaluation claim with another year counts as seen."""
    key = recipe["mix"].claim_key

    assert key("In May 2011, 1,500 left!") == key("in June 1999 20,000 left")
    assert key("In May 2011 they left.") != key("In May 2011 they stayed.")


def test_retrieved_neutrals_leave_the_evidence_out(recipe):
    """Neither a claim's gold premise comes back nor a near copy, and what shares a name does, first or alone."""
    mix = recipe["mix"]
    rows = [
        mix.Row(
            "Harlow Bridge carries six lanes of traffic over the Tamble.",
            "Harlow Bridge bears six broad lanes.",
            "entailment",
            "s",
        ),
        mix.Row(
            "Painters coat Harlow Bridge in grey each spring.",
            "Harlow Bridge gets a grey coat each spring.",
            "entailment",
            "s",
        ),
        mix.Row("Six sheep graze near Harlow on the hills of Orn.", "Orn has sheep.", "entailment", "s"),
    ]
    passages = [(row.premise, row.premise) for row in rows]
    passages.append(("copy", "Harlow Bridge carries six lanes of heavy traffic over the Tamble."))
    index = mix.Retrieval(passages, rows)

    assert index.neutral(rows[0].hypothesis) == [rows[1].premise, rows[2].premise]
    assert index.neutral(rows[0].hypothesis, same_subject=True) == [rows[1].premise]
    assert index.neutral(rows[0].hypothesis, frozenset([rows[1].premise])) == [rows[2].premise]


def test_the_second_teacher_mix_has_no_row_of_the_first(recipe):
    """Each source's rows are dealt out in one order."""
    mix = recipe["mix"]
    rows = [mix.Row(f"premise {i}", f"claim {i}", "neutral", "s") for i in range(100)]
    quota = {"s": [40, 30, 100]}

    first, second, student = (set(mix.spread(rows, quota, which, 5)) for which in range(3))

    assert (len(first), len(second), len(student)) == (40, 30, 100)
    assert not first & second


# --- the student's loss


WRITTEN = """D: A mill in Orvale
1: The mill in Orvale was built in 1801.
2: It burned down eleven years later.
E1: The mill is more than two hundred years old.
C2: Fire spared the mill.
N2: Lightning set fire to the mill.

P: Nobody came.
E: The hall stayed empty.
"""


def test_a_written_claim_is_decided_by_its_sentence_alone(recipe, tmp_path):
    """With the one before where it leans on it, or joined to another; what the other sentences say decides nothing.

    The title stands first where it has a word of the claim that the rest lacks.
    """
    path = tmp_path / "mills.txt"
    path.write_text(WRITTEN.replace("A mill in", "Brandt in").replace("Fire spared", "Fire spared Brandt at"), "utf-8")
    mill, hall = recipe["written"].read(path)
    first, second = mill.sentences
    found = {pair for seed in range(200) for pair in recipe["written"].pairs(mill, random.Random(seed))}
    assert found == {
        (first, "The mill is more than two hundred years old.", "entailment"),
        (f"{first} {second}", "The mill is more than two hundred years old.", "entailment"),
        (f"{first} {second}", "Fire spared Brandt at the mill.", "contradiction"),
        (f"Brandt in Orvale. {first} {second}", "Fire spared Brandt at the mill.", "contradiction"),
        (first, "Fire spared Brandt at the mill.", "neutral"),
        (f"Brandt in Orvale. {first}", "Fire spared Brandt at the mill.", "neutral"),
        (f"{first} {second}", "Lightning set fire to the mill.", "neutral"),
        (first, "Lightning set fire to the mill.", "neutral"),
    }
    assert list(recipe["written"].pairs(hall, random.Random(0))) == [
        ("Nobody came.", "The hall stayed empty.", "entailment")
    ]


@pytest.mark.parametrize(
    "line", ["X1: What?", "E3: The mill is old.", "E1 The mill is old.", "D: Looms", "2: It stood."]
)
def test_a_line_that_is_not_of_the_format_is_named(recipe, tmp_path, line):
    """Also a claim about a sentence that is not there, and a document in another's block."""
    path = tmp_path / "mills.txt"
    path.write_text(f"D: Mills\n1: A mill.\n2: It burned.\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mills\.txt.*" + re.escape(line.partition(": ")[2] or line)):
        list(recipe["written"].read(path))


def test_a_sentence_is_a_claim_about_itself(recipe, tmp_path):
    """Entailed whole or in part, contradicted where denied or with another figure, left open by another sentence."""
    path = tmp_path / "mills.txt"
    path.write_text(
        "D: Mills\n1: The mill was built in 1807, by two brothers, for flour.\n2: Lightning struck 20 oaks.\n"
    )
    (mill,) = recipe["written"].read(path)
    first, second = mill.sentences

    found = {pair for seed in range(200) for pair in recipe["written"].repeated(mill, random.Random(seed))}

    entailed = {(premise, claim) for premise, claim, label in found if label == "entailment"}
    assert {(first, first), (f"{first} {second}", first), (first, "The mill was built in 1807 for flour.")} <= entailed
    assert (second, "Lightning struck 20 oaks.") in entailed
    contradicted = {(premise, claim) for premise, claim, label in found if label == "contradiction"}
    assert (first, "The mill was not built in 1807, by two brothers, for flour.") in contradicted
    assert {claim for premise, claim in contradicted if "oaks" in claim} >= {"Lightning struck 60 oaks."}
    assert not entailed & contradicted
    assert {pair[:2] for pair in found if pair[2] == "neutral"} == {(first, second), (second, first)}


def test_a_title_that_may_decide_a_claim_opens_no_pair_with_it(recipe, tmp_path):
    """Whatever the label, or the title would tell it; one that shares a name with the claim opens some."""
    path = tmp_path / "ferries.txt"
    path.write_text(
        "D: Aske ferries raise fares\n1: A ticket costs nine crowns.\n2: Boats leave hourly.\n"
        "E1: Aske ferries raise fares to nine crowns.\nN2: Boats of the Aske company have radar.\n",
        encoding="utf-8",
    )
    (ferries,) = recipe["written"].read(path)
    found = {pair for seed in range(200) for pair in recipe["written"].pairs(ferries, random.Random(seed))}

    headed = {(claim[:4], label) for premise, claim, label in found if premise.startswith("Aske ferries")}

    assert {("Boat", "neutral")} == headed
    assert ("Boats leave hourly.", "Aske ferries raise fares to nine crowns.", "neutral") in found


def test_a_long_premise_holds_whole_documents_and_the_claim_is_about_one_of_them(recipe, tmp_path):
    """The label is that of the one sentence in it that may be wrong; what it is joined with is entailed."""
    path = tmp_path / "mills.txt"
    path.write_text(
        "D: Mills\n1: The mill burned down.\nE1: Fire took the mill.\nC1: The mill was spared.\nN1: A miller fled.\n\n"
        + "".join(f"D: Hills\n1: {f'Hill {n} is steep. ' * 20}\nE1: Hill {n} rises fast.\n\n" for n in range(8)),
        encoding="utf-8",
    )
    mill, *hills = recipe["written"].read(path)
    drawn = [recipe["written"].gathered(mill, hills, random.Random(seed)) for seed in range(400)]
    found = [pair for pair in drawn if pair]
    entailed = {"Fire took the mill.", "The mill burned down."}

    assert {len(premise.split()) // 100 for premise, _, _ in found} == {1, 2, 3, 4}
    for premise, claim, label in found:
        assert premise.count("The mill burned down.") == 1
        assert all(premise.count(f"Hill {n} is steep.") % 20 == 0 for n in range(8))
        said = [f"{sentence}." for sentence in claim.rstrip(".").split(". ")]
        assert 1 <= len(said) <= 2
        assert len({"A miller fled."} & set(said)) == (label == "neutral")
        assert len(set(said) - entailed - {"A miller fled."}) == (label == "contradiction")
    assert {label for _, _, label in found} == {"entailment", "neutral", "contradiction"}
    assert len({premise.startswith("The mill") for premise, _, _ in found}) == 2


def test_what_weights_know_is_kept_with_rows_of_other_mixes(recipe, tmp_path):
    """So many of each as the recipe says, or all there are; labels and sources stay with them."""
    mix = recipe["mix"]
    (tmp_path / "train.toml").write_text(
        '[paths]\nwork = "."\n[mix]\nseed = 1\n[mix.kept]\nfew = 9\nmany = 4\n', encoding="utf-8"
    )
    found = mix.Recipe(tmp_path / "train.toml")
    few = [mix.Row("Rain fell.", f"It rained {n} times.", "neutral", "a") for n in range(3)]
    many = [mix.Row("Snow fell.", f"It snowed {n} times.", "not_entailment", "b") for n in range(30)]
    mix.write(found.mix("few"), few)
    mix.write(found.mix("many"), many)

    mix.build_kept(found, "kept")

    kept = [mix.Row(**record) for record in mix.json_lines(found.mix("kept"))]
    assert len(kept) == len(set(kept)) == 7
    assert set(few) < set(kept) < {*few, *many}
    assert kept[:3] != few


def test_what_a_reader_judged_is_known_by_its_hash(recipe, tmp_path, monkeypatch):
    """Of the sheets that have labels; unclear pairs are left out, and a label of no pair is named."""
    judge, mix = recipe["judge"], recipe["mix"]
    (tmp_path / "train.toml").write_text('[paths]\nwork = "."\n[mix]\nseed = 1\n', encoding="utf-8")
    found = mix.Recipe(tmp_path / "train.toml")
    monkeypatch.setattr(judge, "JUDGMENTS", tmp_path / "judged.txt")
    monkeypatch.setattr(mix, "JUDGMENTS", tmp_path / "judged.txt")
    pairs = [("Rain fell.", "It was wet."), ("Rain fell.", "It was dry."), ("Rain fell.", "It blew."), ("A", "B")]
    mix.write(found.mix("unlabelled"), [mix.Row(*pair, None, "searched") for pair in pairs])
    judge.write_sheets(found, pairs[:3])
    sheet = judge.folder(found) / "0001.labels"

    sheet.write_text("1 E\n2 C\n3 X\n", encoding="utf-8")
    judge.collect(found)
    mix.build_judged(found, "judged")

    rows = [(row["premise"], row["hypothesis"], row["label"]) for row in mix.json_lines(found.mix("judged"))]
    assert {(*pairs[0], "entailment"), (*pairs[1], "contradiction")} == set(rows)
    assert "Rain" not in (tmp_path / "judged.txt").read_text(encoding="ascii")
    sheet.write_text("1 E\n4 C\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"0001\.labels: '4 C'.*3 pairs"):
        judge.collect(found)
    sheet.write_text("1 E\n1 C\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"'1 C': judged E before"):
        judge.collect(found)
    sheet.unlink()
    with pytest.raises(FileNotFoundError, match=r"no labels"):
        judge.collect(found)
    with pytest.raises(FileExistsError, match=r"earlier selection"):
        judge.write_sheets(found, pairs)
    assert "Rain" not in (tmp_path / "judged.txt").read_text(encoding="ascii")


def test_claims_about_real_premises_are_kept_without_the_premises(recipe, tmp_path, monkeypatch):
    """Those of training pairs and of abstracts that dev does not cite; a claim of no premise is named."""
    claim, mix = recipe["claim"], recipe["mix"]
    kinds = """[claimed]
news = { sources = ["a", "b"], premises = 9 }
science = { sources = ["scifact"], premises = 9 }
"""
    paths = f'[paths]\ndata = "data"\nwork = "."\nclaims = "none"\nnews_claims = "{os.devnull}"\n'
    (tmp_path / "train.toml").write_text(f"{paths}[mix]\nseed = 1\nmax_words = 90\n{kinds}", encoding="utf-8")
    found = mix.Recipe(tmp_path / "train.toml")
    long = "The last of the herons left the reed beds of Aske"
    for name, source, rest in (
        ("nli_3class", "a", "in May."),
        ("nli_2class", "b", "in June."),
        ("augmented", "c", "."),
    ):
        write_records(
            tmp_path / "data" / "train" / f"{name}.jsonl.gz",
            [{"premise": f"{long} {rest}", "hypothesis": "Herons left.", "label": "entailment", "source": source}],
        )
    scifact = tmp_path / "data" / "scifact"
    abstracts = [
        {"doc_id": n, "title": f"Study {n}.", "abstract": [f"Of {n} mice that were fed all ate.", "So?"]}
        for n in (1, 2)
    ]
    write_records(scifact / "corpus.jsonl.gz", abstracts)
    for part, cited in (("train", [1, 2]), ("dev", [2])):
        (scifact / f"claims_{part}.jsonl").write_text(
            json.dumps({"claim": "Mice fly.", "cited_doc_ids": cited}) + "\n", encoding="utf-8"
        )
    (tmp_path / "data" / "fool_me_twice").mkdir()
    (tmp_path / "data" / "fool_me_twice" / "dev.jsonl").touch()
    for module in (claim, mix):
        monkeypatch.setattr(module, "CLAIMS", tmp_path / "claimed.txt")

    claim.select(found)

    news, science = (path.read_text(encoding="utf-8") for path in sorted(claim.folder(found).glob("*.txt")))
    assert {f"{long} in May.", f"{long} in June."} == set(re.findall(r"^\d+\. (.*)", news, re.MULTILINE))
    fed = "Of 1 mice that were fed all ate."
    assert {fed, f"{fed} So?", f"Study 1. {fed}", f"Study 1. {fed} So?"} == set(
        re.findall(r"^\d+\. (.*)", science, re.MULTILINE)
    )
    at = re.search(rf"^(\d+)\. {re.escape(fed)}$", science, re.MULTILINE)[1]
    written = claim.folder(found) / "002.claims"
    written.write_text(f"{at}|E|All of the mice ate.\n{at}|C|Mice fly.\n", encoding="utf-8")
    claim.collect(found)
    rows = [*mix.claimed_rows(found, held_back=True), *mix.claimed_rows(found, held_back=False)]
    assert [(fed, "All of the mice ate.", "entailment")] == [(row.premise, row.hypothesis, row.label) for row in rows]
    assert "fed" not in (tmp_path / "claimed.txt").read_text(encoding="utf-8")
    written.write_text("77|E|All of the mice ate.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"002\.claims: '77.*4 premises"):
        claim.collect(found)
    written.unlink()
    with pytest.raises(FileNotFoundError, match="no claims"):
        claim.collect(found)
    with pytest.raises(FileExistsError, match="earlier selection"):
        claim.select(found)

    claim.folder(found).rename(tmp_path / "earlier")
    claim.select(found)
    _, science = (path.read_text(encoding="utf-8") for path in sorted(claim.folder(found).glob("*.txt")))
    other = re.findall(r"^\d+\. (.*)", science, re.MULTILINE)
    assert {f"{fed} So?", f"Study 1. {fed}", f"Study 1. {fed} So?"} == set(other)
    for text in ("Mice like to be fed.", "Fed mice sleep."):
        written.write_text(f"1|N|{text}\n", encoding="utf-8")
        claim.collect(found)
    lines = (tmp_path / "claimed.txt").read_text(encoding="utf-8").splitlines()
    assert {"All of the mice ate.", "Mice fly.", "Fed mice sleep."} == {line.split(" ", 2)[2] for line in lines}


def test_a_blend_is_the_mean_with_more_for_neutral_and_matrices_of_few_bits(recipe, tmp_path):
    blend = recipe["blend"]
    for name, value in (("first", 1.0), ("second", 3.0)):
        (tmp_path / name).mkdir()
        weights = {"classifier.weight": np.float32([[value / 3, -7 * value, 0]]), blend.BIAS: np.full(3, value, "f4")}
        save_file(weights, tmp_path / name / "model.safetensors")
        (tmp_path / name / "config.json").write_text('{"dtype": "float16", "hidden_size": 4}', encoding="utf-8")
        for file in ("tokenizer.json", "tokenizer_config.json"):
            (tmp_path / name / file).write_text("{}", encoding="utf-8")

    weights = blend.blended(tmp_path / "first", tmp_path / "second", share=0.25, neutral=0.5)
    blend.write(blend.rounded(weights, 5), tmp_path / "first", tmp_path / "out")

    found = safetensors.torch.load_file(tmp_path / "out" / "model.safetensors")
    assert {torch.bfloat16} == {value.dtype for value in found.values()}
    assert [[0.5, -10.5, 0.0]] == found["classifier.weight"].tolist()
    assert [1.5, 2.0, 1.5] == found[blend.BIAS].tolist()
    config = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert {"dtype": "bfloat16", "hidden_size": 4} == config


@given(st.floats(1e-6, 1e6), st.booleans())
def test_rounding_keeps_five_bits_behind_the_leading_one(recipe, size, negative):
    value = torch.tensor([[-size if negative else size]])
    found = recipe["blend"].rounded({"matrix": value, "vector": value[0]}, 5)
    assert torch.equal(value[0], found["vector"])
    whole = math.ldexp(abs(found["matrix"].item()), 6 - math.frexp(found["matrix"].item())[1])
    assert whole == int(whole)
    assert abs(found["matrix"] - value) <= abs(value) / 64


def test_no_word_tells_the_label_of_a_written_claim(recipe):
    """Of the claims with "not", no label has more than the next one; the others stay, in their order."""
    mix = recipe["mix"]
    labels = ["contradiction"] * 5 + ["neutral"] * 2 + ["entailment"]
    rows = [mix.Row("Rain fell.", f"It did not rain {n} times.", label, "s") for n, label in enumerate(labels)]
    plain = [mix.Row("Rain fell.", f"Day {n} was wet.", "contradiction", "s") for n in range(9)]

    kept = mix.untold([*plain, *rows])

    assert [*plain, *rows[:2], *rows[5:]] == kept
    assert mix.untold(rows[:5]) == []


def test_pairs_that_the_student_is_not_sure_of_are_selected_first(recipe, tmp_path, monkeypatch):
    """Then those whose premise has most words of the claim; every pair once, numbered anew on each sheet."""
    judge, mix = recipe["judge"], recipe["mix"]
    toml = '[paths]\nwork = "."\n[mix]\nseed = 1\n[judged]\nsearched = 5\n'
    (tmp_path / "train.toml").write_text(toml, encoding="utf-8")
    found = mix.Recipe(tmp_path / "train.toml")
    sure = [(f"Kiln {n} was lit.", f"Kiln {n} was {word}.") for n, word in enumerate(("lit at dawn", "lit", "sold"))]
    unsure = [(f"Mill {n} burned.", "It stands.") for n in range(5)]
    scores = {"Kiln": NLIScores(0.05, 0.9, 0.05), "Mill": NLIScores(0.6, 0.3, 0.1)}
    scorer = SimpleNamespace(score=lambda given: [scores[premise[:4]] for premise, _ in given])
    monkeypatch.setattr(judge.nli, "load", lambda *_, **__: scorer)
    monkeypatch.setattr(judge, "SHEET", 4)
    mix.write(found.mix("unlabelled"), [mix.Row(*pair, None, "searched") for pair in (*sure, *unsure)])

    judge.select(found, tmp_path, "fp32")

    texts = [path.read_text(encoding="utf-8") for path in sorted(judge.folder(found).glob("*.txt"))]
    shown = {pair for text in texts for pair in re.findall(r"\d\nP: (.*)\nH: (.*)", text)}
    assert {*unsure[:4], sure[1]} == shown
    assert [["1", "2", "3", "4"], ["1"]] == [re.findall(r"^(\d)$", text, re.MULTILINE) for text in texts]


def test_the_written_documents_can_be_read(recipe):
    """Every claim has a sentence, and every file claims of all three labels."""
    for path in sorted((FOLDER / "written").rglob("*.txt")):
        claims = [claim for document in recipe["written"].read(path) for claim in document.claims]
        assert {claim.label for claim in claims} == {"entailment", "neutral", "contradiction"}


def test_words_are_exchanged_for_their_neighbours_only(recipe, tmp_path):
    """Never for another form of themselves; words to be kept and those without a neighbour stay."""
    vocabulary = {"the": 0, "red": 1, "blue": 2, "walked": 3, "walks": 4, "strolled": 5, "moor": 6}
    Tokenizer(models.WordLevel(vocabulary, unk_token="the")).save(str(tmp_path / "tokenizer.json"))
    table = np.eye(7, dtype=np.float32)
    table[2, 1] = table[4, 3] = table[5, 3] = 1.0
    save_file({"embeddings.word_embeddings.weight": table}, tmp_path / "model.safetensors")
    neighbours = recipe["substitute"].Neighbours(tmp_path)
    found = {
        recipe["substitute"].substituted("The Red moor walked", neighbours, {"the"}, random.Random(seed))
        for seed in range(50)
    }
    assert found == {"The Blue moor walked", "The Red moor strolled", "The Blue moor strolled"}
    assert recipe["substitute"].substituted("The moor", neighbours, {"the"}, random.Random(0)) is None


def test_a_row_without_label_is_learnt_from_the_teacher_alone(recipe):
    """At temperature 1 the divergence from equal logits is nothing, from others it is what was worked by hand."""
    train = recipe["train"]
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]))
    soft = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]))
    targets = torch.full((2,), train.UNLABELLED)

    losses = [
        train.distillation_loss(logits[i : i + 1], targets[:1], soft[i : i + 1], 0.3, 1.0).item() for i in range(2)
    ]

    assert losses == pytest.approx([0.0, 0.25 * math.log(2)], abs=1e-6)


def test_rounded_layers_stay_close_to_exact_ones_and_pass_gradients(recipe):
    """Inputs and weights take 256 values each; what is within the observed range moves by half a step at most."""
    torch.manual_seed(1)
    holder = torch.nn.ModuleDict({"encoder": torch.nn.ModuleDict({"dense": torch.nn.Linear(16, 8)})})
    rounding = recipe["train"].Rounding(holder)
    given_ = torch.randn(64, 16, requires_grad=True)
    exact = holder["encoder"]["dense"](given_)
    rounding.observing = True
    holder["encoder"]["dense"](given_)
    rounding.observing, rounding.rounding = False, True

    rounded = holder["encoder"]["dense"](given_)
    rounded.sum().backward()

    assert not torch.equal(rounded, exact)
    assert (rounded - exact).abs().max() < 0.1
    assert given_.grad.abs().sum() > 0


# --- the teacher


@pytest.fixture
def workshop(recipe, tmp_path):
    """A recipe of two tiny mixes, and a tiny teacher to train."""
    (tmp_path / "train.toml").write_text('[paths]\nwork = "."\n[mix]\nseed = 1\n', encoding="utf-8")
    found = recipe["mix"].Recipe(tmp_path / "train.toml")
    for name, rows in (("one", ROWS * 3), ("two", ROWS[::-1])):
        write_rows(found.mix(name), rows)
    folder = tmp_path / "base" / "tiny"
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["<s>", "<pad>", "</s>", "[UNK]"]
    texts = [text for row in ROWS for text in row[:2]]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="[UNK]", cls_token="<s>", sep_token="</s>"
    )
    torch.manual_seed(3)
    config = MPNetConfig(
        vocab_size=len(fast),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    MPNetModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    settings = recipe["teacher"].Settings("tiny", ["one", "two"], [3, 9], 1e-3, 0.9, 1, 4, 64, 2, 0.01, 1, 2)
    return found, settings


def test_a_stopped_teacher_goes_on_in_the_same_bits(recipe, workshop, tmp_path):
    """Straight through both mixes, and stopped in the first: the same checkpoint."""
    found, settings = workshop
    teacher = recipe["teacher"]

    teacher.train(found, settings, tmp_path / "straight", None)
    teacher.train(found, settings, tmp_path / "stopped", 8)
    teacher.train(found, settings, tmp_path / "stopped", None)

    straight, stopped = ((tmp_path / name / "checkpoint.safetensors").read_bytes() for name in ("straight", "stopped"))
    assert straight == stopped


def test_a_mix_that_changed_after_it_was_begun_is_refused(recipe, workshop, tmp_path):
    """Going on would skip other rows than those that were seen."""
    found, settings = workshop
    recipe["teacher"].train(found, settings, tmp_path / "run", 8)
    write_rows(found.mix("one"), ROWS * 4)

    with pytest.raises(ValueError, match="one has changed"):
        recipe["teacher"].train(found, settings, tmp_path / "run", None)


def test_a_cooled_copy_labels_a_file_in_its_order(recipe, workshop, tmp_path):
    """Cooling leaves the checkpoint as it was; labelling goes on where it stopped."""
    found, settings = workshop
    teacher = recipe["teacher"]
    teacher.train(found, settings, tmp_path / "run", 8)
    before = (tmp_path / "run" / "checkpoint.safetensors").read_bytes()

    teacher.cool(found, settings, tmp_path / "run", tmp_path / "cooled", 2)
    teacher.label(tmp_path / "cooled", found.mix("two"))

    assert (tmp_path / "run" / "checkpoint.safetensors").read_bytes() == before
    rows = recipe["train"].read_rows(str(found.mix("two")), seed=0)
    assert len(rows) == len(ROWS)
    assert all(row.soft is not None and all(map(math.isfinite, row.soft)) for row in rows)


# --- overlap and scores


def test_a_planted_claim_is_found(recipe, tmp_path):
    """Whatever its case and figures; a mix without it is clean."""
    data, claims = tmp_path / "data", tmp_path / "claims"
    write_rows(data / "eval" / "x.jsonl.gz", [("Rain fell.", "It rained for 3 days.", "entailment")])
    (data / "scifact").mkdir()
    (data / "scifact" / "claims_dev.jsonl").write_text('{"claim": "Salt dissolves."}\n', encoding="utf-8")
    (data / "fool_me_twice").mkdir()
    (data / "fool_me_twice" / "dev.jsonl").write_text("", encoding="utf-8")
    claims.mkdir()
    (tmp_path / "news.jsonl").write_text("", encoding="utf-8")
    paths = 'work = "."\ndata = "data"\nclaims = "claims"\nnews_claims = "news.jsonl"\n'
    (tmp_path / "train.toml").write_text(f"[paths]\n{paths}[mix]\nseed = 1\n", encoding="utf-8")
    found = recipe["mix"].Recipe(tmp_path / "train.toml")
    write_rows(found.mix("calibration"), [("Snow fell.", "It snowed.", "entailment")])
    write_rows(found.mix("clean"), ROWS)
    write_rows(
        found.mix("dirty"),
        [
            ("It poured.", "it RAINED for 9 days", "neutral"),
            ("So it is.", "Salt dissolves", "neutral"),
            ("Look.", "It snowed", "neutral"),
        ],
    )

    clean, dirty = (recipe["check_overlap"].overlaps(found, found.mix(name)) for name in ("clean", "dirty"))

    assert clean.pop("pairs") == len(ROWS)
    assert not any(clean.values())
    assert dirty["with an evaluation claim"] == 1
    assert dirty["with an evaluation claim but for figures and months"] == 2
    assert dirty["with a calibration claim"] == 1


def test_the_digests_that_are_written_tell_training_claims_again(recipe, tmp_path):
    """As they are and with other figures; without digests nothing is said."""
    check = recipe["check_overlap"]
    write_rows(tmp_path / "mix.jsonl.gz", [("It poured.", "It rained for 9 days.", "neutral"), *ROWS])
    claims = [{"claim": "The kiln was LIT"}, {"claim": "It rained for 3 days."}, {"claim": "It snowed."}]
    (tmp_path / "claims.jsonl").write_text("".join(json.dumps(one) + "\n" for one in claims), encoding="utf-8")

    with pytest.raises(FileNotFoundError, match="--add"):
        check.known(tmp_path / "claims.jsonl", tmp_path)
    check.add_hashes([tmp_path / "mix.jsonl.gz"], tmp_path)

    assert ["The kiln was LIT", "It rained for 3 days."] == check.known(tmp_path / "claims.jsonl", tmp_path)


def test_scores_are_counted_as_gold_allows(recipe):
    """Neutral is wrong where gold has two classes, right where it only says "not entailed"; BreakingNLI is balanced."""
    score = recipe["evaluate"].score
    entailed, neutral, contradicted = torch.eye(3)

    two = score("x", torch.stack([entailed, neutral]), [("", "", "entailment"), ("", "", "contradiction")])
    open_ = score("x", torch.stack([neutral, contradicted]), [("", "", "not_entailment")] * 2)
    logits = torch.stack([contradicted] * 3 + [contradicted])
    balanced = score("breaking_nli.test", logits, [("", "", "contradiction")] * 3 + [("", "", "entailment")])

    assert two["accuracy"] == 0.5
    assert open_["accuracy"] == 1.0
    assert balanced["accuracy"] == 0.5
