"""A site plays only what says its own words."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from ivrflow.flow.load import load_site
from ivrflow.prompts.recorded import BadList, Recording, read_list, write_list
from ivrflow.service.recordings import fitting, seconds_of
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from ivrflow.speech.shelf import read
from tests.unit.service.test_service import installed, write
from tests.unit.speech.wavs import tone_wav

ROOT = Path(__file__).parents[3]
SOUNDS = ROOT / "sounds"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"clips": []}', '{"clips": {"a": 1}}', '{"clips": {"a": {}}}'],
)
def test_a_list_of_recordings_that_is_none_is_told(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(BadList, match=r"manifest.json: this is no list of recordings"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["../other", "/etc/a", "en/../../a", "en//a", "a\0b"])
def test_a_list_never_names_a_file_outside_its_folder(tmp_path, name):
    clips = {name: {"seconds": 1, "text": "a", "voice": "espeak-ng"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"clips": clips}))

    with pytest.raises(BadList, match="can't be the name of a recording"):
        read(tmp_path)


def test_lengths_and_words_are_read_from_the_list():
    clips = {"en/a": {"seconds": 2, "text": "Hello."}, "en/b": {"seconds": 1}}

    assert read_list(json.dumps({"clips": clips})) == {
        "en/a": Recording(2.0, "Hello."),
        "en/b": Recording(1.0),
    }


def test_a_list_that_is_written_reads_the_same():
    listed = {
        "en/a": Recording(2.0, 'Say "yes".', "en", "kokoro:af_heart"),
        "zh-CN/b": Recording(1.25, "您好。", "zh-CN"),
    }

    assert read_list(write_list(listed)) == listed


def test_a_site_never_speaks_with_another_sites_words(caplog):
    fits = fitting(load_site(ROOT / "flows/bank"), SOUNDS)

    assert "en/enter_card" in read(SOUNDS)
    assert "en/enter_card" not in fits
    assert "en/pieces/1" in fits
    assert "missing or say other words" in caplog.text


def test_a_sites_own_recordings_come_before_the_common_ones(tmp_path):
    folder = tmp_path / "bank"
    shutil.copytree(ROOT / "flows/bank", folder)
    site = load_site(folder)
    own = folder / "sounds"
    (own / "en/pieces").mkdir(parents=True)
    (own / "en/pieces/1.wav").write_bytes(tone_wav(0.5))
    listed = {"en/pieces/1": Recording(0.5, "one", "en")}
    (own / "manifest.json").write_text(write_list(listed), "utf-8")

    fits = fitting(site, SOUNDS)

    assert fits["en/pieces/1"].place == str(own / "en/pieces/1")
    assert fits["en/pieces/2"].place == str(SOUNDS / "en/pieces/2")
    assert seconds_of(fits)("en/pieces/1") == 0.5
    assert seconds_of(fits)("en/nothing") is None


def test_where_the_words_are_not_known_the_name_is_trusted():
    assert Recording(2.0).says("anything")
    assert not Recording(2.0, "this").says("anything")


async def heard_out(running, take, channel):
    take(channel)
    while not channel.heard:  # it begins in a task of its own
        await asyncio.sleep(0.01)
    await running.live.nobody()


async def test_recordings_made_meanwhile_are_heard_after_a_reload(tmp_path, caplog):
    settings, site = installed(tmp_path)
    async with serving(settings, site) as running:
        take = running.world.switch._on_call  # as Asterisk brings a call
        before, after = ScriptedChannel(id="a"), ScriptedChannel(id="b")
        async with asyncio.timeout(20):
            await heard_out(running, take, before)
            listed = write_list({"en/hello": Recording(0.25, "Hello.", "en")})
            write(tmp_path, "site/sounds/manifest.json", listed)
            done = await running.site.reload("api")
            await heard_out(running, take, after)

    assert not done.changed
    lengths = [channel.heard[0][1].seconds for channel in (before, after)]
    assert lengths == [1.5, 0.25]
    caplog.clear()
