"""Taking over the recording of a call that a dead process has begun."""

from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.call_recorder import AriCallRecorder
from ivrflow.asterisk.ari.errors import AriAway, AriError
from ivrflow.telephony.channel import RecordingFailed


class Asterisk:
    """As much of the client as a recorder needs: one recording, by a snoop."""

    def __init__(self, *fails):
        self.fails = [*fails]
        """What its answers are at first."""
        self.snoops = ["snoop"]
        self.paused = []
        self.hub = self.link = self.recordings = self.channels = self

    def watch(self, kind, id, heard):
        return SimpleNamespace(close=lambda: None)

    async def until_ready(self, within):
        return True

    async def get_live(self, name):
        if self.fails:
            raise self.fails.pop(0)
        return SimpleNamespace(state="recording")

    async def pause(self, name):
        self.paused.append(name)

    async def hangup(self, id):
        self.snoops.remove(id)


def recorder_at(asterisk):
    return AriCallRecorder(asterisk, "calls/1", call="caller", snoop="snoop")


async def test_one_that_cant_be_asked_for_is_ended_as_nobody_could_pause_it():
    asterisk = Asterisk(AriError("a fault of its own", 500))
    with pytest.raises(RecordingFailed, match="a fault of its own"):
        await recorder_at(asterisk).take_over()

    assert asterisk.snoops == []


async def test_one_is_asked_for_again_when_asterisk_is_back():
    asterisk = Asterisk(AriAway("it starts just now"))
    recorder = recorder_at(asterisk)
    await recorder.take_over()
    await recorder.pause()  # a secret is asked

    assert asterisk.snoops == ["snoop"]
    assert asterisk.paused == ["calls/1"]
