"""How each recording is spoken: in which sentence, how fast.

A word spoken alone has the melody of a whole sentence, and twenty of them in a row are
hard to follow. So each piece is spoken within a sentence and cut out of it; a stretch
of a prompt is cut out of its own prompt, with example values in it. Voices that can't
cut speak the words alone. What a voice reads wrong has its own entry in `reading.json`
beside the list of recordings, found by listening.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.phrase import Clip, Phrase
from ivrflow.prompts.recorded import BadList
from ivrflow.prompts.text import Slot
from ivrflow.speech.provider import Line

CORRECTIONS = "reading.json"
"""Clip -> {text, phonemes, speed, before, after}: what differs from the rule."""

EXAMPLES = {
    "en": {
        "money": "five yuan",
        "date": "March the tenth",
        "time": "ten thirty",
        "minutes": "ten minutes",
        "duration": "ten minutes",
        "phone": "five five three",
        "digits": "five five three",
        "text": "to talk",
        "": "five",
    },
    "zh": {
        "money": "八元",
        "date": "八月八日",
        "time": "八点半",
        "minutes": "八分钟",
        "duration": "八分钟",
        "phone": "八八三",
        "digits": "八八三",
        "text": "的",
        "": "八",
    },
}
"""What stands for a value, by its filter. Other languages: nothing stands there."""


@dataclass(frozen=True)
class Frame:
    """The words around a recording in the sentence that it is spoken in."""

    before: str = ""
    after: str = ""


FRAMES: Mapping[str, tuple[tuple[str, Frame], ...]] = {
    "en": (
        (r".* the$", Frame("It is due on,", "tenth of the month.")),
        (r"\w+(first|second|third|th)$", Frame("It is due on March the,", "please.")),
        (r"(hundred|thousand|[mbtr]+illion)(th)?$", Frame("about eight,", "people.")),
        (r"(day|hour|minute|second)s?$", Frame("about eight,", "perhaps.")),
        (r"(yuan|fen|dollars?|cents?|euros?)$", Frame("It costs eight,", "ten.")),
        (r"(in the|at) \w+$", Frame("We open at eight,")),
        (r"o'clock$", Frame("We open at eight,", "today.")),
        (r"(noon|midnight)$", Frame("We open at,", "today.")),
        (r"(to|point|oh|plus)$", Frame("about eight,", "ten people.")),
        (r"[A-Z]$", Frame("The letter is,", ", please.")),
        (r"", Frame("It is about,", "percent.")),
    ),
    "zh": (
        (r".*月$|.*日$", Frame("", "到期。")),
        (r".+点$", Frame("", "到达。")),
        (r"(分|半|秒|分钟|小时|天|年)$", Frame("一共是三十八，", "，对。")),
        (r"(元|角|美元|欧元|美分|欧分)$", Frame("一共是三十八，", "，对。")),
        (r"(凌晨|早上|上午|中午|下午|晚上)$", Frame("", "八点。")),
        (r"(万|亿|点|到)$", Frame("一共是三十八，", "八个。")),
        (r"", Frame("", "个。")),
    ),
}
"""By the words of a piece; the first that fits. They begin and end in a closed mouth.
Chinese words begin so softly that they are only clear after silence: they begin their
sentence, all but the measure words."""

PIECE_SPEED = {"en": 0.95}

_SIGNS = ",，.。:：;； "


class Reading:
    """How the recordings of one site are spoken."""

    def __init__(
        self, catalogue: Catalogue, corrections: Mapping[str, Mapping[str, object]]
    ) -> None:
        self._around = _contexts(catalogue)
        self._corrections = corrections

    def line(self, clip: Clip) -> Line:
        """Return what is spoken for *clip*."""
        language = _short(clip.language)
        is_piece = "/pieces/" in clip.name
        frame = self._around.get(clip.name, Frame())
        if is_piece:
            frame = _frame_of_piece(clip.words, language)
        # The cut goes after the comma, where it is silent, and not before it.
        signs = len(clip.words) - len(clip.words.lstrip(_SIGNS))
        before = frame.before + clip.words[:signs] if frame.before else ""
        line = Line(
            text=clip.words[signs:],
            before=before,
            after=frame.after,
            speed=PIECE_SPEED.get(language, 1.0) if is_piece else 1.0,
        )
        return replace(line, **self._corrections.get(clip.name, {}))  # type: ignore[arg-type]  # checked when read


def _short(language: str) -> str:
    return language.partition("-")[0]


def _frame_of_piece(words: str, language: str) -> Frame:
    known = FRAMES.get(language, ())
    return next((frame for like, frame in known if re.match(like, words)), Frame())


def _contexts(catalogue: Catalogue) -> dict[str, Frame]:
    """Return the words around each recording that is only part of a sentence."""
    found: dict[str, Frame] = {}
    for phrase in catalogue.phrases():
        parts = phrase.stretches
        if all(isinstance(part, Clip) for part in parts):
            continue
        texts = [
            part.words if isinstance(part, Clip) else _example(part, phrase)
            for part in parts
        ]
        for at, part in enumerate(parts):
            if isinstance(part, Clip) and part.name:
                english = _short(phrase.language) == "en"
                before = "".join(texts[:at]) if english else ""
                found[part.name] = Frame(before, "".join(texts[at + 1 :]))
    for clip in catalogue.clips():
        if "/menu_choice." in clip.name and _short(clip.language) == "en":
            found[clip.name] = Frame("To talk to a person")
    for name in catalogue.names():
        for language in catalogue.languages:
            after = {"zh": "请按一。", "en": ", press one."}.get(_short(language), "")
            for target in catalogue.choices(name, language):
                found[f"{language}/{name}.{target}"] = Frame("", after)
    return found


def _example(slot: Slot, phrase: Phrase) -> str:
    examples = EXAMPLES.get(_short(phrase.language), {})
    return examples.get(slot.filter, examples.get("", ""))


def read_corrections(folder: Path) -> dict[str, dict[str, object]]:
    """Return the entries of a folder's `reading.json`, {} if there is none.

    Blocks; raises `BadList`.
    """
    path = folder / CORRECTIONS
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadList(f"{path}: cannot be read: {error}") from None
    kinds = {"text": str, "phonemes": str, "before": str, "after": str, "speed": float}
    if not isinstance(found, dict) or not all(
        isinstance(entry, dict)
        and all(isinstance(v, kinds.get(k, ())) for k, v in entry.items())
        for entry in found.values()
    ):
        known = " ".join(kinds)
        raise BadList(f'{path}: this is not {{"en/welcome": {{...}}}} with {known}')
    return found
