"""Models as Hugging Face keeps them: fetched by name, and used so that what fails is one of our errors."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import Any

from factcheck.errors import FactcheckError, ModelError

_NAME = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@(?P<revision>[\w./-]+))?")


def fetch(name: str, patterns: Sequence[str], *, ignored: Sequence[str] = ()) -> Path | None:
    """The local snapshot of a model `org/name[@revision]`, downloaded where it is not cached; None of no such name.

    Args:
        name: The text that may be a name.
        patterns: The files that are wanted.
        ignored: Those of them that are not.

    Raises:
        ModelError: It is neither in the local cache nor to be had.
    """
    parsed = _NAME.fullmatch(name)
    if parsed is None:
        return None
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - heavy
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415 - heavy

    repo, revision = parsed.group("repo", "revision")
    wanted, unwanted = list(patterns), list(ignored)
    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=wanted, ignore_patterns=unwanted))
    except (OSError, ValueError, HfHubHTTPError) as error:
        option = "" if revision is None else f" --revision {revision}"
        raise ModelError(
            name,
            f"neither a folder nor in the local cache of Hugging Face, and not downloaded: {_first_line(error)}",
            f"where there is a network, run `hf download {repo}{option} --local-dir FOLDER`; then name FOLDER here",
        ) from error


@contextmanager
def usable(folder: Path, *, otherwise: str, fix: str) -> Iterator[None]:
    """Report whatever a library raises for this folder as a `ModelError`, and keep transformers from printing.

    Args:
        folder: The model's.
        otherwise: What is wrong with it if anything is raised, such as `cannot be loaded`.
        fix: What to do then.
    """
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415 - heavy

    logging: Any = transformers_logging  # its functions have no types
    verbosity, progress = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    except FactcheckError:
        raise
    except Exception as error:  # a broken file can make a library raise anything; the cause stays attached
        raise ModelError(folder, f"{otherwise}: {type(error).__name__}: {_first_line(error)}", fix) from error
    finally:
        logging.set_verbosity(verbosity)
        if progress:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
