"""Hearing messages by phone, as a machine: a view and a key make a view and its acts.

The view is all that a talk must remember: it goes into a mark, so a restart goes on
with it. Acts are what the talk then does, in this order: it says something, plays,
changes a row. The machine does nothing itself and reads nothing; what is in the folder
comes with each key, as another phone or the API may have changed it meanwhile.

Three rules hold whatever is pressed. No act is about a message that is not in the
folder. Deleting is undone by the same key on the same message, which stays in the
folder as long as that is open; what somebody else has deleted is not brought back. And
from everywhere `up` and `leave` lead out, as does silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ivrflow.voicemail.keys import At, Key, Keys
from ivrflow.voicemail.order import INBOX, folder_of
from ivrflow.voicemail.view import Act, Do, Place, Shelf, Step, View

SILENCES = 3
"""Times in a row that nothing is pressed; then the talk is over."""


@dataclass(frozen=True, kw_only=True)
class May:
    """What the one who hears may do."""

    delete: bool = True
    send_on: bool = True
    call_back: bool = True
    reply: bool = True
    send_new: bool = True
    greetings: bool = True
    pin: bool = True

    def do(self, act: Key) -> bool:
        """Whether what this key does is allowed."""
        allowed = {
            Key.DELETE: self.delete,
            Key.SEND_ON: self.send_on,
            Key.CALL_BACK: self.call_back,
            Key.REPLY: self.reply,
            Key.SEND_NEW: self.send_new,
            Key.SETTINGS: self.greetings or self.pin,
            Key.UNAVAILABLE: self.greetings,
            Key.BUSY: self.greetings,
            Key.NAME: self.greetings,
            Key.TEMPORARY: self.greetings,
            Key.SPEAK: self.greetings,
            Key.TAKE_OFF: self.greetings,
            Key.PIN: self.pin,
        }
        return allowed.get(act, True)


AT = {
    Place.BOX: At.BOX,
    Place.PLAYING: At.PLAYING,
    Place.PAUSED: At.PLAYING,
    Place.MESSAGE: At.MESSAGE,
    Place.MORE: At.MORE,
    Place.SENDING: At.SENDING,
    Place.SETTINGS: At.SETTINGS,
    Place.TEMPORARY: At.TEMPORARY,
}
"""Where keys are acts. At the other places they are digits of folders, and `up`."""

OF_ITS_MESSAGE = {
    Key.REPLY: Do.REPLY,
    Key.CALL_BACK: Do.CALL_BACK,
    Key.ENVELOPE: Do.ENVELOPE,
    Key.COMMENT: Do.COMMENT_AND_SEND,
    Key.AS_IT_IS: Do.SEND,
}
"""What is done with the message, after which one is asked what to do with it again."""

UNSAID = frozenset({Key.HEAR, Key.FOLDER, Key.SETTINGS, Key.HELP})
"""What a message's menu does not say, though its keys work: it is long enough."""


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The machine of one talk.

    *next_after*: deleting and saving go on to the next message. *wrap*: after the last
    one comes the first, and before the first one the last.
    """

    keys: Keys = field(default_factory=Keys)
    may: May = field(default_factory=May)
    next_after: bool = True
    wrap: bool = False

    def begin(self, folder: str = INBOX) -> Step:
        """The talk begins."""
        view = View(folder=folder)
        return Step(view=view, acts=(Act(do=Do.COUNT), Act(do=Do.MENU)))

    def press(self, view: View, key: str, shelf: Shelf) -> Step:
        """A key was pressed. While a message plays, one without a meaning is none."""
        view = replace(view, silences=0)
        if view.place is Place.LEFT:
            return Step(view=view)
        if view.place in (Place.FOLDERS, Place.SAVING):
            return self._into_folder(view, key, shelf)
        act = self.keys.act(AT[view.place], key)
        if act is None:
            playing = view.place in (Place.PLAYING, Place.PAUSED)
            return Step(view=view) if playing else _refused(view)
        if not self.may.do(act):
            return _refused(_stopped(view))
        return self._act(view, act, shelf)

    def ended(self, view: View, shelf: Shelf) -> Step:
        """The message that played is over."""
        if view.place is not Place.PLAYING:
            return Step(view=view)
        return _asked(replace(view, place=Place.MESSAGE))

    def waited(self, view: View) -> Step:
        """Nothing was pressed for as long as one waits."""
        view = replace(view, silences=view.silences + 1)
        if view.silences >= SILENCES:
            return _left(view)
        return Step(view=view, acts=(Act(do=Do.MENU),))

    def addressed(self, view: View, shelf: Shelf, *, some: bool) -> Step:
        """Mailboxes were chosen that get the message, *some* of them or none."""
        if some and view.message in shelf.messages and view.place is Place.MESSAGE:
            view = replace(view, place=Place.SENDING)
        return Step(view=view, acts=(Act(do=Do.MENU),))

    def taken_up(self, view: View, shelf: Shelf) -> Step:
        """The talk goes on after a break: a restart, or a call that was cut off."""
        view = replace(view, silences=0)
        if view.place is Place.LEFT:
            return _left(view)
        if view.message and view.message not in shelf.messages:
            away = replace(view, place=Place.BOX, message="")
            return Step(view=away, acts=(Act(do=Do.MENU),))
        if view.place in (Place.PLAYING, Place.PAUSED):
            playing = replace(view, place=Place.PLAYING)
            return Step(view=playing, acts=(Act(do=Do.GO_ON, message=view.message),))
        if view.place is Place.SENDING:
            # To whom it goes is asked again: nobody sends to whom he can't see.
            view = replace(view, place=Place.MESSAGE)
        return Step(view=view, acts=(Act(do=Do.MENU),))

    def stops(self, view: View) -> str:
        """The keys that do something now: they stop what is played."""
        if view.place in (Place.FOLDERS, Place.SAVING):
            return "0123456789" + self.keys.of[Key.UP]
        return self.keys.stops(AT[view.place]) if view.place in AT else ""

    def offered(self, view: View, shelf: Shelf) -> list[tuple[str, Key]]:
        """What the menu of the view says: keys and acts that make sense now.

        For the digits of folders: `order.FOLDERS`, and `Key.UP` from here.
        """
        if view.place in (Place.FOLDERS, Place.SAVING):
            return [(self.keys.of[Key.UP], Key.UP)]
        if view.place not in AT:
            return []
        return [
            (key, act)
            for key, act in self.keys.offered(AT[view.place])
            if self.may.do(act) and self._makes_sense(view, act, shelf)
        ]

    def _makes_sense(self, view: View, act: Key, shelf: Shelf) -> bool:
        if view.place is Place.MESSAGE and act in UNSAID:
            return False
        there = view.message in shelf.messages
        if act in OF_ITS_MESSAGE or act in (Key.AGAIN, Key.DELETE):
            return there
        if act in (Key.SEND_ON, Key.SAVE):
            return there and view.message not in shelf.deleted
        if act is Key.NEXT:
            return bool(shelf.next(view, wrap=self.wrap))
        if act is Key.BEFORE:
            return bool(shelf.before(view, wrap=self.wrap))
        if act is Key.HEAR:
            return bool(_first(shelf))
        return True

    def _act(self, view: View, act: Key, shelf: Shelf) -> Step:
        match act:
            case Key.LEAVE:
                return _left(view)
            case Key.UP:
                return _asked(_up(view))
            case Key.HELP:
                return _asked(_stopped(view))
            case Key.FOLDER:
                return _asked(replace(view, place=Place.FOLDERS))
            case Key.MORE:
                return _asked(replace(view, place=Place.MORE))
            case Key.SETTINGS:
                return _asked(replace(view, place=Place.SETTINGS))
            case Key.TEMPORARY:
                return _asked(replace(view, place=Place.TEMPORARY))
            case Key.HEAR:
                return _hear(view, _first(shelf), shelf)
            case Key.NEXT:
                return _hear(view, shelf.next(view, wrap=self.wrap), shelf)
            case Key.BEFORE:
                return _hear(view, shelf.before(view, wrap=self.wrap), shelf)
            case Key.SEND_NEW:
                return _done(_up(view), Act(do=Do.SEND_NEW))
            case Key.PIN:
                return _done(view, Act(do=Do.PIN))
            case Key.UNAVAILABLE | Key.BUSY | Key.NAME:
                return _done(view, Act(do=Do.GREET, greeting=act.value))
            case Key.SPEAK:
                return _done(_up(view), Act(do=Do.GREET, greeting="temporary"))
            case Key.TAKE_OFF:
                return _done(_up(view), Act(do=Do.TAKE_OFF))
        if view.message not in shelf.messages:
            return _refused(_up(_stopped(view)))
        return self._with_message(view, act, shelf)

    def _with_message(self, view: View, act: Key, shelf: Shelf) -> Step:
        """An act on the message of the view, which is there."""
        message, deleted = view.message, view.message in shelf.deleted
        playing = replace(view, place=Place.PLAYING)
        match act:
            case Key.FORWARD:
                return Step(view=playing, acts=(Act(do=Do.SKIP_ON, message=message),))
            case Key.BACK:
                return Step(view=playing, acts=(Act(do=Do.SKIP_BACK, message=message),))
            case Key.PAUSE if view.place is Place.PLAYING:
                paused = replace(view, place=Place.PAUSED)
                return Step(view=paused, acts=(Act(do=Do.PAUSE, message=message),))
            case Key.PAUSE:
                return Step(view=playing, acts=(Act(do=Do.GO_ON, message=message),))
            case Key.RESTART | Key.AGAIN:
                return Step(view=playing, acts=(Act(do=Do.PLAY, message=message),))
            case Key.DELETE if message in shelf.mine:
                return _done(_stopped(view), Act(do=Do.RESTORE, message=message))
            case Key.DELETE:
                return self._and_on(view, Act(do=Do.DELETE, message=message), shelf)
            case Key.SAVE if not deleted:
                return _asked(replace(view, place=Place.SAVING))
            case Key.SEND_ON if not deleted:
                asks = Act(do=Do.ADDRESS, message=message)
                return Step(view=_stopped(view), acts=(asks,))
        if act in OF_ITS_MESSAGE and not (deleted and view.place is Place.SENDING):
            stopped = replace(view, place=Place.MESSAGE)
            return _done(stopped, Act(do=OF_ITS_MESSAGE[act], message=message))
        return _refused(_stopped(view))

    def _into_folder(self, view: View, key: str, shelf: Shelf) -> Step:
        """A folder was chosen: to be opened, or for the message."""
        if key == self.keys.of[Key.UP]:
            return _asked(_up(view))
        folder = folder_of(key)
        if folder is None:
            return _refused(view)
        if view.place is Place.FOLDERS:
            opened = View(folder=folder)
            return Step(view=opened, acts=(Act(do=Do.COUNT), Act(do=Do.MENU)))
        if view.message not in shelf.messages or view.message in shelf.deleted:
            return _refused(_up(view))
        moved = Act(do=Do.MOVE, message=view.message, folder=folder)
        return self._and_on(replace(view, place=Place.MESSAGE), moved, shelf)

    def _and_on(self, view: View, act: Act, shelf: Shelf) -> Step:
        """*act* takes the message away; then the next one, if that is wished."""
        view = _stopped(view)
        if not self.next_after:
            return _done(view, act)
        following = shelf.next(view, wrap=self.wrap)
        if act.do is Do.MOVE and not following:
            # It is in another folder now: nothing is left here to be chosen.
            view = replace(view, place=Place.BOX, message="")
        step = _hear(view, following, shelf)
        return replace(step, acts=(act, *step.acts))


def _first(shelf: Shelf) -> str:
    return next((m for m in shelf.messages if m not in shelf.deleted), "")


def _hear(view: View, message: str, shelf: Shelf) -> Step:
    """Say and play *message*; "": there is none."""
    if not message:
        return Step(view=_stopped(view), acts=(Act(do=Do.NO_MORE), Act(do=Do.MENU)))
    found = replace(
        view,
        place=Place.PLAYING,
        message=message,
        nth=shelf.messages.index(message),
    )
    announced = Act(do=Do.ANNOUNCE, message=message)
    return Step(view=found, acts=(announced, Act(do=Do.PLAY, message=message)))


def _stopped(view: View) -> View:
    """A message that plays plays no more."""
    playing = view.place in (Place.PLAYING, Place.PAUSED)
    return replace(view, place=Place.MESSAGE) if playing else view


def _up(view: View) -> View:
    """One menu further out."""
    if view.place is Place.TEMPORARY:
        return replace(view, place=Place.SETTINGS)
    return replace(view, place=Place.MESSAGE if view.message else Place.BOX)


def _asked(view: View) -> Step:
    return Step(view=view, acts=(Act(do=Do.MENU),))


def _done(view: View, act: Act) -> Step:
    return Step(view=view, acts=(act, Act(do=Do.MENU)))


def _refused(view: View) -> Step:
    return _done(view, Act(do=Do.NOT_NOW))


def _left(view: View) -> Step:
    return Step(view=replace(view, place=Place.LEFT), acts=(Act(do=Do.GOODBYE),))
