"""Options that are settings: what a command's signature becomes, and what the command is given."""

from dataclasses import fields
from inspect import signature

import pytest

from factcheck.cli.flags import FLAGS, takes_settings
from factcheck.config import Settings
from factcheck.errors import ConfigError


@pytest.fixture
def given(monkeypatch, tmp_path):
    """A command with options, and a list of what its function was given each time."""
    monkeypatch.chdir(tmp_path)  # without a factcheck.toml
    calls = []

    @takes_settings("models", "out", "stages", "cache", "no_cache", fixed={"evidence": "corpus"})
    def command(claims: str, *, before: int = 1, settings: Settings, models: list[str] | None, out: str, after: int):
        calls.append((settings, {"claims": claims, "models": models, "out": out}))

    def call(**flags):
        absent = dict.fromkeys(("models", "stages", "cache", "no_cache", "config"))
        command(**absent | {"claims": "c", "before": 1, "out": "o", "after": 2} | flags)
        return calls[-1]

    call.command = command
    return call


def test_every_flag_gives_a_setting_that_there_is():
    """By its own name, or by the one it says."""
    settings = {setting.name for setting in fields(Settings)}

    assert {flag.setting or name for name, flag in FLAGS.items()} <= settings


def test_options_stand_in_the_place_of_the_settings(given):
    """In the order of the names, the function's own where they are named, and --config last."""
    names = ["claims", "before", "models", "out", "stages", "cache", "no_cache", "config", "after"]

    assert names == list(signature(given.command).parameters)
    assert names == list(given.command.__annotations__)


def test_what_is_not_given_is_the_default(given):
    """But for what the command fixes."""
    assert Settings(evidence="corpus") == given()[0]


def test_flags_are_read_into_settings(given):
    """One that the function itself has comes to it as it was given, too."""
    settings, rest = given(models=["big", "small"], stages="4, 10")

    assert ("big", (4, 10)) == (settings.model, settings.stages)
    assert {"claims": "c", "models": ["big", "small"], "out": "o"} == rest


def test_no_cache_counts_more_than_a_cache_file(given):
    """Whoever gives both wants every score computed."""
    assert given(cache="scores.sqlite")[0].cache == "scores.sqlite"
    assert given(cache="scores.sqlite", no_cache=True)[0].cache is False


def test_stages_that_are_no_numbers_are_refused_by_the_name_of_the_option(given):
    """Before anything is done."""
    with pytest.raises(ConfigError, match=r"^--stages: 'four' are not whole numbers"):
        given(stages="four")
