"""BERT's own way of being computed: what takes it, what does not, and that its numbers are transformers'."""

import json
import math
import random
import subprocess
import sys
from functools import cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch.nn import functional as F  # noqa: N812 - as everybody calls it
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from factcheck import nli
from factcheck.assets import asset
from factcheck.errors import ModelError, ScoreError
from factcheck.nli.batches import Batch
from factcheck.nli.bert import attend_halved
from factcheck.nli.bertload import bert_tokenizer
from factcheck.nli.encoding import EncodedPair, PairEncoder
from factcheck.nli.gate import gate_pairs

PAIRS = [("The ferry leaves at nine.", "The ferry leaves."), ("", "Prices rose."), ("Prices fell by 3.5 percent.", "")]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.lists(
    st.sampled_from(
        ["ferry", "Unapproved", "3.5", "naïve", "[SEP]", "[CLS]", "[MASK]", "北海道", "👩‍🚀", "\n", "re-sold"]
    )
).map(" ".join)
HALF = ["bf16", "int8"]


def probabilities(scorer, pairs):
    """In the order of the labels of the tiny models and of the bundled one."""
    return [[one.entailment, one.neutral, one.contradiction] for one in scorer.score(pairs)]


def change(path, edit):
    """Edit the content of a JSON file."""
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.model
def test_fp32_is_transformers_own_to_the_fifth_place(nli_mini, plain_scores):
    """On 300 of the pairs that retrieval gives for the bundled collections, and on empty texts."""
    pairs = [*gate_pairs()[::9][:280], *PAIRS, ("", ""), ("naïve 北海道", "👩‍🚀"), *gate_pairs()[-15:]]
    pairs.sort(key=lambda pair: sum(map(len, pair)))  # little padding

    found = torch.tensor(probabilities(nli_mini, pairs))

    assert len(pairs) == 300
    assert float((found - torch.tensor(plain_scores(asset("models/nli-mini"), pairs, together=10))).abs().max()) <= 1e-5


@given(premise=TEXT, hypothesis=TEXT)
def test_ids_are_those_that_transformers_gives(premise, hypothesis):
    """The bundled model's tokenizer is read without transformers, from its file alone."""
    ours, theirs = both_tokenizers()
    expected = theirs([premise], [hypothesis], split_special_tokens=True, truncation=False, return_token_type_ids=True)

    pair = ours.encode([(premise, hypothesis)])[0]

    assert (pair.ids, pair.type_ids) == (expected["input_ids"][0], expected["token_type_ids"][0])


@cache
def both_tokenizers():
    """The bundled model's, read here and by transformers."""
    folder = asset("models/nli-mini")
    tokenizer, longest = bert_tokenizer(folder)
    assert longest == 512
    return PairEncoder(tokenizer, 10_000), AutoTokenizer.from_pretrained(folder)


@pytest.mark.model
def test_the_bundled_model_scores_without_transformers():
    """Which takes longer to import than all else together."""
    code = (
        "import sys; from factcheck import nli; scorer = nli.load('nli-mini', device='cpu', precision='fp32');"
        "scorer.score([('a', 'b')]); print(scorer.numeric_class, 'transformers' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    numeric_class, imported = done.stdout.split()
    assert numeric_class.startswith("bert/fp32/cpu/end-to-end-")
    assert imported == "False"


class TestWhatIsTaken:
    """Models that go this way, whatever their size and spelling."""

    def same_as_transformers(self, folder, plain_scores, **options):
        scorer = nli.load(folder, device="cpu", precision="fp32")
        assert scorer.numeric_class.startswith("bert/fp32/cpu/")
        for row, expected in zip(probabilities(scorer, PAIRS), plain_scores(folder, PAIRS, **options), strict=True):
            assert row == pytest.approx(expected, abs=1e-5)
        return scorer

    @pytest.mark.parametrize("layers", [1, 2, 3])
    @pytest.mark.parametrize("precision", ["fp32", *HALF])
    def test_any_number_of_layers(self, tiny, needs, plain_scores, layers, precision):
        """Of one layer, all is the last, which is computed in fp32."""
        needs(precision)
        folder = tiny(layers=layers, limit=256)
        scorer = nli.load(folder, device="cpu", precision=precision)

        most = 1e-5 if precision == "fp32" or layers == 1 else 0.05
        for row, expected in zip(probabilities(scorer, PAIRS), plain_scores(folder, PAIRS), strict=True):
            assert row == pytest.approx(expected, abs=most)

    def test_two_labels(self, tiny, plain_scores):
        """Support or not."""
        folder = tiny(labels=("not_entailment", "entailment"))

        scorer = nli.load(folder, device="cpu", precision="fp32")

        assert scorer.numeric_class.startswith("bert/")
        expected = [entailment for _, entailment in plain_scores(folder, PAIRS)]
        assert [one.entailment for one in scorer.score(PAIRS)] == pytest.approx(expected, abs=1e-5)

    def test_the_old_names_of_normalisations(self, own_tiny, plain_scores):
        """Files from before 2019 call scale and shift gamma and beta."""
        folder = own_tiny()
        before = self.same_as_transformers(folder, plain_scores)._logits(PAIRS)
        path = folder / "model.safetensors"
        old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        weights = load_file(path)
        for new, name in old.items():
            weights = {key.replace(new, name): tensor for key, tensor in weights.items()}
        save_file(weights, path, {"format": "pt"})

        after = self.same_as_transformers(folder, plain_scores)._logits(PAIRS)

        assert any(key.endswith("gamma") for key in weights)
        assert torch.equal(before, after)

    def test_a_tokenizer_that_allows_less_than_there_are_positions(self, own_tiny, plain_scores):
        """The shorter counts, and pairs of exactly that length score."""
        folder = own_tiny()
        change(folder / "tokenizer_config.json", lambda content: content.update(model_max_length=40))

        scorer = self.same_as_transformers(folder, plain_scores)

        assert scorer.max_tokens == 40
        assert len(scorer.score([("." * 36, ".")])) == 1
        with pytest.raises(ScoreError, match="41 tokens"):
            scorer.score([("." * 37, ".")])

    def test_a_tokenizer_without_a_limit(self, own_tiny, plain_scores):
        """Then positions alone count."""
        folder = own_tiny()
        change(folder / "tokenizer_config.json", lambda content: content.update(model_max_length=int(1e30)))

        assert self.same_as_transformers(folder, plain_scores).max_tokens == 64

    def test_a_model_that_was_trained_as_a_plain_classifier(self, own_tiny, plain_scores):
        """As the trainer of transformers writes into its configuration."""
        self.same_as_transformers(own_tiny(config={"problem_type": "single_label_classification"}), plain_scores)


class TestWhatIsLeftToTransformers:
    """Models that are BERT by name, and computed as any other."""

    def as_any_other(self, folder, plain_scores, **options):
        scorer = nli.load(folder, device="cpu", precision="fp32")
        assert scorer.numeric_class.startswith("torch/fp32/cpu/")
        for row, expected in zip(probabilities(scorer, PAIRS), plain_scores(folder, PAIRS, **options), strict=True):
            assert row == pytest.approx(expected, abs=1e-5)

    def test_weights_in_several_files(self, own_tiny, plain_scores):
        """As large models are saved."""
        folder = own_tiny()
        network = AutoModelForSequenceClassification.from_pretrained(folder)
        (folder / "model.safetensors").unlink()
        network.save_pretrained(folder, max_shard_size="20KB")
        assert not (folder / "model.safetensors").exists()

        self.as_any_other(folder, plain_scores)

    def test_one_type_of_token(self, tiny, plain_scores):
        """Both texts are of type 0."""
        self.as_any_other(tiny(type_vocab_size=1), plain_scores, type_ids=False)

    @pytest.mark.parametrize("setting", [{"hidden_act": "relu"}, {"hidden_act": "gelu_new"}])
    def test_other_activations(self, tiny, plain_scores, setting):
        """Only the exact GELU is computed here."""
        self.as_any_other(tiny(**setting), plain_scores)

    @pytest.mark.parametrize(
        "disagree",
        [
            lambda config: config.update(do_lower_case=False),
            lambda config: config.update(strip_accents=False),
            lambda config: config.update(tokenizer_class="DistilBertTokenizer"),
            lambda config: config.update(tokenizer_class="MPNetTokenizer"),
            lambda config: config.update(
                added_tokens_decoder={
                    "149": {"content": "ferry", "special": False, "lstrip": False, "rstrip": False}
                    | {"normalized": False, "single_word": False}
                }
            ),
        ],
        ids=["case", "accents", "class", "other class", "added token"],
    )
    def test_tokenizers_whose_files_disagree(self, own_tiny, disagree):
        """transformers says what they mean together."""
        folder = own_tiny(vocab_size=160)  # room for what transformers adds to it
        change(folder / "tokenizer_config.json", lambda config: config.update(tokenizer_class="BertTokenizer"))
        assert bert_tokenizer(folder) is not None
        change(folder / "tokenizer_config.json", disagree)

        assert bert_tokenizer(folder) is None
        assert nli.load(folder, device="cpu", precision="fp32").numeric_class.startswith("torch/")

    @pytest.mark.parametrize(
        "edit",
        [
            lambda content: content["normalizer"].update(lowercase=False),
            lambda content: content["normalizer"].update(clean_text=False),
            lambda content: content["model"].update(max_input_chars_per_word=4),
            lambda content: content.update(pre_tokenizer={"type": "WhitespaceSplit"}),
            lambda content: content.update(post_processor=None),
        ],
        ids=["case", "cleaning", "long words", "words", "template"],
    )
    def test_tokenizers_that_their_class_would_make_otherwise(self, own_tiny, edit):
        """`BertTokenizer` takes little but the vocabulary from the file."""
        folder = own_tiny()
        change(folder / "tokenizer_config.json", lambda config: config.update(tokenizer_class="BertTokenizer"))
        change(folder / "tokenizer.json", edit)

        assert bert_tokenizer(folder) is None

    def test_weights_that_lack_one(self, own_tiny):
        """They are refused by name, as those of any model."""
        folder = own_tiny()
        weights = load_file(folder / "model.safetensors")
        del weights["bert.encoder.layer.1.output.LayerNorm.bias"]
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

        with pytest.raises(ModelError, match=r"weights lack bert\.encoder\.layer\.1\.output\.LayerNorm\.bias"):
            nli.load(folder, device="cpu")


class TestNumbersOutOfRange:
    """Attention takes powers of 2 without a shift, as long as they fit."""

    @pytest.mark.parametrize(
        ("top", "values"),
        [(3.0, 0.1), (126.0, 100.0), (127.5, 0.1), (140.0, 0.1), (900.0, 5.0), (-127.0, 0.1), (-200.0, 3.0)],
    )
    def test_attention_is_right_at_any_height_of_its_scores(self, top, values):
        """Two equal keys share a row's weight, and one 8 below them gets hardly any."""
        query = torch.full((2, 3, 3, 4), 2.0)
        key = torch.tensor([top, top, top - 8])[:, None].expand(2, 3, 3, 4) / 8
        value = torch.tensor([1.0, -0.5, 0.25])[:, None].expand(2, 3, 3, 4) * values
        query, key, value = (part.bfloat16().contiguous() for part in (query, key, value))
        scores = (query @ key.transpose(2, 3)).float() * math.log(2)
        expected = (scores.softmax(-1) @ value.float()).transpose(1, 2).flatten(2)

        assert torch.allclose(attend_halved(query, key, value), expected, rtol=0.03, atol=0.01 * values)

    @pytest.mark.parametrize("height", [40.0, 125.0, 300.0])
    def test_a_pair_whose_scores_are_high_leaves_the_others_of_its_length_alone(self, height):
        """Bit for bit; and its own are the same in any company."""
        parts = [torch.randn(5, 2, 7, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
        query, key, value = (part.bfloat16() for part in parts)
        query[2] = query[2] / query[2].abs().max() * height / 8
        key[2] = key[2].sign()
        among = attend_halved(query, key, value)

        for at in range(5):
            alone = attend_halved(query[at : at + 1], key[at : at + 1], value[at : at + 1])
            assert torch.equal(alone[0], among[at])
        assert among.isfinite().all()
        plain = F.scaled_dot_product_attention(query.float(), key.float(), value.float(), scale=math.log(2))
        assert torch.allclose(among[2], plain[2].transpose(0, 1).flatten(1), atol=0.6)

    @pytest.mark.model
    @pytest.mark.parametrize("precision", HALF)
    def test_long_nonsense_scores_near_fp32_and_the_same_in_any_company(self, nli_mini_in, precision):
        """Of 400 loose words the scores of attention reach 140, on text 70."""
        exact, scorer = nli_mini_in("fp32")._backend, nli_mini_in(precision)._backend
        rng = random.Random(0)
        pairs = [
            EncodedPair([rng.randrange(1000, 8000) for _ in range(length)], [0] * (length // 2) + [1] * (length // 2))
            for length in (400, 400, 160, 512, 20)
        ]
        for pair in pairs:
            length = -(-len(pair.ids) // 64) * 64
            alone = scorer.compute([pair], Batch(length, 1, (0,)))
            expected = exact.compute([pair], Batch(length, 1, (0,)))
            assert alone.isfinite().all()
            assert float((alone.softmax(-1) - expected.softmax(-1)).abs().max()) < 0.1
            among = scorer.compute([*pairs[:2], pair], Batch(1344, 1, (0, 1, 2)))
            assert torch.equal(among[2], alone[0])

    @pytest.mark.parametrize("name", ["classifier.bias", "bert.encoder.layer.0.attention.self.query.weight"])
    @pytest.mark.parametrize("value", [math.nan, math.inf])
    @pytest.mark.parametrize("precision", ["fp32", *HALF])
    def test_weights_that_are_not_finite_are_refused_by_name(self, own_tiny, needs, precision, value, name):
        """Whatever the precision: int8 would round them to something."""
        needs(precision)
        folder = own_tiny(limit=256)
        weights = load_file(folder / "model.safetensors")
        weights[name].view(-1)[1] = value
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

        with pytest.raises(ModelError, match=rf"{name} are finite"):
            nli.load(folder, device="cpu", precision=precision).score(PAIRS)

    @pytest.mark.parametrize("precision", ["fp32", *HALF])
    def test_outputs_that_are_not_finite_are_refused_with_the_pair(self, own_tiny, needs, precision):
        """Weights that are finite may overflow all the same."""
        needs(precision)
        folder = own_tiny(limit=256)
        weights = load_file(folder / "model.safetensors")
        weights["classifier.weight"][0] = 3e38 * weights["classifier.weight"][0].sign()  # inf, or inf - inf
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

        with pytest.raises(ScoreError, match=r"ferry leaves at nine.*gave \[-?(inf|nan), .*weights are broken"):
            nli.load(folder, device="cpu", precision=precision).score(PAIRS)
