"""The review of a run: a local web page, and what it is made of."""
