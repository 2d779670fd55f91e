"""What people are told of a message: its words, in the language of its mailbox.

A notice waits in the outbox without words. They are made when it is handed over, of
what is known of the message by then and of the site that is live: so a mail that an
hour without a mail server has held up has the transcript, and says who hears the
mailbox what it is called now.

The words are those of the prompt that the mailbox names (`words:`), or ours. All that a
caller has brought along (his number, what a machine heard him say) is cleaned: it fills
a line, and never begins another header.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivrflow.flow.letters import About, NotYet, Parcel, prompt_written
from ivrflow.flow.site.settings import title_in
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.transcripts import WAITING
from ivrflow.prompts.catalogue import UnknownPrompt

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.mailboxes import Mailbox, Tell
    from ivrflow.flow.world.boxes import Boxes, Stored
    from ivrflow.flow.world.transcripts import Transcripts

log = logging.getLogger(__name__)

LOOK_AGAIN, SOONEST = 5.0, 0.5
"""Seconds until a notice that waits for its transcript is looked at again, at first and
before it waits no more."""

LONGEST_SHORT, ABOUT = 300, 100
"""Characters of a transcript in a text message, some five parts of one; and of what is
said about it in a site's own words."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "{urgent}Message in {title} from {who}",
        "urgent": "Urgent: ",
        "withheld": "a withheld number",
        "mailbox": "mailbox {sender}",
        "text": "{who} has left a message of {length} in {title},\non {day} at {time}.",
        "sent_on": "It was sent on by mailbox {sender}.",
        "number": "To be called back at {number}.",
        "queue": "Before that, {waited} were spent waiting in {queue}.",
        "transcript": "What was said, as far as a machine understood it:",
        "kept": "It is kept as {message}.",
        "seconds": "{s} s",
        "minutes": "{m} min {s} s",
    },
    "zh": {
        "subject": "{urgent}{title}：{who} 的留言",
        "urgent": "紧急：",
        "withheld": "隐藏号码",
        "mailbox": "信箱 {sender}",
        "text": "{who} 在{title}留下了 {length}的留言，\n时间：{day} {time}。",
        "sent_on": "由信箱 {sender} 转发。",
        "number": "回拨号码：{number}。",
        "queue": "留言前在{queue}等待了 {waited}。",
        "transcript": "留言内容（机器识别，仅供参考）：",
        "kept": "留言编号：{message}。",
        "seconds": "{s} 秒",
        "minutes": "{m} 分 {s} 秒",
    },
}
"""Language -> part -> words. A language without its own has English ones."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice as it goes out: what a person reads, and what a machine gets."""

    subject: str
    """One line."""
    text: str
    short: str
    """All of it in one line, for a text message."""
    language: str
    urgent: bool
    sound: str
    """The id of the message's sound."""
    intro: str = ""
    """That of the comment that is heard before it; "": there is none."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the message, as JSON has it."""


class Notices:
    """Makes the words of notices. *site* gives the live version.

    *boxes* and *transcripts* None: a notice says what its row in the outbox knows.
    *within* is for how many seconds a notice that wants the transcript waits for it.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        seconds: Callable[[], float],
        *,
        boxes: Boxes | None = None,
        transcripts: Transcripts | None = None,
        within: float = 0.0,
    ) -> None:
        self._site = site
        self._seconds = seconds
        self._boxes = boxes
        self._transcripts = transcripts
        self._within = within

    async def of(self, parcel: Parcel) -> Told:
        """The notice in *parcel*, which must be about a message.

        Raises `NotYet` while its transcript is waited for, and `Trouble`.
        """
        about, site = parcel.about, self._site()
        assert about is not None, "a letter of a flow has words of its own"
        stored = None
        if self._boxes is not None:
            stored = await self._boxes.message(about.message)
        box = site.mailboxes.get(about.mailbox)
        tell = _tell(box, parcel)
        words = ""
        if tell is not None and tell.transcript:
            words = await self._transcript(parcel, stored)
        known = _Known(site, box, about, stored, words)
        subject, text, short = known.subject, known.text, known.short
        own = _own(known, str(tell.words)) if tell and tell.words else ""
        if own:
            short = shortened(own, LONGEST_SHORT + ABOUT)
            first, _, rest = own.partition("\n")
            # In one line it is all text: the subject is ours then.
            subject, text = (first, rest) if rest.strip() else (subject, own)
        return Told(
            subject=one_line(subject),
            text=clean(text.strip("\n")),
            short=one_line(short),
            language=known.language,
            urgent=known.urgent,
            sound=known.sound,
            intro=stored.intro.sound if stored and stored.intro else "",
            data=known.data,
        )

    async def _transcript(self, parcel: Parcel, stored: Stored | None) -> str:
        """What was said; "" where nobody understood it, or not in time."""
        if stored is None:
            return ""
        if stored.transcript or self._transcripts is None:
            return stored.transcript
        sound = stored.speech.sound
        found = (await self._transcripts.of([sound])).get(sound)
        if found is None or found.state != WAITING:
            return found.words if found is not None else ""
        age = self._seconds() - parcel.at
        if age < self._within:
            # The longer it has waited, the more wait: an ear that is behind has enough
            # to do, and so has the outbox.
            again = min(max(LOOK_AGAIN, age / 10), self._within - age)
            raise NotYet("it waits for its transcript", max(again, SOONEST))
        return ""


class _Known:
    """All that a notice may say of one message, in the language of its mailbox."""

    def __init__(
        self,
        site: Site,
        box: Mailbox | None,
        about: About,
        stored: Stored | None,
        transcript: str,
    ) -> None:
        self.site = site
        self.about = about
        self.stored = stored
        self.transcript = transcript
        self.language = language_of(site, box, stored)
        self.title = about.mailbox
        if box is not None:
            self.title = title_in(box.title, self.language, about.mailbox)
        self.at = datetime.fromtimestamp(about.at, site.settings.zone)
        self._words = WORDS.get(self.language.partition("-")[0], WORDS["en"])

    @property
    def urgent(self) -> bool:
        return self.stored.urgent if self.stored is not None else self.about.urgent

    @property
    def sound(self) -> str:
        return self.stored.speech.sound if self.stored else self.about.message

    @property
    def who(self) -> str:
        """The number it came from, or the mailbox that has sent it."""
        if self.about.caller:
            return one_line(self.about.caller)
        if self.stored is not None and self.stored.sender:
            return self._words["mailbox"].format(sender=self._number_of_sender)
        return self._words["withheld"]

    @property
    def _number_of_sender(self) -> str:
        assert self.stored is not None
        sender = self.site.mailboxes.get(self.stored.sender)
        number = sender.number if sender is not None else None
        return str(number or self.stored.sender)

    @property
    def subject(self) -> str:
        return self._words["subject"].format(
            urgent=self._words["urgent"] if self.urgent else "",
            title=self.title,
            who=self.who,
        )

    @property
    def text(self) -> str:
        words, stored = self._words, self.stored
        first = words["text"].format(
            who=self.who,
            title=self.title,
            length=self._length(self.about.seconds),
            day=f"{self.at:%Y-%m-%d}",
            time=f"{self.at:%H:%M}",
        )
        more = []
        if stored is not None:
            if stored.sender and self.about.caller:
                more.append(words["sent_on"].format(sender=self._number_of_sender))
            if stored.number and stored.number != self.about.caller:
                more.append(words["number"].format(number=one_line(stored.number)))
            if stored.queue:
                queue = self.site.queues.get(stored.queue)
                title = queue.title if queue is not None else {}
                more.append(
                    words["queue"].format(
                        waited=self._length(stored.waited),
                        queue=title_in(title, self.language, stored.queue),
                    )
                )
        parts = ["\n".join([first, *more])]
        if self.transcript:
            parts.append(f"{words['transcript']}\n\n{self.transcript.strip()}")
        parts.append(words["kept"].format(message=self.about.message) + "\n")
        return "\n\n".join(parts)

    @property
    def short(self) -> str:
        if not self.transcript:
            return one_line(self.subject)
        said = shortened(self.transcript, LONGEST_SHORT)
        return f"{one_line(self.subject)}: {said}"

    @property
    def names(self) -> Mapping[str, object]:
        """What a prompt of the site may say."""
        return {
            "who": self.who,
            "title": self.title,
            "seconds": round(self.about.seconds),
            "at": self.at.replace(tzinfo=None),
            "transcript": clean(self.transcript),
        }

    @property
    def data(self) -> Mapping[str, Any]:
        about = self.about
        known: dict[str, Any] = {**asdict(about), "urgent": self.urgent}
        if self.stored is not None:
            stored = self.stored
            known |= {
                "number": stored.number,
                "language": stored.language,
                "queue": stored.queue,
                "waited": stored.waited,
                "dialled": stored.dialled,
                "sender": stored.sender,
                "data": dict(stored.data),
            }
        known["audio"] = f"/api/messages/{about.message}/audio"
        if self.transcript:
            known["transcript"] = self.transcript
        return known

    def _length(self, seconds: float) -> str:
        minutes, rest = divmod(round(seconds), 60)
        how = "minutes" if minutes else "seconds"
        return self._words[how].format(m=minutes, s=rest)


def shortened(text: str, most: int) -> str:
    """*text* in one line of at most *most* characters."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def one_line(text: str) -> str:
    """*text* in one line that nothing in it can end."""
    return " ".join(_readable(text).split())


def clean(text: str) -> str:
    """*text* with its lines, and without what is no character to be read."""
    return "\n".join(_readable(line) for line in text.splitlines())


def _readable(text: str) -> str:
    """*text* with a space for each sign that is none to be read."""
    return "".join(c if c.isprintable() else " " for c in text)


def _own(known: _Known, prompt: str) -> str:
    """What a prompt of the site says of it; "" where it can't be written."""
    try:
        return prompt_written(known.site.catalogue, known.language, prompt, known.names)
    except (Trouble, UnknownPrompt) as trouble:
        log.warning(
            "message %s is told in our words: the prompt %s can't be written: %s",
            known.about.message,
            prompt,
            trouble,
        )
        return ""


def language_of(site: Site, box: Mailbox | None, stored: Stored | None) -> str:
    """The mailbox's own, else that of its caller, else the site's first."""
    if box is not None and box.language:
        return str(box.language)
    if stored is not None and stored.language in site.settings.languages:
        return stored.language
    return str(site.settings.languages[0])


def _tell(box: Mailbox | None, parcel: Parcel) -> Tell | None:
    """What the live mailbox says of whoever gets *parcel*; None: nothing any more."""
    tells = box.tell if box is not None else ()
    same = (t for t in tells if t.channel == parcel.channel and t.to == parcel.to)
    return next(same, None)
