"""Decisions of an earlier run on the claims of another."""

from dataclasses import replace

import pytest
from harbour import evidence, harbour_verdicts, verdict, write_run

from factcheck.errors import RunError
from factcheck.review.carry import carry
from factcheck.review.sampling import belongs
from factcheck.run.ledger import LEDGER
from factcheck.run.reviews import Add, Assign, Decide, Event, Mark, Note, Reviews, Status, Undo, seen_evidence
from factcheck.types import Claim, Label, Stance

S, C = Label.SUPPORTED, Label.CONTRADICTED


def decided(item, label=C, reviewer="ann", **more):
    return Event(item.claim.id, reviewer, Decide(label, item.label, seen_evidence(item), **more))


@pytest.fixture
def old(tmp_path):
    """The folder of an earlier run, and its verdicts; nothing was decided yet."""
    verdicts = harbour_verdicts()
    return write_run(tmp_path / "before", verdicts), verdicts


def renamed(item, **more):
    return replace(item, claim=replace(item.claim, id=f"new-{item.claim.id}"), **more)


def new_run(tmp_path, verdicts):
    return Reviews(write_run(tmp_path / "after", verdicts))


def test_a_decision_holds_where_text_and_evidence_are_the_same(old, tmp_path):
    """Whatever the claim is called now; reviewer and time stay."""
    folder, verdicts = old
    with Reviews(folder) as before:
        stored = before.add(decided(verdicts[0]))
    with new_run(tmp_path, [renamed(item) for item in verdicts]) as reviews:
        carried = carry(folder, reviews)
        [event] = reviews.events()

        assert (1, 0, 1, 0, 0) == (carried.new, carried.known, carried.claims, carried.unmatched, carried.stale)
        assert ("new-h00", "ann", stored.time, stored.id) == (event.claim_id, event.reviewer, event.time, event.id)
        assert (Status.OVERRULED, C) == (reviews.of("new-h00").status, reviews.of("new-h00").label)


def test_a_decision_on_other_evidence_is_queued(old, tmp_path):
    """It is there, and does not count."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0]))
    changed = verdict(verdicts[0].claim, S, evidence("Another sentence.", Stance.SUPPORTS))
    with new_run(tmp_path, [changed]) as reviews:
        carried = carry(folder, reviews)

        assert (1, 1) == (carried.claims, carried.stale)
        assert (Status.STALE, None) == (reviews.of("h00").status, reviews.of("h00").label)


def test_the_same_id_with_another_text_is_another_claim(old, tmp_path):
    """Nothing is carried to it."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0]))
    with new_run(tmp_path, [replace(verdicts[0], claim=Claim("h00", "Another text."))]) as reviews:
        carried = carry(folder, reviews)

        assert (0, 0, 1) == (carried.new, carried.claims, carried.unmatched)
        assert reviews.events() == []


def test_every_claim_with_the_text_gets_it(old, tmp_path):
    """Each as an act of its own, which can be taken back there alone."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0]))
        before.add(decided(verdicts[1], S))
        before.undo(verdicts[1].claim.id, "ann")
    twins = [replace(item, claim=replace(item.claim, id=f"{n}{item.claim.id}")) for item in verdicts[:2] for n in "ab"]
    with new_run(tmp_path, twins) as reviews:
        carry(folder, reviews)

        assert [C, C] == [reviews.of(name).label for name in ("ah00", "bh00")]
        assert [None, None] == [reviews.of(name).label for name in ("ah01", "bh01")]
        reviews.undo("ah00", "ann")
        assert [None, C] == [reviews.of(name).label for name in ("ah00", "bh00")]


def test_carried_again_only_what_is_new_is_stored(old, tmp_path):
    """What was undone meanwhile is undone here."""
    folder, verdicts = old
    with Reviews(folder) as before, new_run(tmp_path, verdicts) as reviews:
        before.add(decided(verdicts[0]))
        carry(folder, reviews)
        before.undo("h00", "ann")

        again = carry(folder, reviews)

        assert (1, 1) == (again.new, again.known)
        assert reviews.of("h00").label is None


def test_a_decision_tells_where_it_came_from_and_is_no_draw_of_this_run(old, tmp_path):
    """The old run's sample is not this one's, though it was drawn with the same seed."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0], drawn="sample:7:4/4:SUPPORTED"))
        before.add(decided(verdicts[1]))
    with new_run(tmp_path, verdicts) as reviews:
        carry(folder, reviews)
        drawn = [event.act.drawn for event in reviews.events()]

        assert ["carried:before:sample:7:4/4:SUPPORTED", "carried:before:"] == drawn
        assert not any(belongs(event.act, 7) for event in reviews.events())


def test_notes_marks_and_added_sentences_come_along_and_assignments_do_not(old, tmp_path):
    """Who was to do the work in the old run is not who is to do it here."""
    folder, verdicts = old
    found = evidence("A sentence that was found.", Stance.SUPPORTS)
    acts = [Note("Look again."), Mark("key", wrong=True), Add(found), Assign("ben")]
    with Reviews(folder) as before:
        for act in acts:
            before.add(Event("h00", "ann", act))
    with new_run(tmp_path, verdicts) as reviews:
        carry(folder, reviews)

        assert acts[:3] == [event.act for event in reviews.events()]
        assert "" == reviews.of("h00").assigned


def test_the_old_run_is_only_read(old, tmp_path):
    """Its folder need not be writable, and stays as it is to the byte."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0]))
    held = (folder / LEDGER).read_bytes()
    (folder / LEDGER).chmod(0o400)
    folder.chmod(0o500)
    try:
        with new_run(tmp_path, verdicts) as reviews:
            assert carry(folder, reviews).new == 1
    finally:
        folder.chmod(0o700)
    assert held == (folder / LEDGER).read_bytes()


def test_a_run_without_reviews_and_no_run_at_all(old, tmp_path):
    """The first has nothing to carry; the second is refused."""
    folder, verdicts = old
    with new_run(tmp_path, verdicts) as reviews:
        assert 0 == carry(folder, reviews).new
        with pytest.raises(RunError, match="holds no run"):
            carry(tmp_path / "nowhere", reviews)


def test_an_undo_of_the_old_run_names_the_act_here(old, tmp_path):
    """Undos of acts on twins point at the twin's own act."""
    folder, verdicts = old
    with Reviews(folder) as before:
        before.add(decided(verdicts[0]))
        before.undo("h00", "ann")
    twins = [replace(verdicts[0], claim=replace(verdicts[0].claim, id=name)) for name in ("a", "b")]
    with new_run(tmp_path, twins) as reviews:
        carry(folder, reviews)
        for name in ("a", "b"):
            first, second = reviews.events(name)
            assert isinstance(second.act, Undo)
            assert first.id == second.act.event
