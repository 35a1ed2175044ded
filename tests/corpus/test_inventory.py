"""The documents of a corpus while it is built."""

from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.inventory import Inventory

HASHES = [f"{number:064x}" for number in range(4)]
NAMES = st.text(st.characters(codec="utf-8"), max_size=4)


@given(st.dictionaries(NAMES, st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(HASHES))))
def test_documents_come_in_the_order_of_their_ids(documents):
    """As Python orders texts, whatever characters they have: the version of a corpus is a hash over this."""
    with Inventory((name, *rest) for name, rest in documents.items()) as inventory:
        assert sorted((name, content) for name, (_, content) in documents.items()) == list(inventory)
        assert all(inventory.find(name) == rest for name, rest in documents.items())
        assert inventory.find("no such document") is None


@given(st.dictionaries(NAMES, st.sampled_from(["a", "b"])), st.sets(NAMES), st.sets(NAMES))
def test_what_is_not_met_in_its_file_is_taken_out(published, met, written):
    """Of that file alone; what was written this time was met."""
    with Inventory((name, file, HASHES[0]) for name, file in published.items()) as inventory:
        for name in met:
            inventory.meet(name)
        for name in written:
            inventory.put(name, "a", HASHES[1])

        taken = {name for group in inventory.take_unmet("a") for name in group}

        assert taken == {name for name, file in published.items() if file == "a"} - met - written
        assert {name for name, _ in inventory} == (published.keys() | written) - taken
        assert [] == list(inventory.take_unmet("a"))


def test_a_document_that_is_put_again_is_in_its_new_file():
    """With its new content."""
    with Inventory([("x", "a", HASHES[0])]) as inventory:
        inventory.put("x", "b", HASHES[1])

        assert ("b", HASHES[1]) == inventory.find("x")
        assert [("x", HASHES[1])] == list(inventory)
