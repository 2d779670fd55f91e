"""One visit to a mailbox: who hears it, where he is in it, and what is noted of that.

All of it goes into the marks of the step, so the next process goes on where this one
died. Of an act that changes something the mark comes first, and says that it is still
to be done; it is done, and then it is no more to be done. So who dies in between does
it again, with the same ids, and it is done once.

    mark        what it has
    entry       who he is, and which mailbox he hears
    since       when the visit began: what is deleted since keeps its place
    view        the place in the menu, see `voicemail.view`
    head        seconds into the message, and since when it plays; see `Playhead`
    todo        the act that is on, counted by `count`
    to          the mailboxes that get what is being sent
    spoken      how far a recording of ours is, see `speaking`
    undo        what was deleted in this visit: that can be restored
    calling     since when a phone rings, and since when they talk, see `calling`
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.flow.hearing.entering import Entry, of_mark
from ivrflow.voicemail.menu import Menu
from ivrflow.voicemail.playhead import Playhead
from ivrflow.voicemail.view import Act, Do, Shelf, View

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.world import Boxes
    from ivrflow.voicemail.order import Filed

ENTRY, SINCE, VIEW, HEAD, TODO, COUNT, TO, UNDO, SPOKEN, CALLING = (
    "entry",
    "since",
    "view",
    "head",
    "todo",
    "count",
    "to",
    "undo",
    "spoken",
    "calling",
)
"""The marks."""

UNDO_MOST = 40
"""Deletions of a visit that can be undone: all marks must fit into a channel's
variable."""


@dataclass(kw_only=True)
class Visit:
    """A visit that goes on. What changes here is noted by `note` and `begin`."""

    call: Call
    boxes: Boxes
    entry: Entry
    since: float
    """Seconds since 1970, by the real clock."""
    view: View = field(default_factory=View)
    head: Playhead = field(default_factory=Playhead)
    count: int = 0
    """Acts that were begun: each has a number, which names what it makes."""
    to: tuple[str, ...] = ()
    """The mailboxes that get what is being sent, by their names."""
    undo: tuple[str, ...] = ()
    """The last messages that were deleted in this visit, and not restored; see
    `deleted`."""
    todo: Act | None = None
    """The act that is on. Of a visit that is taken up: to be done again."""

    @property
    def box(self) -> Mailbox:
        """What mailboxes.yaml says of it."""
        return self.call.site.mailboxes[self.entry.box]

    @property
    def who(self) -> str:
        """As the audit log names him."""
        return self.entry.who

    @property
    def menu(self) -> Menu:
        """The machine, by the keys of the site and what this one may do here."""
        box = self.box
        may = box.may.rules()
        if self.entry.fixed:
            may = replace(may, pin=False)
        return Menu(
            keys=self.call.site.listen_keys,
            may=may,
            next_after=bool(box.next_after),
            wrap=bool(box.wrap),
        )

    def now(self) -> float:
        """Seconds since 1970: an offset counts by them, and outlives a process so."""
        return self.call.world.seconds()

    def moment(self) -> datetime:
        """The same as a datetime in the site's zone."""
        return self._moment(self.now())

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self.call.world.clock().tzinfo)

    def own_id(self, what: str) -> str:
        """An id for *what* the act that is on makes; the same after a restart."""
        return self.call.own_id(f"hearing {self.count} {what}")

    # What is in the folder --------------------------------------------------------

    async def filed(self) -> list[Filed]:
        """What is in the folder of the view now, and what was deleted in this visit.

        Raises `Trouble`.
        """
        since = self._moment(self.since)
        filed = await self.boxes.filed(self.entry.box, self.view.folder, since=since)
        return list(filed)

    async def shelf(self) -> Shelf:
        """The same as the menu wants it. Raises `Trouble`."""
        since = self._moment(self.since)
        return Shelf.of(
            await self.filed(), self.view.folder, since=since, undo=self.undo
        )

    def deleted(self, message: str) -> None:
        """It can be restored from now on, as one of the last UNDO_MOST."""
        self.restored(message)
        self.undo = (*self.undo, message)[-UNDO_MOST:]

    def restored(self, message: str) -> None:
        """Nothing is to be undone about it any more."""
        self.undo = tuple(one for one in self.undo if one != message)

    # What goes through a restart --------------------------------------------------

    async def note(self) -> None:
        """Note where he is. Only while nothing plays. Raises `HungUp`."""
        await self.call.mark(**self._marks())

    async def begin(self, act: Act) -> None:
        """Note that *act* is on, before it is done."""
        self.count += 1
        self.todo = act
        if act.do not in (Do.SEND, Do.COMMENT_AND_SEND):
            self.to = ()  # that of a message which was not sent after all
        await self.call.mark(**self._marks())

    async def done(self) -> None:
        """The act is done; that and the facts of it are durable from now on."""
        self.todo, self.to = None, ()
        await self.call.keep(**{**self._marks(), SPOKEN: None, CALLING: None})

    def _marks(self) -> dict[str, object]:
        todo, head = self.todo, self.head
        return {
            ENTRY: asdict(self.entry),
            SINCE: self.since,
            VIEW: self.view.kept(),
            HEAD: [head.offset, head.since],
            COUNT: self.count,
            TO: list(self.to) or None,
            UNDO: list(self.undo) or None,
            TODO: None
            if todo is None
            else [todo.do.value, todo.message, todo.folder, todo.greeting],
        }

    @classmethod
    def taken_up(cls, call: Call, boxes: Boxes) -> Visit | None:
        """The visit that a process before this one has noted; None: there is none.

        Marks come back signed: they are as we have written them.
        """
        marks = call.marks
        entry, view = of_mark(call, marks.get(ENTRY)), marks.get(VIEW)
        if entry is None or not isinstance(view, dict):
            return None
        since, head, count = marks.get(SINCE), marks.get(HEAD), marks.get(COUNT)
        to, todo, undo = marks.get(TO), marks.get(TODO), marks.get(UNDO)
        visit = cls(
            call=call,
            boxes=boxes,
            entry=entry,
            since=float(since) if isinstance(since, int | float) else 0.0,
            view=View.of(view) or View(),
            count=count if isinstance(count, int) else 0,
            to=tuple(map(str, to)) if isinstance(to, list) else (),
            undo=tuple(map(str, undo)) if isinstance(undo, list) else (),
        )
        if isinstance(head, list):
            offset, playing = head
            visit.head = Playhead(offset=offset, since=playing)
        if isinstance(todo, list):
            do, message, folder, greeting = todo
            visit.todo = Act(
                do=Do(do), message=message, folder=folder, greeting=greeting
            )
        return visit
