"""Hearing messages by phone: which key does what, wherever one is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.keys import KEYS, Key, keys_of
from ivrflow.voicemail.menu import SILENCES, May, Menu
from ivrflow.voicemail.order import FOLDERS
from ivrflow.voicemail.view import OF_A_MESSAGE, Act, Do, Place, Shelf, Step, View
from tests.unit.voicemail.patience import patient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MENU = Menu()
THREE = Shelf(messages=("a", "b", "c"))


def told(step):
    """The acts in short: `delete a`, `menu`."""
    return [
        " ".join(filter(None, (a.do.value, a.message, a.folder, a.greeting)))
        for a in step.acts
    ]


def pressed(keys, *, menu=MENU, shelf=THREE, view=None):
    """The last step of a talk in which these keys are pressed, deletions kept."""
    step, deleted = Step(view=view or View()), set(shelf.deleted)
    for key in keys:
        now = Shelf(
            messages=shelf.messages,
            deleted=frozenset(deleted),
            mine=frozenset(deleted),
        )
        step = menu.press(step.view, key, now)
        for act in step.acts:
            if act.do is Do.DELETE:
                deleted.add(act.message)
            if act.do is Do.RESTORE:
                deleted.remove(act.message)
    return step


def test_a_talk_begins_with_how_many_there_are():
    assert told(MENU.begin()) == ["count", "menu"]
    assert MENU.begin("work").view == View(folder="work")


def test_1_plays_the_first_message():
    step = pressed("1")
    assert told(step) == ["announce a", "play a"]
    assert step.view == View(place=Place.PLAYING, message="a")


def test_1_in_an_empty_mailbox_says_that_there_is_nothing():
    step = pressed("1", shelf=Shelf())
    assert told(step) == ["no more", "menu"]
    assert step.view.place is Place.BOX


@pytest.mark.parametrize(
    ("keys", "acts", "place"),
    [
        ("1#", ["skip on a"], Place.PLAYING),
        ("1*", ["skip back a"], Place.PLAYING),
        ("10", ["pause a"], Place.PAUSED),
        ("100", ["go on a"], Place.PLAYING),
        ("10#", ["skip on a"], Place.PLAYING),
        ("12", ["play a"], Place.PLAYING),
        ("15", ["play a"], Place.PLAYING),
        ("16", ["announce b", "play b"], Place.PLAYING),
        ("14", ["no more", "menu"], Place.MESSAGE),
        ("164", ["announce a", "play a"], Place.PLAYING),
        ("1666", ["no more", "menu"], Place.MESSAGE),
        ("17", ["delete a", "announce b", "play b"], Place.PLAYING),
        ("1747", ["restore a", "menu"], Place.MESSAGE),
        ("1667", ["delete c", "no more", "menu"], Place.MESSAGE),
        ("16677", ["restore c", "menu"], Place.MESSAGE),
        ("18", ["address a"], Place.MESSAGE),
        ("19", ["menu"], Place.SAVING),
        ("192", ["move a work", "announce b", "play b"], Place.PLAYING),
        ("16693", ["move c family", "no more", "menu"], Place.BOX),
        ("19*", ["menu"], Place.MESSAGE),
        ("13", ["menu"], Place.MORE),
        ("131", ["reply a", "menu"], Place.MESSAGE),
        ("132", ["call back a", "menu"], Place.MESSAGE),
        ("133", ["envelope a", "menu"], Place.MESSAGE),
        ("135", ["send new", "menu"], Place.MESSAGE),
        ("134", ["not now", "menu"], Place.MORE),
        ("13*", ["menu"], Place.MESSAGE),
        ("35", ["send new", "menu"], Place.BOX),
        ("31", ["not now", "menu"], Place.BOX),
        ("2", ["menu"], Place.FOLDERS),
        ("2*", ["menu"], Place.BOX),
        ("24", ["count", "menu"], Place.BOX),
        ("2#", ["not now", "menu"], Place.FOLDERS),
        ("0", ["menu"], Place.SETTINGS),
        ("01", ["greet unavailable", "menu"], Place.SETTINGS),
        ("02", ["greet busy", "menu"], Place.SETTINGS),
        ("03", ["greet name", "menu"], Place.SETTINGS),
        ("04", ["menu"], Place.TEMPORARY),
        ("041", ["greet temporary", "menu"], Place.SETTINGS),
        ("042", ["take off", "menu"], Place.SETTINGS),
        ("04*", ["menu"], Place.SETTINGS),
        ("05", ["pin", "menu"], Place.SETTINGS),
        ("0*", ["menu"], Place.BOX),
        ("*", ["menu"], Place.BOX),
        ("9", ["not now", "menu"], Place.BOX),
        ("#", ["goodbye"], Place.LEFT),
    ],
)
def test_keys_as_in_app_voicemail(keys, acts, place):
    step = pressed(keys)
    assert (told(step), step.view.place) == (acts, place)


def test_what_is_over_can_be_heard_again_and_left():
    over = MENU.ended(pressed("1").view, THREE)
    assert told(over) == ["menu"]
    assert over.view.place is Place.MESSAGE
    assert told(pressed("5", view=over.view)) == ["play a"]
    assert told(pressed("#", view=over.view)) == ["goodbye"]


def test_a_key_without_a_meaning_does_not_disturb_a_message():
    menu = Menu(keys=keys_of({"send_on": ""}))
    playing = pressed("1").view
    assert menu.press(playing, "8", THREE) == Step(view=playing)
    assert "8" not in menu.stops(playing)
    assert "7" in menu.stops(playing)


def test_an_opened_folder_begins_anew():
    over = MENU.ended(pressed("1").view, THREE).view
    assert pressed("24", view=over).view == View(folder="friends")


def test_without_going_on_a_deleted_message_stays_chosen():
    menu = Menu(next_after=False)
    assert told(pressed("17", menu=menu)) == ["delete a", "menu"]
    assert told(pressed("177", menu=menu)) == ["restore a", "menu"]
    assert told(pressed("192", menu=menu)) == ["move a work", "menu"]


def test_round_and_round_if_the_site_wishes():
    menu = Menu(wrap=True)
    assert told(pressed("1666", menu=menu)) == ["announce a", "play a"]
    assert told(pressed("14", menu=menu)) == ["announce c", "play c"]
    alone = Shelf(messages=("a",))
    assert told(pressed("16", menu=menu, shelf=alone)) == ["no more", "menu"]
    assert told(pressed("14", menu=menu, shelf=alone)) == ["no more", "menu"]


def test_deleted_messages_are_passed_over_but_for_going_back():
    shelf = Shelf(messages=("a", "b", "c"), deleted=frozenset("ab"))
    assert told(pressed("1", shelf=shelf)) == ["announce c", "play c"]
    assert told(pressed("14", shelf=shelf)) == ["announce b", "play b"]


def test_a_deleted_message_is_neither_sent_nor_saved():
    shelf = Shelf(messages=("a",), deleted=frozenset("a"))
    view = View(place=Place.MESSAGE, message="a")
    for key in "89":
        assert told(pressed(key, view=view, shelf=shelf)) == ["not now", "menu"]


def test_a_message_that_somebody_else_took_is_left_alone():
    view, rest = pressed("16").view, Shelf(messages=("a", "c"))
    for key in "*0#25":
        assert told(pressed(key, view=view, shelf=rest)) == ["not now", "menu"]
    assert told(pressed("7", view=view, shelf=rest)) == ["not now", "menu"]
    assert told(pressed("6", view=view, shelf=rest)) == ["announce c", "play c"]
    assert told(pressed("4", view=view, shelf=rest)) == ["announce a", "play a"]
    assert told(MENU.ended(view, rest)) == ["menu"]


def test_a_message_is_sent_on_once_somebody_gets_it():
    asked = pressed("18").view
    assert told(MENU.addressed(asked, THREE, some=False)) == ["menu"]
    chosen = MENU.addressed(asked, THREE, some=True).view
    assert chosen.place is Place.SENDING
    assert told(pressed("1", view=chosen)) == ["comment and send a", "menu"]
    assert told(pressed("2", view=chosen)) == ["send a", "menu"]
    assert pressed("*", view=chosen).view == asked


def test_what_one_may_not_do_is_refused_and_not_offered():
    menu = Menu(
        may=May(delete=False, send_on=False, call_back=False, greetings=False),
    )
    over = menu.ended(pressed("1").view, THREE).view
    for keys in ("7", "8", "32"):
        assert told(pressed(keys, menu=menu, view=over)) == ["not now", "menu"]
    assert [act for _, act in menu.offered(over, THREE)] == [
        Key.MORE,
        Key.LEAVE,
        Key.AGAIN,
        Key.NEXT,
        Key.SAVE,
    ]
    greetings = pressed("0", menu=menu).view
    assert menu.offered(greetings, THREE) == [("5", Key.PIN), ("*", Key.UP)]
    nothing = Menu(may=May(greetings=False, pin=False))
    assert told(pressed("0", menu=nothing)) == ["not now", "menu"]


def test_the_menu_says_what_makes_sense():
    assert MENU.offered(View(), Shelf())[0] == ("2", Key.FOLDER)
    assert MENU.offered(View(), THREE)[0] == ("1", Key.HEAR)
    more = View(place=Place.MORE)
    assert MENU.offered(more, THREE) == [("5", Key.SEND_NEW), ("*", Key.UP)]
    assert MENU.offered(View(place=Place.FOLDERS), THREE) == [("*", Key.UP)]
    assert MENU.offered(View(place=Place.LEFT), THREE) == []


def test_silence_says_the_menu_again_and_then_ends_the_talk():
    step = Step(view=pressed("13").view)
    for _ in range(SILENCES - 1):
        step = MENU.waited(step.view)
        assert told(step) == ["menu"]
    assert told(MENU.waited(step.view)) == ["goodbye"]
    assert MENU.press(step.view, "9", THREE).view.silences == 0


@pytest.mark.parametrize(
    ("keys", "acts", "place"),
    [
        ("1", ["go on a"], Place.PLAYING),
        ("10", ["go on a"], Place.PLAYING),
        ("13", ["menu"], Place.MORE),
        ("0", ["menu"], Place.SETTINGS),
        ("#", ["goodbye"], Place.LEFT),
    ],
)
def test_a_talk_goes_on_after_a_restart(keys, acts, place):
    view = View.of(pressed(keys).view.kept())
    step = MENU.taken_up(view, THREE)
    assert (told(step), step.view.place) == (acts, place)


def test_a_message_that_is_gone_after_a_restart_leads_to_the_mailbox():
    step = MENU.taken_up(pressed("1").view, Shelf(messages=("b",)))
    assert (told(step), step.view) == (["menu"], View())


def test_who_was_choosing_how_to_send_chooses_mailboxes_again_after_a_restart():
    view = View(place=Place.SENDING, message="a")
    assert MENU.taken_up(view, THREE).view.place is Place.MESSAGE


def test_a_message_that_was_heard_is_still_followed_by_the_next_new_one():
    @dataclass(frozen=True)
    class Left:
        message: str
        state: str = "new"
        heard: datetime | None = None
        deleted: datetime | None = None
        anew: datetime | None = None
        folder: str = ""
        urgent: bool = False
        at: datetime = NOON

    later = NOON + timedelta(minutes=1)
    rows = [Left("a", "old", heard=later), Left("b", "deleted", deleted=later)]
    rows += [Left("c"), Left("d", "old")]
    shelf = Shelf.of(rows, "", since=NOON, undo=("b", "c"))
    assert shelf == Shelf(
        messages=("a", "b", "c", "d"), deleted=frozenset("b"), mine=frozenset("b")
    )
    assert told(pressed("16", shelf=shelf)) == ["announce c", "play c"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"place": "cellar", "folder": "", "message": "", "nth": 0},
        {"place": ["box"], "folder": "", "message": "", "nth": 0},
        {"place": "box", "folder": "secret", "message": "", "nth": 0},
        {"place": "box", "folder": ["new"], "message": "", "nth": 0},
        {"place": "box", "folder": "", "message": None, "nth": 0},
        {"place": "box", "folder": "", "message": "", "nth": True},
        {"place": "box", "folder": "", "message": "", "nth": -1},
        {"place": "playing", "folder": "", "message": "", "nth": 0},
    ],
)
def test_what_is_no_view_is_none(nonsense):
    assert View.of(nonsense) is None


# Whatever is pressed

names = st.sampled_from("abcdef")
shelves = st.builds(
    lambda messages, deleted, mine: Shelf(
        messages=tuple(messages),
        deleted=frozenset(deleted) & set(messages),
        mine=frozenset(mine) & deleted & set(messages),
    ),
    st.lists(names, unique=True, max_size=5),
    st.sets(names),
    st.sets(names),
)
mays = st.builds(May, delete=st.booleans(), send_on=st.booleans())
menus = st.builds(
    Menu,
    keys=st.sampled_from(
        [keys_of({}), keys_of({"leave": "*", "help": "#", "up": "#"})]
    ),
    may=mays,
    next_after=st.booleans(),
    wrap=st.booleans(),
)
events = st.lists(
    st.tuples(
        st.sampled_from([*KEYS, "ended", "waited", "some", "none", "restart"]), shelves
    ),
    max_size=30,
)
NOT_OF_DELETED = {Do.MOVE, Do.SEND, Do.COMMENT_AND_SEND, Do.ADDRESS}
ALWAYS_THERE = {Do.PAUSE, Do.GO_ON, Do.SKIP_ON, Do.SKIP_BACK} | NOT_OF_DELETED


def moved(menu, view, event, shelf):
    match event:
        case "ended":
            return menu.ended(view, shelf)
        case "waited":
            return menu.waited(view)
        case "some" | "none":
            return menu.addressed(view, shelf, some=event == "some")
        case "restart":
            return menu.taken_up(View.of(view.kept()), shelf)
    return menu.press(view, event, shelf)


@patient(80)
@given(menus, events)
def test_no_act_is_on_a_message_that_is_not_there(menu, happens):
    view = menu.begin().view
    for event, shelf in happens:
        step = moved(menu, view, event, shelf)
        for act in step.acts:
            assert not act.message or act.message in shelf.messages
            assert act.folder in ("", *FOLDERS)
            if act.do is Do.RESTORE:
                assert act.message in shelf.mine
                assert menu.may.delete
            if act.do in NOT_OF_DELETED:
                assert act.message not in shelf.deleted
            if act.do in ALWAYS_THERE:
                assert act.message
        assert (step.view.place in OF_A_MESSAGE) <= bool(step.view.message)
        if step.view.place is Place.LEFT and view.place is not Place.LEFT:
            assert step.acts == (Act(do=Do.GOODBYE),)
        assert View.of(step.view.kept()) is not None
        view = step.view


@patient(50)
@given(menus, events, shelves)
def test_there_is_always_a_way_out(menu, happens, shelf):
    view = menu.begin().view
    for event, then in happens:
        view = moved(menu, view, event, then).view
    silent = view
    for _ in range(SILENCES):
        if silent.place is not Place.LEFT:
            silent = menu.waited(silent).view
    assert silent.place is Place.LEFT
    assert _keys_to_the_end(menu, view, shelf) <= 3


def _keys_to_the_end(menu, view, shelf):
    """How many keys lead out of the talk at least."""
    reached, keys = {view}, 0
    while not any(v.place is Place.LEFT for v in reached):
        reached |= {menu.press(v, key, shelf).view for v in reached for key in KEYS}
        keys += 1
        assert keys < 10
    return keys


@patient(80)
@given(menus, events, shelves)
def test_deleting_is_undone_by_the_same_key(menu, happens, shelf):
    view = menu.begin().view
    for event, then in happens:
        view = moved(menu, view, event, then).view
    key = menu.keys.of[Key.DELETE]
    deleted = menu.press(view, key, shelf)
    for act in deleted.acts:
        if act.do is not Do.DELETE:
            continue
        after = Shelf(
            messages=shelf.messages,
            deleted=shelf.deleted | {act.message},
            mine=shelf.mine | {act.message},
        )
        there = View(place=Place.MESSAGE, folder=view.folder, message=act.message)
        restored = menu.press(there, key, after)
        assert restored.acts[0] == Act(do=Do.RESTORE, message=act.message)
        if deleted.view.message != act.message:
            back = menu.press(deleted.view, menu.keys.of[Key.BEFORE], after).view
            passed = shelf.messages.index(deleted.view.message)
            # Others may have been deleted between the two: back once for each.
            assert back.message == shelf.messages[passed - 1]
