"""Placeholder until its owner writes it."""


def not_checkable(claim: str) -> str | None:  # noqa: ARG001
    """Nothing."""
    return None
