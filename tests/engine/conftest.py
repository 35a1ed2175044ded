"""A cluster of several nodes on this machine, a tiny model that its workers can load, and claims for them."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from factcheck.config import Settings
from factcheck.engine.cluster import import_ray
from factcheck.engine.driver import RayEngine
from factcheck.formats.export import export
from factcheck.jobs.progress import Silent
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger

NAMES = [f"{first}{second}a" for first in "BDFGKLMNPRST" for second in "aeiou"]
LABELS = ("entailment", "neutral", "contradiction")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def make_model(folder: Path) -> Path:
    """Save a small BERT with random weights from a fixed seed, large enough that its probabilities are of all kinds."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    texts = [f"The ferry {name} sails twice a day from the harbour." for name in NAMES]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=150, special_tokens=SPECIAL))
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    pair = "[CLS] $A [SEP] $B:1 [SEP]:1"
    single = "[CLS] $A [SEP]"
    tokenizer.post_processor = processors.TemplateProcessing(single=single, pair=pair, special_tokens=ids)
    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(fast),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.6,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with a model, documents and claims, and a cache of its own, which workers are told of."""
    folder = tmp_path_factory.mktemp("engine")
    make_model(folder / "model")
    (folder / "corpus").mkdir()
    for number, name in enumerate(NAMES):
        text = f"The ferry {name} sails twice a day. Nobody sails on the ferry {name} in winter.\n"
        (folder / "corpus" / f"{number:02}.txt").write_text(text, "utf-8")
    lines = [json.dumps({"id": name, "claim": f"The ferry {name} sails from the harbour."}) for name in NAMES]
    lines[7:7] = ['{"claim": ', json.dumps({"id": "far", "claim": "word " * 300})]  # passed over
    (folder / "claims.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="session")
def here(place):
    """The bytes of the export of a job that this process did."""
    settings = Settings(model=str(place / "model"), corpus=str(place / "corpus"), cache=False, on_error="skip")
    run_job(place / "claims.jsonl", place / "here", settings)
    with Ledger(place / "here") as ledger:
        export(ledger.verdicts, "jsonl", place / "here.jsonl")
    return (place / "here.jsonl").read_bytes()


@pytest.fixture(scope="module")
def cluster(place):
    """Two nodes with a processor each, and a third without, where this process is connected until the file is done."""
    ray = import_ray()
    from ray.cluster_utils import Cluster

    quiet = {"include_dashboard": False, "object_store_memory": 100 * 1024**2}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **quiet})
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=100 * 1024**2, wait=False)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False, logging_level="CRITICAL")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


class Hook(Silent):
    """A progress that does something after each window until that says that it is done."""

    def __init__(self, act):
        self._act = act

    def advance(self, stage, n=1):
        if stage == "scoring" and self._act is not None and self._act():
            self._act = None


@pytest.fixture
def job(place, tmp_path):
    """Start the job: with Ray in the place of this process unless `local`; gives the report."""

    def start(name, *, local=False, claims="claims.jsonl", act=lambda _: True, stopping=None, **settings):
        wanted = {"model": str(place / "model"), "corpus": str(place / "corpus"), "window": 3, "cache": False}
        wanted |= {"on_error": "skip", "ray_cpus": 1}
        chosen = Settings(**wanted | settings)
        engine = None if local else RayEngine(chosen)
        return run_job(
            place / claims,
            tmp_path / name,
            chosen,
            progress=Hook(lambda: act(engine)),
            stopping=stopping or (lambda: False),
            engine=engine,
        )

    return start


@pytest.fixture
def exported(tmp_path):
    """The bytes of a run's export."""

    def read(name):
        with Ledger(tmp_path / name) as ledger:
            export(ledger.verdicts, "jsonl", tmp_path / f"{name}.jsonl")
        return (tmp_path / f"{name}.jsonl").read_bytes()

    return read
