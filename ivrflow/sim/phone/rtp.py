"""Sound over RTP: what a telephone sends, and what it hears.

`Mouth` makes one packet each 20 ms and `Ear` puts packets in their place in time; both
are pure. `Stream` gives them a socket, and `Pace` is the one timer behind all streams
of a process, so that a hundred calls cost a hundred sends and not a hundred tasks.

A sound stays G.711 u-law, as it came, until somebody asks for it: a call that nobody
listens to costs no more than a copy of its bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys
from array import array
from collections import deque
from collections.abc import Callable
from functools import lru_cache

from ivrflow.sim import tones

Address = tuple[str, int]

FRAME = tones.RATE // 50
"""Samples a packet: 20 ms, as every telephone sends."""
TICK = 0.02

ULAW = 0
"""The payload type of G.711 u-law, fixed by RFC 3551."""
KEYS = "0123456789*#ABCD"
"""The keys in the order of their event numbers (RFC 4733)."""
ENDS = 3
"""How often the end of a key is told: a lost packet must not leave it pressed."""

ON_ITS_WAY = tones.RATE // 10
"""How many samples may be late before they count as silence: 0.1 s."""

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VOLUME = 10  # dBm0 below 0, as telephones press keys

_SILENT = 0xFF
_SILENCE = bytes([_SILENT]) * FRAME


# G.711 ----------------------------------------------------------------------------


def _expand(code: int) -> int:
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 132 << (code >> 4 & 7)) - 132
    return -size if code & 0x80 else size


def _compress(sample: int) -> int:
    size = min(abs(sample), 32635) + 132
    exponent = size.bit_length() - 8
    sign = 0x80 if sample < 0 else 0
    return ~(sign | exponent << 4 | size >> exponent + 3 & 0x0F) & 0xFF


_EXPANDED = tuple(_expand(code) for code in range(256))
_FAINT = bytes(code for code in range(256) if abs(_EXPANDED[code]) < 330)
"""The codes below -40 dBFS: what a line has when nobody speaks."""


def encode(pcm: bytes) -> bytes:
    """Return *pcm* as u-law. It takes 5 ms for each second of sound."""
    return bytes(map(_compress, tones.samples(pcm)))


def decode(ulaw: bytes) -> bytes:
    """Return *ulaw* as PCM."""
    wave = array("h", map(_EXPANDED.__getitem__, ulaw))
    if sys.byteorder == "big":
        wave.byteswap()
    return wave.tobytes()


def is_sound(ulaw: bytes) -> bool:
    """Tell if somebody speaks in *ulaw*: a tenth of its samples is above -40 dBFS."""
    return len(ulaw.translate(None, _FAINT)) * 10 > len(ulaw)


@lru_cache(maxsize=32)
def _endless(frequency: int) -> bytes:
    # After a second every whole number of Hz is back where it began.
    return encode(tones.tone(frequency, 1.0))


# What it sends --------------------------------------------------------------------


class _Press:
    """A key that is pressed for *length* packets and followed by *gap* packets."""

    def __init__(self, key: str, length: int, gap: int) -> None:
        self.event = KEYS.index(key)
        self.length = length
        self.all = length + max(gap, ENDS)
        self.age = 0
        self.began = 0

    def payload(self) -> bytes | None:
        """The next event packet; None in the gap after it."""
        self.age += 1
        if self.age > self.length + ENDS:
            return None
        end = 0x80 if self.age > self.length else 0
        samples = min(self.age, self.length) * FRAME
        return _EVENT.pack(self.event, end | _VOLUME, min(samples, 0xFFFF))


class Mouth:
    """Makes the packets of one stream: keys first, then a sound, a tone, or silence."""

    def __init__(self) -> None:
        self.event_type = 101
        """The payload type of keys, which the far end chooses."""
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(16)
        # In the lower half: it must not begin anew in a call. Asterisk 22.10.1 compares
        # the times of keys as plain numbers, and hears no key any more after that.
        self._timestamp = random.getrandbits(31)
        self._presses: deque[_Press] = deque()
        self._tone = b""
        self._at = 0
        self._said = b""
        self._then: deque[Callable[[], None]] = deque()
        self._after: Callable[[], None] | None = None
        self._begun = False

    def press(
        self, keys: str, *, length: float, gap: float, then: Callable[[], None]
    ) -> None:
        """Press *keys* one after the other, then call *then* once.

        *length* and *gap* are seconds, rounded to packets; a gap lasts 60 ms at least,
        for the end of the key is told three times.
        """
        unknown = sorted(set(keys) - set(KEYS))
        if unknown or not keys:
            raise ValueError(f"{keys!r} are no keys; a telephone has {KEYS}")
        packets, pause = max(1, round(length / TICK)), round(gap / TICK)
        self._presses.extend(_Press(key, packets, pause) for key in keys)
        self._then.extend([_nothing] * (len(keys) - 1) + [then])

    def say(self, ulaw: bytes, *, then: Callable[[], None]) -> None:
        """Send *ulaw* from its beginning, then call *then*; a sound before it ends."""
        self.hush()
        self._said, self._at, self._after = ulaw, 0, then

    def tone(self, frequency: int) -> None:
        """Send a tone of *frequency* Hz until `hush`, or after the sound being sent."""
        self._tone = _endless(frequency)

    def hush(self) -> None:
        """Send silence from now on. What was being said counts as said."""
        self._tone = self._said = b""
        self._said_all()

    def packet(self) -> bytes:
        """Return the packet of the next 20 ms."""
        payload, kind, stamp, marker = None, ULAW, self._timestamp, not self._begun
        if self._presses:
            press = self._presses[0]
            press.began = press.began if press.age else self._timestamp
            marker = press.age == 0
            payload = press.payload()
            if payload is not None:
                # All packets of a key carry the time at which it went down.
                kind, stamp = self.event_type, press.began
            if press.age >= press.all:
                self._presses.popleft()
                self._then.popleft()()
        header = _HEADER.pack(
            0x80, marker << 7 | kind, self._sequence, stamp, self._ssrc
        )
        self._begun = True
        self._sequence = self._sequence + 1 & 0xFFFF
        self._timestamp = self._timestamp + FRAME & 0xFFFFFFFF
        return header + (self._sound() if payload is None else payload)

    def _sound(self) -> bytes:
        if self._said:
            frame = self._said[self._at : self._at + FRAME]
            self._at += FRAME
            if self._at >= len(self._said):
                self._said = b""
                self._said_all()
            return frame.ljust(FRAME, _SILENCE[:1])
        if self._tone:
            # A tone of one second is fifty frames, so no frame runs over its end.
            frame = self._tone[self._at : self._at + FRAME]
            self._at = (self._at + FRAME) % len(self._tone)
            return frame
        return _SILENCE

    def _said_all(self) -> None:
        self._at = 0
        then, self._after = self._after, None
        if then is not None:
            then()


def _nothing() -> None:
    pass


# What it hears --------------------------------------------------------------------


class Ear:
    """Puts what comes in at its place in time, and keeps the last *keep* seconds.

    A switch sends nothing between two prompts; the ear has silence there. Positions
    are samples since `begin`.
    """

    def __init__(self, keep: float) -> None:
        self.keys = ""
        """The keys that the far end has sent."""
        self._keep = round(max(keep, 2.0) * tones.RATE)
        self._kept = bytearray()
        self._lost = 0  # samples that were not kept
        self._began: float | None = None
        self._last = 0.0  # when the last packet came
        self._ssrc = self._sequence = self._next = self._key = -1

    @property
    def position(self) -> int:
        """Where what has come ends."""
        return self._lost + len(self._kept)

    def reached(self, now: float) -> int:
        """Where *now* is, silence included."""
        quiet = self._quiet(now)
        return self.position + (quiet if quiet > ON_ITS_WAY else 0)

    def begin(self, now: float) -> None:
        """Start the time. What came before, while it rang, is forgotten."""
        self._lost, self._began, self._last = 0, now, now
        self._kept.clear()

    def take(self, packet: bytes, now: float) -> None:
        """Take a packet that came at *now*; what is no packet of ours is left out."""
        if self._began is None or len(packet) < 12 or packet[0] >> 6 != 2:
            return
        first, kind, sequence, stamp, ssrc = _HEADER.unpack_from(packet)
        start = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
        payload = packet[start:]
        if kind & 0x7F == ULAW:
            self._hear(payload, sequence, stamp, ssrc, now)
        elif len(payload) == _EVENT.size and payload[1] & 0x80 and stamp != self._key:
            self._key = stamp
            if payload[0] < len(KEYS):
                self.keys += KEYS[payload[0]]

    def since(self, position: int, now: float) -> bytes:
        """Return what was heard from *position* to *now*, as u-law.

        Silence stands at the end, if nothing has come for a while.
        """
        start = max(position - self._lost, 0)
        quiet = self._quiet(now) - max(position - self.position, 0)
        end = b""
        if quiet > ON_ITS_WAY:
            end = _SILENCE[:1] * min(quiet, self._keep)
        return (bytes(self._kept[start:]) + end)[-self._keep :]

    def _quiet(self, now: float) -> int:
        """How many samples nothing has come for.

        By the last packet and not by the beginning: a switch that pauses for a moment
        without counting it is behind the clock from then on, and not silent.
        """
        if self._began is None:
            return 0
        return round((now - self._last) * tones.RATE)

    def _missing(self, now: float) -> int:
        if self._began is None:
            return 0
        return round((now - self._began) * tones.RATE) - self.position

    def _hear(
        self, payload: bytes, sequence: int, stamp: int, ssrc: int, now: float
    ) -> None:
        if ssrc == self._ssrc and (self._sequence - sequence & 0xFFFF) < 0x100:
            return  # late, or twice
        pause = self._pause(stamp, ssrc, now, len(payload))
        self._last = now
        self._kept += _SILENCE[:1] * pause + payload
        self._ssrc, self._sequence = ssrc, sequence
        self._next = stamp + len(payload) & 0xFFFFFFFF
        # Not at every packet: cutting moves all that is kept.
        if len(self._kept) > self._keep + tones.RATE:
            cut = len(self._kept) - self._keep
            del self._kept[:cut]
            self._lost += cut

    def _pause(self, stamp: int, ssrc: int, now: float, length: int) -> int:
        """How many samples of silence stood before this packet.

        The sender's own count is the better one, for our clock is late when this
        machine is busy; but it starts anew with each source, and it may leap. Where it
        says nothing there was silence if nothing came, just before this packet: what
        is missing in all may be a hundred short pauses, and none of them was here.
        """
        missing = max(self._missing(now) - length, 0)
        unheard = min(missing, self._quiet(now) - length)
        if ssrc == self._ssrc:
            leap = stamp - self._next & 0xFFFFFFFF
            if leap == 0 or leap > 2**32 - tones.RATE:
                # A switch counts back a little where one sound follows another.
                return unheard if unheard > tones.RATE else 0
            if leap <= missing + tones.RATE // 2:
                return leap
        return unheard if unheard > ON_ITS_WAY else 0


# The wire -------------------------------------------------------------------------


class Pace:
    """Has each stream send a packet every 20 ms, in step with the clock.

    A loop that was late sends what is missing at once, as a telephone's buffer would:
    a recording has the right length. After 0.2 s it gives up and starts anew.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._streams: set[Stream] = set()
        self._timer: asyncio.Handle | None = None
        self.latest = 0.0
        """The longest that a packet had to wait, in seconds: how busy we are."""

    def add(self, stream: Stream) -> None:
        self._streams.add(stream)
        if self._timer is None:
            self._timer = self._loop.call_soon(self._tick, self._loop.time())

    def discard(self, stream: Stream) -> None:
        self._streams.discard(stream)
        if not self._streams and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self, due: float) -> None:
        now = self._loop.time()
        self.latest = max(self.latest, now - due)
        if now - due > 0.2:
            due = now
        while due <= now:
            # A stream may end itself while it sends its last packet.
            for stream in tuple(self._streams):
                stream.send()
            due += TICK
        if self._streams:
            self._timer = self._loop.call_at(due, self._tick, due)


class Stream:
    """A mouth and an ear on a UDP socket of their own."""

    def __init__(
        self, pace: Pace, loop: asyncio.AbstractEventLoop, *, host: str, keep: float
    ) -> None:
        self.mouth = Mouth()
        self.ear = Ear(keep)
        self._pace, self._loop = pace, loop
        self._far: Address | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.near: Address = self._socket.getsockname()
        loop.add_reader(self._socket, self._receive)

    def start(self, far: Address, event_type: int) -> None:
        """Send to *far* from now on and hear what comes from there."""
        if self._far is None:
            self.ear.begin(self._loop.time())
        self._far, self.mouth.event_type = far, event_type
        self._pace.add(self)

    def send(self) -> None:
        if self._far is not None:
            # A full buffer loses the packet, as any network may.
            with contextlib.suppress(OSError):
                self._socket.sendto(self.mouth.packet(), self._far)

    def close(self) -> None:
        """Stop; what was heard stays."""
        self._pace.discard(self)
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _receive(self) -> None:
        # Some at a time: a flood of packets must not keep the loop from its work.
        for _ in range(16):
            try:
                packet, sender = self._socket.recvfrom(2048)
            except OSError:
                return
            if sender == self._far:
                self.ear.take(packet, self._loop.time())
