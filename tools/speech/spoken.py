"""How each recording is spoken: in which sentence, how fast, with which silence.

A word spoken alone has the melody of a whole sentence, and twenty of them in a row are
hard to follow. So each piece is spoken within a sentence and cut out of it; a stretch
of a prompt is cut out of its own prompt, with example values in it. What came out wrong
when it was heard has its own entry in `BY_NAME`, found by trying.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.phrase import Clip, Phrase
from ivrflow.prompts.text import Slot
from speech.voice import VOICES

EDGE = 0.015
"""Seconds of silence at each end; what is trimmed keeps up to 30 ms of its own."""
PAUSES = {
    **dict.fromkeys(",，：", 0.18),
    **dict.fromkeys(".。?？", 0.25),
}
"""Seconds of silence after a recording that ends with this sign, or before one that
begins with it: the pause of a sentence that was cut into pieces."""

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
    },
}
DEFAULT_EXAMPLE = {"en": "five", "zh": "八"}


@dataclass(frozen=True)
class Frame:
    """The sentence around a piece, chosen to end and begin in a closed mouth."""

    before: str
    after: str


FRAMES = {
    "en": (
        (r".* the$", Frame("It is due on,", "tenth of the month.")),
        (r"\w+(first|second|third|th)$", Frame("It is due on March the,", "please.")),
        (r"(hundred|thousand|[mbtr]+illion)(th)?$", Frame("about eight,", "people.")),
        (r"(day|hour|minute|second)s?$", Frame("about eight,", "perhaps.")),
        (r"(yuan|fen|dollars?|cents?|euros?)$", Frame("It costs eight,", "ten.")),
        (r"(in the|at) \w+$", Frame("We open at eight,", "")),
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
"""By the words of a piece; the first that fits. Chinese words begin so softly that they
are only clear after silence: they begin their sentence, all but the measure words."""
SPEED = {"en": 0.95, "zh": 1.0}
"""Of a piece."""


@dataclass(frozen=True)
class Spoken:
    """One recording as it is made. *text* is what the voice reads."""

    text: str
    language: str
    voice: str
    speed: float
    silence: tuple[float, float]
    before: str = ""
    after: str = ""
    phonemes: str = ""
    """Given where the voice's own reading is wrong."""


@dataclass(frozen=True)
class Change:
    """What differs from the rule for one recording."""

    text: str = ""
    phonemes: str = ""
    speed: float = 0.0
    voice: str = ""
    before: str = ""
    after: str = ""


_NOT_IN_USE = Change(text="That key... is not in use, here.", speed=0.92)
_CHINESE = Change(text="中文服务，请按一。", speed=0.92)
BY_NAME: dict[str, Change] = {
    "en/choose_language.zh-CN": _CHINESE,
    "zh-CN/choose_language.zh-CN": _CHINESE,
    "en/enter_card.wrong": Change(
        text="That number is not right. Please try again, or press star, to start over."
    ),
    "en/main_menu.wrong": _NOT_IN_USE,
    "en/review_message.wrong": _NOT_IN_USE,
    "en/signed_in_menu.wrong": _NOT_IN_USE,
    "en/pieces/yuan": Change(phonemes="juːˈɑːn"),
    "en/rate_agent": Change(
        text="How was your call? Press one, to five. Five is best."
    ),
    "en/review_message.urgent": Change(text="To mark it, as urgent", speed=0.95),
    "en/your_balance.part2": Change(speed=0.85),
    "zh-CN/your_balance.part3": Change(before="请于八月八日"),
}


def spoken(clip: Clip, around: dict[str, Frame]) -> Spoken:
    """Return how *clip* is to be spoken; *around* is what `contexts` found."""
    language = clip.language.partition("-")[0]
    is_piece = "/pieces/" in clip.name
    frame = around.get(clip.name, Frame("", ""))
    if is_piece:
        frame = _frame_of_piece(clip, language)
    made = Spoken(
        text=clip.words,
        language=language,
        voice=VOICES[language],
        speed=SPEED[language] if is_piece else 1.0,
        silence=(
            max(PAUSES.get(clip.words[0], 0.0), EDGE),
            max(PAUSES.get(clip.words[-1], 0.0), EDGE),
        ),
        before=frame.before,
        after=frame.after,
    )
    # The cut goes after the comma, where it is silent, and not before it.
    signs = len(clip.words) - len(clip.words.lstrip(",，.。:：;； "))
    before = made.before + clip.words[:signs] if made.before else ""
    made = replace(made, before=before, text=clip.words[signs:])
    change = BY_NAME.get(clip.name)
    if change is None:
        return made
    given = {name: value for name, value in vars(change).items() if value}
    return replace(made, **given)


def _frame_of_piece(clip: Clip, language: str) -> Frame:
    frames = FRAMES[language]
    return next(frame for words, frame in frames if re.match(words, clip.words))


def contexts(catalogue: Catalogue) -> dict[str, Frame]:
    """Return the words around each recording that is only part of a sentence."""
    found: dict[str, Frame] = {}
    for phrase in catalogue.phrases():
        parts = list(phrase.stretches)
        if all(isinstance(part, Clip) for part in parts):
            continue
        texts = [
            part.words if isinstance(part, Clip) else _example(part, phrase)
            for part in parts
        ]
        for at, part in enumerate(parts):
            if isinstance(part, Clip) and part.name:
                before = "".join(texts[:at]) if phrase.language.startswith("en") else ""
                found[part.name] = Frame(before, "".join(texts[at + 1 :]))
    for clip in catalogue.clips():
        if "/menu_choice." in clip.name:
            before = "" if clip.language.startswith("zh") else "To talk to a person"
            found[clip.name] = Frame(before, "")
    for name in catalogue.names():
        for language in catalogue.languages:
            for target in catalogue.choices(name, language):
                after = "请按一。" if language.startswith("zh") else ", press one."
                found[f"{language}/{name}.{target}"] = Frame("", after)
    return found


def _example(slot: Slot, phrase: Phrase) -> str:
    language = phrase.language.partition("-")[0]
    examples = EXAMPLES[language]
    return examples.get(slot.filter, DEFAULT_EXAMPLE[language])
