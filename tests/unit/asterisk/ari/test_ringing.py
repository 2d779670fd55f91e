"""How a phone reacts, from the events that Asterisk sends about it."""

import pytest

from ivrflow.asterisk.ari.hub import Hub
from ivrflow.asterisk.ari.ringing import Ringing
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.asterisk.ari.wire.models import CallerID, Channel, DialplanCEP
from ivrflow.telephony.channel import Unreached


def leg(state="Down"):
    nobody = CallerID(name="", number="")
    return Channel(
        id="leg",
        protocol_id="",
        name="PJSIP/1001",
        state=state,
        caller=nobody,
        connected=nobody,
        accountcode="",
        dialplan=DialplanCEP(
            context="", exten="", priority=1, app_name="", app_data=""
        ),
        creationtime="",
        language="en",
    )


COMMON = {"application": "ivrflow", "timestamp": ""}


def dial(status):
    return events.Dial(peer=leg(), dialstatus=status, **COMMON)


def state(now):
    return events.ChannelStateChange(channel=leg(now), **COMMON)


def destroyed(cause):
    return events.ChannelDestroyed(channel=leg(), cause=cause, cause_txt="", **COMMON)


async def told(*happened):
    hub = Hub()
    ringing = Ringing(hub, "leg")
    for event in happened:
        hub.dispatch(event)
    return ringing


@pytest.mark.parametrize(
    ("happened", "why"),
    [
        ([dial(""), dial("RINGING"), destroyed(19)], Unreached.NO_ANSWER),
        ([dial(""), destroyed(19)], Unreached.UNREACHABLE),
        ([dial("PROGRESS"), destroyed(19)], Unreached.NO_ANSWER),
        ([state("Ringing"), destroyed(0)], Unreached.NO_ANSWER),
        ([dial("RINGING"), destroyed(17)], Unreached.BUSY),
        ([destroyed(17)], Unreached.BUSY),
        ([dial("RINGING"), destroyed(21)], Unreached.REJECTED),
        ([dial("RINGING"), destroyed(27)], Unreached.UNREACHABLE),
        ([dial("BUSY"), destroyed(0)], Unreached.BUSY),
        ([dial("CHANUNAVAIL"), destroyed(0)], Unreached.UNREACHABLE),
        ([destroyed(999)], Unreached.UNREACHABLE),
    ],
)
async def test_why_a_phone_was_not_reached(happened, why):
    ringing = await told(*happened)

    await ringing.over()
    assert ringing.unreached is why
    assert ringing.ended


@pytest.mark.parametrize(
    "happened",
    [
        [dial("RINGING"), state("Up"), dial("ANSWER")],
        [dial("ANSWER")],
        [state("Up"), destroyed(16)],
    ],
)
async def test_a_phone_that_answered_was_reached(happened):
    ringing = await told(*happened)

    await ringing.over()
    assert ringing.unreached is None


async def test_a_phone_that_never_rang_was_not_there():
    assert (await told(dial(""))).unanswered() is Unreached.UNREACHABLE
    assert (await told(dial("RINGING"))).unanswered() is Unreached.NO_ANSWER


async def test_a_leg_that_is_found_is_taken_as_it_is():
    ringing = await told()
    ringing.found("Ringing")
    assert ringing.unanswered() is Unreached.NO_ANSWER

    ringing.found("Up")
    await ringing.over()
    assert ringing.unreached is None
