"""What a notice about a message says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ivrflow.flow.letters import About

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "{urgent}Message in {title} from {caller}",
        "urgent": "Urgent: ",
        "withheld": "a withheld number",
        "text": (
            "{caller} has left a message of {seconds} s in {title},\n"
            "on {day} at {time} UTC.\n\nIt is kept as {message}.\n"
        ),
    },
    "zh": {
        "subject": "{urgent}{title}：{caller} 的留言",
        "urgent": "紧急：",
        "withheld": "隐藏号码",
        "text": (
            "{caller} 在{title}留下了 {seconds} 秒的留言，\n"
            "时间：{day} {time}（UTC）。\n\n留言编号：{message}\n"
        ),
    },
}
"""Language -> part -> words. A language without its own has English ones."""


def subject_of(about: About, title: str, language: str) -> str:
    """Return the subject of a mail about a message in the mailbox *title*."""
    words = _words(language)
    return words["subject"].format(
        urgent=words["urgent"] if about.urgent else "",
        title=title,
        caller=about.caller or words["withheld"],
    )


def text_of(about: About, title: str, language: str) -> str:
    """Return the text of a mail about a message."""
    words = _words(language)
    at = datetime.fromtimestamp(about.at, UTC)
    return words["text"].format(
        title=title,
        caller=about.caller or words["withheld"],
        seconds=round(about.seconds),
        day=f"{at:%Y-%m-%d}",
        time=f"{at:%H:%M}",
        message=about.message,
    )


def _words(language: str) -> Mapping[str, str]:
    return WORDS.get(language.partition("-")[0], WORDS["en"])
