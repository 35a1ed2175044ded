"""What can be loaded as an NLI model, and what is said of the rest."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from factcheck import nli
from factcheck.errors import ModelError, ScoreError
from factcheck.nli.folder import fingerprint

PAIRS = [("The ferry leaves at nine.", "The ferry leaves."), ("", "Prices rose."), ("Prices fell by 3.5 percent.", "")]


@pytest.mark.parametrize(
    ("kind", "family"),
    [("wordpiece", "bert"), ("bpe", "roberta"), ("bpe", "bert"), ("unigram", "bert"), ("unigram", "deberta")],
)
def test_models_of_any_family_score_as_in_transformers(tiny, plain_scores, kind, family):
    """Padding, type ids, positions and attention are right for each tokenizer and architecture."""
    folder = tiny(kind=kind, family=family)

    scores = nli.load(folder, device="cpu").score(PAIRS)

    got = [[score.entailment, score.neutral, score.contradiction] for score in scores]
    for row, expected in zip(got, plain_scores(folder, PAIRS), strict=True):
        assert row == pytest.approx(expected, abs=1e-5)


def test_labels_come_from_the_configuration_whatever_their_order(own_tiny):
    """The same weights with the labels turned round give the same numbers under other names."""
    folder = own_tiny()
    straight = nli.load(folder, device="cpu").score(PAIRS)
    names = {"0": "CONTRADICTION", "1": "NEUTRAL", "2": "ENTAILMENT"}
    turned = folder.with_name("turned")
    shutil.copytree(folder, turned)
    config = (turned / "config.json").read_text()
    for index, (old, new) in enumerate(zip(["entailment", "neutral", "contradiction"], names.values(), strict=True)):
        config = config.replace(f'"{index}": "{old}"', f'"{index}": "{new}"')
    (turned / "config.json").write_text(config)

    other = nli.load(turned, device="cpu").score(PAIRS)

    assert [(s.entailment, s.contradiction) for s in straight] == [(s.contradiction, s.entailment) for s in other]


def test_two_class_models_never_contradict(tiny):
    """A support / not-support model gives no contradiction, and says so."""
    scorer = nli.load(tiny(labels=("not_support", "support")), device="cpu")

    assert not scorer.has_contradiction
    assert {score.contradiction for score in scorer.score(PAIRS)} == {0.0}
    assert all(0 < score.entailment < 1 for score in scorer.score(PAIRS))


def test_labels_can_be_given_where_the_configuration_is_mute(tiny):
    """LABEL_0 is refused with the option to use; with it, the model loads."""
    folder = tiny(labels=("LABEL_0", "LABEL_1", "LABEL_2"))

    with pytest.raises(ModelError, match=r"LABEL_0.*--labels entailment,neutral,contradiction"):
        nli.load(folder)
    assert nli.load(folder, labels=("neutral", "entailment", "contradiction"), device="cpu").score(PAIRS)


def test_what_the_outputs_mean_is_part_of_the_fingerprint(tiny):
    """Scores cached under wrong labels are not found again under right ones."""
    folder = tiny(labels=("LABEL_0", "LABEL_1", "LABEL_2"))
    orders = [("entailment", "neutral", "contradiction"), ("contradiction", "neutral", "entailment")]

    prints = {nli.load(folder, labels=order, device="cpu").fingerprint for order in orders}

    assert len(prints) == 2


def test_the_fingerprint_is_of_content_alone(own_tiny, tmp_path):
    """A copy elsewhere has the same fingerprint, notes beside the weights do not count, one changed byte does."""
    folder = own_tiny()
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    (copy / "README.md").write_text("notes")
    before = fingerprint(folder, ["entailment"])

    assert len(before) == 64
    assert fingerprint(copy, ["entailment"]) == before
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content[:-2] + b" " + content[-1:])
        assert fingerprint(copy, ["entailment"]) != before
        (copy / name).write_bytes(content)


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("auto", torch.float32)]
)
def test_the_precision_is_the_one_asked_for_whatever_the_file_holds(tiny, needs, stored, precision, dtype):
    """A half-precision checkpoint is computed in fp32 unless something else is asked for."""
    if precision != "auto":
        needs(precision, bert=False)
    scorer = nli.load(tiny(kind="bpe", family="roberta", dtype=stored), precision=precision, device="cpu")

    assert {parameter.dtype for parameter in scorer._backend._network.parameters()} == {dtype}
    assert scorer.numeric_class == f"torch/{'fp32' if precision == 'auto' else precision}/cpu/shapes-1"


@pytest.mark.parametrize(
    ("settings", "specials", "longest"),
    [
        ({"kind": "wordpiece"}, 3, 64),
        ({"kind": "unigram"}, 3, 63),
        ({"kind": "bpe", "family": "roberta"}, 4, 62),
    ],
)
def test_the_longest_pair_is_what_positions_allow(tiny, settings, specials, longest):
    """One more token is refused. Fixed shapes take one less, of padding; RoBERTa's first position comes late."""
    scorer = nli.load(tiny(**settings), device="cpu")
    text = ".,;" * 100  # each character is a token, and in Unigram the space before the first
    text = text[: longest - specials - (settings["kind"] == "unigram")]
    assert scorer.count_tokens([text]) == [longest - specials]

    assert scorer.max_tokens == longest
    assert len(scorer.score([(text, "")])) == 1
    with pytest.raises(ScoreError, match=f"{longest + 1} tokens"):
        scorer.score([(text + ".", "")])


def test_broken_weights_are_named_with_the_pair(own_tiny):
    """A model that gives no numbers stops with the pair, not with a wrong verdict."""
    folder = own_tiny(kind="bpe", family="roberta")
    weights = load_file(folder / "model.safetensors")
    weights["classifier.out_proj.bias"][1] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})

    with pytest.raises(ScoreError, match=r"ferry leaves at nine.*nan.*weights are broken"):
        nli.load(folder, device="cpu").score(PAIRS)


class TestFolders:
    """Folders that are not a usable model."""

    def refused(self, folder, match):
        with pytest.raises(ModelError, match=match) as caught:
            nli.load(folder, device="cpu")
        assert str(folder) in caught.value.where

    def test_missing(self, tmp_path):
        """A folder that is not there is answered with the names of the bundled models."""
        self.refused(tmp_path / "absent", "no such folder.*nli-mini.*org/name")

    def test_unknown_name(self):
        """So is a bare name."""
        self.refused("nli-mega", "no such folder.*nli-mini")

    def test_file(self, own_tiny):
        """Naming the weights instead of their folder is a near miss."""
        self.refused(own_tiny() / "model.safetensors", "is a file")

    @pytest.mark.parametrize(
        ("name", "match"),
        [("config.json", "no config.json"), ("model.safetensors", "no model.safetensors")],
    )
    def test_incomplete(self, own_tiny, name, match):
        """What is missing is named."""
        folder = own_tiny()
        (folder / name).unlink()
        self.refused(folder, match)

    def test_no_tokenizer(self, own_tiny):
        """Weights without a tokenizer cannot read."""
        folder = own_tiny()
        for path in folder.glob("*token*"):
            path.unlink()
        self.refused(folder, "no tokenizer")

    def test_pickled_weights(self, own_tiny):
        """Weights that could run code are refused, with a safe way to convert them."""
        folder = own_tiny()
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        self.refused(folder, "only pytorch_model.bin.*environment you trust.*safe_serialization=True.*NEW_FOLDER")

    @pytest.mark.parametrize("keep", [0, 5, 500, -1])
    def test_torn_weights(self, own_tiny, keep):
        """A download that broke off is noticed, wherever it did."""
        folder = own_tiny()
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:keep])
        self.refused(folder, "torn or not safetensors")

    @pytest.mark.parametrize("content", ["{", "[]", "\x00"])
    def test_torn_config(self, own_tiny, content):
        """A config.json that is not a JSON object is named."""
        folder = own_tiny()
        (folder / "config.json").write_text(content)
        self.refused(folder, "config.json: not")

    def test_torn_tokenizer(self, own_tiny):
        """So is a tokenizer that cannot be read."""
        folder = own_tiny()
        content = (folder / "tokenizer.json").read_text()
        (folder / "tokenizer.json").write_text(content[: len(content) // 2])
        self.refused(folder, "cannot be loaded")

    def test_missing_head(self, own_tiny):
        """Weights without a classifier would score with random numbers."""
        folder = own_tiny()
        weights = load_file(folder / "model.safetensors")
        save_file({k: v for k, v in weights.items() if "classifier" not in k}, folder / "model.safetensors")
        self.refused(folder, "weights lack classifier.bias, classifier.weight")

    def test_weights_of_another_shape(self, own_tiny):
        """Weights that do not fit the configuration are refused, not drawn anew."""
        folder = own_tiny()
        weights = load_file(folder / "model.safetensors")
        weights["classifier.weight"] = torch.zeros(5, 32)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
        self.refused(folder, "classifier.weight")

    def test_not_a_classifier(self, tmp_path):
        """An encoder alone says nothing about pairs."""
        settings = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
        BertModel(BertConfig(vocab_size=20, **settings)).save_pretrained(tmp_path / "encoder")
        self.refused(tmp_path / "encoder", "BertModel is not a sequence classifier")

    def test_unknown_architecture(self, own_tiny):
        """A model that needs code of its own is refused, and the code is not run."""
        folder = own_tiny(config={"model_type": "homemade", "auto_map": {"AutoConfig": "homemade.Config"}})
        (folder / "homemade.py").write_text("raise SystemExit('ran')")
        self.refused(folder, "never run")

    @pytest.mark.parametrize("problem", ["regression", "multi_label_classification"])
    def test_other_problems(self, own_tiny, problem):
        """Outputs that are not one distribution are no NLI probabilities."""
        self.refused(own_tiny(config={"problem_type": problem}), problem)

    def test_adapter(self, own_tiny):
        """An adapter's base model would come from elsewhere."""
        folder = own_tiny()
        (folder / "adapter_config.json").write_text("{}")
        self.refused(folder, "adapter.*merge")

    def test_tokenizer_of_another_model(self, own_tiny, tiny):
        """Ids beyond the embedding are found on loading, not in the middle of a job."""
        folder = own_tiny()
        shutil.copy(tiny(kind="bpe") / "tokenizer.json", folder)
        self.refused(folder, r"tokenizer has \d+ tokens, its weights")


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"device": "mps"}, "mps.*not supported.*cuda"),
        ({"device": "gpu"}, "gpu.*unknown.*cuda"),
        ({"device": "cuda:99"}, "no such device"),
        ({"precision": "int4"}, "int4.*unknown.*auto, fp32, bf16, fp16, int8"),
        ({"precision": "fp16", "device": "cpu"}, "not on a CPU.*bf16"),
    ],
)
def test_impossible_settings_are_refused(tiny, settings, match):
    """The message says what is allowed."""
    with pytest.raises(ModelError, match=match):
        nli.load(tiny(), **settings)


def test_importing_the_package_loads_no_torch():
    """The command line starts without paying for torch and transformers."""
    heavy = {"torch", "transformers", "tokenizers"}
    code = f"import sys, factcheck.nli, factcheck.testing; print({heavy} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


class TestHub:
    """Hugging Face names, without a network."""

    @pytest.fixture(autouse=True)
    def offline(self, monkeypatch, tmp_path):
        """Hugging Face's own offline switch, and an empty cache."""
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))

    @pytest.mark.parametrize("name", ["org/absent", "org/absent@v1.0"])
    def test_not_in_the_cache(self, name):
        """The message says how to get the model where there is a network."""
        revision = " --revision v1.0" if "@" in name else ""

        with pytest.raises(ModelError, match=f"hf download org/absent{revision} --local-dir FOLDER"):
            nli.load(name)

    def test_from_the_cache(self, tiny, tmp_path):
        """A model that was downloaded before is loaded from the cache, by revision too."""
        commit = "0123456789abcdef0123456789abcdef01234567"
        repo = tmp_path / "cache" / "models--org--tiny"
        shutil.copytree(tiny(), repo / "snapshots" / commit)
        (repo / "refs").mkdir()
        (repo / "refs" / "main").write_text(commit)
        expected = nli.load(tiny(), device="cpu")

        for name in ("org/tiny", f"org/tiny@{commit}"):
            scorer = nli.load(name, device="cpu")
            assert scorer.name == name
            assert scorer.fingerprint == expected.fingerprint
            assert scorer.score(PAIRS) == expected.score(PAIRS)


@pytest.mark.model
def test_the_bundled_model_loads_without_touching_the_network(monkeypatch):
    """Not even an attempt is made: no name is looked up and nothing is connected to."""
    attempts = []

    def refuse(*args, **_):
        attempts.append(args)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    scorer = nli.load()

    assert (scorer.name, scorer.max_tokens, scorer.max_claim_tokens, scorer.has_contradiction) == (
        "nli-mini",
        512,
        254,
        True,
    )
    assert attempts == []


@pytest.mark.model
def test_a_bundled_name_wins_over_a_folder_and_a_path_is_always_a_folder(own_tiny, monkeypatch):
    """A folder that happens to be called like the bundled model is used only where a path is given."""
    folder = own_tiny()
    folder.rename(folder.with_name("nli-mini"))
    monkeypatch.chdir(folder.parent)

    assert nli.load("nli-mini", device="cpu").max_tokens == 512
    assert nli.load(Path("nli-mini"), device="cpu").max_tokens == 64
