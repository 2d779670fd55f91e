import asyncio

import pytest

from ivrflow.sim import clock
from ivrflow.telephony.keys import LONGEST, Keys


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
