"""Settings: one set of names for file, flags and Python."""

from dataclasses import fields

import pytest

from factcheck.config import Settings, resolve
from factcheck.errors import ConfigError


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_flag_beats_the_file_and_the_file_beats_the_default(here):
    """Each value says where it came from."""
    (here / "factcheck.toml").write_text("passages = 20\nsupport = 0.7\n", "utf-8")

    resolved = resolve({"passages": 5, "model": None})

    assert (5, 0.7, "nli-mini") == (resolved.settings.passages, resolved.settings.support, resolved.settings.model)
    origins = resolved.origins
    assert ("flag", "factcheck.toml", "default") == (origins["passages"], origins["support"], origins["model"])


def test_a_named_file_is_read_instead(here):
    """`--config` replaces the file of the current folder."""
    (here / "factcheck.toml").write_text("passages = 20\n", "utf-8")
    (here / "other.toml").write_text('labels = ["contradiction", "neutral", "entailment"]\n', "utf-8")

    settings = resolve({}, here / "other.toml").settings

    assert (10, ("contradiction", "neutral", "entailment")) == (settings.passages, settings.labels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pasages = 20", "did you mean 'passages'"),
        ("colour = 1", "known: corpus"),
        ('passages = "many"', "passages: 'many' is not a whole number"),
        ("passages = true", "not a whole number"),
        ("passages = 0", "use 1 to 1000000"),
        ("passages = 10000000000000000000", "out of range"),
        ("labels = [1, 2, 3]", "not all text"),
        ("cache = 1", "not a true or false or text"),
        ('cache = ""', "true, false, or the name of a file"),
        ("cache_mb = 0", "use 1 to 1000000"),
        ("support = 0.2", "from 0.5 to 1"),
        ('evidence = "corpse"', "use corpus"),
        ("passages = ", "cannot be read"),
        ('stages = "4,10"', "'4,10' is not a list"),
        ("stages = [10]", "10 are not stages of 10 passages; use two or more"),
        ("stages = [4, 4, 10]", "ascending"),
        ("stages = [10, 4]", "ascending"),
        ("stages = [0, 10]", "ascending"),
        ("stages = [4.0, 10]", "whole numbers"),
        ("stages = [true, 10]", "whole numbers"),
        ("stages = [4, 8]", "the last of them `passages`: such as 4,10"),
        ("passages = 20\nstages = [4, 10]", "4,10 are not stages of 20 passages"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(here, text, message):
    """Unknown names, wrong kinds and values out of range."""
    (here / "factcheck.toml").write_text(text + "\n", "utf-8")

    with pytest.raises(ConfigError, match=message):
        resolve({})


def test_a_missing_named_file_is_an_error(here):
    """A file that was named must be there."""
    with pytest.raises(ConfigError, match=r"no\.toml"):
        resolve({}, here / "no.toml")


def test_a_whole_number_is_a_number():
    """TOML's `1` is fine where `1.0` is meant."""
    assert 1 == Settings(support=1).support


def test_stages_end_with_the_number_of_passages():
    """So that they say how many are judged at most."""
    assert (2, 5, 8) == resolve({"passages": 8, "stages": [2, 5, 8]}).settings.stages


def test_what_cannot_change_a_verdict_is_not_in_the_identity():
    """Reading and windowing settings are left out; all others are in."""
    outside = {"on_error", "format", "encoding", "max_file_mb", "max_seconds", "window", "corpus", "index", "run"}
    outside |= {"cache", "cache_mb", "publisher", "publisher_url"}
    outside |= {"engine", "ray_address", "ray_workers", "ray_cpus", "ray_gpus", "allow_mixed"}

    assert {field.name for field in fields(Settings)} - outside == set(Settings().identity())
