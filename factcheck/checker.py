"""factcheck from Python: load once, verify claims."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from factcheck.config import Settings, resolve
from factcheck.errors import ConfigError
from factcheck.formats import split_text
from factcheck.formats.memory import claims_of
from factcheck.jobs.bench import Workbench, prepare
from factcheck.nli import PairScorer
from factcheck.types import Claim, Context, EvidenceFrom, Verdict

if TYPE_CHECKING:
    import pandas as pd

ClaimLike: TypeAlias = Claim | str | dict[str, Any]
ContextLike: TypeAlias = Context | str | dict[str, Any]


class Verdicts(Iterator[Verdict]):
    """Verdicts as they are decided, in claim order; an iterator that is read once."""

    def __init__(self, verdicts: Iterator[Verdict]) -> None:
        self._verdicts = verdicts

    def __next__(self) -> Verdict:
        return next(self._verdicts)

    def to_pandas(self) -> "pd.DataFrame":
        """The verdicts that are left, one row each: the input's columns first, then verdict, score and best quote.

        Needs the extra `pandas`.
        """
        return to_pandas(self)


class FactChecker:
    """Verifies claims against a corpus with one model, both loaded once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    @classmethod
    def load(
        cls,
        *,
        corpus: Path | str | None = None,
        index: Path | str | None = None,
        model: str | os.PathLike[str] | PairScorer | None = None,
        config: Path | None = None,
        **settings: Any,  # noqa: ANN401 (checked by name and kind)
    ) -> Self:
        """A checker that is ready to work.

        Args:
            corpus: File or folder of documents; indexed in the user's cache, again only where it changed.
            index: A folder that `factcheck index` built, instead of or beside `corpus`.
            model: Bundled model, folder, Hugging Face name, or a scorer that is loaded already; that is used as it is,
                without the score cache.
            config: A settings file; without one `factcheck.toml` in the current folder is read where there is one.
            **settings: Any setting of `factcheck.config.Settings`, such as `passages=20`.

        Raises:
            FactcheckError: A setting, the corpus or the model cannot be used.
        """
        named = {
            name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in settings.items()
        }
        scorer = None
        if isinstance(model, str | os.PathLike):
            named |= {"model": os.fspath(model)}
        else:
            scorer = model
        resolved = resolve(named | {"corpus": corpus and str(corpus), "index": index and str(index)}, config).settings
        return cls(prepare(resolved, scorer=scorer))

    @property
    def settings(self) -> Settings:
        """The settings this checker works with."""
        return self._bench.settings

    def verify(self, claims: "Iterable[ClaimLike] | pd.DataFrame") -> Verdicts:
        """Verdicts on claims, in order, decided as they are asked for.

        Claims may be `Claim`s, strings, records as in a JSON Lines file, or a DataFrame with a column `claim`; an
        endless stream is read a window at a time.

        Raises:
            ClaimsError: Met while iterating: a claim is too long, or its sources are not there.
        """
        return Verdicts(self._bench.verify(self._checked(claims_of(_records(claims)))))

    def check(self, claim: ClaimLike, *, contexts: Sequence[ContextLike] | None = None) -> Verdict:
        """The verdict on one claim, from these contexts alone, or without them as `verify` would give it.

        No context at all (an empty list) is NOT ENOUGH INFO, not a question to the corpus.

        Raises:
            ClaimsError: The claim or a context cannot be used.
            ConfigError: Contexts are given where the setting `evidence` asks for the corpus or for gold.
        """
        [one] = claims_of([claim], name="claim")
        if contexts is not None:
            one = replace(one, contexts=self._brought(contexts), doc_ids=())
        return next(self.verify([one]))

    def check_text(self, text: str, *, contexts: Sequence[ContextLike] | None = None) -> list[Verdict]:
        """Verdicts on the sentences of a text, in order, from these contexts alone or without them from the corpus.

        The claim of each says where it stands in the text. No context at all (an empty list) is NOT ENOUGH INFO.

        Raises:
            ClaimsError: A sentence is longer than the model takes, or a context cannot be used.
            ConfigError: Contexts are given where the setting `evidence` asks for the corpus or for gold.
        """
        claims: Iterable[Claim] = split_text(text, language=self.settings.language, id="text")
        if contexts is not None:
            brought = self._brought(contexts)
            claims = [replace(claim, contexts=brought) for claim in claims]
        return list(self.verify(claims))

    def _brought(self, contexts: Sequence[ContextLike]) -> tuple[Context, ...]:
        """The contexts that claims bring; an empty one where there are none, so that nothing else is asked."""
        if self.settings.evidence not in {"auto", EvidenceFrom.GIVEN}:
            raise ConfigError(
                "evidence", f"is {self.settings.evidence!r}, so contexts are not read", "load with evidence='auto'"
            )
        if not contexts:
            return (Context("none", "", ""),)
        record = {"claim": "contexts", "contexts": [_plain(item) for item in contexts]}
        [claim] = claims_of([record], name="claim")
        return claim.contexts

    def _checked(self, claims: Iterator[Claim]) -> Iterator[Claim]:
        while chunk := list(islice(claims, self._bench.settings.window)):
            for claim, error in zip(chunk, self._bench.check(chunk), strict=True):
                if error is not None:
                    raise error
                yield claim


def to_pandas(verdicts: Iterable[Verdict]) -> "pd.DataFrame":
    """Verdicts as a DataFrame, one row each; columns as in `export --to csv`.

    Needs the extra `pandas`.
    """
    import pandas as pd  # noqa: PLC0415

    from factcheck.formats.export import table  # noqa: PLC0415

    return pd.DataFrame.from_records(list(table(verdicts)))


def _records(claims: "Iterable[ClaimLike] | pd.DataFrame") -> Iterable[ClaimLike]:
    if hasattr(claims, "to_dict") and hasattr(claims, "columns"):
        return [{str(name): value for name, value in row.items()} for row in claims.to_dict("records")]
    return claims


def _plain(context: ContextLike) -> Any:  # noqa: ANN401
    if isinstance(context, Context):
        return {"id": context.id, "title": context.title, "text": context.text}
    return context
