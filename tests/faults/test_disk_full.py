"""A full disk: an error that names the place, nothing lost, and the same bytes when there is room again."""

import pytest
from harness import exported, rows, survive, write_job

KIB = 1024


@pytest.fixture(scope="module")
def whole(nursery, tmp_path_factory):
    """A job with an index, its bytes when nothing disturbs it, and how many changes of files it takes."""
    job = write_job(tmp_path_factory.mktemp("whole"))
    undisturbed = job.elsewhere(job.folder.with_name("whole"))
    done = nursery.do(undisturbed.request())
    return job, exported(undisturbed.run), done


def test_files_that_cannot_grow(nursery, whole):
    """Files may have one size after the other, from none at all up; the job is started again each time."""
    job, expected, _ = whole
    sizes = [0, 1, 300, 700, 2 * KIB, 4 * KIB, 8 * KIB, 20 * KIB, 33 * KIB, 50 * KIB, 70 * KIB, 90 * KIB, 120 * KIB]

    tally = survive(nursery, job.again(), [{"bytes": size} for size in sizes], expected)

    assert tally.harm == (0, 0, 0)
    assert len(tally.messages) >= 5


def test_an_index_whose_files_cannot_grow(nursery, whole):
    """The same for the index alone, which in the end is the one of a disk with room."""
    job, _, _ = whole
    job = job.again()
    request = {"do": "index", "corpus": str(job.corpus), "index": str(job.index)}

    refused = [nursery.do(request | {"fault": {"bytes": size}}) for size in (0, 100, 250, 400, 700, 1500, 3000)]
    done = nursery.do(request)
    alone = nursery.do(request | {"index": str(job.folder / "alone")})

    assert {answer["error"] for answer in refused} == {"CorpusError"}
    assert all(str(job.index) in answer["message"] for answer in refused)
    assert done["version"] == alone["version"]


@pytest.mark.parametrize("part", range(6))
def test_no_room_for_a_change_of_a_file(changes, whole, part):
    """At any place in the job's life the disk is full from then on; then there is room."""
    job, expected, done = whole

    tally = survive(changes, job.again(), [{"full": int(done["changes"] * (part + 0.5) / 6)}], expected)

    assert tally.harm == (0, 0, 0)
    assert all("No space left" in message or "full" in message or "disk" in message for message in tally.messages)


def test_a_small_disk(nursery, tmp_path):
    """A disk of its own that is full while the index is built, then while verdicts are written, then large enough."""
    folder = tmp_path / "disk"
    folder.mkdir()
    job = write_job(tmp_path, claims=60, window=10).elsewhere(folder / "job")
    expected = exported_alone(nursery, job, tmp_path)
    read = {"do": "read", "run": str(job.run), "out": str(tmp_path / "out.jsonl")}
    at = {"do": "mount", "mount": str(folder)}
    sizes = [30, 60, 100, 250, 400, 500, 600, 700, 800, 8000]
    requests = [at | {"what": "disk", "size": f"{sizes[0]}k"}]
    for size in sizes:
        requests += [at | {"what": "larger", "size": f"{size}k"}, job.request()]

    done = nursery.do({"do": "several", "requests": [*requests, read], "private": True})

    answers = done["answers"]
    if denied := [answer["denied"] for answer in answers if "denied" in answer]:
        pytest.skip(f"a small disk cannot be mounted here: {denied[0]}")
    starts = answers[2:-1:2]
    refused = [answer for answer in starts if "error" in answer]
    assert all(str(folder) in answer["message"] for answer in refused)
    assert not [answer for answer in starts if "traceback" in answer]
    assert {"CorpusError", "RunError"} <= {answer["error"] for answer in refused}
    assert answers[-1]["finished"]
    assert expected == (tmp_path / "out.jsonl").read_bytes()


def exported_alone(nursery, job, tmp_path):
    alone = job.elsewhere(tmp_path / "alone")
    nursery.do(alone.request())
    return exported(alone.run)


def test_a_manifest_that_cannot_be_written(nursery, tmp_path):
    """Is named; the verdicts are there, and the next start writes it."""
    job = write_job(tmp_path, claims=3, corpus=False)
    blocked = job.run / "manifest.json.new"
    blocked.mkdir(parents=True)
    (job.run / "run.sqlite").touch()

    refused = nursery.do(job.request())
    blocked.rmdir()
    done = nursery.do(job.request())

    assert refused["error"] == "RunError"
    assert "manifest.json: cannot be written" in refused["message"]
    assert done["claims"] == 3
    assert len([key for key in rows(job.run) if len(key) == 2]) == 3


def test_rejected_claims_that_cannot_be_written(nursery, tmp_path):
    """Are no reason to go on without them: that is an error, and the next start writes them."""
    job = write_job(tmp_path, claims=3, corpus=False, on_error="skip")
    with job.claims.open("a", encoding="utf-8") as file:
        file.write('{"claim": 7}\n')
    blocked = job.run / "rejected.new"
    blocked.mkdir(parents=True)
    (job.run / "run.sqlite").touch()

    refused = nursery.do(job.request())
    blocked.rmdir()
    nursery.do(job.request())

    assert "rejected.jsonl: cannot be written" in refused["message"]
    assert len((job.run / "rejected.jsonl").read_text("utf-8").splitlines()) == 1
