"""The list of recordings, `manifest.json`, and what is wrong with one of them. Pure.

A recording is known by its name, and two sites, or two versions of one, may say
different words under the same name. So the list tells the words of each, and a
recording counts only where they are the site's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivrflow.prompts.measure import Fault, Measured, faults
from ivrflow.prompts.phrase import Clip

LIST = "manifest.json"
"""The name of the list in a folder of recordings."""


class BadList(ValueError):
    """This is no list of recordings."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound file: its length, what is said in it, and by whom.

    *words* is "" where the list does not tell: such a recording is taken at its name.
    *voice* is "" for a person's, else how a machine made it.
    """

    seconds: float
    words: str = ""
    language: str = ""
    voice: str = ""

    def says(self, words: str) -> bool:
        return self.words in ("", words)


def read_list(text: str) -> dict[str, Recording]:
    """Clip -> recording, from the text of a list; raises `BadList`.

    Names are those of files below the list's folder: what leads out of it is refused.
    """
    try:
        clips = json.loads(text)["clips"]
        if strange := next((name for name in clips if not _inside(name)), None):
            raise BadList(f"{strange!r} can't be the name of a recording")
        return {
            str(clip): Recording(
                float(about["seconds"]),
                str(about.get("text", "")),
                str(about.get("language", "")),
                str(about.get("voice", "")),
            )
            for clip, about in clips.items()
        }
    except BadList:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadList("this is no list of recordings") from None


def _inside(name: str) -> bool:
    parts = name.split("/")
    return not {"", ".", ".."} & set(parts) and "\0" not in name


def write_list(recordings: Mapping[str, Recording]) -> str:
    """Return the text of a list, one line for each recording."""
    lines = []
    for name, one in sorted(recordings.items()):
        about: dict[str, object] = {"text": one.words, "language": one.language}
        about |= {"voice": one.voice} if one.voice else {}
        entry = json.dumps({**about, "seconds": one.seconds}, ensure_ascii=False)
        lines.append(f"    {json.dumps(name)}: {entry}")
    return '{\n  "clips": {\n' + ",\n".join(lines) + "\n  }\n}\n"


SAME_LENGTH = 0.02
"""Seconds by which a file may differ from its line in the list."""


def judge(
    clip: Clip, listed: Recording | None, found: Measured | None, ending: str = ".wav"
) -> Iterator[Fault]:
    """Yield what is wrong with the recording of *clip*.

    *listed* is its line in the list, *found* what its file is like; None: there is
    none. Whoever reads files hands in what they hold.
    """
    if found is None:
        yield Fault("missing", f"nobody has recorded: {clip.words}")
        return
    if listed is None:
        cure = "`ivrflow sounds build` takes it in"
        yield Fault("not listed", f"it is not in {LIST} and is not played; {cure}")
    elif not listed.says(clip.words):
        yield Fault(
            "other words", f"it says {listed.words!r}, the prompt is {clip.words!r}"
        )
    elif abs(listed.seconds - found.seconds) > SAME_LENGTH:
        yield Fault(
            "other length",
            f"it lasts {found.seconds:.2f} s, the list says {listed.seconds:.2f} s: "
            "it was replaced; `ivrflow sounds build` takes it in",
        )
    yield from faults(found, ending)
