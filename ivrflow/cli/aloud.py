"""Plays what a talk at a terminal says: recordings first, speech where there are none.

Playing lags behind the text, as the text takes no longer than the caller's patience:
what the caller has cut off with a key before it began is not played any more.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.sim.scripted import ScriptedChannel
    from ivrflow.speech.shelf import Found
    from ivrflow.telephony.sound import Utterance


class Aloud:
    """A thread that plays one utterance after the other."""

    def __init__(
        self, recordings: Mapping[str, Found], show: Callable[[str], None]
    ) -> None:
        self._recordings = recordings
        self._show = show
        self._told: set[str] = set()
        self._waiting: queue.SimpleQueue[Utterance | None] = queue.SimpleQueue()
        self._now: Utterance | None = None

    def seconds(self, clip: str) -> float | None:
        """The length of a recording; None where there is none."""
        found = self._recordings.get(clip)
        return found.recording.seconds if found else None

    @contextmanager
    def hearing(self, channel: ScriptedChannel) -> Iterator[None]:
        """Play what *channel* says while the block runs."""
        before, said = channel.on_change, len(channel.heard)

        def changed() -> None:
            nonlocal said
            self._now = channel.playing
            for _, utterance in channel.heard[said:]:
                self._waiting.put(utterance)
            said = len(channel.heard)
            before()

        channel.on_change = changed
        # Nobody waits for it: a sound that plays must not keep the program from ending.
        threading.Thread(target=self._play_all, daemon=True, name="aloud").start()
        try:
            yield
        finally:
            channel.on_change = before
            self._waiting.put(None)

    def _play_all(self) -> None:
        from ivrflow.speech.listen import play

        while (utterance := self._waiting.get()) is not None:
            if utterance is not self._now:
                continue  # cut off meanwhile
            for path in self._sounds(utterance):
                if not play(path):
                    self._once(
                        "this machine has no program that plays sounds: install "
                        "pulseaudio-utils, alsa-utils or ffmpeg"
                    )

    def _sounds(self, utterance: Utterance) -> Iterator[Path]:
        from ivrflow.speech.provider import SpeechFailed
        from ivrflow.speech.shelf import file_of
        from ivrflow.speech.speak import speak

        recorded = [clip for clip in utterance.clips if clip in self._recordings]
        if recorded:
            for clip in recorded:
                path = file_of(self._recordings[clip].folder, clip)
                if path is not None:
                    yield path
        elif utterance.words:
            try:
                yield speak(utterance.words, utterance.language)
            except SpeechFailed as failed:
                self._once(f"it can't be spoken: {failed}")

    def _once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._show(f"  ({text})")


def aloud(site: Site, show: Callable[[str], None]) -> Aloud:
    """What plays the recordings of *site*. Reads their lists."""
    from ivrflow.prompts.recorded import BadList
    from ivrflow.shipped import shipped
    from ivrflow.speech.shelf import Shelf
    from ivrflow.speech.wanted import wanted

    try:
        shelf = Shelf.of(site.folder, shipped("sounds"))
    except BadList as bad:
        raise click.ClickException(str(bad)) from None
    return Aloud(shelf.fitting(wanted(site)), show)
