"""What reviewers say of a run."""

import multiprocessing
import random
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import evidence as evidences
from strategies import names, texts

from factcheck.errors import FactcheckError, RunError
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.run.reviews import (
    Add,
    Assign,
    Decide,
    Event,
    Mark,
    Note,
    OutdatedError,
    Reviews,
    Status,
    Undo,
    counted,
    fold,
    passage_key,
    seen_evidence,
)
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

CLAIMS = [Claim(str(number), f"Claim {number}.", input={"n": number}) for number in range(300)]
S, C, N = Label.SUPPORTED, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO


def evidence(quote="Three cranes work.", stance=Stance.SUPPORTS, doc_id="harbour", start=0):
    passage = Passage(Source(doc_id, "", "h.txt", "0" * 64), 0, start, start + len(quote), quote, quote)
    scores = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
    return Evidence(Hit(passage, 1.0), NLIScores(*scores[stance]), stance)


def supported(claim, *more):
    return Verdict(claim, S, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (evidence(), *more))


@pytest.fixture
def run(tmp_path):
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.begin((), identity={"corpus": "1"})
        ledger.write([supported(claim) for claim in CLAIMS])
        ledger.finish()
    return tmp_path


def decide(label, reviewer="ann", claim="0", **more):
    return Event(claim, reviewer, Decide(label, S, seen_evidence(supported(CLAIMS[0])), **more))


def test_a_decision_stands_beside_the_machines_verdict(run):
    """The verdict in the run is as it was."""
    before = list(Ledger(run).verdicts())
    with Reviews(run) as reviews:
        reviews.add(decide(C))

        assert Status.OVERRULED is reviews.of("0").status
        assert C is reviews.of("0").label
    assert before == list(Ledger(run).verdicts())


def test_a_finished_run_is_still_one_file(run):
    """Decisions leave no journal behind."""
    with Reviews(run) as reviews:
        reviews.add(decide(S))

    assert {LEDGER, "write.lock"} >= {path.name for path in run.iterdir()}


@pytest.mark.parametrize(
    ("acts", "status", "label"),
    [
        ([], Status.UNREVIEWED, None),
        ([("ann", S)], Status.ACCEPTED, S),
        ([("ann", C)], Status.OVERRULED, C),
        ([("ann", S), ("bob", S)], Status.ACCEPTED, S),
        ([("ann", S), ("bob", C)], Status.DISPUTED, None),
        ([("ann", S), ("bob", C), ("ann", C)], Status.OVERRULED, C),
        ([("ann", S), ("ann", C)], Status.OVERRULED, C),
    ],
)
def test_the_status_follows_from_the_last_decision_of_each_reviewer(run, acts, status, label):
    """Differing reviewers dispute; one who changes their mind ends it."""
    with Reviews(run) as reviews:
        for reviewer, said in acts:
            reviews.add(decide(said, reviewer))

        assert (status, label) == (reviews.of("0").status, reviews.of("0").label)
        assert reviews.counts()[status] == (len(CLAIMS) if status is Status.UNREVIEWED else 1)


def test_a_dispute_can_be_settled(run):
    """What was decided before does not count against it; what is decided later does."""
    with Reviews(run) as reviews:
        for event in (decide(S), decide(C, "bob"), decide(N, "cem", settles=True)):
            reviews.add(event)

        assert N is reviews.of("0").label
        reviews.add(decide(S, "bob"))
        assert Status.DISPUTED is reviews.of("0").status


def test_a_decision_on_what_was_not_seen_is_refused(run):
    """Another reviewer decided meanwhile: nothing is written, and that decision is shown."""
    with Reviews(run) as reviews:
        seen = reviews.of("0").last
        reviews.add(decide(S), seen=seen)

        with pytest.raises(OutdatedError, match="ann decided it meanwhile") as refused:
            reviews.add(decide(C, "bob"), seen=seen)

        assert [S] == [event.act.label for event in refused.value.unseen]
        assert ["ann"] == list(reviews.of("0").decisions)
        reviews.add(decide(C, "bob"), seen=reviews.of("0").last)
        assert Status.DISPUTED is reviews.of("0").status


def test_ones_own_decision_and_other_peoples_notes_are_in_nobodys_way(run):
    """Only another's decision would be overwritten unseen."""
    with Reviews(run) as reviews:
        reviews.add(decide(S), seen=0)
        reviews.add(Event("0", "bob", Note("Look at page 3.")))

        reviews.add(decide(C), seen=0)

        assert C is reviews.of("0").label


def test_undo_takes_back_the_last_act_of_the_reviewer_who_asks(run):
    """One at a time, nobody else's, until nothing is left."""
    with Reviews(run) as reviews:
        reviews.add(decide(S))
        reviews.add(Event("0", "ann", Note("Sure.")))
        reviews.add(decide(C, "bob"))

        assert Note("Sure.") == reviews.undo("0", "ann").act
        assert S is reviews.undo("0", "ann").act.label
        assert reviews.undo("0", "ann") is None
        assert (["bob"], ()) == (list(reviews.of("0").decisions), reviews.of("0").notes)


def test_wrong_evidence_notes_assignments_and_added_sentences_are_kept(run):
    """The last word on each counts."""
    found = evidence("Four cranes work.", Stance.CONTRADICTS)
    key = passage_key(evidence().passage)
    with Reviews(run) as reviews:
        for act in (Mark(key, wrong=True), Assign("bob"), Assign("cem"), Add(found), Mark("other", wrong=True)):
            reviews.add(Event("0", "ann", act))
        reviews.add(Event("0", "bob", Mark("other", wrong=False)))

        review = reviews.of("0")
        assert ({key}, "cem", (found,)) == (review.wrong, review.assigned, review.added)


def update(run, change, corpus="2"):
    """Publish the same verdicts, changed, as an update would."""
    with Ledger(run, write=True) as ledger:
        following = ledger.begin_update({"corpus": corpus}, ())
        following.write([change(verdict) for verdict in ledger.verdicts()])
        following.publish()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda verdict: verdict, Status.ACCEPTED),
        (lambda verdict: replace(verdict, score=0.8), Status.ACCEPTED),
        (lambda verdict: supported(verdict.claim, evidence("It rains.", Stance.NEUTRAL)), Status.ACCEPTED),
        (lambda verdict: replace(verdict, evidence=(evidence(start=70),)), Status.ACCEPTED),
        (lambda verdict: supported(verdict.claim, evidence("No crane works.", Stance.CONTRADICTS)), Status.STALE),
        (lambda verdict: replace(verdict, evidence=(evidence("Three cranes worked."),)), Status.STALE),
    ],
)
def test_after_an_update_a_decision_holds_while_its_evidence_does(run, change, status):
    """What takes a stance is what it rests on: neither scores, nor places, nor neutral passages."""
    with Reviews(run) as reviews:
        reviews.add(decide(S))
    update(run, change)

    with Reviews(run) as reviews:
        assert status is reviews.of("0").status
        assert 1 == reviews.counts()[status]


def test_a_stale_decision_waits_for_a_new_one(run):
    """The claim has no label of its reviewers until somebody looked again."""
    with Reviews(run) as reviews:
        reviews.add(decide(S))
        update(run, lambda verdict: replace(verdict, evidence=(evidence("Three cranes worked."),)))
        reviews.refresh()

        assert (Status.STALE, None, {"ann"}) == (
            reviews.of("0").status,
            reviews.of("0").label,
            set(reviews.of("0").stale),
        )
        now = seen_evidence(Ledger(run).verdict("0"))
        reviews.add(Event("0", "bob", Decide(S, S, now)))
        assert Status.ACCEPTED is reviews.of("0").status


def test_merging_a_file_twice_adds_nothing(run, tmp_path_factory):
    """Events are known by their own ids, wherever they were stored."""
    other = tmp_path_factory.mktemp("other")
    (other / LEDGER).write_bytes((run / LEDGER).read_bytes())
    with Reviews(other) as reviews:
        reviews.add(decide(C, "bob"))
        reviews.add(Event("1", "bob", Note("Hm.")))
        brought = [Event.of(event.record()) for event in reviews.events()]

    with Reviews(run) as reviews:
        reviews.add(decide(S))
        assert (2, 0) == reviews.merge(brought)
        assert (0, 2) == reviews.merge(brought)
        assert Status.DISPUTED is reviews.of("0").status


def test_an_older_decision_that_is_merged_does_not_win(run):
    """What a reviewer decided later counts, in whatever order it arrives."""
    with Reviews(run) as reviews:
        late = reviews.add(decide(C))
        reviews.merge([replace(decide(S), time=late.time - 60, id="earlier")])

        assert C is reviews.of("0").label


def test_a_merge_of_another_runs_events_stores_nothing(run):
    """Not even those before the claim that is not there."""
    events = [replace(decide(S), id="a", time=1.0), replace(decide(S, claim="elsewhere"), id="b", time=1.0)]
    with Reviews(run) as reviews:
        with pytest.raises(RunError, match="no claim 'elsewhere'"):
            reviews.merge(events)

        assert [] == reviews.events()


def test_a_clock_that_jumps_back_loses_no_decision(run, monkeypatch):
    """The later decision counts, whatever time it is."""
    with Reviews(run) as reviews:
        monkeypatch.setattr("time.time", lambda: 2000.0)
        reviews.add(decide(S))
        monkeypatch.setattr("time.time", lambda: 1000.0)
        reviews.add(decide(C))

        assert C is reviews.of("0").label


def test_a_folder_without_a_run_has_no_reviews(tmp_path):
    """Nothing is made there."""
    with pytest.raises(RunError, match="holds no run"):
        Reviews(tmp_path)

    assert [] == list(tmp_path.iterdir())


acts = st.one_of(
    st.builds(Decide, st.sampled_from(Label), st.sampled_from(Label), texts, texts, settles=st.booleans()),
    st.builds(Note, texts),
    st.builds(Assign, texts),
    st.builds(Mark, texts, wrong=st.booleans()),
    st.builds(Add, evidences),
    st.builds(Undo, names),
)
events = st.builds(Event, names, names, acts, st.floats(0, 1e10), names)


@given(events)
def test_an_event_comes_back_from_its_record(event):
    """A file of decisions holds all of it, scores to six places."""
    again = Event.of(event.record())

    assert event.record() == again.record()
    if not isinstance(event.act, Add):
        assert event == again


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"claim_id": "0", "reviewer": "ann", "id": "a", "time": 1, "kind": "shout", "detail": {}},
        {"claim_id": "0", "reviewer": "ann", "id": "a", "time": 1, "kind": "decide", "detail": {"label": "MAYBE"}},
        {"claim_id": "0", "reviewer": "ann", "id": "a", "time": 1, "kind": "note", "detail": {"text": 7}},
        {"claim_id": "0", "reviewer": 5, "id": "a", "time": 1, "kind": "note", "detail": {"text": ""}},
        {"claim_id": "0", "reviewer": "ann", "id": "a", "time": "soon", "kind": "note", "detail": {"text": ""}},
        {"claim_id": "0", "reviewer": "ann", "id": "a", "time": 1, "kind": "add", "detail": []},
    ],
)
def test_what_is_no_event_is_refused(record):
    """One error of the tree, not a traceback."""
    with pytest.raises(FactcheckError, match="review event"):
        Event.of(record)


@given(st.lists(events, max_size=12))
def test_an_undone_event_counts_for_nothing(events):
    """Folding with it and its undo is folding without it."""
    numbered = [replace(event, number=at + 1, id=str(at), time=float(at)) for at, event in enumerate(events)]
    for event in counted(numbered):
        undo = Event(event.claim_id, event.reviewer, Undo(event.id), 99.0, "undo", 99)
        without = [other for other in numbered if other.id != event.id]

        assert replace(fold([*numbered, undo], ""), last=0) == replace(fold(without, ""), last=0)


def _work(run, seed, count, told):
    """One reviewer's work: what it was told had been stored is what must be there."""
    rnd = random.Random(seed)
    name = f"reviewer {seed}"
    stored = []
    with Reviews(run) as reviews:
        for _ in range(count):
            claim = str(rnd.randrange(len(CLAIMS)))
            choice = rnd.random()
            try:
                if choice < 0.6:
                    act = Decide(rnd.choice(list(Label)), S, "")
                    stored.append(reviews.add(Event(claim, name, act), seen=reviews.of(claim).last).id)
                elif choice < 0.9:
                    stored.append(reviews.add(Event(claim, name, Note(str(rnd.random())))).id)
                else:
                    reviews.undo(claim, name)
            except OutdatedError:
                continue
    told.put((name, stored))


def test_four_reviewers_at_once_lose_nothing(run):
    """2,500 acts each, from four processes: every act that was said to be stored is there once, in the order made."""
    spawn = multiprocessing.get_context("spawn")
    told = spawn.Queue()
    workers = [spawn.Process(target=_work, args=(run, seed, 2_500, told)) for seed in range(4)]
    for worker in workers:
        worker.start()
    stored = dict(told.get(timeout=300) for _ in workers)
    for worker in workers:
        worker.join()

    with Reviews(run) as reviews:
        log = reviews.events()
        with closing(sqlite3.connect(run / LEDGER)) as db:
            listed = dict(db.execute("SELECT position, status FROM reviews").fetchall())
        for name, ids in stored.items():
            assert ids == [event.id for event in log if event.reviewer == name and not isinstance(event.act, Undo)]
        for claim in CLAIMS:
            mine = [event for event in log if event.claim_id == claim.id]
            last = {}
            for event in counted(mine):
                if isinstance(event.act, Decide):
                    last[event.reviewer] = event.act
            assert last == dict(reviews.of(claim.id).decisions)
            row = listed.get(int(claim.id), Status.UNREVIEWED)
            assert row == reviews.of(claim.id).status
