"""Which sound ended last, as a relay hears it; and what that spares at a take-over."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.errors import Gone
from ivrflow.asterisk.ari.relay.sounds import CHANNELS, LastSounds
from ivrflow.asterisk.ari.still_playing import MOST, Before, Sounding
from tests.unit.asterisk.ari.test_inbound import until
from tests.unit.asterisk.ari.test_relay import relayed, service


def ended(playback, type="PlaybackFinished"):
    return json.dumps({"type": type, "playback": {"id": playback}}).encode()


class Plays:
    """An Asterisk in which some sounds play. `asked` tells about which it was asked."""

    def __init__(self, *playing):
        self.playing = playing
        self.asked = []
        self.playbacks = self

    async def get(self, id):
        self.asked.append(id)
        if id not in self.playing:
            raise Gone(id)
        return SimpleNamespace(media_uri=f"sound:{id}")


def before(asterisk, **how):
    async def nowhere():
        pass

    return Before(asterisk, "1731.17", step_out=nowhere, **how)


def test_the_last_end_counts_of_each_channel():
    sounds = LastSounds()
    for playback in ("1731.17-1", "1731.18-7", "1731.17-2"):
        sounds.heard(ended(playback))

    assert (sounds.of("1731.17"), sounds.of("1731.18")) == (2, 7)
    assert sounds.of("1731.19") is None


def test_who_comes_in_once_more_begins_to_count_anew():
    sounds = LastSounds()
    for playback in ("1731.17-9", "1731.18-7"):
        sounds.heard(ended(playback))
    came = {"type": "StasisStart", "channel": {"id": "1731.17", "name": "PJSIP/a"}}
    sounds.heard(json.dumps(came).encode())

    assert sounds.all() == {"1731.18": 7}


@pytest.mark.parametrize(
    "event",
    [
        ended("1731.17-5", type="PlaybackStarted"),
        ended("1731.17"),
        ended("1731.17-x"),
        ended("1731.17-1234567"),
        ended("1731.17-²"),
        b'{"type": "PlaybackFinished"}',
        b'"PlaybackFinished"',
        b'{"type": "StasisStart"}',
        b'{"type": "Dial", "is": "StasisStart", "channel": {"id": "1731.17"}}',
        b'{"type": "PlaybackFinished", "playback": {"id": "\xff-3"}}',
        b'{"type": "ChannelVarset", "value": "PlaybackFinished", "playback": 1}',
    ],
)
def test_what_is_no_end_of_a_sound_of_a_channel_changes_nothing(event):
    sounds = LastSounds()
    sounds.heard(ended("1731.17-4"))
    sounds.heard(event)

    assert sounds.all() == {"1731.17": 4}


def test_of_too_many_channels_those_go_that_heard_nothing_for_longest():
    sounds = LastSounds()
    for number in range(CHANNELS):
        sounds.ended(f"{number}-1")
    sounds.ended("0-2")
    sounds.ended("new-1")

    assert len(sounds.all()) == CHANNELS
    assert (sounds.of("0"), sounds.of("1"), sounds.of("new")) == (2, None, 1)


async def test_where_the_last_end_is_known_one_question_finds_what_plays():
    asterisk = Plays("1731.17-9")

    found = await before(asterisk, ordered=7, ended=8).sounding(7)

    assert found == Sounding(9, "sound:1731.17-9")
    assert asterisk.asked == ["1731.17-9"]


async def test_where_the_last_end_is_known_one_question_finds_silence():
    asterisk, silent = Plays(), Plays()
    left = before(asterisk, ordered=7, ended=8)

    assert await left.sounding(7) is None
    assert len(asterisk.asked) == 1
    assert await before(silent, ordered=7).sounding(7) is None
    assert len(silent.asked) == MOST


async def test_what_had_ended_before_the_last_note_is_no_news():
    asterisk = Plays("1731.17-8")

    found = await before(asterisk, ordered=7, ended=3).sounding(7)

    assert found == Sounding(8, "sound:1731.17-8")


def test_a_number_is_never_used_twice_where_ends_are_known():
    assert before(Plays(), ordered=7, ended=9).used(7) == 9
    assert before(Plays(), ordered=7, ended=5).used(7) == 7
    assert before(Plays(), ordered=7).used(7) == 7


async def test_the_next_service_hears_what_ended_before_it_came(tmp_path):
    async with relayed(tmp_path) as (asterisk, joined):
        async with service(joined()) as first:
            await asterisk.has(1)
            await asterisk.send(ended("1731.17-1").decode())
            await until(lambda: len(first) == 2)
        await asyncio.sleep(0.1)  # its end is noticed
        await asterisk.send(ended("1731.17-2").decode())
        source = joined()
        async with service(source) as second:
            await until(lambda: len(second) == 2)
            assert source.last_sounds.of("1731.17") == 2
            source.drop("nothing comes")
            await until(lambda: second[-1] == "connected" and second[2:])
            assert source.last_sounds.of("1731.17") is None
        await asyncio.sleep(0.1)
        third = joined()
        async with service(third) as story:
            await until(lambda: story)
            assert third.last_sounds.all() == {}
