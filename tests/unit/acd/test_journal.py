"""What the desk owes to the board is written once, in order, whatever happens."""

import logging

import pytest

from ivrflow.acd.board import BoardAway
from ivrflow.acd.journal import BATCH, Journal
from ivrflow.acd.model import Offer


class Paper:
    """Where the journal writes; *away* makes the next writes fail."""

    def __init__(self):
        self.lines = []
        self.away = 0
        self.journal = Journal(self.claim)

    def write(self, text):
        async def write():
            if self.away:
                self.away -= 1
                raise BoardAway("away")
            self.lines.append(text)

        return write

    async def claim(self, offers):
        self.lines.append([offer.id for offer in offers])


def offer(id):
    return Offer(id=id, call="c", queue="q", agent="a", at=0)


async def written(paper):
    while paper.journal:
        await paper.journal.write_next()
    return paper.lines


async def test_it_writes_in_order_and_claims_that_stand_together_in_one_act():
    paper = Paper()
    paper.journal.add(paper.write("join 1"))
    paper.journal.claim(offer("o1"))
    paper.journal.claim(offer("o2"))
    paper.journal.add(paper.write("leave 1"))
    paper.journal.claim(offer("o3"))

    assert await written(paper) == ["join 1", ["o1", "o2"], "leave 1", ["o3"]]


async def test_a_batch_of_claims_is_bounded():
    paper = Paper()
    for n in range(BATCH + 1):
        paper.journal.claim(offer(f"o{n}"))

    assert [len(batch) for batch in await written(paper)] == [BATCH, 1]


async def test_what_can_not_be_written_now_stays_the_first():
    paper = Paper()
    paper.journal.add(paper.write("a"))
    paper.journal.add(paper.write("b"))
    paper.away = 2
    for _ in range(2):
        with pytest.raises(BoardAway):
            await paper.journal.write_next()

    assert await written(paper) == ["a", "b"]


async def test_an_entry_can_be_dropped_until_it_is_tried():
    paper = Paper()
    kept = paper.journal.add(paper.write("kept"))
    dropped = paper.journal.add(paper.write("dropped"))
    paper.away = 1
    with pytest.raises(BoardAway):
        await paper.journal.write_next()

    assert paper.journal.drop(dropped)
    assert not paper.journal.drop(dropped)
    assert not paper.journal.drop(kept)  # perhaps the board has it
    assert await written(paper) == ["kept"]
    assert kept.done.done()


async def test_a_fault_of_ours_is_left_out_and_the_rest_goes_on(monkeypatch):
    monkeypatch.setattr(logging.getLogger("ivrflow.acd.journal"), "disabled", True)
    paper = Paper()

    async def fault():
        raise ValueError("ours")

    entry = paper.journal.add(fault)
    paper.journal.add(paper.write("next"))

    assert await written(paper) == ["next"]
    assert entry.done.done()
