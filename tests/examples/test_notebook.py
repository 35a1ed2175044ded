"""The pandas notebook, executed from its first cell to its last."""

import asyncio
import re

import pytest
from showing import EXAMPLES, needs

pytestmark = needs("nbclient", "ipykernel", "pandas", "matplotlib")
PATH = EXAMPLES / "notebook.ipynb"


@pytest.fixture(scope="module")
def read(offline):
    import nbformat

    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def outputs(read):
    """What each code cell shows: texts, and types of pictures."""
    from nbclient import NotebookClient

    client = NotebookClient(read, timeout=300, resources={"metadata": {"path": str(EXAMPLES)}})
    asyncio.run(client.async_execute())  # `execute` leaves an event loop open
    cells = [cell for cell in read.cells if cell.cell_type == "code"]
    return [" ".join(str(one.get("data", one)) for one in cell.outputs) for cell in cells]


def test_the_file_is_valid_and_keeps_no_outputs():
    """They would be those of another model tomorrow; so it also stays small."""
    import nbformat

    notebook = nbformat.read(PATH, as_version=4)
    nbformat.validate(notebook)

    for cell in notebook.cells:
        assert cell.cell_type != "code" or ([], None) == (cell.outputs, cell.execution_count)
    assert PATH.stat().st_size < 8_000


@pytest.mark.model
def test_every_cell_runs_without_a_word_on_standard_error(outputs):
    """And all but the first show something of the verdicts."""
    assert len(outputs) == 6
    for text in outputs:
        assert text
        assert "'name': 'stderr'" not in text


@pytest.mark.model
def test_twelve_claims_come_back_with_their_verdicts(outputs):
    """As a table and as a picture; sentences of a text with sources of its own too."""
    table, picture, sentences = outputs[1], outputs[3], outputs[5]

    assert "<th>11</th>" in table
    assert "<th>12</th>" not in table
    assert "NOT ENOUGH INFO" in table
    assert "image/png" in picture
    assert re.search(r"The ferry to Orrin sails twice a day\.\s+SUPPORTED", sentences)
