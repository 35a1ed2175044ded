"""Everything factcheck refuses, as one exception tree.

    FactcheckError
    ├── ConfigError        a setting that does not exist or does not fit
    ├── ClaimsError        a claims file, or one record of it
    ├── DocumentError      one document that cannot be read
    ├── CorpusError        a corpus with nothing in it, an index that is missing, torn or in use
    ├── ModelError         a model folder that cannot be used as an NLI model
    ├── ScoreError         outputs of a model that are not probabilities
    └── RunError           a run folder that is of another identity, torn, or not finished
        └── RunInUseError  another process is working on the run

The command line turns a `FactcheckError` into one line and exit status 1; anything else is a bug and keeps
its traceback.
"""


class FactcheckError(Exception):
    """Base of all errors that a user can act on: `where: found; fix`.

    Args:
        where: The place, as a user would name it: `claims.csv:17`, a path, a setting.
        found: What was found there.
        fix: What is allowed and what to do; may be empty where the finding says it.
    """

    def __init__(self, where: object, found: str, fix: str = "") -> None:
        super().__init__(str(where), found, fix)  # whole args, so that the error survives pickling
        self.where, self.found, self.fix = str(where), found, fix

    def __str__(self) -> str:
        return f"{self.where}: {self.found}" + (f"; {self.fix}" if self.fix else "")


class ConfigError(FactcheckError, ValueError):
    """A setting is unknown or its value does not fit."""


class ClaimsError(FactcheckError, ValueError):
    """A claims file, or one record of it, cannot be used."""


class DocumentError(FactcheckError, ValueError):
    """One document cannot be read; the job goes on without it."""


class CorpusError(FactcheckError, ValueError):
    """A corpus holds nothing readable, or its index is missing, torn or in use."""


class ModelError(FactcheckError, ValueError):
    """A folder or name does not give a usable NLI model."""


class ScoreError(FactcheckError, ValueError):
    """A model gave outputs that are not probabilities."""


class RunError(FactcheckError, ValueError):
    """A run folder is in use, belongs to other inputs, or is not finished."""


class RunInUseError(RunError):
    """Another process is working on the run."""
