"""How full it is, by the settings and by the disk."""

import pytest

from ivrflow.audio.keyring import Keyring
from ivrflow.audio.room import Room
from ivrflow.audio.store import Store, Usage

SOUND, OTHER = "5e" * 16, "6f" * 12


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "voicemail", Keyring())


def test_it_is_empty_until_it_is_measured(store):
    room = Room(store, 1000)
    room.has_free(1)
    assert (room.share, room.is_nearly_full, room.is_full) == (0.0, False, False)
    assert not room.known
    room.measured(Usage(sounds=1, bytes=900, free=10_000))
    assert room.known


@pytest.mark.parametrize(
    ("used", "nearly", "full"),
    [(899, False, False), (900, True, False), (1000, True, True), (2000, True, True)],
)
def test_what_the_settings_allow_can_be_used_up(store, used, nearly, full):
    room = Room(store, 1000)
    room.measured(Usage(sounds=1, bytes=used, free=10_000))
    assert (room.is_nearly_full, room.is_full) == (nearly, full)


@pytest.mark.parametrize(("free", "share"), [(900, 0.1), (100, 0.5), (0, 1.0)])
def test_a_small_disk_is_full_before_that(store, free, share):
    room = Room(store, 1_000_000)
    room.measured(Usage(sounds=1, bytes=100, free=free))
    assert room.share == pytest.approx(share)


def test_a_full_disk_without_any_sound_is_full(store):
    room = Room(store, 1000)
    room.measured(Usage(sounds=0, bytes=0, free=0))
    assert room.is_full


def test_what_is_written_counts_at_once(store):
    store.put(SOUND, bytes(100))
    room = Room(store, 1000)
    room.measured(store.usage())
    store.put(OTHER, bytes(800))
    assert room.share == pytest.approx(0.9)
    store.drop(OTHER)
    room.measured(store.usage())
    assert room.share == pytest.approx(0.1)


def test_what_others_have_written_to_the_disk_counts_as_soon_as_it_is_known(store):
    room = Room(store, 1000)
    room.measured(Usage(sounds=1, bytes=100, free=10_000))
    store.put(SOUND, bytes(100))
    room.has_free(50)
    assert room.share == pytest.approx(200 / 250)
    room.has_free(0)
    assert room.is_full
    room.has_free(10_000)
    assert room.share == pytest.approx(0.2)
