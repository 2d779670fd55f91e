"""Streams of sound for a crowd, and for who measures; see `Phones(stream=...)`.

A hundred phones that send silence and read what they hear cost a tenth of a core: too
much where forty call each second, and Asterisk and the service share two cores.
"""

import contextlib
import socket
import struct

from ivrflow.sim.phone.rtp import Stream

NANOSECONDS = 35
"""SO_TIMESTAMPNS on Linux: the kernel tells when a packet came in."""
_TIME = struct.Struct("@qq")
_HEADER = struct.Struct("!BBHII")


class QuietStream(Stream):
    """Hears nothing, and sends only keys, and what it is told to say.

    What Asterisk sends to it is dropped by the kernel.
    """

    def __init__(self, pace, loop, *, host, keep):
        super().__init__(pace, loop, host=host, keep=keep)
        self._loop.remove_reader(self._socket)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self._begun = False

    def start(self, far, event_type):
        super().start(far, event_type)
        self._pace.discard(self)

    def speak(self):
        """Send silence, keys and sounds from now on, as a telephone does."""
        if self._far is not None and self._socket.fileno() >= 0:
            self._pace.add(self)

    def hush(self):
        self._pace.discard(self)


class CountedStream(Stream):
    """Notes when each packet came, by the kernel's clock, and which were missing.

    However late this process reads: what is measured is Asterisk, not us.
    """

    def __init__(self, pace, loop, *, host, keep):
        super().__init__(pace, loop, host=host, keep=keep)
        self._socket.setsockopt(socket.SOL_SOCKET, NANOSECONDS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.count()

    def count(self):
        """Begin to count: the talk is up now."""
        self.packets = self.lost = 0
        self.gap = 0.0
        """The longest time between two packets, in seconds."""
        self._last = self._sequence = None

    def _receive(self):
        with contextlib.suppress(OSError):
            for _ in range(64):
                packet, more, _, sender = self._socket.recvmsg(2048, 64)
                if sender == self._far and len(packet) >= 12:
                    for _, _, data in more:
                        seconds, nanoseconds = _TIME.unpack(data)
                        self._note(packet, seconds + nanoseconds / 1e9)
                    self.ear.take(packet, self._loop.time())

    def _note(self, packet, at):
        sequence = _HEADER.unpack_from(packet)[2]
        if self._last is not None:
            self.gap = max(self.gap, at - self._last)
            step = sequence - self._sequence & 0xFFFF
            if step >= 0x8000:
                return  # it came late, and has been counted as lost
            self.lost += max(step - 1, 0)
        self.packets += 1
        self._last, self._sequence = at, sequence
