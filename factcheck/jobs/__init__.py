"""Batch jobs: a claims file against a corpus, into a run folder."""
