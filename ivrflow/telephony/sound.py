"""What is said to a caller, as plain values: the words, and the recordings of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

SHOWN_LENGTH = 200
"""Characters of an utterance's words that a log line shows."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One prompt, or one text, as it is said once.

    *prompt* is the prompt's name with its variant ("enter_pin.wrong"), or "" for a text
    that stands in the flow itself. *words* is what a person hears, for terminals, tests
    and the record of the call. *clips* are the recordings that say it, in order, as
    names below the folder of sounds without their ending ("en/welcome"); a name of the
    form "silence:400" is a pause in milliseconds, "tone:beep" a tone, "recording:NAME"
    what `Channel.record` made under that name, "speech:KEY" what a voice speaks while
    the call runs. Empty when nothing is recorded: drivers
    that have no speech then say nothing.
    """

    prompt: str
    words: str
    language: str
    clips: tuple[str, ...] = ()
    seconds: float = 0.0
    """How long it takes: measured where it is recorded, else estimated."""
    masked: bool = False
    """The clips say more than *words* show: for the caller alone, and unrecorded."""


def for_others(said: Sequence[Utterance]) -> list[Utterance]:
    """*said* for somebody else than the caller: what is masked is not heard."""
    return [replace(one, clips=()) if one.masked else one for one in said]


BEEP = Utterance(
    prompt="beep", words="", language="", clips=("tone:beep",), seconds=0.4
)
"""The tone before a recording."""
