"""An index that was copied into an object store, here a stand-in for S3 on this machine."""

import json
import logging
from pathlib import Path

import pytest

from factcheck.config import Settings
from factcheck.corpus.build import build_index
from factcheck.corpus.index import POINTER, CorpusIndex, Pointer, Search
from factcheck.corpus.places import place_of
from factcheck.errors import CorpusError
from factcheck.jobs.sources import open_finder
from factcheck.types import Claim

boto3 = pytest.importorskip("boto3")
moto_server = pytest.importorskip("moto.server")

BUCKET = "newsroom"
URL = f"s3://{BUCKET}/indexes/reports"
TEXT = "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n"
SEARCHES = [
    Search("ferry sails", 2),
    Search("what did the harbour cost", 9),
    Search("", 2),
    Search("ferry", 2, ("a.txt",)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An index that was built in a folder and updated there."""
    corpus, folder = (tmp_path_factory.mktemp(name) for name in ("corpus", "index"))
    (corpus / "a.txt").write_text(TEXT, "utf-8")
    build_index(corpus, folder)
    (corpus / "b.md").write_text("# Ferries\n\nThe ferry to Lund sails once a day.\n", "utf-8")
    build_index(corpus, folder)
    return folder


@pytest.fixture(scope="module")
def server():
    """The address of a store on the loopback interface."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(autouse=True)
def environment(server, monkeypatch):
    """What a user would set; nothing of the machine's own accounts counts."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def store(server):
    """The bucket, empty."""
    service = boto3.resource(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    yield service.create_bucket(Bucket=BUCKET)
    service.meta.client.close()


@pytest.fixture
def bucket(store, folder):
    """The bucket with a whole copy of the index."""
    there = {item.key for item in store.objects.all()}
    for path in folder.rglob("*"):
        key = f"indexes/reports/{path.relative_to(folder)}"
        if path.is_file() and (key not in there or path.name == POINTER):
            store.put_object(Key=key, Body=path.read_bytes())
    return store


@pytest.mark.usefixtures("bucket")
def test_a_copy_in_a_store_gives_what_the_folder_gives(folder):
    """Searches, sources, texts and what is told of the whole, at the version that was published."""
    there, here = CorpusIndex(URL), CorpusIndex(folder)

    assert there.search_all(SEARCHES) == here.search_all(SEARCHES)
    assert [2, 2, 0, 1] == [len(found) for found in there.search_all(SEARCHES)]
    assert there.sources(["a.txt", "b.md"]) == here.sources(["a.txt", "b.md"])
    assert there.sentences(["b.md"]) == here.sentences(["b.md"])
    assert sorted(there.inventory()) == sorted(here.inventory())
    assert (there.version, there.pointer, there.size) == (here.version, here.pointer, here.size)


@pytest.mark.usefixtures("bucket")
def test_settings_name_a_url_and_keep_it(folder):
    """A recorded run opens the same store again, from whatever folder it is started in."""
    settings = Settings.of(Settings(index=URL).record())
    claim = Claim("c", "The ferry to Lund sails twice a day.")

    assert settings.index == URL
    at_the_store, in_the_folder = open_finder(settings), open_finder(Settings(index=str(folder)))
    assert at_the_store.finder.find([claim]) == in_the_folder.finder.find([claim])


@pytest.mark.parametrize("text", [URL, URL + "/", Path(URL), f"s3:/{BUCKET}/indexes/reports"])
def test_a_url_that_was_made_a_path_is_one_still(text):
    """Command lines make paths of what they are given."""
    assert place_of(text) == URL


@pytest.mark.parametrize("text", ["idx", "/data/idx", "C:/data/idx", "a:b", "s3", "hf:x"])
def test_folders_are_no_urls(text):
    """Whatever they are called."""
    assert place_of(text) == Path(text)


def test_another_kind_of_url_is_refused():
    """And those that are read are named."""
    with pytest.raises(CorpusError, match=r"cannot be read from ftp://.*s3://, gs://, az://"):
        CorpusIndex("ftp://example.org/idx")


def test_nothing_is_built_in_a_store(tmp_path):
    """The error says how the index gets there; nothing is made beside it."""
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")

    with pytest.raises(CorpusError, match=r"s3://newsroom/indexes/reports: an index is built in a folder.*copy"):
        build_index(tmp_path / "a.txt", Path(URL))
    with pytest.raises(CorpusError, match="to read what is there, name no documents"):
        open_finder(Settings(corpus=str(tmp_path / "a.txt"), index=URL))


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("url", ["s3://no-such-bucket/idx", f"s3://{BUCKET}/elsewhere"])
def test_where_no_index_is_there_is_none(url):
    """Neither in a bucket that is missing nor under another prefix."""
    with pytest.raises(CorpusError, match=f"{url}: holds no finished index: there is no index.json, or no such bucket"):
        CorpusIndex(url)
    assert Pointer.read(url) is None


def test_a_copy_whose_pointer_is_not_there_yet_is_no_index(bucket):
    """The pointer is what says that an index is whole."""
    bucket.Object(f"indexes/reports/{POINTER}").delete()

    with pytest.raises(CorpusError, match="holds no finished index"):
        CorpusIndex(URL)


@pytest.mark.parametrize(
    "missing", ["sentences.lance/", "documents.lance/_versions/", "files.lance/data/", "sentences.lance/_indices/"]
)
def test_a_copy_without_some_tables_is_told_as_such(bucket, missing):
    """When it is opened, or when what is missing is read for the first time."""
    bucket.objects.filter(Prefix=f"indexes/reports/{missing}").delete()

    def use():
        index = CorpusIndex(URL)
        index.problems()
        index.search("ferry", limit=2)

    with pytest.raises(
        CorpusError, match=f"^{URL}: .*there in part.*copy the whole finished folder there again"
    ) as found:
        use()
    assert len(str(found.value)) < 600


def test_a_copy_of_another_version_than_its_pointer_says_is_told_as_such(bucket):
    """As where only the tables were copied again, or only the pointer."""
    pointer = bucket.Object(f"indexes/reports/{POINTER}")
    record = json.loads(pointer.get()["Body"].read())
    record["tables"]["sentences"] += 100
    pointer.put(Body=json.dumps(record).encode())

    with pytest.raises(CorpusError, match="there in part"):
        CorpusIndex(URL)


def test_a_torn_pointer_is_told_as_such(bucket):
    """Half of it is not read as the whole."""
    bucket.Object(f"indexes/reports/{POINTER}").put(Body=b'{"format": 3, ')

    with pytest.raises(CorpusError, match=f"{URL}/{POINTER}: cannot be read"):
        CorpusIndex(URL)


def test_a_store_that_does_not_answer_is_told_as_such(monkeypatch):
    """After a few seconds, with what to look at."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(CorpusError, match=r"cannot be read: .*AWS_ENDPOINT_URL"):
        CorpusIndex(URL)
