"""How long a text may be to be read for what its words say."""

LONGEST = 4_000
"""Characters. A claim is a sentence, and a passage hardly ever longer than a few; some looks hold all words of a text
against each other, so that of a longer text nothing is said."""
TITLE = 500
"""Characters of a title that are read."""


def too_long(*texts: str) -> bool:
    """Whether one of some texts is longer than `LONGEST`."""
    return any(len(text) > LONGEST for text in texts)
