"""False alarms: decisive verdicts where nothing can be known, since the gold documents are gone or were never there."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError
from factcheck.evaluation import scoring
from factcheck.evaluation.ablation import KS
from factcheck.evaluation.datasets import OWN, LabelledSet, counted, gold_documents
from factcheck.evaluation.results import Evaluation, FalseAlarms
from factcheck.evaluation.runner import OpenModel, checked, first_passages, judge, sources_of
from factcheck.evaluation.sharing import Remembered, ScoredOnce, Without
from factcheck.jobs.bench import Workbench, tell, workbench
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import Sources, finder_of, open_finder
from factcheck.matching import document_key
from factcheck.types import Claim, EvidenceFrom, Gold, Label
from factcheck.verdict.documents import decide_by

GOLD_REMOVED: Final = "gold removed"
UNRELATED: Final = "unrelated corpus"


def false_alarms(  # noqa: PLR0913 (all named)
    data: LabelledSet,
    settings: Settings,
    *,
    unrelated: str | None = None,
    models: Sequence[str] = (),
    exclude: Sequence[Path] = (),
    progress: Progress | None = None,
    open_model: OpenModel = open_scorer,
) -> list[Evaluation]:
    """Verify claims where nothing can be known of them; every decisive verdict is a false alarm.

    One evaluation a model and condition. The corpus of the settings is searched without the documents that gold names
    for a claim; where a file has a decisive label and names no document, the claim is left out, since it cannot be
    removed. `unrelated` is a corpus that says nothing about any of the claims. The index is used as it is.

    The pairs of the largest k are scored once; for a smaller one the verdict follows from the first k hits and their
    scores. The gold label of the cases is NOT ENOUGH INFO.

    Raises:
        ConfigError: There is no corpus, or the evidence is not looked for in one.
        ClaimsError: No claim is left, or the corpus has none of the gold documents.
        FactcheckError: The corpus, a model or a claim cannot be used.
    """
    if settings.evidence not in {"auto", EvidenceFrom.CORPUS}:
        raise ConfigError("--evidence", f"{settings.evidence!r} has no documents to remove", "--null searches a corpus")
    has_corpus = bool(settings.corpus or settings.index)
    if not has_corpus and unrelated is None:
        raise ConfigError(
            "--null", "there is no corpus", "name one with --corpus, or an unrelated one with --unrelated"
        )
    progress = progress or Silent()
    searched = replace(settings, evidence="corpus", stages=())
    depth = max(*KS, settings.passages)
    conditions: list[tuple[str, LabelledSet, Sources]] = []
    if has_corpus:
        opened = open_finder(searched, exclude=exclude, progress=progress)
        kept = _with_removable(data)
        conditions.append((GOLD_REMOVED, kept, _without_gold(kept, searched, opened, depth)))
    if unrelated is not None:
        other = replace(searched, corpus=unrelated, index="")
        opened = open_finder(other, exclude=exclude, progress=progress)
        finder = Remembered(finder_of(replace(other, passages=depth), opened.index))
        conditions.append((UNRELATED, data, sources_of(finder, opened.index)))
    found: list[Evaluation] = []
    left_out = len(data.claims) - len(conditions[0][1].claims)
    for name in models or (settings.model,):
        chosen = replace(searched, model=name, labels=settings.labels if name == settings.model else ())
        scorer = ScoredOnce(open_model(chosen))
        for condition, kept, sources in conditions:
            bench = workbench(chosen, sources, scorer)
            if condition == conditions[0][0]:
                tell(bench, progress)
            one = _evaluation(kept, bench, condition, depth, progress)
            one = replace(one, notes=(*one.notes, *bench.notes()))
            if left_out and condition == GOLD_REMOVED:
                note = f"{counted(left_out, 'claim')} with a decisive label but no gold documents left out"
                one = replace(one, notes=(*one.notes, note))
            found.append(one)
    return found


def _with_removable(data: LabelledSet) -> LabelledSet:
    """The claims whose gold documents are known, and those of which nothing is known anyway."""
    kept = [claim for claim in data.claims if gold_documents(claim) or _label(claim) is Label.NOT_ENOUGH_INFO]
    if data.two_class or not kept:
        what = "says supported or not" if data.two_class else "names no gold documents"
        raise ClaimsError(data.name, f"gold {what}: nothing can be removed", "use --unrelated CORPUS alone")
    return data.of(kept)


def _without_gold(data: LabelledSet, settings: Settings, opened: Sources, depth: int) -> Sources:
    """The corpus without the gold documents of each claim."""
    removed = {claim.id: frozenset(map(document_key, gold_documents(claim))) for claim in data.claims}
    named = sorted({name for claim in data.claims for name in gold_documents(claim)})
    if opened.index is None or (named and not opened.index.sources(named)):
        found = f"the corpus has none of the {len(named):,} gold documents, such as {named[0]!r}"
        raise ClaimsError(data.name, found, "name the corpus that the gold evidence is of")
    without = Without(
        lambda deep: finder_of(replace(settings, passages=deep), opened.index), depth, lambda claim: removed[claim.id]
    )
    return sources_of(Remembered(without), opened.index)


def _evaluation(data: LabelledSet, bench: Workbench, condition: str, depth: int, progress: Progress) -> Evaluation:
    """Verify at the largest k, then take the first passages of each claim alone, by the same rule."""
    started, labels, k = (
        time.perf_counter(),
        {claim.id: _label(claim) for claim in data.claims},
        bench.settings.passages,
    )
    unknown = data.of(replace(claim, gold=Gold(Label.NOT_ENOUGH_INFO)) for claim in data.claims)
    unknown = checked(replace(unknown, two_class=False), [bench], bench.settings)
    progress.total("scoring", len(unknown.claims))
    largest = judge(unknown, bench, progress)
    seconds = time.perf_counter() - started
    alarms: list[FalseAlarms] = []
    at_k = largest
    for each in sorted({*KS, k}):
        cases = largest if each == depth else judge(unknown, first_passages(bench, each))
        at_k = cases if each == k else at_k
        counts = {label: sum(case.verdict.label is label for case in cases) for label in Label}
        alarms.append(
            FalseAlarms(
                condition,
                each,
                scoring.false_alarm_rate(cases),
                supported=counts[Label.SUPPORTED],
                contradicted=counts[Label.CONTRADICTED],
                conflicting=counts[Label.CONFLICTING],
                agreeing=sum(not case.right and case.verdict.label is labels[case.claim.id] for case in cases),
            )
        )
    what = "searched without the claims' gold documents" if condition == GOLD_REMOVED else "against an unrelated corpus"
    return replace(
        scoring.evaluation_of(
            replace(unknown, name=f"{data.name}, {condition}", kind=OWN), at_k, decide=decide_by(bench.rule), k=k
        ),
        model=bench.scorer.name,
        settings={**bench.identity(), "condition": condition},
        seconds=round(seconds, 1),
        false_alarms=tuple(alarms),
        notes=(*unknown.notes, f"{what}: every decisive verdict is a false alarm"),
    )


def _label(claim: Claim) -> Label | None:
    return claim.gold.label if claim.gold is not None else None
