"""What people are told of a message: language, words, and what is waited for."""

from datetime import UTC, datetime

import pytest

from ivrflow.flow.letters import About, NotYet, Parcel
from ivrflow.flow.notices import ABOUT, LONGEST_SHORT, Notices, clean, one_line
from ivrflow.flow.world import NewMessage
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.transcripts import MemoryTranscripts
from tests.unit.flow.one_call import site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "5" * 32
FLOW = "steps:\n  over: {hangup: yes}\n"
PROMPTS = (
    "note: |-\n"
    "  A call for ${title}\n"
    "  ${who} spoke for ${seconds} s: ${transcript}\n"
    "line: ${who} at ${at}\n"
    "broken: ${seconds | word counted}\n"
    "counted: {one: One, two: Two}\n"
)


class House:
    """One mailbox with one message, and who tells of it."""

    def __init__(self, folder, *tells, box="", within=300.0):
        listed = "".join(f"    - {tell}\n" for tell in tells)
        self.site = site(
            folder,
            FLOW,
            site="hosts: [crm.example.com]\n",
            mailboxes=f"service:\n  number: 800\n  title: {{en: Desk, zh-CN: 客服}}\n"
            f"  {box}\n  tell:\n{listed}",
            prompts__en=PROMPTS,
        )
        self.now = NOON.timestamp()
        self.messages, self.transcripts = MemoryMessages(), MemoryTranscripts()
        boxes = MemoryBoxes(self.messages, lambda: NOON)
        self.notices = Notices(
            lambda: self.site,
            lambda: self.now,
            boxes=boxes,
            transcripts=self.transcripts,
            within=within,
        )

    async def left(self, *, urgent=False, **more):
        """A message of 75 s is left."""
        new = NewMessage(
            message=ID, sound=ID, mailbox="service", call="17.1", caller="138", at=NOON
        )
        self.about = {"caller": "138", **more}
        given = {**vars(new), **more}
        await self.messages.begin([NewMessage(**given)], most={})
        await self.messages.keep(ID, seconds=75.0, urgent=urgent)

    async def told(self, channel="email", to="li@example.com"):
        about = About(
            message=ID,
            mailbox="service",
            caller=self.about["caller"],
            at=NOON.timestamp(),
            seconds=75.0,
            urgent=False,
        )
        return await self.notices.of(
            Parcel(
                key="k",
                channel=channel,
                to=to,
                at=NOON.timestamp(),
                tries=0,
                about=about,
            )
        )


MAIL = "{email: li@example.com}"
WITH_WORDS = "{email: li@example.com, transcript: yes}"


async def test_a_mail_speaks_the_language_of_its_mailbox(tmp_path):
    house = House(tmp_path, MAIL, box="language: zh-CN")
    await house.left(number="13900139000")
    told = await house.told()

    assert told.language == "zh-CN"
    assert told.subject == "客服：138 的留言"
    assert told.text.splitlines()[:3] == [
        "138 在客服留下了 1 分 15 秒的留言，",
        "时间：2026-03-02 12:00。",
        "回拨号码：13900139000。",
    ]


async def test_else_it_speaks_the_first_language_of_the_site(tmp_path):
    house = House(tmp_path, MAIL)
    await house.left(language="fr")  # no language of this site
    told = await house.told()

    assert (told.language, told.subject) == ("en", "Message in Desk from 138")
    assert "a message of 1 min 15 s in Desk,\non 2026-03-02 at 12:00." in told.text


async def test_what_was_marked_urgent_since_is_told_so(tmp_path):
    house = House(tmp_path, MAIL)
    await house.left(urgent=True)
    told = await house.told()

    assert told.urgent
    assert told.subject.startswith("Urgent: ")


async def test_it_says_who_has_sent_a_message_and_where_its_caller_waited(tmp_path):
    house = House(tmp_path, MAIL)
    await house.left(caller="", sender="service", queue="gone", waited=61.0)
    told = await house.told()

    assert told.subject == "Message in Desk from mailbox 800"
    assert "1 min 1 s were spent waiting in gone" in told.text


async def test_a_withheld_number_is_called_that(tmp_path):
    house = House(tmp_path, MAIL)
    await house.left(caller="")

    assert (await house.told()).subject == "Message in Desk from a withheld number"


async def test_a_mail_that_wants_the_words_waits_for_them(tmp_path):
    house = House(tmp_path, WITH_WORDS)
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    with pytest.raises(NotYet):
        await house.told()
    house.now += 20
    await house.transcripts.done(ID, "Please call me back.", by="ear", now=house.now)
    told = await house.told()

    assert "Please call me back." in told.text
    assert told.data["transcript"] == "Please call me back."


async def test_a_mail_waits_no_longer_than_it_may(tmp_path):
    house = House(tmp_path, WITH_WORDS, within=300.0)
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    house.now += 299.9
    with pytest.raises(NotYet):
        await house.told()
    house.now += 0.1

    assert "machine" not in (await house.told()).text


async def test_who_has_waited_long_is_looked_at_less_often(tmp_path):
    house = House(tmp_path, WITH_WORDS, within=300.0)
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    looks = 0
    while looks < 100:
        try:
            await house.told()
            break
        except NotYet as early:
            house.now += early.seconds
            looks += 1

    assert house.now == NOON.timestamp() + 300.0
    assert looks < 35


async def test_nobody_waits_for_words_that_failed_or_that_nobody_makes(tmp_path):
    house = House(tmp_path, WITH_WORDS)
    await house.left()
    await house.told()
    await house.transcripts.ask(ID, "en", house.now)
    await house.transcripts.failed(ID, "too long", due=None)

    assert "machine" not in (await house.told()).text


async def test_who_does_not_want_the_words_neither_gets_nor_awaits_them(tmp_path):
    house = House(tmp_path, MAIL)
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    await house.told()
    await house.transcripts.done(ID, "Please call me.", by="ear", now=house.now)
    told = await house.told()

    assert "Please call me." not in told.text
    assert "transcript" not in told.data


async def test_a_mailbox_may_have_words_of_its_own(tmp_path):
    house = House(tmp_path, "{email: li@example.com, transcript: yes, words: note}")
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    await house.transcripts.done(ID, "Call me.", by="ear", now=house.now)
    told = await house.told()

    assert told.subject == "A call for Desk"
    assert told.text == "138 spoke for 75 s: Call me."


async def test_words_in_one_line_leave_the_subject_to_us(tmp_path):
    house = House(tmp_path, "{sms: '13800138000', words: line}")
    await house.left()
    told = await house.told("sms", "13800138000")

    assert told.subject == "Message in Desk from 138"
    assert told.text == told.short == "138 at 2026-03-02 12:00"


async def test_words_that_can_not_be_written_are_ours(tmp_path, caplog):
    house = House(tmp_path, "{email: li@example.com, words: broken}")
    await house.left()

    assert (await house.told()).subject == "Message in Desk from 138"
    assert "broken can't be written" in caplog.text


async def test_a_text_message_is_one_line_of_bounded_length(tmp_path):
    house = House(tmp_path, "{sms: '13800138000', transcript: yes}")
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    await house.transcripts.done(ID, "word\n" * 200, by="ear", now=house.now)
    told = await house.told("sms", "13800138000")

    assert told.short.startswith("Message in Desk from 138: word word")
    assert len(told.short) == len("Message in Desk from 138: ") + LONGEST_SHORT
    assert "\n" not in told.short


async def test_a_text_message_in_words_of_ones_own_has_bounds_too(tmp_path):
    house = House(tmp_path, "{sms: '13800138000', transcript: yes, words: note}")
    await house.left()
    await house.transcripts.ask(ID, "en", house.now)
    await house.transcripts.done(ID, "word " * 4000, by="ear", now=house.now)
    told = await house.told("sms", "13800138000")

    assert len(told.short) == LONGEST_SHORT + ABOUT
    assert told.short.endswith("…")
    assert len(told.text) > 4000  # where there is room, it is all there


async def test_a_webhook_is_told_all_that_is_known_and_where_to_hear_it(tmp_path):
    house = House(tmp_path, "{webhook: 'https://crm.example.com/x'}")
    await house.left(number="139", queue="desk", data={"card": "…1234"})
    told = await house.told("webhook", "https://crm.example.com/x")

    assert told.data["audio"] == f"/api/messages/{ID}/audio"
    assert told.data["data"] == {"card": "…1234"}
    assert (told.data["number"], told.data["queue"]) == ("139", "desk")


def test_what_a_caller_brings_along_ends_no_line_and_hides_nothing():
    assert one_line("138\r\nBcc: all@example.com\x00\u2028x") == (
        "138 Bcc: all@example.com x"
    )
    assert one_line("13\x008\t9") == "13 8 9"
    assert clean("one\r\ntwo\x00[2J\tx") == "one\ntwo [2J x"
