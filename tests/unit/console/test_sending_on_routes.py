"""What follows from a message that is sent on by the API, or whose words are wanted."""

from sqlalchemy import text

from tests.unit.console.supervised import supervised

ONE, TWO = "a1" * 16, "b2" * 16


def act(message, what):
    return f"/api/messages/{message}/{what}"


async def test_a_copy_that_is_work_wants_who_speaks_its_language(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", language="zh-CN")

        body = {"to": ["east"]}
        _, answer = await floor.ask("1001", "POST", act(ONE, "forward"), body)

        [copy] = answer["sent"].values()

        async def look(db):
            query = text("select wanted from work where message = :copy")
            return list(await db.scalars(query, {"copy": copy}))

        [wanted] = await floor.database.read(look)
        assert "speaks=zh-CN" in wanted
        [told] = [fact for fact in floor.facts if fact.kind == "Notified"]
        assert (told.mailbox, told.message) == ("east", copy)
        assert (told.channel, told.to) == ("email", "east@example.com")


async def test_who_asks_for_words_is_in_the_log_once(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")
        for _ in range(2):
            status, _ = await floor.ask("1001", "POST", act(ONE, "transcribe"))
            assert status == 200

        asked = [e for e in await floor.audited() if "asked for the words" in e.what]

        assert [ONE in entry.what for entry in asked] == [True]


async def test_where_nobody_writes_words_down_it_says_so(tmp_path):
    async with supervised(tmp_path, transcribes=False) as floor:
        await floor.leave(ONE, "north")

        status, answer = await floor.ask("1001", "POST", act(ONE, "transcribe"))
        _, after = await floor.ask("1001", "GET", f"/api/messages/{ONE}")

        assert status == 409
        assert "transcripts" in answer["error"]
        assert after["transcript"] is None


async def test_words_are_written_in_the_language_of_the_mailbox(tmp_path):
    async with supervised(tmp_path) as floor:
        for message, box in ((ONE, "east"), (TWO, "north")):
            await floor.leave(message, box, language="zh-CN")
            await floor.ask("ann", "POST", act(message, "transcribe"))

        waiting = await floor.kept.transcripts.due(2e9, most=2)

        assert {one.speech.sound: one.language for one in waiting} == {
            ONE: "en",
            TWO: "zh-CN",
        }
