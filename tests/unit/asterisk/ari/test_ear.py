"""What is heard by a caller who was taken over, where his keys come at any moment."""

import asyncio
from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import Gone
from ivrflow.asterisk.ari.kept_keys import KeptKeys
from ivrflow.asterisk.ari.still_playing import Before
from ivrflow.asterisk.ari.wire.event_models import PlaybackFinished
from ivrflow.asterisk.ari.wire.models import Playback
from ivrflow.telephony.sound import Utterance
from tests.unit.asterisk.ari.test_inbound import until

DIGITS = "0123456789"

FINISHED = PlaybackFinished(
    application="ivrflow",
    timestamp="",
    playback=Playback(id="", media_uri="", target_uri="", state="done"),
)


def said(clip):
    return [Utterance(clip, "words", "en", (clip,))]


class Asterisk:
    """As much of it as an ear needs. *plays*: number -> the sound that plays."""

    link = None

    def __init__(self, **plays):
        self.plays = {
            f"17-{n.removeprefix('n')}": f"sound:{s}" for n, s in plays.items()
        }
        self.channels = self.playbacks = self.hub = self
        self.kept_keys = KeptKeys()
        self.asked, self.stopped, self.ordered, self.tasks = [], [], [], []
        self.noted, self.watched = [], {}
        self.before_it_answers = {}
        """What happens while it is asked that."""

    def channel(self, **before):
        async def nowhere():
            pass

        left = Before(self, "17", step_out=nowhere, **({"ordered": 0} | before))
        return AriChannel(self, "17", up=True, before=left)

    def watch(self, kind, id, heard):
        self.watched[id] = heard
        return SimpleNamespace(close=lambda: None)

    def soon(self, work):
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def _answers(self, question):
        self.asked.append(question)
        self.before_it_answers.pop(question, lambda: None)()

    async def get(self, id):
        self._answers("what plays")
        if id not in self.plays:
            raise Gone(id)
        return SimpleNamespace(media_uri=self.plays[id])

    async def stop_moh(self, id):
        self._answers("no music")

    async def stop(self, id):
        self.stopped.append(id)
        self.plays.pop(id, None)

    async def play_with_id(self, channel, id, media, **how):
        self.ordered.append((id, *media, *how.items()))
        heard = self.watched.pop(id)
        asyncio.get_running_loop().call_soon(heard, FINISHED)

    async def set_channel_var(self, channel, name, *, value):
        self.noted.append(value)


@pytest.mark.parametrize("meanwhile", ["no music", "what plays"])
async def test_a_key_that_comes_while_asterisk_is_asked_stops_what_plays(meanwhile):
    asterisk = Asterisk(n1="menu")
    channel = asterisk.channel()
    asterisk.before_it_answers[meanwhile] = lambda: channel._pressed("1")

    async with asyncio.timeout(5):
        assert not await channel.play(said("menu"), stop_on="123")

    assert asterisk.stopped == ["17-1"]
    assert asterisk.ordered == []
    assert channel.keys.peek() == "1"


async def test_a_key_that_comes_while_asterisk_is_asked_spares_the_prompt():
    asterisk = Asterisk()
    channel = asterisk.channel()
    asterisk.before_it_answers["no music"] = lambda: channel._pressed("1")

    async with asyncio.timeout(5):
        assert not await channel.play(said("menu"), stop_on="123")
    assert asterisk.ordered == []


@pytest.mark.parametrize("known", [{}, {"ended": 1}])
async def test_keys_that_answer_again_leave_the_next_question_that_plays(known):
    asterisk = Asterisk(n2="pin")
    channel = asterisk.channel(**known)
    for key in "62":
        channel._pressed(key)

    assert not await channel.play(said("card"), stop_on=DIGITS)
    channel.keys.clear()
    async with asyncio.TaskGroup() as group:
        pin = group.create_task(channel.play(said("pin"), stop_on=DIGITS))
        await until(lambda: channel._ear.playing)
        await asyncio.sleep(0.02)
        assert (asterisk.stopped, asterisk.ordered) == ([], [])
        channel._pressed("4")

    assert not pin.result()
    await asyncio.gather(*asterisk.tasks)
    assert asterisk.stopped == ["17-2"]
    assert asterisk.ordered == []


async def test_keys_that_answer_again_stop_their_own_question():
    asterisk = Asterisk(n1="card")
    channel = asterisk.channel()
    channel._pressed("6")

    assert not await channel.play(said("card"), stop_on=DIGITS)
    assert asterisk.stopped == ["17-1"]


async def test_where_nothing_plays_any_more_nothing_is_looked_for_twice():
    asterisk = Asterisk()
    channel = asterisk.channel(ended=4)
    channel._pressed("6")

    for _ in range(2):
        assert not await channel.play(said("card"), stop_on=DIGITS)
    assert asterisk.asked == ["what plays"]
    assert channel._ear.ordered == 4


async def test_a_sound_begins_where_it_is_wanted_and_the_next_one_at_its_beginning():
    asterisk = Asterisk()
    channel = asterisk.channel()
    pause = Utterance("", "", "en", ("silence:1",))

    two = [*said("message"), pause, *said("menu")]
    assert await channel.play(two, begin=12.3456)

    assert asterisk.ordered == [
        ("17-1", "sound:message", ("offsetms", 12346)),
        ("17-2", "sound:menu"),
    ]


async def test_where_a_sound_begins_is_known_to_whoever_takes_the_call_over():
    asterisk = Asterisk()
    channel = asterisk.channel()
    await channel.remember("listening")
    await channel.play(said("message"), begin=12)
    await channel.play(said("message"))
    await channel.play(said("message"), begin=3.5)
    await channel.remember("listening on")

    assert asterisk.noted == [
        "0:listening",
        "0@1=12000:listening",
        "0@1=12000@3=3500:listening",
        "3:listening on",
    ]


async def test_where_nothing_is_remembered_nothing_is_noted_of_its_begin_either():
    asterisk = Asterisk()
    await asterisk.channel().play(said("message"), begin=12)
    assert asterisk.noted == []


@pytest.mark.parametrize(
    ("began", "wanted"), [({}, 12.0), ({1: 12_000}, 0.0), ({1: 12_000}, 20.0)]
)
async def test_what_plays_from_another_second_than_is_wanted_is_played_anew(
    began, wanted
):
    asterisk = Asterisk(n1="message")
    channel = asterisk.channel(begins=began)

    assert await channel.play(said("message"), begin=wanted)

    assert asterisk.stopped == ["17-1"]
    offset = [("offsetms", round(wanted * 1000))] if wanted else []
    assert asterisk.ordered == [("17-2", "sound:message", *offset)]


async def test_what_plays_from_the_second_that_is_wanted_plays_on():
    asterisk = Asterisk(n1="message")
    channel = asterisk.channel(begins={1: 12_000})

    async with asyncio.TaskGroup() as group:
        playing = group.create_task(channel.play(said("message"), begin=12))
        await until(lambda: "17-1" in asterisk.watched)
        asterisk.plays.clear()
        asterisk.watched["17-1"](FINISHED)

    assert playing.result()
    assert (asterisk.stopped, asterisk.ordered) == ([], [])
