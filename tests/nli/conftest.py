"""Tiny NLI models built in code, and the bundled one."""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from factcheck import nli
from factcheck.nli.gate import calibration_pairs, gate_pairs
from factcheck.nli.precisions import lossy_precisions

CORPUS = [
    "The ferry to the island leaves at nine and returns before noon.",
    "A mill on the river ground 40 tonnes of rye each week until 1911.",
    "Nobody has counted the seals on the northern beach since last winter.",
    "The council did not approve the new bridge; it asked for a cheaper one.",
    "Prices of bread rose by 3.5 percent, milk fell, and butter stayed as it was.",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
NLI_LABELS = ("entailment", "neutral", "contradiction")


def _wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=150, special_tokens=SPECIAL))
    return tokenizer


def _bpe() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=SPECIAL, unk_token="[UNK]")
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


TOKENIZERS = {"wordpiece": _wordpiece, "bpe": _bpe, "unigram": _unigram}


def make_tokenizer(kind: str, limit: int) -> PreTrainedTokenizerFast:
    """A small tokenizer whose file asks for truncation and padding, as many published ones do."""
    tokenizer = TOKENIZERS[kind]()
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    if kind == "bpe":  # two separators, one type, as RoBERTa
        tokenizer.post_processor = processors.RobertaProcessing(ids[1], ids[0], add_prefix_space=False)
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids
        )
    tokenizer.enable_truncation(max_length=12)
    tokenizer.enable_padding(length=12)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=limit,
        model_input_names=["input_ids", "attention_mask"] + ["token_type_ids"] * (kind != "bpe"),
    )


def make_model(
    folder: Path,
    *,
    kind: str = "wordpiece",
    family: str = "bert",
    labels: tuple[str, ...] = NLI_LABELS,
    limit: int = 64,
    layers: int = 2,
    dtype: torch.dtype = torch.float32,
    **changes: object,
) -> Path:
    """Save a small classifier with random weights from a fixed seed."""
    tokenizer = make_tokenizer(kind, limit)
    settings = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": limit,
        "initializer_range": 0.2,
        "pad_token_id": tokenizer.pad_token_id,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
        **changes,
    }
    torch.manual_seed(7)
    if family == "bert":
        network = BertForSequenceClassification(BertConfig(**settings))
    elif family == "roberta":
        network = RobertaForSequenceClassification(RobertaConfig(**settings, type_vocab_size=1))
    else:
        network = DebertaV2ForSequenceClassification(
            DebertaV2Config(**settings, relative_attention=True, pos_att_type=["p2c", "c2p"], type_vocab_size=0)
        )
    network.to(dtype).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def edit_config(folder: Path, **changes: object) -> Path:
    """Change fields of a saved model's config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build (once per set of arguments) a tiny model's folder; tests must not change it."""
    built: dict[tuple[tuple[str, object], ...], Path] = {}

    def build(**settings: object) -> Path:
        key = tuple(sorted(settings.items()))
        if key not in built:
            built[key] = make_model(tmp_path_factory.mktemp("tiny"), **settings)
        return built[key]

    return build


@pytest.fixture
def own_tiny(tmp_path: Path) -> Callable[..., Path]:
    """Build a tiny model that the test may break, with changes to its config."""

    def build(*, config: dict[str, object] | None = None, **settings: object) -> Path:
        folder = make_model(tmp_path / "model", **settings)
        return edit_config(folder, **config) if config else folder

    return build


def skip_without(precision: str, *, bert: bool = True) -> None:
    """Skip the test where this processor does not compute a precision."""
    if precision != "fp32" and precision not in lossy_precisions(torch.device("cpu"), bert=bert):
        pytest.skip(f"this processor lacks the instructions for {precision}")


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """Skip where this processor does not compute a precision."""
    return skip_without


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What these tests record and measure is their own, and what the user's cache holds changes none of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def plain_scores() -> Callable[..., list[list[float]]]:
    """Score pairs with transformers alone, in fp32: probabilities in the model's own order."""

    def score(
        folder: Path, pairs: Sequence[tuple[str, str]], *, type_ids: bool = True, together: int = 1
    ) -> list[list[float]]:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
        found = []
        for start in range(0, len(pairs), together):
            texts = map(list, zip(*pairs[start : start + together], strict=True))
            encoded = tokenizer(*texts, truncation=False, padding=together > 1, return_tensors="pt")
            if not type_ids:
                encoded.pop("token_type_ids")
            with torch.inference_mode():
                found += network(**encoded).logits.softmax(-1).tolist()
        return found

    return score


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the test's own."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def nli_mini_in(_own_cache: None) -> Callable[[str], nli.PairScorer]:
    """Load the bundled model on the CPU in a precision, once; skip where this processor does not compute it."""

    @functools.cache
    def load(precision: str) -> nli.PairScorer:
        with pytest.MonkeyPatch.context() as patch:  # ranges of few pairs, where none come with the model: quicker
            patch.setattr("factcheck.nli.loading.calibration_pairs", lambda: calibration_pairs()[::8])
            return nli.load(precision=precision, device="cpu")

    def load_or_skip(precision: str) -> nli.PairScorer:
        skip_without(precision)
        return load(precision)

    return load_or_skip


@pytest.fixture(scope="session")
def nli_mini(nli_mini_in: Callable[[str], nli.PairScorer]) -> nli.PairScorer:
    """The bundled model in fp32 on the CPU."""
    return nli_mini_in("fp32")


@pytest.fixture(scope="session")
def real_pairs() -> list[tuple[str, str]]:
    """About 200 of the pairs that retrieval gives for the bundled collections, and the shortest that there are."""
    return [*gate_pairs()[::13], ("", ""), ("a", ""), ("", "a"), ("a", "b")]


@pytest.fixture(scope="session")
def pairs() -> list[tuple[str, str]]:
    """Pairs of about 15, 30, 75 and 190 tokens about a made-up place, four of each."""
    opening = "The harbour of Lund opened in 1904."
    history = "In 1904 the harbour had 12 boats and one crane."
    storms = " Storms broke its outer wall twice, and the town paid for repairs with a tax on salt and timber."
    premises = [opening, opening + storms, history + storms * 3, history + storms * 9]
    claims = ["The harbour opened in 1904.", "Its wall never broke.", "There were 20 boats.", "Salt was taxed."]
    return [(premise, claim) for premise in premises for claim in claims]
