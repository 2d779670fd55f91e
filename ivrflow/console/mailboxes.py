"""The API's part for mailboxes: what is in them, their PINs, and holds on all of one.

GET  /api/mailboxes                      those that one may hear, with their counts
GET  /api/mailboxes/BOX                  one of them, with greetings, PIN and holds
GET  /api/mailboxes/BOX/messages?folder=new&after=MORE&most=50
POST /api/mailboxes/BOX/pin              {"pin": "...", "must_change": true}
POST /api/mailboxes/BOX/pin              {"remove": true}: no PIN opens it any more
POST /api/mailboxes/BOX/hold             {"why": "case 17"}: nothing of it goes
POST /api/mailboxes/BOX/release

Who may: see `hearers`. A PIN is hashed at once, told to nobody, and in no log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.changing import asked_by, only
from ivrflow.console.hearers import API, BoxStores, Hearers, at, shown
from ivrflow.console.messages import why_in
from ivrflow.console.who import Person, least, who
from ivrflow.facts import HoldChanged, PinChanged
from ivrflow.flow.site.mailboxes import Mailbox
from ivrflow.flow.world.boxes import LegalHold
from ivrflow.secret import Secret
from ivrflow.voicemail.order import DELETED, FOLDERS, INBOX, MARK, Counts, mark
from ivrflow.voicemail.pins import too_easy

MOST = 200
"""Messages of a page at most."""

_BOX = re.compile("[a-z][a-z0-9_]{0,80}")
"""The name of a mailbox, also of one that the site has no more."""


class Hashing(Protocol):
    """Hashes PINs, slowly, without holding up anybody."""

    async def hash(self, pin: Secret) -> str:
        """What is kept of *pin*."""


class MailboxRoutes:
    """What the API says and does about mailboxes."""

    def __init__(self, stores: BoxStores, hashing: Hashing) -> None:
        self._stores = stores
        self._hearers = Hearers(stores)
        self._hashing = hashing

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        one = "/api/mailboxes/{mailbox}"
        return [
            web.get("/api/mailboxes", self._list),
            web.get(one, self._one),
            web.get(f"{one}/messages", self._messages),
            web.post(f"{one}/pin", self._pin),
            web.post(f"{one}/hold", self._hold),
            web.post(f"{one}/release", self._release),
        ]

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        person = who(request)
        boxes = {
            str(name): box
            for name, box in self._stores.site().mailboxes.items()
            if person.hears(str(name))
        }
        counts = await self._stores.boxes.all_counts(list(boxes))
        told = [
            _about(name, box, counts.get(name, Counts())) for name, box in boxes.items()
        ]
        return web.json_response({"mailboxes": told})

    @least("agent")
    async def _one(self, request: web.Request) -> web.Response:
        name = request.match_info["mailbox"]
        person = who(request)
        box = self._hearers.box(person, name)
        return web.json_response(await self._state(person, name, box))

    @least("agent")
    async def _messages(self, request: web.Request) -> web.Response:
        name, query = request.match_info["mailbox"], request.query
        self._hearers.box(who(request), name)
        folder = query.get("folder", INBOX)
        if folder not in (INBOX, DELETED, *FOLDERS):
            known = ", ".join((*FOLDERS, DELETED))
            raise Refused(400, f"'folder' is one of {known}; left out: new and old")
        after = query.get("after", "")
        if after and not MARK.fullmatch(after):
            raise Refused(400, "'after' is what 'more' of the page before was")
        most = _number(query.get("most", "50"))
        found = await self._stores.boxes.messages(
            name, folder, after=after, most=most + 1
        )
        holds = {hold.message for hold in await self._stores.holds.holds(name)}
        page = found[:most]
        return web.json_response(
            {
                "messages": [
                    shown(one, held="" in holds or one.message in holds) for one in page
                ],
                "more": mark(page[-1]) if len(found) > most else None,
            }
        )

    @least("agent")
    async def _pin(self, request: web.Request) -> web.Response:
        name, person = request.match_info["mailbox"], who(request)
        box = self._hearers.managed(person, name)
        self._hearers.allowed(person, name, "pin")
        await self._not_fixed(person, name)
        body = await body_of(request)
        only(body, "pin", "remove", "must_change", "by")
        by = asked_by(request, body)
        hashed = None
        must_change = _yes(body, "must_change", default=True)
        if not _yes(body, "remove", default=False):
            hashed = await self._hashing.hash(_pin_in(body, box))
        elif "pin" in body:
            raise Refused(400, "'pin' or 'remove', not both")
        await self._stores.boxes.set_pin(
            name, hashed, by=by, must_change=must_change and hashed is not None
        )
        now = self._stores.clock().timestamp()
        self._stores.note(PinChanged(at=now, call="", mailbox=name, by=by, via=API))
        return web.json_response(await self._state(person, name, box))

    async def _not_fixed(self, person: Person, name: str) -> None:
        """A fixed PIN is not its owner's to change, here as by phone."""
        pin = await self._stores.boxes.pin(name)
        if pin is not None and pin.fixed and not person.leads_others:
            raise Refused(409, f"the PIN of the mailbox {name!r} is fixed")

    async def _hold(self, request: web.Request) -> web.Response:
        name, body = _named(request), await body_of(request)
        only(body, "why", "by")
        by = asked_by(request, body)
        await self._known(name)
        hold = await self._stores.holds.hold(name, by=by, why=why_in(body))
        self._told_hold(name, by, on=True)
        return web.json_response({"mailbox": name, "hold": hold})

    async def _known(self, name: str) -> None:
        """Also one that the site has no more, and whose messages are here."""
        known = name in self._stores.site().mailboxes
        if not known and name not in await self._stores.boxes.names():
            raise Refused(404, f"there is no mailbox {name!r}, and there was none")

    async def _release(self, request: web.Request) -> web.Response:
        name, body = _named(request), await body_of(request)
        only(body, "by")
        by = asked_by(request, body)
        if not await self._stores.holds.release(name, by=by):
            raise Refused(404, f"the mailbox {name!r} is not on hold")
        self._told_hold(name, by, on=False)
        return web.json_response({"mailbox": name, "hold": None})

    def _told_hold(self, name: str, by: str, *, on: bool) -> None:
        now = self._stores.clock().timestamp()
        self._stores.note(
            HoldChanged(at=now, call="", mailbox=name, message="", on=on, by=by)
        )

    async def _state(self, person: Person, name: str, box: Mailbox) -> dict[str, Any]:
        boxes = self._stores.boxes
        counts, pin = await boxes.counts(name), await boxes.pin(name)
        greetings = await boxes.greetings(name)
        return {
            **_about(name, box, counts),
            "pin": None
            if pin is None
            else {"must_change": pin.must_change, "fixed": pin.fixed},
            "greetings": [
                {
                    "kind": kind,
                    "language": language,
                    "seconds": round(greeting.speech.seconds, 1),
                    "at": at(greeting.at),
                    "by": greeting.by,
                    "until": at(greeting.until),
                }
                for (kind, language), greeting in sorted(greetings.items())
            ],
            "holds": [
                _held(hold, person) for hold in await self._stores.holds.holds(name)
            ],
        }


def _about(name: str, box: Mailbox, counts: Counts) -> dict[str, Any]:
    return {
        "mailbox": name,
        "number": None if box.number is None else str(box.number),
        "title": {str(language): str(text) for language, text in box.title.items()},
        "new": counts.new,
        "urgent": counts.urgent,
        "old": counts.old,
        "most": int(box.most),
        "queue": None if box.work is None else str(box.work.queue),
    }


def _held(hold: LegalHold, person: Person) -> dict[str, Any]:
    """A hold as *person* sees it: who wants it and why is for admins."""
    told = {"hold": hold.hold, "message": hold.message or None, "at": at(hold.at)}
    if person.role == "admin":
        told |= {"by": hold.by, "why": hold.why}
    return told


def _pin_in(body: Mapping[str, Any], box: Mailbox) -> Secret:
    """The PIN of the body; what is said of a bad one says nothing of it."""
    pin = body.get("pin")
    if not isinstance(pin, str):
        raise Refused(400, "'pin' is missing: a text of digits")
    number = "" if box.number is None else str(box.number)
    if easy := too_easy(pin, number=number, shortest=int(box.min_pin)):
        raise Refused(400, f"this PIN is not taken: {easy.value}")
    return Secret(pin)


def _yes(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Refused(400, f"{name!r} must be true or false")
    return value


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text, re.ASCII) or not 1 <= int(text) <= MOST:
        raise Refused(400, f"'most' is a number from 1 to {MOST}")
    return int(text)


def _named(request: web.Request) -> str:
    name = request.match_info["mailbox"]
    if not _BOX.fullmatch(name):
        raise Refused(404, f"{name[:80]!r} is no name of a mailbox")
    return name
