"""What the desk owes to the board is written once, in order, whatever happens."""

import logging

import pytest

from ivrflow.acd.desk.acts import Claim, Leave
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.journal import BATCH, Journal
from ivrflow.acd.model import Offer


class Paper:
    """Where the journal writes; *away* makes the next writes fail, and what stands in
    *bad* can never be written."""

    def __init__(self, *, bad=()):
        self.pages = []
        self.away = 0
        self.bad = {Leave(call) for call in bad}
        self.journal = Journal(self.write)
        self.heard = []

    async def write(self, acts):
        if self.away:
            self.away -= 1
            raise BoardAway("away")
        if self.bad.intersection(acts):
            raise ValueError("ours")
        self.pages.append([name(act) for act in acts])
        return [name(act) != "lost" for act in acts]

    def add(self, text, act=None):
        return self.journal.add(
            act or Leave(text), lambda answer: self.heard.append((text, answer))
        )


def name(act):
    return act.call if isinstance(act, Leave) else act.offer.id


def claim(id):
    return Claim(Offer(id=id, call="c", queue="q", agent="a", at=0))


async def written(paper):
    while paper.journal:
        await paper.journal.write_next()
    return paper.pages


async def test_what_comes_together_is_written_together_in_order_and_heard_in_order():
    paper = Paper()
    for text in ("a", "b", "lost", "c"):
        paper.add(text)

    assert await written(paper) == [["a", "b", "lost", "c"]]
    assert paper.heard == [("a", True), ("b", True), ("lost", False), ("c", True)]


async def test_a_page_is_bounded():
    paper = Paper()
    for n in range(BATCH + 1):
        paper.add(f"{n}")

    assert [len(page) for page in await written(paper)] == [BATCH, 1]


async def test_what_can_not_be_written_now_stays_the_first():
    paper = Paper()
    paper.add("a")
    paper.add("b")
    paper.away = 2
    for _ in range(2):
        with pytest.raises(BoardAway):
            await paper.journal.write_next()
    paper.add("c")

    assert await written(paper) == [["a", "b", "c"]]


async def test_an_entry_can_be_dropped_until_it_is_tried():
    paper = Paper()
    kept = paper.add("kept")
    paper.away = 1
    with pytest.raises(BoardAway):
        await paper.journal.write_next()
    dropped = paper.add("dropped")

    assert paper.journal.drop(dropped)
    assert not paper.journal.drop(dropped)
    assert not paper.journal.drop(kept)  # perhaps the board has it
    assert await written(paper) == [["kept"]]
    assert kept.done.done()


async def test_a_fault_of_ours_is_left_out_alone_and_the_rest_goes_on(monkeypatch):
    monkeypatch.setattr(logging.getLogger("ivrflow.acd.desk.journal"), "disabled", True)
    paper = Paper(bad=["bad"])
    paper.add("a")
    bad = paper.add("bad")
    for text in ("b", "c"):
        paper.add(text)

    assert await written(paper) == [["a"], ["b"], ["c"]]
    assert [text for text, _ in paper.heard] == ["a", "b", "c"]
    assert bad.done.done()
    assert bad.left_out


async def test_a_claim_that_is_left_out_is_heard_of_as_not_won(monkeypatch):
    monkeypatch.setattr(logging.getLogger("ivrflow.acd.desk.journal"), "disabled", True)
    paper = Paper()
    bad = claim("o1")
    paper.bad = {bad}
    paper.add("o1", bad)
    paper.add("o2", claim("o2"))

    assert await written(paper) == [["o2"]]
    assert paper.heard == [("o1", False), ("o2", True)]


async def test_who_hears_and_fails_keeps_nothing_from_being_written(monkeypatch):
    monkeypatch.setattr(logging.getLogger("ivrflow.acd.desk.journal"), "disabled", True)
    paper = Paper()
    entry = paper.journal.add(Leave("a"), lambda _: 1 / 0)
    paper.add("b")

    assert await written(paper) == [["a", "b"]]
    assert entry.done.done()
    assert paper.heard == [("b", True)]
