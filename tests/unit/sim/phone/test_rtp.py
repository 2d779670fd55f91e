"""What a robot phone sends and hears, packet by packet, without a socket."""

import itertools
import struct
from dataclasses import dataclass

import pytest

from ivrflow.sim import tones
from ivrflow.sim.phone import rtp
from ivrflow.sim.phone.rtp import FRAME, Ear, Mouth

SILENCE = b"\xff" * FRAME
SOUND = rtp.encode(tones.tone(550, 0.02))


@dataclass(frozen=True)
class Packet:
    marker: bool
    kind: int
    sequence: int
    stamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def of(cls, data: bytes) -> "Packet":
        first, second, *rest = struct.unpack("!BBHII", data[:12])
        assert first == 0x80
        return cls(bool(second & 0x80), second & 0x7F, *rest, data[12:])

    @property
    def event(self) -> tuple[str, bool, int]:
        """The key, whether it was let go, and for how many packets it was down."""
        code, end, samples = struct.unpack("!BBH", self.payload)
        return rtp.KEYS[code], bool(end & 0x80), samples // FRAME


def sent(mouth: Mouth, count: int) -> list[Packet]:
    return [Packet.of(mouth.packet()) for _ in range(count)]


def packet(
    number: int, payload: bytes = SOUND, *, stamp: int | None = None, ssrc: int = 7
) -> bytes:
    stamp = number * FRAME if stamp is None else stamp
    return struct.pack("!BBHII", 0x80, rtp.ULAW, number, stamp, ssrc) + payload


class Called:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


# Mouth ------------------------------------------------------------------------------


def test_the_timestamp_begins_nowhere_near_its_end_as_asterisk_bears_no_keys_then():
    begins = [sent(Mouth(), 1)[0].stamp for _ in range(64)]

    days = (2**32 - max(begins)) / tones.RATE / 86_400
    assert days > 3
    assert len(set(begins)) > 60


def test_a_phone_sends_silence_when_it_has_nothing_else():
    packets = sent(Mouth(), 3)

    assert [p.payload for p in packets] == [SILENCE] * 3
    assert [p.marker for p in packets] == [True, False, False]
    assert len({p.ssrc for p in packets}) == 1
    for before, after in itertools.pairwise(packets):
        assert after.sequence == (before.sequence + 1) % 2**16
        assert after.stamp == (before.stamp + FRAME) % 2**32


def test_a_key_is_held_then_let_go_three_times_and_keeps_its_first_time():
    mouth, done = Mouth(), Called()
    mouth.press("5", length=0.06, gap=0.1, then=done)

    packets = sent(mouth, 8)

    keys, after = packets[:6], packets[6:]
    assert [p.event for p in keys] == [
        ("5", False, 1),
        ("5", False, 2),
        ("5", False, 3),
        ("5", True, 3),
        ("5", True, 3),
        ("5", True, 3),
    ]
    assert [p.marker for p in keys] == [True] + [False] * 5
    assert {p.kind for p in keys} == {101}
    assert {p.stamp for p in keys} == {packets[0].stamp}
    # The sound goes on where it would be without the key.
    assert [p.payload for p in after] == [SILENCE] * 2
    assert after[0].stamp == (packets[0].stamp + 6 * FRAME) % 2**32
    assert done.times == 1


def test_keys_follow_each_other_and_are_told_as_done_once():
    mouth, done = Mouth(), Called()
    mouth.press("1#D", length=0.02, gap=0, then=done)

    packets = sent(mouth, 11)
    assert done.times == 0
    packets += sent(mouth, 1)

    assert [p.event[0] for p in packets] == list("1111####DDDD")
    assert len({p.stamp for p in packets}) == 3
    assert done.times == 1


def test_the_far_end_chooses_the_number_of_events():
    mouth = Mouth()
    mouth.event_type = 96
    mouth.press("1", length=0.1, gap=0.1, then=Called())

    assert sent(mouth, 1)[0].kind == 96


@pytest.mark.parametrize("keys", ["", "12x", "１", " "])
def test_what_is_no_key_cannot_be_pressed(keys):
    with pytest.raises(ValueError, match="are no keys"):
        Mouth().press(keys, length=0.1, gap=0.1, then=Called())


def test_a_tone_goes_on_without_a_click_until_it_is_stopped():
    mouth = Mouth()
    mouth.tone(1050)

    heard = b"".join(p.payload for p in sent(mouth, 110))
    mouth.hush()

    assert tones.share(rtp.decode(heard[8000 - 400 : 8000 + 400]), 1050) > 0.99
    assert sent(mouth, 1)[0].payload == SILENCE


def test_a_sound_is_sent_to_its_end_and_filled_up_with_silence():
    mouth, done = Mouth(), Called()
    mouth.say(b"\x01" * 200, then=done)

    first = sent(mouth, 1)[0]
    assert done.times == 0
    second, third = sent(mouth, 2)

    assert first.payload == b"\x01" * FRAME
    assert second.payload == b"\x01" * 40 + b"\xff" * 120
    assert third.payload == SILENCE
    assert done.times == 1


def test_a_sound_ends_the_one_before():
    mouth, first, second = Mouth(), Called(), Called()
    mouth.say(b"\x01" * 8000, then=first)
    sent(mouth, 1)
    mouth.say(b"\x02" * FRAME, then=second)

    assert first.times == 1
    assert sent(mouth, 1)[0].payload == b"\x02" * FRAME
    assert second.times == 1


def test_a_sound_waits_while_a_key_is_down():
    mouth = Mouth()
    mouth.say(b"\x01" * FRAME + b"\x02" * FRAME, then=Called())
    sent(mouth, 1)
    mouth.press("1", length=0.02, gap=0, then=Called())

    assert [p.payload for p in sent(mouth, 5)][4] == b"\x02" * FRAME


# Ear --------------------------------------------------------------------------------


def ear(keep: float = 60) -> Ear:
    made = Ear(keep)
    made.begin(100.0)
    return made


def test_packets_that_follow_each_other_are_heard_as_one():
    heard = ear()
    for n in range(10):
        heard.take(packet(n), 100.0 + n * 0.02)

    assert heard.since(0, 100.2) == SOUND * 10
    assert heard.since(9 * FRAME, 100.2) == SOUND


def test_a_machine_that_was_busy_does_not_tear_the_sound():
    heard = ear()
    heard.take(packet(0), 100.02)
    for n in range(1, 40):
        heard.take(packet(n), 100.8)  # all at once

    assert heard.since(0, 100.8) == SOUND * 40


def test_a_pause_between_two_prompts_is_silence():
    heard = ear()
    heard.take(packet(0), 100.02)
    heard.take(packet(1, stamp=101 * FRAME), 102.04)

    assert heard.since(0, 102.04) == SOUND + SILENCE * 100 + SOUND


def test_a_new_source_starts_its_own_count_and_the_clock_fills_the_gap():
    heard = ear()
    heard.take(packet(0), 100.02)
    heard.take(packet(9, ssrc=8), 101.04)

    assert heard.since(0, 101.04) == SOUND + SILENCE * 50 + SOUND


def test_a_count_that_leaps_far_ahead_is_not_believed():
    heard = ear()
    heard.take(packet(0), 100.02)
    heard.take(packet(1, stamp=2**31), 100.04)

    assert heard.since(0, 100.04) == SOUND * 2


def test_silence_after_the_last_packet_counts():
    heard = ear()
    heard.take(packet(0), 100.02)

    assert heard.since(0, 101.0) == SOUND + SILENCE * 49
    assert heard.since(0, 100.1) == SOUND  # the next may be on its way
    assert heard.reached(101.0) == 8000


def test_a_switch_that_pauses_and_counts_on_is_heard_all_the_same():
    heard = ear()
    heard.take(packet(0), 100.02)
    heard.take(packet(1), 100.52)  # half a second late, for ever
    start = heard.reached(100.52)
    for n in range(2, 52):
        heard.take(packet(n), 100.52 + (n - 1) * 0.02)

    assert heard.since(start, 101.53) == SOUND * 50


@pytest.mark.parametrize("back", [0, 60])
def test_many_short_pauses_do_not_become_a_long_one_in_the_middle_of_a_sound(back):
    heard, now = ear(), 100.0
    for n in range(60):
        now += 0.08  # instead of 0.02: after a while a second is missing, and more
        heard.take(packet(n, stamp=(n + 1) * FRAME - (back if n > 29 else 0)), now)

    assert heard.since(0, now) == SOUND * 60


def test_nothing_for_longer_than_a_second_is_silence_even_if_the_switch_counts_on():
    heard = ear()
    heard.take(packet(0), 100.02)
    heard.take(packet(1), 102.04)

    assert heard.since(0, 102.04) == SOUND + SILENCE * 100 + SOUND


def test_what_begins_now_leaves_out_the_silence_before():
    heard = ear()
    heard.take(packet(0), 100.02)
    start = heard.reached(101.0)
    heard.take(packet(1, stamp=60 * FRAME), 101.22)

    assert heard.since(start, 101.22) == SILENCE * 10 + SOUND


def test_a_packet_twice_or_late_is_heard_once():
    heard = ear()
    for n in (65534, 65535, 65535, 65534, 0):
        heard.take(packet(n, stamp=(n + 2) % 2**16 * FRAME), 100.02)

    assert heard.since(0, 100.02) == SOUND * 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        packet(0)[:11],
        b"\x00" + packet(0)[1:],
        struct.pack("!BBHII", 0x80, 200 & 0xFF, 1, 0, 7) + SOUND,
        struct.pack("!BBHII", 0x80, 8, 1, 0, 7) + SOUND,
        struct.pack("!BBHII", 0x90, 0, 1, 0, 7),
    ],
    ids=["empty", "a byte", "cut", "version 0", "RTCP", "A-law", "cut extension"],
)
def test_what_is_no_sound_is_left_out(data):
    heard = ear()
    heard.take(data, 100.0)

    assert heard.since(0, 100.0) == b""


def test_sound_stands_behind_sources_and_extension():
    head = struct.pack("!BBHII", 0x92, 0, 1, 0, 7) + bytes(8) + b"\xbe\xde\0\x01" * 2
    heard = ear()
    heard.take(head + SOUND, 100.02)

    assert heard.since(0, 100.02) == SOUND


def test_only_the_last_seconds_are_kept():
    heard = ear(keep=2)
    for n in range(400):
        heard.take(packet(n, bytes([n % 256]) * FRAME), 100.0 + n * 0.02)

    kept = heard.since(0, 108.0)

    assert len(kept) == 16000
    assert kept[-1] == 399 % 256
    assert heard.position == 400 * FRAME


def test_nothing_is_heard_before_the_answer():
    ringing = Ear(60)
    ringing.take(packet(0), 99.0)

    assert ringing.since(0, 99.0) == b""
    ringing.begin(100.0)
    assert ringing.since(0, 100.0) == b""


def test_keys_of_the_far_end_are_heard_once_each():
    mouth, heard = Mouth(), ear()
    mouth.press("42", length=0.04, gap=0.1, then=Called())
    for n in range(20):
        heard.take(mouth.packet(), 100.0 + n * 0.02)

    assert heard.keys == "42"


# G.711 --------------------------------------------------------------------------------


def test_each_code_survives_the_way_there_and_back():
    codes = bytes(code for code in range(256) if code != 0x7F)  # the second zero

    assert rtp.encode(rtp.decode(codes)) == codes


def test_a_sound_survives_g711_nearly_unchanged():
    for level in (-6, -20, -40):
        back = rtp.decode(rtp.encode(tones.tone(1050, 0.5, level=level)))

        assert tones.level(back) == pytest.approx(level, abs=0.3)
        assert tones.share(back, 1050) > 0.99


def test_speech_is_sound_and_a_quiet_line_is_none():
    assert rtp.is_sound(rtp.encode(tones.tone(1050, 0.02, level=-30)))
    assert not rtp.is_sound(rtp.encode(tones.tone(1050, 0.02, level=-50)))
    assert not rtp.is_sound(SILENCE)
    assert not rtp.is_sound(b"")
