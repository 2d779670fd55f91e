"""What is said of where somebody is in a mailbox: how many there are, what keys do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.voicemail.keys import Key
from ivrflow.voicemail.order import DELETED, FOLDERS, INBOX, counted
from ivrflow.voicemail.view import Place

if TYPE_CHECKING:
    from ivrflow.flow.hearing.visit import Visit
    from ivrflow.telephony.sound import Utterance
    from ivrflow.voicemail.menu import Menu

PROMPTS = {
    Place.BOX: "box_menu",
    Place.FOLDERS: "box_folder",
    Place.MESSAGE: "box_message_menu",
    Place.MORE: "box_more",
    Place.SAVING: "box_save_to",
    Place.SENDING: "box_comment_menu",
    Place.SETTINGS: "box_settings",
    Place.TEMPORARY: "box_temporary",
}
"""What says the keys of a place; at the others nothing is said."""

RESTORE = "restore"
"""What the key for deleting does to a message that is deleted, for the prompt."""


async def menu_words(visit: Visit, menu: Menu) -> list[Utterance]:
    """The keys of where he is, with what makes sense now. Raises `Trouble`."""
    view, shelf = visit.view, await visit.shelf()
    if view.place not in PROMPTS:
        return []
    offered = [(key, act.value) for key, act in menu.offered(view, shelf)]
    if view.place in (Place.FOLDERS, Place.SAVING):
        offered = [*((str(digit), one) for digit, one in enumerate(FOLDERS)), *offered]
    if view.message in shelf.mine:
        delete = Key.DELETE.value
        offered = [(key, RESTORE if do == delete else do) for key, do in offered]
    return visit.call.words_of(PROMPTS[view.place], offered=offered)


async def count_words(visit: Visit) -> list[Utterance]:
    """How many messages are in the folder where he is. Raises `Trouble`."""
    words_of, filed = visit.call.words_of, await visit.filed()
    if visit.view.folder != INBOX:
        there = sum(one.state != DELETED for one in filed)
        if there == 1:
            return words_of("box_in_folder_one")
        return words_of("box_in_folder", count=there) if there else words_of("box_none")
    counts = counted(filed)
    said: list[Utterance] = []
    if not counts.new and not counts.old:
        return words_of("box_none")
    if counts.new == 1:
        said += words_of("box_new_urgent_one" if counts.urgent else "box_new_one")
    elif counts.new:
        said += words_of("box_new", count=counts.new)
        if counts.urgent == 1:
            said += words_of("box_urgent_one")
        elif counts.urgent:
            said += words_of("box_urgent", count=counts.urgent)
    if counts.old == 1:
        said += words_of("box_old_one")
    elif counts.old:
        said += words_of("box_old", count=counts.old)
    return said
