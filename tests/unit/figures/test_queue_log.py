"""Lines of Asterisk's queue_log, as its documentation describes them."""

from ivrflow.facts import (
    AbilitiesChanged,
    AgentSeen,
    CallerTransferBegan,
    ServiceBegan,
    VersionTaken,
)
from ivrflow.figures.queue_log import QueueLog
from tests.unit.figures.day import NINE, Day


def lines(day):
    log = QueueLog()
    return [line for fact in day.facts for line in log.lines(fact)]


def about(line):
    """What stands behind the time, which is seconds after nine."""
    at, rest = line.split("|", 1)
    return int(at) - int(NINE), rest


def logged(day):
    return [about(line) for line in lines(day)]


def test_a_call_that_is_served():
    day = Day().starts(0, "17.1").queued(0.4, "17.1", position=3)
    day.rings(20, "17.1", "1003", "leg1").talks(27.4, "17.1", "1003", "leg1")
    day.done(147, "17.1", "1003", "leg1", 119.6, by="agent").ends(147, "17.1")

    assert logged(day) == [
        (0, "17.1|sales|NONE|ENTERQUEUE||13800138000|3"),
        (27, "17.1|sales|Agent/1003|CONNECT|27|leg1|7"),
        (147, "17.1|sales|Agent/1003|COMPLETEAGENT|27|120|3"),
    ]


def test_times_are_those_of_the_facts():
    assert lines(Day().queued(0, "c1"))[0].startswith(f"{int(NINE)}|c1|sales|")


def test_phones_that_ring_in_vain():
    day = Day().queued(0, "c1").rings(1, "c1", "1001", "o1")
    day.in_vain(21, "c1", "1001", "o1").rings(22, "c1", "1002", "o2")
    day.in_vain(22.25, "c1", "1002", "o2", "busy").rings(30, "c1", "1003", "o3")
    day.in_vain(33, "c1", "1003", "o3", "caller gone").leaves(33, "c1")

    assert [rest for _, rest in logged(day)[1:]] == [
        "c1|sales|Agent/1001|RINGNOANSWER|20000",
        "c1|sales|Agent/1002|RINGNOANSWER|250",
        "c1|sales|Agent/1003|RINGCANCELED|3000",
        "c1|sales|NONE|ABANDON|1|1|33",
    ]


def test_who_waits_on_when_an_agent_is_lost_has_not_come_again():
    day = Day().starts(0, "c1").queued(0, "c1", joined=NINE)
    day.talks(5, "c1", "1001", "o1").done(6, "c1", "1001", "o1", 1, by="agent")
    day.queued(6, "c1", joined=NINE).talks(10, "c1", "1002", "o2")
    day.done(70, "c1", "1002", "o2", 60).queued(80, "c1", joined=NINE + 80)

    assert [rest.split("|", 3)[3] for _, rest in logged(day)] == [
        "ENTERQUEUE||13800138000|1",
        "CONNECT|5|o1|0",
        "COMPLETEAGENT|5|1|1",
        "CONNECT|10|o2|0",
        "COMPLETECALLER|10|60|1",
        "ENTERQUEUE||13800138000|1",
    ]


def test_ways_out_of_a_queue():
    day = Day()
    for n, how in enumerate(["key", "timeout", "no agents", "overflow", "callback"]):
        day.queued(0, f"c{n}", position=n + 1).leaves(50, f"c{n}", how, position=1)
    day.leaves(60, "c9", "full")

    assert [rest for at, rest in logged(day) if at] == [
        "c0|sales|NONE|EXITWITHKEY||1|1|50",
        "c1|sales|NONE|EXITWITHTIMEOUT|1|2|50",
        "c2|sales|NONE|EXITEMPTY|1|3|50",
        "c3|sales|NONE|EXITWITHTIMEOUT|1|4|50",
        "c4|sales|NONE|EXITWITHKEY||1|5|50",
    ]


def test_transfers_tell_where_to():
    day = Day()
    for n, mode in enumerate(["blind", "attended"]):
        call, offer = f"c{n}", f"o{n}"
        day.queued(0, call).talks(10, call, "1001", offer)
        more = {"queue": "sales", "agent": "1001", "offer": offer, "mode": mode}
        day.add(CallerTransferBegan, 40, call, to="queue service", **more)
        day.done(45, call, "1001", offer, 35, by="transfer")

    assert [rest for at, rest in logged(day) if at == 45] == [
        "c0|sales|Agent/1001|BLINDTRANSFER|queue service|ivrflow|10|35|1",
        "c1|sales|Agent/1001|ATTENDEDTRANSFER|BRIDGE|queue service|10|35|1",
    ]


def test_an_agent_s_day():
    both = {"queues": ("sales", "service")}
    day = Day().agent(0, "1001", "not ready", reason="signed in", **both)
    day.agent(10, "1001", **both).agent(20, "1001", work="talking", **both)
    day.agent(600, "1001", "not ready", reason="lunch", **both)
    day.add(AbilitiesChanged, 700, agent="1001", by="2001", queues=("sales",))
    day.agent(3600, "1001", "logged out")

    assert logged(day) == [
        (0, "NONE|NONE|Agent/1001|AGENTLOGIN|Agent/1001"),
        (0, "NONE|sales|Agent/1001|ADDMEMBER|"),
        (0, "NONE|service|Agent/1001|ADDMEMBER|"),
        (0, "NONE|sales|Agent/1001|PAUSE|signed in"),
        (0, "NONE|service|Agent/1001|PAUSE|signed in"),
        (0, "NONE|NONE|Agent/1001|PAUSEALL|signed in"),
        (10, "NONE|sales|Agent/1001|UNPAUSE|"),
        (10, "NONE|service|Agent/1001|UNPAUSE|"),
        (10, "NONE|NONE|Agent/1001|UNPAUSEALL|"),
        (600, "NONE|sales|Agent/1001|PAUSE|lunch"),
        (600, "NONE|service|Agent/1001|PAUSE|lunch"),
        (600, "NONE|NONE|Agent/1001|PAUSEALL|lunch"),
        (700, "NONE|service|Agent/1001|REMOVEMEMBER|"),
        (3600, "NONE|sales|Agent/1001|REMOVEMEMBER|"),
        (3600, "NONE|NONE|Agent/1001|AGENTLOGOFF|Agent/1001|3600"),
    ]


def test_an_agent_who_is_only_seen_has_done_nothing():
    day = Day()
    seen = {"agent": "1001", "presence": "ready", "work": "idle", "since": NINE - 99}
    day.add(AgentSeen, 0, queues=("sales",), **seen)
    day.agent(60, "1001", "logged out")

    assert [rest for _, rest in logged(day)] == [
        "NONE|sales|Agent/1001|REMOVEMEMBER|",
        "NONE|NONE|Agent/1001|AGENTLOGOFF|Agent/1001|60",
    ]


def test_the_service_and_its_site():
    day = Day().queued(0, "c1").add(ServiceBegan, 10, version="v1")
    day.add(VersionTaken, 20, version="v2").leaves(30, "c1")

    assert logged(day)[1:] == [
        (10, "NONE|NONE|NONE|QUEUESTART|"),
        (20, "NONE|NONE|NONE|CONFIGRELOAD|"),
    ]


def test_a_consult_and_a_message_leave_no_line():
    day = Day().queued(0, "x1", item="consult", origin="c1")
    day.talks(5, "x1", "1001", "o1").done(9, "x1", "1001", "o1", 4)
    day.queued(10, "m1", item="voicemail").leaves(20, "m1")

    assert lines(day) == []


def test_a_caller_s_number_can_make_no_field_and_no_line():
    day = Day().starts(0, "c1", "138|x\r\n1|c|q|NONE|ABANDON").queued(0, "c1")

    (line,) = lines(day)
    assert len(line.split("|")) == 8
    assert "\n" not in line
