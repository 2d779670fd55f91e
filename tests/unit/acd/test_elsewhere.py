"""Whose phone is in somebody else's call."""

from ivrflow.acd.elsewhere import Elsewhere
from ivrflow.acd.model import Agent, Work

IN_USE = {"INUSE", "RINGING", "ONHOLD"}


class Floor:
    def __init__(self, *agents):
        self.agents = {agent.number: agent for agent in agents}
        self.told = []
        self.phones = Elsewhere(
            lambda: self.agents, IN_USE, lambda *told: self.told.append(told)
        )
        self.phones.seat_all()

    def put(self, agent):
        self.agents[agent.number] = agent
        self.phones.seat(agent.number)


def ann(**more):
    return Agent(number="1001", endpoint="PJSIP/1001", **more)


def test_agent_whose_phone_rings_or_talks_is_elsewhere_until_it_is_free():
    floor = Floor(ann())
    for state in ("NOT_INUSE", "RINGING", "INUSE", "ONHOLD", "NOT_INUSE"):
        floor.phones.changed("PJSIP/1001", state)

    assert floor.told == [("1001", True, "RINGING"), ("1001", False, "NOT_INUSE")]


def test_a_call_of_the_desk_is_no_other_call():
    floor = Floor(ann())
    for work in (Work.OFFERED, Work.TALKING):
        floor.agents["1001"] = ann(work=work)
        floor.phones.changed("PJSIP/1001", "INUSE")
    # Its leg is hung up: the phone is free a moment later, and is judged after that.
    floor.phones.changed("PJSIP/1001", "NOT_INUSE")
    floor.put(ann(work=Work.WRAP_UP))
    floor.phones.judge("1001")

    assert floor.told == []


def test_another_call_that_began_during_one_of_ours_is_seen_after_it():
    floor = Floor(ann(work=Work.TALKING))
    floor.phones.changed("PJSIP/1001", "INUSE")
    floor.put(ann(work=Work.WRAP_UP))
    floor.phones.judge("1001")

    assert floor.told == [("1001", True, "INUSE")]


def test_who_takes_another_seat_is_judged_by_its_phone():
    floor = Floor(ann(), Agent(number="1002", endpoint="PJSIP/1002"))
    floor.phones.seen({"PJSIP/1001": "INUSE", "PJSIP/1002": "NOT_INUSE"})
    floor.put(ann(sits_at="PJSIP/1007"))
    floor.phones.changed("PJSIP/1001", "ONHOLD")
    floor.phones.changed("PJSIP/1007", "INUSE")

    assert floor.told == [
        ("1001", True, "INUSE"),
        ("1001", False, ""),
        ("1001", True, "INUSE"),
    ]
    assert floor.phones.busy == {"1001"}


def test_a_look_at_all_phones_puts_right_what_was_missed():
    floor = Floor(ann())
    floor.phones.changed("PJSIP/1001", "INUSE")
    floor.phones.seen({"PJSIP/1001": "NOT_INUSE"})

    assert floor.told == [("1001", True, "INUSE"), ("1001", False, "NOT_INUSE")]


def test_a_line_that_is_nailed_up_and_an_agent_who_has_gone_tell_nothing():
    floor = Floor(ann(nailed=True), Agent(number="1002", endpoint="PJSIP/1002"))
    floor.phones.changed("PJSIP/1001", "INUSE")
    del floor.agents["1002"]
    floor.phones.seat_all()
    floor.phones.changed("PJSIP/1002", "INUSE")
    floor.phones.changed("PJSIP/nobody", "INUSE")

    assert floor.told == []
