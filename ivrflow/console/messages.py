"""The API's part for messages: read, heard, and what is done with them.

GET  /api/messages/ID                  one message, with its transcript
GET  /api/messages/ID/audio            its sound, a WAV; `Range`, `HEAD`; ?part=comment
POST /api/messages/ID/heard            it counts as heard, where it is
POST /api/messages/ID/new              as if nobody had heard it, where it is
POST /api/messages/ID/urgent           {"urgent": true}
POST /api/messages/ID/move             {"folder": "work"}
POST /api/messages/ID/delete           it can be brought back
POST /api/messages/ID/restore
POST /api/messages/ID/forward          {"to": ["sales"]}
POST /api/messages/ID/transcribe       its words are written down (again)
POST /api/messages/ID/hold             {"why": "case 17"}: it never goes
POST /api/messages/ID/release

Who may: see `hearers`. Holds are for admins. Each listening stands in the audit log
before the first byte is sent, and who reads the words of a transcript stands there too:
who can't be noted learns nothing. A listening by the API alone leaves a message new,
which `heard` changes.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ivrflow.console.asking import Refused, body_of, text_in
from ivrflow.console.changing import asked_by, only
from ivrflow.console.hearers import API, BoxStores, Hearers, Limited, shown
from ivrflow.console.sending_on import send_on
from ivrflow.console.sound_answers import (
    Listenings,
    NotInIt,
    SoundAnswers,
    not_in_it,
)
from ivrflow.console.who import Person, least, who
from ivrflow.facts import (
    HoldChanged,
    MessageDeleted,
    MessageHeard,
    MessageMarked,
    MessageMoved,
    MessageRestored,
)
from ivrflow.flow.world.boxes import Speech, Stored
from ivrflow.flow.world.transcripts import Transcript
from ivrflow.voicemail.order import DELETED, FOLDERS, NEW

_FOLDER = re.compile("|".join(FOLDERS))
_WHY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

Act = Callable[[Stored, Mapping[str, Any], str], Awaitable[dict[str, Any] | None]]
"""Does something with a message: what the body says, and by whom."""


class MessageRoutes:
    """What the API says and does about messages."""

    def __init__(self, stores: BoxStores) -> None:
        self._stores = stores
        self._hearers = Hearers(stores)
        self._sounds = SoundAnswers(stores.audio)
        self._listenings = Listenings()

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        one = "/api/messages/{message}"
        return [
            web.get(one, self._one),
            web.get(f"{one}/audio", self._audio),
            web.post(f"{one}/heard", self._heard),
            web.post(f"{one}/new", self._new),
            web.post(f"{one}/urgent", self._urgent),
            web.post(f"{one}/move", self._move),
            web.post(f"{one}/delete", self._delete),
            web.post(f"{one}/restore", self._restore),
            web.post(f"{one}/forward", self._forward),
            web.post(f"{one}/transcribe", self._transcribe),
            web.post(f"{one}/hold", self._hold),
            web.post(f"{one}/release", self._release),
        ]

    # Reading and hearing --------------------------------------------------------------

    @least("agent")
    async def _one(self, request: web.Request) -> web.Response:
        stored, person = await self._asked(request, as_work=True), who(request)
        words = await self._words(stored)
        if words is not None and words.words:
            # Who reads it knows what was said: the log tells of that too.
            await self._noted("read the words of", person, stored, "words", 1)
        state = await self._state(stored)
        return web.json_response({**state, "transcript": _transcript(words)})

    @least("agent")
    async def _audio(self, request: web.Request) -> web.StreamResponse:
        stored, person = await self._asked(request, as_work=True), who(request)
        speech, name = _part(request, stored)
        try:
            piece = await self._sounds.asked(request, speech)
        except NotInIt as why:
            return not_in_it(why)
        if piece is None or request.method == "HEAD":
            return await self._sounds.answer(request, speech, piece, name)
        with self._sounds.place(person.name):
            await self._note_listening(person, stored, name, piece.first)
            return await self._sounds.answer(request, speech, piece, name)

    async def _note_listening(
        self, person: Person, stored: Stored, part: str, first: int
    ) -> None:
        if not await self._noted("listened to", person, stored, part, first):
            return
        self._stores.note(
            MessageHeard(
                at=self._stores.clock().timestamp(),
                call=stored.call,
                mailbox=stored.mailbox,
                message=stored.message,
                by=person.by,
                via=API,
                seconds=stored.speech.seconds,
            )
        )

    async def _noted(
        self, did: str, person: Person, stored: Stored, part: str, first: int
    ) -> bool:
        """Write down who hears or reads it; False: that is no listening of its own."""
        what, now = f"{part} {stored.message}", self._stores.clock().timestamp()
        if not self._listenings.is_new(person.name, what, first, now):
            return False
        told = f"{did} message {stored.message} of mailbox {stored.mailbox}"
        await self._stores.audit.note(person.name, told)
        # Not before: who could not be noted is no known listener.
        self._listenings.begun(person.name, what, now)
        return True

    # Acts -----------------------------------------------------------------------------

    @least("agent")
    async def _heard(self, request: web.Request) -> web.Response:
        async def hear(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            # What was heard already is no second entry.
            if stored.state == NEW and await self._stores.boxes.heard(
                stored.message, by=by
            ):
                self._told(MessageMarked, stored, by, new=False)

        return await self._done(request, hear, deleted=False)

    @least("agent")
    async def _new(self, request: web.Request) -> web.Response:
        async def renew(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            if await self._stores.boxes.make_new(stored.message, by=by):
                self._told(MessageMarked, stored, by, new=True)

        return await self._done(request, renew, deleted=False)

    @least("agent")
    async def _move(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        folder = text_in(body, "folder", _FOLDER, f"one of {', '.join(FOLDERS)}")
        if not folder:
            raise Refused(400, f"'folder' is missing: one of {', '.join(FOLDERS)}")

        async def move(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            if await self._stores.boxes.move(stored.message, folder, by=by):
                self._told(MessageMoved, stored, by, folder=folder)

        return await self._done(request, move, "folder", deleted=False)

    @least("agent")
    async def _urgent(self, request: web.Request) -> web.Response:
        async def urge(stored: Stored, body: Mapping[str, Any], by: str) -> None:
            urgent = body.get("urgent", True)
            if not isinstance(urgent, bool):
                raise Refused(400, "'urgent' must be true or false")
            await self._stores.boxes.urge(stored.message, urgent, by=by)

        return await self._done(request, urge, "urgent", deleted=False)

    @least("agent")
    async def _delete(self, request: web.Request) -> web.Response:
        async def delete(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            if await self._stores.boxes.delete(stored.message, by=by):
                self._told(MessageDeleted, stored, by)

        return await self._done(request, delete, may="delete")

    @least("agent")
    async def _restore(self, request: web.Request) -> web.Response:
        async def restore(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            if await self._stores.boxes.restore(stored.message, by=by):
                self._told(MessageRestored, stored, by)

        return await self._done(request, restore)

    @least("agent")
    async def _forward(self, request: web.Request) -> web.Response:
        async def forward(
            stored: Stored, body: Mapping[str, Any], by: str
        ) -> dict[str, Any]:
            return await send_on(self._stores, stored, body.get("to"), by)

        return await self._done(request, forward, "to", may="forward", deleted=False)

    @least("agent")
    async def _transcribe(self, request: web.Request) -> web.Response:
        async def ask(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            if not self._stores.transcribes:
                raise Refused(
                    409, "nobody writes words down here; `transcripts` in the settings"
                )
            now, sound = self._stores.clock().timestamp(), stored.speech.sound
            box = self._stores.site().mailboxes.get(stored.mailbox)
            own = None if box is None else box.language
            language = stored.language if own is None else str(own)
            if await self._stores.transcripts.ask(sound, language, now):
                of = f"message {stored.message} of mailbox {stored.mailbox}"
                await self._stores.audit.note(by, f"asked for the words of {of}")

        return await self._done(request, ask)

    # Holds ----------------------------------------------------------------------------

    async def _hold(self, request: web.Request) -> web.Response:
        async def hold(stored: Stored, body: Mapping[str, Any], by: str) -> None:
            why = why_in(body)
            await self._stores.holds.hold(
                stored.mailbox, stored.message, by=by, why=why
            )
            self._told(HoldChanged, stored, by, on=True)

        return await self._done(request, hold, "why")

    async def _release(self, request: web.Request) -> web.Response:
        async def release(stored: Stored, _: Mapping[str, Any], by: str) -> None:
            holds = self._stores.holds
            if not await holds.release(stored.mailbox, stored.message, by=by):
                raise Refused(404, "this message is not on hold by itself")
            self._told(HoldChanged, stored, by, on=False)

        return await self._done(request, release)

    # What they have in common ---------------------------------------------------------

    async def _asked(self, request: web.Request, *, as_work: bool = False) -> Stored:
        message, person = request.match_info["message"], who(request)
        return await self._hearers.message(person, message, as_work=as_work)

    async def _done(
        self,
        request: web.Request,
        act: Act,
        *keys: str,
        may: Limited | None = None,
        deleted: bool = True,
    ) -> web.Response:
        """Do it, if *may* of the mailbox lets him, and answer with the message then.

        *deleted*: also to a message that is deleted.
        """
        stored = await self._asked(request)
        if may is not None:
            self._hearers.allowed(who(request), stored.mailbox, may)
        body = await body_of(request)
        only(body, *keys, "by")
        if not deleted and stored.state == DELETED:
            raise Refused(409, "this message is deleted; restore it first")
        more = await act(stored, body, asked_by(request, body))
        after = await self._stores.boxes.message(stored.message) or stored
        state = await self._state(after)
        # Without its words: nobody has asked for them, and the log tells of none.
        told = _transcript(await self._words(after), words=False)
        return web.json_response({**state, "transcript": told, **(more or {})})

    async def _words(self, stored: Stored) -> Transcript | None:
        sound = stored.speech.sound
        return (await self._stores.transcripts.of([sound])).get(sound)

    async def _state(self, stored: Stored) -> dict[str, Any]:
        holds = await self._stores.holds.holds(stored.mailbox)
        held = any(hold.message in ("", stored.message) for hold in holds)
        return shown(stored, held=held)

    def _told(self, fact: type[Any], stored: Stored, by: str, **more: Any) -> None:
        self._stores.note(
            fact(
                at=self._stores.clock().timestamp(),
                call=stored.call,
                mailbox=stored.mailbox,
                message=stored.message,
                by=by,
                via=API,
                **more,
            )
        )


def why_in(body: Mapping[str, Any]) -> str:
    """Why something is put on hold: nobody remembers that by himself."""
    why = text_in(body, "why", _WHY, "a text of one line, 200 signs at most")
    if not why:
        raise Refused(400, "'why' is missing: for whom, and until when")
    return why


def _transcript(made: Transcript | None, *, words: bool = True) -> Any:
    """A transcript as the API shows it; None where nobody writes them down."""
    if made is None:
        return None
    told = {"state": made.state, "language": made.language, "error": made.error}
    return {**told, "words": made.words} if words else told


def _part(request: web.Request, stored: Stored) -> tuple[Speech, str]:
    """What of the message is asked for, and how its file is called."""
    part = request.query.get("part", "message")
    if part == "message":
        return stored.speech, "message"
    if part == "comment" and stored.intro is not None:
        return stored.intro, "comment"
    raise Refused(404, "'part' is message, or comment where it has one")
