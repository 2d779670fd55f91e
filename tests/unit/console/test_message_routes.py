"""Mailboxes, messages and greetings by the API, on a real database."""

import asyncio
import wave
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO

from ivrflow.console.sound_answers import LISTENING, Listenings
from ivrflow.db.sounds import SqlSounds
from ivrflow.flow.working.acts import OnIt
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import Pin
from tests.unit.console.supervised import supervised, tone

ONE, TWO, THREE = "a1" * 16, "b2" * 16, "c3" * 16
AUDIO = f"/api/messages/{ONE}/audio"


WAV = tone(0.1)


async def fetch(floor, by, path, method="GET", **headers):
    """Status, headers and bytes of an answer."""
    given = {
        **floor.headers(by),
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    async with floor.client.request(method, path, headers=given) as answer:
        return answer.status, answer.headers, await answer.read()


async def put(floor, by, path, data):
    headers = {**floor.headers(by), "Content-Type": "audio/wav"}
    async with floor.client.put(path, data=BytesIO(data), headers=headers) as answer:
        return answer.status, await answer.json()


async def heard_of(floor):
    return [e.what for e in await floor.audited() if e.what.startswith("listened")]


@contextmanager
def nothing_is_noted(floor):
    """The audit log is away while the block runs."""

    async def fails(who, what, before=None, after=None):
        raise Trouble("the audit log is away")

    floor.kept.audit.note = fails
    yield
    del floor.kept.audit.note


# What is there ------------------------------------------------------------------------


async def test_one_sees_the_mailboxes_that_one_may_hear(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", urgent=True)
        await floor.leave(TWO, "north")

        seen = {}
        for by in ("ann", "2001", "2002", "1001", "1003"):
            _, answer = await floor.ask(by, "GET", "/api/mailboxes")
            seen[by] = {one["mailbox"] for one in answer["mailboxes"]}
        _, answer = await floor.ask("1001", "GET", "/api/mailboxes/north")

        assert seen == {
            "ann": {"north", "east", "tom", "tied"},
            "2001": {"north", "east"},
            "2002": {"east"},
            "1001": {"north"},
            "1003": {"tom"},
        }
        counts = {name: answer[name] for name in ("new", "urgent", "old", "most")}
        assert counts == {"new": 2, "urgent": 1, "old": 0, "most": 100}
        assert (answer["number"], answer["pin"]) == ("801", None)


async def test_messages_come_in_pages_urgent_ones_first(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")
        await floor.leave(TWO, "north", urgent=True)
        await floor.leave(THREE, "north")
        path = "/api/mailboxes/north/messages"

        _, first = await floor.ask("1001", "GET", f"{path}?most=2")
        last = first["more"]
        _, rest = await floor.ask("1001", "GET", f"{path}?most=2&after={last}")

        assert first["messages"][0]["message"] == TWO
        pages = first["messages"] + rest["messages"]
        assert {one["message"] for one in pages} == {ONE, TWO, THREE}
        assert rest["more"] is None


async def test_a_page_that_makes_no_sense_is_refused(tmp_path):
    async with supervised(tmp_path) as floor:
        for query in ("folder=bin", "after=../../x", "most=0", "most=1000", "most=x"):
            path = f"/api/mailboxes/north/messages?{query}"
            status, answer = await floor.ask("ann", "GET", path)

            assert status == 400, query
            assert "'" in answer["error"]


async def test_of_a_message_nobody_else_learns_that_it_is_there(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")

        his = await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        others = await floor.ask("1003", "GET", f"/api/messages/{ONE}")
        nobodys = await floor.ask("1003", "GET", f"/api/messages/{TWO}")
        strange = await floor.ask("ann", "GET", "/api/messages/..%2F..%2Fetc")

        assert his[0] == 200
        assert his[1]["from"] == "057188880101"
        assert others == nobodys
        assert others[0] == 403
        assert strange[0] == 404


async def test_who_has_it_as_work_may_hear_it_and_do_no_more(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        one = OnIt(message=ONE, queue="service", agent="1003")

        before = await floor.ask("1003", "GET", f"/api/messages/{ONE}")
        floor.kept.at_work.add(one)
        after = await floor.ask("1003", "GET", f"/api/messages/{ONE}")
        sound = await fetch(floor, "1003", AUDIO)
        act = await floor.ask("1003", "POST", f"/api/messages/{ONE}/delete")

        floor.kept.at_work.remove(one)
        over = await floor.ask("1003", "GET", f"/api/messages/{ONE}")

        assert (before[0], after[0], sound[0], act[0]) == (403, 200, 200, 403)
        assert over[0] == 403


# Sound --------------------------------------------------------------------------------


async def test_a_sound_is_given_whole_and_in_parts(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)

        status, headers, data = await fetch(floor, "1001", AUDIO)
        part = await fetch(floor, "1001", AUDIO, Range="bytes=10-19")
        end = await fetch(floor, "1001", AUDIO, Range="bytes=-4")
        behind = await fetch(floor, "1001", AUDIO, Range=f"bytes={len(WAV)}-")

        assert (status, data) == (200, WAV)
        assert headers["Accept-Ranges"] == "bytes"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Type"] == "audio/wav"
        assert "attachment" in headers["Content-Disposition"]
        assert (part[0], part[2]) == (206, WAV[10:20])
        assert part[1]["Content-Range"] == f"bytes 10-19/{len(WAV)}"
        assert end[2] == WAV[-4:]
        assert behind[0] == 416
        assert behind[1]["Content-Range"] == f"bytes */{len(WAV)}"


async def test_head_tells_of_a_sound_and_gives_none(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)

        status, headers, data = await fetch(
            floor, "1001", AUDIO, "HEAD", Range="bytes=0-9"
        )

        assert (status, data) == (200, b"")
        assert int(headers["Content-Length"]) == len(WAV)
        assert await heard_of(floor) == []


async def test_who_has_the_sound_already_gets_it_no_second_time(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        tag = (await fetch(floor, "1001", AUDIO, "HEAD"))[1]["ETag"]

        same = await fetch(floor, "1001", AUDIO, If_None_Match=tag)
        ours = await fetch(floor, "1001", AUDIO, Range="bytes=0-3", If_Range=tag)
        older = await fetch(floor, "1001", AUDIO, Range="bytes=0-3", If_Range='"x"')

        assert (same[0], same[2]) == (304, b"")
        assert (ours[0], ours[2]) == (206, WAV[:4])
        assert (older[0], older[2]) == (200, WAV)


async def test_each_listening_is_in_the_audit_before_the_sound_is_given(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)

        await fetch(floor, "1001", AUDIO, Range="bytes=0-9")
        await fetch(floor, "1001", AUDIO, Range="bytes=10-19")
        await fetch(floor, "ann", AUDIO, Range="bytes=1-")

        assert len(await heard_of(floor)) == 2
        told = [fact for fact in floor.facts if fact.kind == "MessageHeard"]
        assert [(fact.by, fact.via) for fact in told] == [
            ("1001", "api"),
            ("ann (api)", "api"),
        ]


async def test_who_can_not_be_noted_hears_nothing(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        tag = (await fetch(floor, "1001", AUDIO, "HEAD"))[1]["ETag"]
        assert tag

        with nothing_is_noted(floor):
            status, _, data = await fetch(floor, "1001", AUDIO)
            part, _, later = await fetch(floor, "1001", AUDIO, Range="bytes=9-20")

        assert (status, part) == (503, 503)
        assert WAV[:20] not in data
        assert WAV[9:21] not in later
        await fetch(floor, "1001", AUDIO, Range="bytes=9-20")
        assert len(await heard_of(floor)) == 1


async def test_a_copy_of_a_message_is_a_message_of_its_own_to_the_audit(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        path = f"/api/messages/{ONE}/forward"
        _, sent = await floor.ask("ann", "POST", path, {"to": ["east"]})
        copy = f"/api/messages/{sent['sent']['east']}/audio"

        await fetch(floor, "ann", AUDIO, Range="bytes=9-20")
        await fetch(floor, "ann", copy, Range="bytes=9-20")

        assert len(await heard_of(floor)) == 2


async def test_who_reads_the_words_stands_in_the_audit_and_else_gets_none(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        transcripts = floor.kept.transcripts
        await transcripts.ask(ONE, "en", 1.0)
        await transcripts.done(ONE, "call me back", by="whisper", now=2.0)

        with nothing_is_noted(floor):
            refused = await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        _, read = await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        _, act = await floor.ask("1001", "POST", f"/api/messages/{ONE}/urgent")

        assert refused[0] == 503
        assert read["transcript"]["words"] == "call me back"
        assert act["transcript"]["state"] == "done"
        assert "call me back" not in str((refused, act))
        words = [e for e in await floor.audited() if e.what.startswith("read the")]
        assert len(words) == 1


def test_a_listening_ends_after_a_while():
    listenings = Listenings()

    assert listenings.is_new("ann", ONE, 5, 100.0)
    assert listenings.is_new("ann", ONE, 5, 100.0)  # nobody has written it down
    listenings.begun("ann", ONE, 100.0)
    assert not listenings.is_new("ann", ONE, 5, 101.0)
    assert listenings.is_new("ann", ONE, 0, 101.0)
    assert listenings.is_new("bob", ONE, 5, 101.0)
    assert listenings.is_new("ann", ONE, 5, 100.0 + LISTENING)


async def test_a_sound_that_is_gone_is_no_fault_of_ours(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        await floor.kept.audio.drop(ONE)

        status, _, _ = await fetch(floor, "1001", AUDIO)

        assert status == 503


# Acts ---------------------------------------------------------------------------------


async def test_a_message_is_moved_marked_deleted_and_brought_back(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")

        async def act(name, **body):
            path = f"/api/messages/{ONE}/{name}"
            status, answer = await floor.ask("1001", "POST", path, body)
            assert status == 200, answer
            return answer["state"], answer["folder"], answer["urgent"]

        assert await act("heard") == ("old", "", False)
        assert await act("new") == ("new", "", False)
        assert await act("urgent") == ("new", "", True)
        assert await act("urgent", urgent=False) == ("new", "", False)
        assert await act("move", folder="family") == ("new", "family", False)
        assert await act("heard") == ("old", "family", False)
        assert await act("heard") == ("old", "family", False)
        assert await act("new") == ("new", "family", False)
        assert await act("new") == ("new", "family", False)
        assert await act("heard") == ("old", "family", False)
        assert await act("delete") == ("deleted", "family", False)
        assert await act("delete") == ("deleted", "family", False)
        assert await act("restore") == ("old", "family", False)
        marks = [e.after for e in await floor.audited() if e.after in ("heard", "new")]
        assert marks == ["heard", "new", "heard", "new", "heard"]
        told = [f.kind for f in floor.facts if f.kind.startswith("Message")]
        assert told == [
            "MessageMarked",
            "MessageMarked",
            "MessageMoved",
            "MessageMarked",
            "MessageMarked",
            "MessageMarked",
            "MessageDeleted",
            "MessageRestored",
        ]


async def test_a_deleted_message_is_restored_before_anything_else(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")
        path = f"/api/messages/{ONE}"
        await floor.ask("1001", "POST", f"{path}/delete")

        for act, body in (
            ("heard", {}),
            ("new", {}),
            ("urgent", {}),
            ("move", {"folder": "work"}),
            ("forward", {"to": ["east"]}),
        ):
            status, answer = await floor.ask("1001", "POST", f"{path}/{act}", body)
            assert status == 409, act
            assert "restore it first" in answer["error"]
        status, _ = await floor.ask("1001", "POST", f"{path}/restore")
        assert status == 200
        status, answer = await floor.ask("1001", "POST", f"{path}/heard")
        assert answer["state"] == "old"


NO_SENSE = [
    ("move", {"folder": "bin"}),
    ("move", {}),
    ("urgent", {"urgent": "yes"}),
    ("delete", {"for": "4h"}),
    ("forward", {}),
    ("forward", {"to": []}),
    ("forward", {"to": ["../east"]}),
    ("hold", {}),
    ("hold", {"why": "one\ntwo"}),
]


async def test_an_act_that_makes_no_sense_changes_nothing(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")
        before = await floor.audited()

        for act, body in NO_SENSE:
            path = f"/api/messages/{ONE}/{act}"
            status, _ = await floor.ask("ann", "POST", path, body)

            assert status == 400, (act, body)
        assert await floor.audited() == before


async def test_a_message_is_sent_on_to_those_who_have_room(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=WAV)
        path = f"/api/messages/{ONE}/forward"

        status, first = await floor.ask("1001", "POST", path, {"to": ["east", "tom"]})
        _, again = await floor.ask("1001", "POST", path, {"to": ["east"]})

        assert status == 200
        assert set(first["sent"]) == {"east", "tom"}
        assert (again["sent"], again["full"]) == ({}, ["east"])
        copy = first["sent"]["tom"]
        _, there = await floor.ask("1003", "GET", f"/api/messages/{copy}")
        assert (there["sender"], there["origin"], there["state"]) == (
            "north",
            ONE,
            "new",
        )
        sound = await fetch(floor, "1003", f"/api/messages/{copy}/audio")
        assert sound[2] == WAV


NOT_HIS = [
    ("POST", f"/api/messages/{ONE}/forward", {"to": ["east"]}),
    ("POST", f"/api/messages/{ONE}/delete", None),
    ("POST", "/api/mailboxes/tied/pin", {"pin": "274918"}),
    ("PUT", "/api/mailboxes/tied/greetings/busy", None),
    ("DELETE", "/api/mailboxes/tied/greetings/busy", None),
]


async def test_what_a_mailbox_takes_from_its_owner_he_has_not_here_either(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "tied")
        await floor.give("1002", "agent")

        for method, path, body in NOT_HIS:
            status, answer = await floor.ask("1002", method, path, body)

            assert status == 409, (path, answer)
            assert ": no}" in answer["error"]
        for method, path, body in NOT_HIS[:3]:
            assert (await floor.ask("ann", method, path, body))[0] == 200, path


async def test_a_fixed_pin_is_not_its_owners_to_change(tmp_path):
    async with supervised(tmp_path) as floor:
        boxes = floor.kept.boxes
        await boxes.set_pin("tom", "hash", by="cli root", fixed=True)
        path, pin = "/api/mailboxes/tom/pin", {"pin": "274918", "must_change": False}

        his = [
            await floor.ask("1003", "POST", path, body)
            for body in (pin, {"remove": True})
        ]
        same = await boxes.pin("tom")
        admins = await floor.ask("ann", "POST", path, pin)

        assert [status for status, _ in his] == [409, 409]
        assert (same.hashed, admins[0]) == ("hash", 200)


async def test_words_are_asked_for_again(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")

        _, before = await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        _, asked = await floor.ask("1001", "POST", f"/api/messages/{ONE}/transcribe")

        assert before["transcript"] is None
        assert asked["transcript"]["state"] == "waiting"


async def test_what_is_on_hold_says_so(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north")
        await floor.leave(TWO, "north")
        held = {"why": "case 17"}

        await floor.ask("ann", "POST", f"/api/messages/{ONE}/hold", held)
        _, one = await floor.ask("1001", "GET", f"/api/messages/{ONE}")
        _, two = await floor.ask("1001", "GET", f"/api/messages/{TWO}")
        await floor.ask("ann", "POST", "/api/mailboxes/north/hold", held)
        _, two_too = await floor.ask("1001", "GET", f"/api/messages/{TWO}")
        _, box = await floor.ask("ann", "GET", "/api/mailboxes/north")
        _, his = await floor.ask("1001", "GET", "/api/mailboxes/north")

        assert [sorted(hold) for hold in his["holds"]] == [
            ["at", "hold", "message"]
        ] * 2
        assert (one["held"], two["held"], two_too["held"]) == (True, False, True)
        assert {hold["why"] for hold in box["holds"]} == {"case 17"}

        path = "/api/mailboxes/north/release"
        of_one = f"/api/messages/{ONE}/release"
        released = [
            (await floor.ask("ann", "POST", where))[0] for where in (path, path, of_one)
        ]
        assert released == [200, 404, 200]


async def test_a_name_that_no_mailbox_ever_had_is_not_put_on_hold(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "older")

        async def held(name):
            path, why = f"/api/mailboxes/{name}/hold", {"why": "case 17"}
            return (await floor.ask("ann", "POST", path, why))[0]

        assert [await held(name) for name in ("nroth", "older")] == [404, 200]
        assert {hold.mailbox for hold in await floor.kept.holds.holds()} == {"older"}


# PINs ---------------------------------------------------------------------------------


async def test_a_pin_is_given_hashed_and_must_be_changed(tmp_path):
    async with supervised(tmp_path) as floor:
        path = "/api/mailboxes/north/pin"
        status, answer = await floor.ask("2001", "POST", path, {"pin": "274918"})

        assert (status, answer["pin"]) == (200, {"must_change": True, "fixed": False})
        pin = await floor.kept.boxes.pin("north")
        assert pin == Pin(hashed="hash of 274918", must_change=True, fixed=False)
        assert "274918" not in str(await floor.audited())
        assert "274918" not in str(floor.facts)

        _, answer = await floor.ask("2001", "POST", path, {"remove": True})
        assert answer["pin"] is None


async def test_an_easy_pin_is_refused_without_a_word_of_it(tmp_path):
    async with supervised(tmp_path) as floor:
        for pin in ("12", "1234", "0801", "1999", "abcd", 4711):
            status, answer = await floor.ask(
                "2001", "POST", "/api/mailboxes/north/pin", {"pin": pin}
            )

            assert (status, str(pin) in str(answer)) == (400, False), pin


# Greetings ----------------------------------------------------------------------------


async def test_a_greeting_is_given_heard_and_taken_off(tmp_path):
    async with supervised(tmp_path) as floor:
        path = "/api/mailboxes/north/greetings/temporary"
        wav = tone(0.5)

        none = await fetch(floor, "1001", path)
        given = await put(floor, "2001", f"{path}?for=4h", wav)
        sound = await fetch(floor, "1001", path)
        _, box = await floor.ask("1001", "GET", "/api/mailboxes/north")

        assert none[0] == 404
        assert (given[0], given[1]["seconds"]) == (200, 0.5)
        assert datetime.fromisoformat(given[1]["until"])
        assert (sound[0], sound[2]) == (200, wav)
        [greeting] = box["greetings"]
        assert (greeting["kind"], greeting["by"]) == ("temporary", "agent 2001 (api)")

        assert (await floor.ask("2001", "DELETE", path))[0] == 200
        assert (await floor.ask("2001", "DELETE", path))[0] == 404
        told = [fact.on for fact in floor.facts if fact.kind == "GreetingChanged"]
        assert told == [True, False]


async def test_a_greeting_has_its_row_before_its_file(tmp_path):
    async with supervised(tmp_path) as floor:
        audio, rows = floor.kept.audio, SqlSounds(floor.database)
        given, there = audio.put, []

        async def put_then_die(sound, wav):
            await given(sound, wav)
            there.append((sound, await rows.places([sound])))
            raise Trouble("killed")

        audio.put = put_then_die
        path = "/api/mailboxes/tom/greetings/busy"
        status, _ = await put(floor, "1003", path, tone(0.5))
        [(sound, places)] = there
        later = floor.kept.clock() + timedelta(hours=2)
        going = await rows.let_go(later, 10)

        assert status == 503
        assert places == {sound: "switch"}
        assert [one.sound for one in going] == [sound]
        assert await floor.kept.boxes.greetings("tom") == {}


async def test_who_sends_a_greeting_slowly_holds_up_nobody(tmp_path):
    async with supervised(tmp_path) as floor:
        sending = asyncio.Event()

        async def never_whole():
            yield b"RIFF"
            sending.set()
            await asyncio.Event().wait()

        async def slowly():
            path = "/api/mailboxes/north/greetings/busy"
            async with floor.client.put(
                path, data=never_whole(), headers=floor.headers("2001")
            ):
                pass

        async with asyncio.TaskGroup() as group:
            slow = group.create_task(slowly())
            await sending.wait()
            async with asyncio.timeout(20):
                path = "/api/mailboxes/tom/greetings/busy"
                status, _ = await put(floor, "1003", path, tone(0.5))
            slow.cancel()

        assert status == 200


async def test_two_channels_become_one(tmp_path):
    async with supervised(tmp_path) as floor:
        path = "/api/mailboxes/tom/greetings/busy"
        status, _ = await put(floor, "1003", path, tone(0.5, channels=2))
        _, _, data = await fetch(floor, "1003", path)

        with wave.open(BytesIO(data)) as file:
            form = (file.getnchannels(), file.getframerate(), file.getnframes())
        assert (status, form) == (200, (1, 8_000, 4_000))


NO_GREETINGS = [
    ("busy", b"no sound at all", 400),
    ("busy", tone(0.1), 400),
    ("busy", tone(0.5, rate=16_000), 400),
    ("busy", tone(61.0), 400),
    ("busy", b"\0" * 3_100_000, 413),
    ("busy?language=de", tone(0.5), 400),
    ("busy?for=4h", tone(0.5), 400),
    ("loud", tone(0.5), 404),
]


async def test_what_is_no_greeting_is_refused_with_a_cure(tmp_path):
    async with supervised(tmp_path) as floor:
        for path, data, status in NO_GREETINGS:
            where = f"/api/mailboxes/north/greetings/{path}"
            answer = await put(floor, "ann", where, data)

            assert answer[0] == status, (path, answer)
            assert answer[1]["error"]
        assert await floor.kept.boxes.greetings("north") == {}
