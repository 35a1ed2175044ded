"""The run folder: ledger and manifest."""
