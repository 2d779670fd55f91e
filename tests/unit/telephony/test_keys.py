import asyncio

import pytest

from ivrflow.sim import clock
from ivrflow.telephony.keys import LONGEST, NOWHERE, Before, Keys, Place, Stretch


def test_keys_come_in_the_order_in_which_they_were_pressed():
    async def main():
        keys = Keys()
        for key in "12#":
            keys.press(key)
        return [await keys.next(1) for _ in range(4)]

    assert clock.run(main()) == ["1", "2", "#", ""]


def test_a_key_wakes_the_one_who_waits():
    async def main():
        keys, loop = Keys(), asyncio.get_running_loop()
        loop.call_at(2.5, keys.press, "7")
        return await keys.next(6), loop.time()

    assert clock.run(main()) == ("7", 2.5)


def test_waiting_in_vain_gives_nothing_and_takes_as_long_as_it_was_told():
    async def main():
        return await Keys().next(6), asyncio.get_running_loop().time()

    assert clock.run(main()) == ("", 6)


@pytest.mark.parametrize("nonsense", ["", "12", "x", "\n", "１", "0\r"])
def test_what_is_no_key_of_a_telephone_is_dropped(nonsense):
    keys = Keys()
    keys.press(nonsense)

    assert keys.peek() == ""
    assert keys.dropped == 1


def test_a_phone_that_never_stops_fills_no_memory():
    keys = Keys()
    for _ in range(LONGEST + 50):
        keys.press("1")

    assert len(keys.peek()) == LONGEST
    assert keys.dropped == 50


def test_two_readers_of_one_phone_are_a_fault_of_ours():
    async def main():
        keys = Keys()
        async with asyncio.TaskGroup() as group:
            group.create_task(keys.next(1))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="two tasks"):
                await keys.next(1)

    clock.run(main())


def test_one_of_some_keys_is_taken_and_the_others_stay_in_order():
    keys = Keys()
    for key in "12#3#":
        keys.press(key)

    assert keys.take("*#") == "#"
    assert keys.peek() == "123#"
    assert keys.take("*") == ""
    assert keys.peek() == "123#"


# After a restart --------------------------------------------------------------------


def at(number, keeper="relay"):
    return Place(keeper, number)


def before(keys, *, since=0, keeper="relay"):
    return Before(keeper, since, dict(keys))


TYPED = {3: "1", 4: "2", 7: "3", 9: "4"}


def test_what_nobody_had_taken_comes_again_in_order_and_each_key_once():
    keys = Keys()
    keys.came_meanwhile([("3", at(7)), ("4", at(9))], before(TYPED))
    keys.press("5", at(12))

    assert keys.again_from(at(3))
    keys.press("5", at(12))

    assert keys.peek() == "2345"
    assert keys.taken == at(3)


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        (at(3, "another"), before(TYPED)),
        (NOWHERE, before(TYPED)),
        (NOWHERE, before({}, keeper="")),
        (at(3), before(TYPED, since=4)),
        (at(3), None),
    ],
)
def test_what_may_have_gaps_does_not_come_again(place, kept):
    keys = Keys()
    keys.came_meanwhile([("4", at(9))], kept)

    assert not keys.again_from(place)
    assert keys.peek() == "4"


def test_keys_of_two_keepers_do_not_mix():
    keys = Keys()
    keys.came_meanwhile([], before(TYPED))
    keys.press("8", at(1, "another"))

    assert not keys.again_from(at(3))
    assert keys.peek() == "8"


def test_however_keys_are_taken_they_do_not_come_again():
    async def main():
        keys, places = Keys(at(2)), []
        for number, key in TYPED.items():
            keys.press(key, at(number))
        for take in (lambda: keys.next(0), lambda: keys.take("3"), keys.clear):
            if (waiting := take()) is not None and not isinstance(waiting, str):
                await waiting
            places.append(keys.taken.number)
        keys.pass_by(at(11))
        return [*places, keys.taken.number]

    assert clock.run(main()) == [3, 7, 9, 11]


def test_the_keys_of_an_entry_are_known_as_long_as_all_of_them_are_kept():
    keys = Keys()
    keys.came_meanwhile([], before(TYPED, since=2))

    assert keys.stretch(Stretch("relay", 3, 7)) == "123"
    assert keys.stretch(Stretch("relay", 2, 7)) == ""
    assert keys.stretch(Stretch("another", 3, 7)) == ""
    keys.forget()
    assert keys.stretch(Stretch("relay", 3, 7)) == ""


def test_what_is_kept_prints_no_key():
    assert "'3'" not in repr(before(TYPED))


def test_who_waits_throws_nothing_away_that_was_pressed_before_the_restart():
    async def main():
        keys = Keys()
        keys.came_meanwhile([], before(TYPED))
        keys.again_from(at(7))
        old = keys.come_again
        await keys.next(0)
        keys.press("5", at(12))
        return old, keys.come_again

    assert clock.run(main()) == (True, False)
