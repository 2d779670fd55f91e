"""Where systemd would listen: a socket that a service of ours tells its words to."""

import secrets
import socket
import time
from pathlib import Path
from tempfile import TemporaryDirectory


class Systemd:
    """Listens as PID 1 does, while the block runs.

    *abstract*: on a socket that lies in no folder, as systemd writes with an @.
    """

    def __init__(self, *, abstract=True):
        self._folder = None if abstract else TemporaryDirectory(prefix="notify-")
        if abstract:
            self.name = f"@ivrflow-{secrets.token_hex(8)}"
        else:  # the path of a test's own folder may be too long for a socket
            self.name = str(Path(self._folder.name) / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard = []
        """All datagrams so far, each as a dict of its words."""

    def __enter__(self):
        self._socket.bind(self.name.replace("@", "\0", 1))
        return self

    def __exit__(self, *_):
        self._socket.close()
        if self._folder is not None:
            self._folder.cleanup()

    def environment(self, watchdog=0.0):
        """What systemd writes into the environment of a service."""
        told = {"NOTIFY_SOCKET": self.name}
        return told | ({"WATCHDOG_USEC": f"{watchdog * 1e6:.0f}"} if watchdog else {})

    def next(self, within=20.0):
        """The next datagram, as a dict; raises `TimeoutError`."""
        self._socket.settimeout(max(within, 0.001))
        words = self._socket.recv(4096).decode().split("\n")
        self.heard.append(dict(word.split("=", 1) for word in words))
        return self.heard[-1]

    def until(self, word, within=20.0):
        """All datagrams up to the first one with *word*, `NAME` or `NAME=value`."""
        name, _, value = word.partition("=")
        end, heard = time.monotonic() + within, []
        while True:
            heard.append(self.next(end - time.monotonic()))
            if name in heard[-1] and value in ("", heard[-1][name]):
                return heard

    def silent_for(self, seconds):
        """Whether nothing comes for so long; what had come before is not counted."""
        while True:
            try:
                self.next(0.001)
            except TimeoutError:
                break
        try:
            self.next(seconds)
        except TimeoutError:
            return True
        return False
