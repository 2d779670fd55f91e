"""Where in a mailbox a visit begins: with a message, where the last call was cut off,
or with how many there are.

Who has to choose another PIN first does so here, before he hears anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ivrflow.flow.hearing.settings import new_pin, temporary_is_on
from ivrflow.voicemail.playhead import Playhead
from ivrflow.voicemail.view import Act, Do, Place, Step, View

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit

GOES_ON = timedelta(hours=1)
"""For so long it is remembered where somebody was cut off."""


async def beginning(visit: Visit, folder: str, message: str = "") -> Step:
    """The first step of a new visit. Raises `Trouble`.

    It begins with *message*, if that is there, else with *folder*.
    """
    call, menu = visit.call, visit.menu
    if visit.entry.must_change:
        await call.say("box_must_change")
        if not await new_pin(visit):
            left = View(place=Place.LEFT)
            return Step(view=left, acts=(Act(do=Do.GOODBYE),))
        await visit.note()
    if message and (step := await _at(visit, message)) is not None:
        return step
    if not message and (step := await _left_off(visit)) is not None:
        return step
    if await temporary_is_on(visit):
        words = call.words_of("box_temporary_is_on")
        await call.play(words, stop_on=menu.stops(View()))
    return menu.begin(folder)


def from_the_beginning(view: View) -> Step:
    """The message of *view*, with what is said before it."""
    acts = (
        Act(do=Do.ANNOUNCE, message=view.message),
        Act(do=Do.PLAY, message=view.message),
    )
    return Step(view=view, acts=acts)


async def _at(visit: Visit, message: str) -> Step | None:
    """Hear *message* at once; None: it is in no folder any more."""
    stored = await visit.boxes.message(message)
    if stored is None or stored.mailbox != visit.entry.box:
        return None
    visit.view = View(folder=stored.folder)
    shelf = await visit.shelf()
    if message not in shelf.messages:
        visit.view = View()
        return None
    view = View(
        place=Place.PLAYING,
        folder=stored.folder,
        message=message,
        nth=shelf.messages.index(message),
    )
    return from_the_beginning(view)


async def _left_off(visit: Visit) -> Step | None:
    """Where he was cut off a while ago; None: nowhere, or too long ago."""
    left = await visit.boxes.left_off(visit.entry.box, visit.who)
    if left is None or visit.moment() - left.at > GOES_ON:
        return None
    step = await _at(visit, left.message)
    if step is None:
        return None
    now = visit.now()
    visit.head = Playhead(offset=left.offset).taken_up(now).paused(now)
    words = visit.call.words_of("box_goes_on")
    await visit.call.play(words, stop_on=visit.menu.stops(step.view))
    return Step(view=step.view, acts=(Act(do=Do.GO_ON, message=left.message),))
