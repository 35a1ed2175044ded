"""The training recipe of the bundled model, run for two real steps on a tiny one."""

import gzip
import importlib.util
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from factcheck import nli

SCRIPT = Path(__file__).parents[2] / "models" / "nli-mini" / "train.py"
ROWS = [
    ("The kiln was lit on Monday.", "The kiln was lit.", "entailment"),
    ("The kiln was lit on Monday.", "The kiln was never lit.", "contradiction"),
    ("The kiln was lit on Monday, and by Friday all of the bricks had been sold.", "The bricks were red.", "neutral"),
    ("Two potters left the village.", "Ten potters stayed.", "not_entailment"),
    ("Clay came by boat.", "Clay came by boat from the north.", "not_entailment"),
    ("", "Nothing is said.", "neutral"),
    ("Clay came by boat.", "A label from elsewhere.", "unknown"),
]


@pytest.fixture(scope="module")
def recipe():
    """The script as a module; its folder is no package."""
    spec = importlib.util.spec_from_file_location("nli_mini_train", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads gain nothing on a model this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """An encoder without a classifier, as a recipe starts from."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    texts = [text for row in ROWS for text in row[:2]]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(fast),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A gzip'd training file with rows of both kinds, and two that cannot be used."""
    path = tmp_path_factory.mktemp("data") / "rows.jsonl.gz"
    names = ("premise", "hypothesis", "label")
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in ROWS)
    return path


@pytest.fixture(params=["fp32", "bf16"])
def settings(request, recipe, base, data):
    """Two steps of three pairs."""
    return recipe.Recipe(base=str(base), train=(str(data),), batch_size=3, precision=request.param)


def weights(trainer):
    """A copy of every parameter."""
    return {name: parameter.detach().clone() for name, parameter in trainer.parameters.items()}


def test_two_steps_change_every_layer_with_finite_losses(recipe, settings):
    """The recipe trains: weights move, and no loss is NaN."""
    trainer = recipe.Trainer(settings)
    before = weights(trainer)

    losses = [trainer.update(batch) for batch in recipe.shuffled_batches(trainer.examples, 3, "0")]

    assert trainer.steps == trainer.step == 2
    assert all(math.isfinite(loss) and loss > 0 for loss in losses)
    moved = {name for name, value in weights(trainer).items() if not torch.equal(value, before[name])}
    assert {"classifier.weight", "bert.embeddings.word_embeddings.weight"} <= moved
    assert any("attention" in name for name in moved)


def test_word_embeddings_stay_to_the_bit_where_they_are_to_be_kept(recipe, settings, tmp_path):
    """Whatever is stopped and resumed, and averaged."""
    keeping = replace(settings, keep_words=True, average=0.9)
    recipe.train(keeping, tmp_path, stop_after=1)
    trainer = recipe.train(keeping, tmp_path, resume=True)
    trainer.save_model(tmp_path, torch.float32)

    name = "bert.embeddings.word_embeddings.weight"
    before, after = (recipe.AutoModelForSequenceClassification.from_pretrained(at) for at in (settings.base, tmp_path))
    assert torch.equal(before.get_parameter(name), after.get_parameter(name))
    assert not torch.equal(before.get_parameter("classifier.weight"), after.get_parameter("classifier.weight"))


def test_the_saved_folder_is_an_nli_model(recipe, settings, tmp_path):
    """What training writes is what factcheck loads, labels included, in half precision on disk."""
    trainer = recipe.train(settings, tmp_path)
    trainer.save_model(tmp_path, torch.float16)

    scorer = nli.load(tmp_path, device="cpu")

    assert scorer.has_contradiction
    assert len(scorer.score([row[:2] for row in ROWS])) == len(ROWS)
    with safe_open(tmp_path / "model.safetensors", framework="pt") as saved:
        for name, value in weights(trainer).items():
            assert torch.equal(saved.get_tensor(name), value.half())


def test_stopping_and_resuming_equals_going_straight_through(recipe, settings, tmp_path):
    """One step, a new process's worth of forgetting, and one more step give the same bits as two steps."""
    straight = recipe.train(settings, tmp_path / "straight")

    stopped = recipe.train(settings, tmp_path / "resumed", stop_after=1)
    resumed = recipe.train(settings, tmp_path / "resumed", resume=True)

    assert (stopped.step, resumed.step, straight.step) == (1, 2, 2)
    assert not torch.equal(stopped.parameters["classifier.weight"], straight.parameters["classifier.weight"])
    for name, value in weights(straight).items():
        assert torch.equal(value, weights(resumed)[name]), name
    saved = [(tmp_path / name / "checkpoint.safetensors").read_bytes() for name in ("straight", "resumed")]
    assert saved[0] == saved[1]


def test_another_recipe_does_not_resume(recipe, settings, tmp_path):
    """A checkpoint of other settings is refused instead of mixed in."""
    recipe.train(settings, tmp_path, stop_after=1)
    other = recipe.Recipe(base=settings.base, train=settings.train, batch_size=2, precision=settings.precision)

    with pytest.raises(ValueError, match="resume with the same arguments"):
        recipe.train(other, tmp_path, resume=True)


def test_the_loss_of_an_open_row_is_that_of_both_classes_together(recipe):
    """Worked by hand for the probabilities 1/2, 1/4, 1/4."""
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]]))

    losses = [recipe.marginal_loss(logits, torch.tensor([target])).item() for target in range(4)]

    assert losses == pytest.approx([math.log(2), math.log(4), math.log(4), math.log(2)])


def test_an_open_row_does_not_choose_between_neutral_and_contradiction(recipe):
    """Its gradient moves the two logits in proportion to what they have, and away from entailment."""
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2]])).requires_grad_()

    recipe.marginal_loss(logits, torch.tensor([recipe.NOT_ENTAILMENT])).backward()

    assert logits.grad[0].tolist() == pytest.approx([0.5, -0.3, -0.2])


def test_rows_without_text_or_known_label_are_left_out(recipe, data):
    """And `FILE:N` takes N of the rest."""
    assert len(recipe.read_rows(str(data), seed=0)) == 5
    assert len(recipe.read_rows(f"{data}:2", seed=0)) == 2


def test_an_epoch_has_every_example_once_in_batches_of_like_lengths(recipe):
    """Only pools are sorted, so that batches differ from epoch to epoch."""
    examples = [recipe.Example([0] * (i % 50 + 1), [], 0) for i in range(1000)]

    first, second = (recipe.shuffled_batches(examples, 8, seed) for seed in ("0/0", "0/1"))

    assert sorted(i for batch in first for i in batch) == list(range(1000))
    assert first != second
    spread = [max(i % 50 for i in batch) - min(i % 50 for i in batch) for batch in first]
    assert sum(spread) / len(spread) < 3


def test_the_rate_warms_up_and_falls_to_zero(recipe):
    """The peak is reached after the warm-up and never exceeded."""
    rates = [recipe.rate(step, 1000, 1e-4) for step in range(1001)]

    assert rates.index(max(rates)) == 60
    assert max(rates) == pytest.approx(0.94e-4)
    assert rates[-1] == 0.0


def test_the_command_line_writes_model_and_evaluation(recipe, base, data, tmp_path, capsys):
    """A whole run from the command line leaves weights and eval.json."""
    arguments = ["--base", str(base), "--train", f"{data}:4", "--eval", str(data), "--out", str(tmp_path / "out")]

    recipe.main([*arguments, "--batch-size", "2", "--threads", "1", "--max-tokens", "32"])

    results = json.loads((tmp_path / "out" / "eval.json").read_text())
    assert results["rows.jsonl.gz"]["rows"] == 5
    assert 0 <= results["rows.jsonl.gz"]["accuracy"] <= 1
    assert "rows.jsonl.gz" in capsys.readouterr().out
