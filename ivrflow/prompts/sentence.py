"""A sentence as it grows: its words, and the clips that say them. Pure.

Recordings first, pieces next, speech last: words that nobody recorded are gathered, and
what stands together is spoken in one breath. Without a voice they stay silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ivrflow.prompts.phrase import Recorded, speaks, tidy
from ivrflow.prompts.say import About, Piece, Speller
from ivrflow.prompts.text import Slot
from ivrflow.telephony.sound import Utterance

Value = Callable[[Slot], object]
"""Returns the value of a slot's expression."""

Spoken = Callable[[str, str, bool], str | None]
"""Takes words that nobody recorded, their language, and whether the words are the
site's own: the same in every call, and nobody's name or number. Returns the clip that
says them, None if nothing speaks that language."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One occasion of saying something: where values and recordings come from."""

    value: Value
    recorded: Recorded
    about: About
    speller: Callable[[str], Speller]
    spoken: Spoken | None = None


@dataclass(slots=True)
class Said:
    """What was said so far in one language."""

    language: str
    words: str = ""
    clips: tuple[str, ...] = ()
    seconds: float = 0.0
    masked: bool = False
    run: str = ""
    """Words at its end that nobody recorded: they are spoken in one breath."""
    own: bool = True
    """Whether the run's words are the site's own."""


def add(
    now: Said, pieces: Sequence[Piece], telling: Telling, *, own: bool = True
) -> None:
    """Add the sound of *pieces*. *own*: their words are the site's."""
    words = telling.speller(now.language)
    for piece in pieces:
        seconds = telling.recorded(piece.clip) if piece.clip else None
        if piece.is_pause and not now.run:
            now.clips += (piece.clip,)
            now.seconds += int(piece.clip.partition(":")[2]) / 1000
        elif seconds is not None:
            speak(now, telling)
            now.clips += (piece.clip,)
            now.seconds += seconds
        else:
            if speaks(piece.words):
                now.seconds += len(piece.words) / words.rate
            if telling.spoken is not None:
                gap = "" if piece.is_pause or piece is pieces[0] else words.gap
                now.run += gap + piece.words
                now.own = now.own and (own or not speaks(piece.words))


def speak(now: Said, telling: Telling) -> None:
    """Have the run spoken that stands at the end of a sentence, if there is one."""
    run, own = tidy(now.run), now.own
    now.run, now.own = "", True
    if telling.spoken is not None and speaks(run):
        clip = telling.spoken(run, now.language, own)
        if clip is not None:
            now.clips += (clip,)


def speak_all(said: Sequence[Said], telling: Telling) -> None:
    for now in said:
        speak(now, telling)


def finished(prompt: str, said: Sequence[Said], telling: Telling) -> list[Utterance]:
    speak_all(said, telling)
    return [
        Utterance(
            prompt=prompt,
            words=tidy(now.words),
            language=now.language,
            clips=_with_sound(now.clips),
            seconds=round(now.seconds, 3),
            masked=now.masked,
        )
        for now in said
        if speaks(now.words)
    ]


def _with_sound(clips: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the pauses where nothing else is recorded: an empty driver says nothing."""
    if all(clip.startswith("silence:") for clip in clips):
        return ()
    return clips
