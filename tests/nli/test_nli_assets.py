"""Finding bundled files in a source tree and in an installed wheel."""

import hashlib

import pytest

from factcheck import assets
from factcheck.errors import FactcheckError


def test_a_source_tree_has_its_assets_at_the_root():
    """The bundled model is found and named."""
    assert assets.asset("models/nli-mini/config.json").is_file()
    assert "nli-mini" in assets.bundled_models()


def test_an_installed_package_has_them_inside(tmp_path, monkeypatch):
    """In a wheel they come as `_assets`, and win over what happens to lie beside the package."""
    inside = tmp_path / "factcheck" / "_assets"
    for root, name in ((inside, "one"), (inside, "two"), (tmp_path, "one")):
        (root / "models" / name).mkdir(parents=True)
        (root / "models" / name / "config.json").write_text("{}")
    monkeypatch.setattr(assets, "_ROOTS", (inside, tmp_path))

    assert assets.asset("models/one") == inside / "models" / "one"
    assert assets.bundled_models() == ("one", "two")


def test_a_missing_asset_is_answered_with_where_it_could_be():
    """The message lists every place that was looked at."""
    with pytest.raises(FactcheckError, match=r"models/absent.*_assets.models.absent and .*reinstall"):
        assets.asset("models/absent")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "tests", "models/../tests", "models/./x", "models//x", "claims/"])
def test_names_that_lead_elsewhere_are_refused(name):
    """Only files under claims/ and models/ are assets."""
    with pytest.raises(FactcheckError, match="not the name of a bundled file"):
        assets.asset(name)


def test_the_model_card_is_of_the_weights_beside_it():
    """The hash in the card's front matter is that of the file."""
    folder = assets.asset("models/nli-mini")
    content = (folder / "model.safetensors").read_bytes()

    assert f"\nsha256: {hashlib.sha256(content).hexdigest()}\n" in (folder / "README.md").read_text("utf-8")
