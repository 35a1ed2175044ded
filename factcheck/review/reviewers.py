"""What reviewers may be called."""

import getpass
import unicodedata

from factcheck.errors import ConfigError

_LONGEST = 80  # characters


def reviewer_name(text: str) -> str:
    """The name without blanks around it, every sign in its composed form.

    Raises:
        ConfigError: It is empty, long, or has characters that cannot be seen.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise ConfigError("reviewer", "the name is empty", "give a name that the others know you by")
    if len(name) > _LONGEST:
        raise ConfigError("reviewer", f"the name has {len(name):,} characters", f"use at most {_LONGEST}")
    if any(unicodedata.category(sign).startswith("C") for sign in name):
        raise ConfigError("reviewer", f"{name!r} has characters that cannot be seen", "leave them out")
    return name


def usual_reviewer() -> str:
    """The name of the user who is logged in; `reviewer` where the system does not tell it."""
    try:
        return reviewer_name(getpass.getuser())
    except (ConfigError, KeyError, OSError):
        return "reviewer"
