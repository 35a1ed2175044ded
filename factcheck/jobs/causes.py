"""Why a verdict flipped: the smallest change that, made alone to what the old one stood on, gives the new label.

A verdict follows from the settings of the rule, passages and their scores (`factcheck.verdict.decide.Rule`), and a run
keeps all three. So a cause is not guessed: settings, scores and passages of the new run are put in the place of the old
ones, as few as will do, and the label is decided again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import chain, combinations, islice
from typing import Any, Self

from factcheck.formats.records import place, short
from factcheck.run.codec import claim_to_json
from factcheck.types import JSON, Evidence, Judged, NLIScores, Passage, Stance, Verdict
from factcheck.verdict.decide import SETTINGS, Rule

_ASKED = ("doc_ids", "gold")  # by a claim, of retrieval
_SCORING = {"model", "labels", "numeric_class", "processor", "method"}
_SCORING |= {"versions.torch", "versions.transformers", "versions.tokenizers"}
_RETRIEVAL = {
    "passages",
    "stages",
    "context",
    "evidence",
    "language",
    "method",
    "as_of",
    "retriever",
    "embedder",
    "join",
    "titles",
}
_RETRIEVAL |= {"versions.lancedb", "versions.sentencex", *(f"claim.{name}" for name in _ASKED)}
_BUDGET = ("max_error", "delta")  # of a calibration, with which they change
_CHANGES = tuple(name for name in SETTINGS if name not in _BUDGET)
_SETTLING = _SCORING | {*SETTINGS}  # what stages go by
_MOST_TRIED = 500  # sets of changes
_NAMED = 3  # documents in a line


class Kind(StrEnum):
    """What kind of change gives the new label."""

    SETTING = "setting"  # thresholds and checks: the same scores are read otherwise
    SCORES = "scores"  # the same pairs of passage and claim got other probabilities
    DOCUMENTS = "documents"  # passages came or went with documents that were added, removed or changed
    RETRIEVAL = "retrieval"  # passages of documents that are the same came or went
    SEVERAL = "several"  # changes of more than one of these kinds, and only together
    UNKNOWN = "unknown"  # the new verdict does not follow from its own evidence: another method decided it


class Change(StrEnum):
    """What happened to a passage."""

    ADDED = "added"  # it was not judged before
    REMOVED = "removed"  # it is judged no more
    RESCORED = "rescored"  # the model says something else of it
    REREAD = "reread"  # the settings make something else of the same scores
    COPIED = "copied"  # one more document prints it
    UNCOPIED = "uncopied"  # one document less prints it


class Fate(StrEnum):
    """What happened to a document."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


_MOVES = frozenset({Change.ADDED, Change.REMOVED, Change.COPIED, Change.UNCOPIED})
_FATES = {Fate.ADDED: "was added", Fate.REMOVED: "was removed", Fate.CHANGED: "has changed", Fate.SAME: "is the same"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something with a name that is not the same in two runs; None where one of them does not have it."""

    name: str
    before: JSON
    after: JSON

    def __str__(self) -> str:
        return f"{self.name} was {short(self.before)}, is {short(self.after)}"


@dataclass(frozen=True, slots=True)
class PassageChange:
    """What happened to one passage, and to the document that it is of; scores are None where it was not judged."""

    change: Change
    document: Fate
    doc_id: str
    place: str
    start: int
    end: int
    quote: str
    before: NLIScores | None
    after: NLIScores | None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The change that `Cause.record` wrote."""
        scores = {name: record[name] and NLIScores(**record[name]) for name in ("before", "after")}
        kinds = {"change": Change(record["change"]), "document": Fate(record["document"])}
        return cls(**{**record, **kinds, **scores})


@dataclass(frozen=True, slots=True)
class Cause:
    """What gives the new label, and what may have brought that about.

    `thresholds`, which are all settings of the rule, and the changes of `passages` are exact: made alone to what the
    old verdict stood on they give the new
    label, and none of them can be left out. A pair that was not judged before comes with the scores of the new run.
    Where a threshold alone is the cause, `passages` are those that it makes read otherwise.
    """

    kind: Kind
    thresholds: tuple[Difference, ...] = ()
    passages: tuple[PassageChange, ...] = ()
    differences: tuple[Difference, ...] = ()
    """All that the runs are recorded to differ in that can change a score, or move a passage of a document that is the
    same, where the cause has such. Nothing tells them apart further, and there may be none."""

    @property
    def documents(self) -> dict[str, Fate]:
        """The documents responsible, by id, with what happened to each."""
        moved = (item for item in self.passages if item.change in _MOVES)
        return {item.doc_id: item.document for item in moved if item.document is not Fate.SAME}

    def record(self) -> dict[str, JSON]:
        """The cause as a JSON object, which `Cause.of` reads."""
        return {
            "kind": self.kind.value,
            "thresholds": [asdict(item) for item in self.thresholds],
            "passages": [asdict(item) for item in self.passages],
            "differences": [asdict(item) for item in self.differences],
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The cause that `record` wrote."""
        return cls(
            kind=Kind(record["kind"]),
            thresholds=tuple(Difference(**item) for item in record["thresholds"]),
            passages=tuple(PassageChange.of(item) for item in record["passages"]),
            differences=tuple(Difference(**item) for item in record["differences"]),
        )

    def __str__(self) -> str:
        parts = [str(item) for item in self.thresholds]
        parts += _documents_in_words(self.documents)
        rescored = sum(item.change is Change.RESCORED for item in self.passages)
        if rescored:
            parts.append("a pair has other scores" if rescored == 1 else f"{rescored:,} pairs have other scores")
        if any(item.document is Fate.SAME and item.change in _MOVES for item in self.passages):
            parts.append("other passages of the same documents were judged")
        if self.kind is Kind.UNKNOWN:
            parts.append("the new verdict does not follow from its own evidence")
        behind = "; ".join(map(str, self.differences))
        opening = "several together: " if self.kind is Kind.SEVERAL else ""
        return opening + "; ".join(parts) + (f" ({behind})" if behind else "")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the verdicts of one run were decided with, as far as a comparison asks."""

    identity: Mapping[str, JSON]
    document: Callable[[str], str | None]  # what stands for the content of a document, None where it is not there

    @property
    def rule(self) -> Rule:
        """The rule of the run."""
        return Rule.of(self.identity)


def differences(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> tuple[Difference, ...]:
    """What differs between two records, in their order; a table within is compared name by name, as `table.name`."""
    found: list[Difference] = []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += [Difference(f"{name}.{item.name}", item.before, item.after) for item in differences(old, new)]
        elif old != new:
            found.append(Difference(name, old, new))
    return tuple(found)


def explain(before: Verdict, after: Verdict, old: Inputs, new: Inputs) -> Cause:
    """Why a claim that was `before` is `after`: two verdicts on one claim text, with different labels."""
    mix = _Mix(before, after, old, new)
    if not mix.gives(mix.all):
        return Cause(Kind.UNKNOWN, differences=differences(old.identity, new.identity))
    enough = [changes for changes in (mix.thresholds, mix.rescored, mix.moved) if mix.gives(changes)]
    return mix.cause(_smallest(enough[0] if enough else mix.all, mix.gives))


@dataclass(frozen=True, slots=True)
class _Threshold:
    """The change of a threshold."""

    name: str


@dataclass(frozen=True, slots=True)
class _Score:
    """The change of what the model says of a premise."""

    premise: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What makes a passage the same one in both runs; as a change: it came, it went, or others print it."""

    doc_id: str
    premise: str
    number: int  # of those with the same two; a repetitive sentence that was split may have some


_Atom = _Threshold | _Score | _Place


class _Mix:
    """Thresholds, scores and passages of two verdicts on one claim, to be mixed.

    Passages that no threshold of either run makes speak are left out: they never take part in a label.
    """

    def __init__(self, before: Verdict, after: Verdict, old: Inputs, new: Inputs) -> None:
        self._verdicts = (before, after)
        self._inputs = (old, new)
        self._rules = rules = (old.rule, new.rule)
        self._scores = was, now = _scores(before), _scores(after)
        fitted = any(rule.calibration is not None for rule in rules)  # then all passages take part
        speaking = {premise for premise, said in (*was.items(), *now.items()) if fitted or _speaks(said, rules)}
        speaking |= {item.passage.premise for one in (before, after) for item in one.evidence if item.findings}
        self._passages = (_places(before, speaking), _places(after, speaking))
        self._places = places = list({**self._passages[0], **self._passages[1]})
        moved = [at for at in places if self._printed(0, at).keys() != self._printed(1, at).keys()]
        moved.sort(key=lambda at: self._fate(at.doc_id) is Fate.SAME)
        both = [premise for premise in dict.fromkeys(at.premise for at in places) if premise in was and premise in now]
        raised = [name for name in _CHANGES if _of(old.identity, name) != _of(new.identity, name)]
        self.thresholds: list[_Atom] = [_Threshold(name) for name in raised]
        self.rescored: list[_Atom] = [
            _Score(one) for one in both if _numbers(was[one], fitted=fitted) != _numbers(now[one], fitted=fitted)
        ]
        self.moved: list[_Atom] = [*moved]  # the passages of documents that are not the same come first

    @property
    def all(self) -> list[_Atom]:
        """All changes there are."""
        return [*self.thresholds, *self.rescored, *self.moved]

    def gives(self, changes: Iterable[_Atom]) -> bool:
        """Whether these changes, and no other, make the old label the new one."""
        made, (before, after) = frozenset(changes), self._verdicts
        rule = self._rule({name for name in _CHANGES if _Threshold(name) in made})
        judged: list[Judged] = []
        for at in self._places:
            if found := self._passages[at in made].get(at):
                fresh = _Score(at.premise) in made or at.premise not in self._scores[0]
                said = self._scores[fresh][at.premise]
                judged.append(replace(said, hit=replace(found.hit, score=said.hit.score)))
        return rule.decide(before.claim, judged, evidence_from=before.evidence_from).label is after.label

    def _rule(self, changed: Iterable[str]) -> Rule:
        """The old rule with some settings of the new one."""
        old, new = (inputs.identity for inputs in self._inputs)
        made = {*changed}
        return Rule.of({name: (new if _owner(name) in made else old)[name] for name in SETTINGS})

    def cause(self, changes: Sequence[_Atom]) -> Cause:
        """These changes by name, with what may have brought them about."""
        thresholds = {item.name for item in changes if isinstance(item, _Threshold)}
        rescored = [self._rescored(item) for item in changes if isinstance(item, _Score)]
        moved = [passage for item in changes if isinstance(item, _Place) for passage in self._moved(item)]
        fates = {item.document for item in moved}
        kind = Kind.DOCUMENTS if fates - {Fate.SAME} else Kind.RETRIEVAL
        if bool(thresholds) + bool(rescored) + bool(moved) > 1:
            kind = Kind.SEVERAL
        elif not moved:
            kind = Kind.SCORES if rescored else Kind.SETTING
        known = differences(self._known(0), self._known(1))
        behind = (_SCORING if rescored else set()) | (_moving(known) if Fate.SAME in fates else set())
        return Cause(
            kind=kind,
            thresholds=tuple(item for item in known if _owner(item.name) in thresholds),
            passages=tuple(self._reread(thresholds) if kind is Kind.SETTING else [*rescored, *moved]),
            differences=tuple(item for item in known if item.name in behind and _owner(item.name) not in thresholds),
        )

    def _printed(self, run: int, at: _Place) -> dict[str, Passage]:
        """A passage and its copies by document; nothing where it was not judged."""
        found = self._passages[run].get(at)
        return {item.source.doc_id: item for item in (*found.hit.copies, found.passage)} if found else {}

    def _fate(self, doc_id: str) -> Fate:
        was, now = self._content(0, doc_id), self._content(1, doc_id)
        if was == now:
            return Fate.SAME
        if was is None:
            return Fate.ADDED
        return Fate.REMOVED if now is None else Fate.CHANGED

    def _content(self, run: int, doc_id: str) -> str | None:
        """What stands for the content of a document, be it the corpus's or one that the claim brought."""
        brought = {context.id: context.text for context in self._verdicts[run].claim.contexts}
        return brought[doc_id] if doc_id in brought else self._inputs[run].document(doc_id)

    def _known(self, run: int) -> dict[str, JSON]:
        """What is recorded of a run, and of what the claim asked for."""
        claim = json.loads(claim_to_json(self._verdicts[run].claim))
        return {**self._inputs[run].identity, **{f"claim.{name}": claim.get(name) for name in _ASKED}}

    def _rescored(self, change: _Score) -> PassageChange:
        at = next(at for at in self._places if at.premise == change.premise)
        found = self._passages[0].get(at) or self._passages[1][at]
        return self._change(Change.RESCORED, found.passage, self._scores[0], self._scores[1], at.premise)

    def _moved(self, at: _Place) -> list[PassageChange]:
        was, now = self._scores
        old, new = self._printed(0, at), self._printed(1, at)
        if not old:
            return [self._change(Change.ADDED, new[at.doc_id], {}, now, at.premise)]
        if not new:
            return [self._change(Change.REMOVED, old[at.doc_id], was, {}, at.premise)]
        gone = [self._change(Change.UNCOPIED, old[name], was, now, at.premise) for name in old if name not in new]
        come = [self._change(Change.COPIED, new[name], was, now, at.premise) for name in new if name not in old]
        return gone + come

    def _reread(self, thresholds: set[str]) -> list[PassageChange]:
        """The old passages that these settings make read otherwise."""
        was, _ = self._scores
        claim, (old, _), rule = self._verdicts[0].claim, self._rules, self._rule(thresholds)
        return [
            self._change(Change.REREAD, found.passage, was, was, at.premise)
            for at, found in self._passages[0].items()
            if old.read(claim, was[at.premise]).stance is not rule.read(claim, was[at.premise]).stance
        ]

    def _change(
        self, change: Change, passage: Passage, was: Mapping[str, Judged], now: Mapping[str, Judged], premise: str
    ) -> PassageChange:
        return PassageChange(
            change=change,
            document=self._fate(passage.source.doc_id),
            doc_id=passage.source.doc_id,
            place=place(passage),
            start=passage.start,
            end=passage.end,
            quote=passage.quote,
            before=was[premise].scores if premise in was else None,
            after=now[premise].scores if premise in now else None,
        )


def _smallest(changes: Sequence[_Atom], gives: Callable[[Iterable[_Atom]], bool]) -> list[_Atom]:
    """The first of the smallest sets of changes that give the label, as all of them together do.

    Where there are too many sets to try, one that nothing can be left out of.
    """
    sets = chain.from_iterable(combinations(changes, size) for size in range(1, len(changes)))
    for some in islice(sets, _MOST_TRIED):
        if gives(some):
            return list(some)
    needed = list(changes)
    while spare := next((item for item in needed if gives(other for other in needed if other != item)), None):
        needed.remove(spare)
    return needed


def _scores(verdict: Verdict) -> dict[str, Judged]:
    """Scores by premise: one pair has one score, wherever its passage stands."""
    return {item.passage.premise: Judged(item.hit, item.scores, item.parts) for item in verdict.evidence}


def _owner(name: str) -> str:
    """The setting that a name in an identity belongs to: a budget and what a calibration holds, to the calibration."""
    first = name.partition(".")[0]
    return "calibration" if first in _BUDGET else first


def _of(identity: Mapping[str, JSON], name: str) -> list[JSON]:
    return [identity[one] for one in SETTINGS if _owner(one) == name]


def _numbers(said: Judged, *, fitted: bool) -> tuple[object, ...]:
    """What a rule makes of a passage, apart from its words; a fitted one goes by how well it was found, too."""
    return said.scores, said.parts, said.hit.score if fitted else None


def _speaks(said: Judged, rules: Iterable[Rule]) -> bool:
    """Whether a passage has a stance to the claim, or to part of it, by any of these rules."""
    return any(rule.stance(scores) is not Stance.NEUTRAL for rule in rules for scores in (said.scores, *said.parts))


def _places(verdict: Verdict, premises: set[str]) -> dict[_Place, Evidence]:
    """The evidence with one of these premises, by what makes it the same in another run."""
    seen: Counter[tuple[str, str]] = Counter()
    places: dict[_Place, Evidence] = {}
    for item in verdict.evidence:
        key = (item.passage.source.doc_id, item.passage.premise)
        if key[1] in premises:
            places[_Place(*key, seen[key])] = item
            seen[key] += 1
    return places


def _moving(known: Iterable[Difference]) -> set[str]:
    """Which of these differences can move passages of documents that are the same."""
    names = [item.name for item in known]
    return next(filter(None, (found & set(names) for found in (_RETRIEVAL, {"corpus"}, _SETTLING))), set())


def _documents_in_words(documents: Mapping[str, Fate]) -> list[str]:
    parts = [f"{doc_id} {_FATES[fate]}" for doc_id, fate in documents.items()]
    more = len(parts) - _NAMED
    return parts[:_NAMED] + ([f"{more:,} more documents"] if more > 0 else [])
