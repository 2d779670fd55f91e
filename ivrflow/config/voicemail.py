"""Where messages are kept, and under which keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field

from ivrflow.config.kinds import Folder, SecretFile
from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import Whole, YesNo


class VoicemailAt(Part):
    """Where sounds of callers are kept. Left out: beside the database, not sealed."""

    folder: Folder | None = Field(
        None,
        description=(
            "The folder of messages and greetings, the service's alone (0700); left "
            "out: `voicemail` beside the SQLite file. With another database it must be "
            "named."
        ),
        examples=["/var/lib/ivrflow/voicemail"],
    )
    playing: Folder | None = Field(
        None,
        description=(
            "The folder in which Asterisk finds what is being heard, plain: the "
            "service's, readable for Asterisk's group (2750), best on a tmpfs such as "
            "`/run/ivrflow/playing`, and never in the folder of messages; left out: "
            "that folder's name and `-playing`, beside it."
        ),
        examples=["/run/ivrflow/playing"],
    )
    keys: tuple[SecretFile, ...] = Field(
        (),
        description=(
            "Files of keys, 64 hexadecimal digits each, or `credential:NAME` of "
            "systemd: the first seals (AES-256-GCM), the others still open; left out: "
            "not sealed."
        ),
        examples=[["credential:voicemail", "/etc/ivrflow/secrets/voicemail.old"]],
    )
    seal: YesNo = Field(
        True,
        description=(
            "`no`: keys only open, and what is written is plain. So a store is led "
            "back out of being sealed, by `ivrflow voicemail rotate`."
        ),
    )
    room: Whole = Field(
        Whole(2000),
        description="Megabytes of sounds; with more of them, mailboxes are full.",
    )
    lamps: Literal["auto", "off"] = Field(
        "auto",
        description=(
            "Message-waiting lamps, by ARI's mailboxes: `auto`, where Asterisk has "
            "them, or `off`. Where they are off by themselves, the log and "
            "`/api/health` say why."
        ),
    )

    def folders(self, path: Callable[[str], Path], usual: Path) -> tuple[Path, Path]:
        """The folder of sounds, and the one of what is being heard.

        *path* tells which one a written name means (`Settings.path`); *usual* is that
        of sounds where none is written.
        """
        sounds = usual if self.folder is None else path(self.folder)
        if self.playing is not None:
            return sounds, path(self.playing)
        # Beside it: nobody but the service comes into that of sounds.
        sounds = Path(os.path.abspath(sounds))
        return sounds, sounds.with_name(f"{sounds.name}-playing")
