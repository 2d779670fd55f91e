"""Every act by API and by command stands in the audit log, or it is said here why not.

The API's acts are done here one after the other, each looked for in the log; those that
need a talk, a site's files or a service are pointed to where that is looked at. Whoever
adds a route or a command that changes something is asked for his line.
"""

import re
from io import BytesIO

import click
import pytest

from ivrflow.cli import main
from ivrflow.console.api import Api
from tests.unit.console.supervised import supervised, tone
from tests.unit.pages import TOP
from tests.unit.test_docs import parts_of_the_api

MESSAGE, OTHER, WORK, MORE_WORK = "a1" * 16, "b2" * 16, "c3" * 16, "d4" * 16

# The API ----------------------------------------------------------------------------

WALK = [
    ("POST /api/queues/{name}/close", "/api/queues/sales/close", {"for": "2h"}),
    ("POST /api/queues/{name}/open", "/api/queues/sales/open", {}),
    (
        "POST /api/queues/{name}/divert",
        "/api/queues/sales/divert",
        {"to": {"queue": "service"}},
    ),
    ("POST /api/waiting/{call}/priority", "/api/waiting/c1/priority", {"priority": 3}),
    ("POST /api/waiting/{call}/take", "/api/waiting/c1/take", {"agent": "1001"}),
    ("POST /api/waiting/{call}/move", "/api/waiting/c1/move", {"queue": "service"}),
    (
        "PUT /api/agents/{number}/abilities",
        "/api/agents/1001/abilities",
        {"skills": {"billing": 2}},
    ),
    ("POST /api/agents/{number}/free", "/api/agents/1001/free", {}),
    ("POST /api/agents/{number}/{act}", "/api/agents/1001/not-ready", {}),
    ("POST /api/agents/apply", "/api/agents/apply", {}),
    ("POST /api/tokens", "/api/tokens", {"name": "bob", "role": "admin"}),
    ("DELETE /api/tokens/{what}", "/api/tokens/bob", {}),
    (
        "POST /api/mailboxes/{mailbox}/pin",
        "/api/mailboxes/north/pin",
        {"pin": "274918"},
    ),
    (
        "POST /api/mailboxes/{mailbox}/hold",
        "/api/mailboxes/north/hold",
        {"why": "case 17"},
    ),
    ("POST /api/mailboxes/{mailbox}/release", "/api/mailboxes/north/release", {}),
    (
        "PUT /api/mailboxes/{mailbox}/greetings/{kind}",
        "/api/mailboxes/north/greetings/busy",
        "wav",
    ),
    (
        "DELETE /api/mailboxes/{mailbox}/greetings/{kind}",
        "/api/mailboxes/north/greetings/busy",
        {},
    ),
    *(
        (
            f"POST /api/messages/{{message}}/{act}",
            f"/api/messages/{MESSAGE}/{act}",
            body,
        )
        for act, body in (
            ("heard", {}),
            ("new", {}),
            ("urgent", {}),
            ("move", {"folder": "work"}),
            ("transcribe", {}),
            ("forward", {"to": ["tom"]}),
            ("hold", {"why": "case 18"}),
            ("release", {}),
            ("delete", {}),
            ("restore", {}),
        )
    ),
    ("POST /api/work/{message}/{act}", f"/api/work/{WORK}/withdraw", {}),
]
"""Route, what is asked for, and with which body; in this order."""

ELSEWHERE = {
    "POST /api/calls/{id}/hang-up": (
        "cli/test_calls_commands.py",
        "test_calls_that_are_up_are_listed_shown_and_hung_up",
    ),
    "POST /api/calls/{id}/{act}": (
        "console/test_talk_routes.py",
        "test_a_talk_is_held_and_resumed_and_shown",
    ),
    "POST /api/site/reload": (
        "service/test_live_site.py",
        "test_new_words_go_live_and_are_kept",
    ),
    "POST /api/switches/{name}": (
        "db/test_db_switches.py",
        "test_each_change_of_a_switch_is_audited_with_before_and_after",
    ),
    "PUT /api/wording/{language}/{name}": (
        "service/test_live_changes.py",
        "test_new_words_are_live_in_the_file_and_audited",
    ),
    "DELETE /api/wording/{language}/{name}": (
        "db/test_db_changes.py",
        "test_ended_change_is_gone_and_audited",
    ),
    "DELETE /api/wording/{language}/{name}/announcement": (
        "db/test_db_changes.py",
        "test_announcements_are_audited",
    ),
    # Hours and words are changed by the same code, and end by the same.
    "PUT /api/hours/{name}/{dates}": (
        "service/test_live_changes.py",
        "test_new_words_are_live_in_the_file_and_audited",
    ),
    "DELETE /api/hours/{name}/{dates}": (
        "db/test_db_changes.py",
        "test_ended_change_is_gone_and_audited",
    ),
    "POST /api/log/callers/{number}": (
        "console/test_caller_log_routes.py",
        "test_it_begins_is_listed_and_ends_and_the_audit_has_it",
    ),
    "DELETE /api/log/callers/{number}": (
        "console/test_caller_log_routes.py",
        "test_it_begins_is_listed_and_ends_and_the_audit_has_it",
    ),
    "DELETE /api/callbacks/{call}/{queue}": (
        "cli/test_callback_commands.py",
        "test_one_is_taken_off_by_the_service_and_stands_in_the_audit",
    ),
}
"""Route -> the test, below tests/unit, that does it and looks into the log."""


def acts_of_the_api():
    application = Api(None, "x" * 20, *parts_of_the_api()).application()
    return {
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.method not in ("GET", "HEAD")
    }


def test_every_act_of_the_api_is_looked_for_in_the_audit():
    assert {route for route, _, _ in WALK} | ELSEWHERE.keys() == acts_of_the_api()


@pytest.mark.parametrize("where", sorted(set(ELSEWHERE.values())))
def test_what_is_looked_at_elsewhere_is_there(where):
    file, name = where
    text = (TOP / "tests/unit" / file).read_text("utf-8")
    found = re.search(
        rf"^async def {name}\(.*?(?=^(?:async )?def |\Z)", text, re.M | re.S
    )

    assert found
    assert re.search("audit|Audit|ledger", found[0])


async def test_every_act_of_the_api_leaves_who_did_what_in_the_audit(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(MESSAGE, "north", wav=tone())
        await floor.leave(WORK, "north", wav=tone(), queue="sales")
        await floor.desk.sign_in("1003")
        async with floor.waiting("c1"):
            for route, path, body in WALK:
                before = len(await floor.audit.newest(1_000))
                status, said = await done(floor, route.partition(" ")[0], path, body)
                entries = await floor.audit.newest(1_000)

                assert status == 200, (route, said)
                assert len(entries) > before, f"{route} stands in no audit"
                assert entries[0].who in ("api (night)", "api"), route


async def done(floor, method, path, body):
    """Ask with the installation's token, for somebody called night."""
    headers = floor.headers("installation")
    if body == "wav":
        headers["Content-Type"] = "audio/wav"
        more = {"data": BytesIO(tone()), "params": {"by": "night"}}
    else:
        more = {"json": {**body, "by": "night"}}
    async with floor.client.request(method, path, headers=headers, **more) as answer:
        return answer.status, await answer.json()


# The commands -----------------------------------------------------------------------

READS = """
agent diff, agent export, agent list, agent show, agi, asterisk find, audit, bundle,
call show, calls, check, completion, config check, config default, config show,
db check, db url, doctor, draw, flow diff, flow show, flow versions, hours list,
log list, man,
queue alarms, queue callbacks, queue list, queue replay, queue show, queue simulate,
queue work, report agents, report calls, report check, report estimates,
report mutants, report promises, report queue-log, report queues, report talks,
report timeline, report tests, schema, sounds check, sounds listen, sounds script,
switch list, test, token list, top, try, voicemail check, voicemail keys,
voicemail holds, voicemail list, voicemail show, why, wording list
"""
"""What changes nothing of an installation."""

BY_API = """
agent abilities, agent disposition, agent pause, agent ready, agent sign-in,
agent sign-out, agent wrap-up, call hangup, hours set, hours undo, log caller, log end,
queue cancel-callback, queue close, queue divert, queue move, queue open,
queue priority, queue take, wording set, wording undo, wording take-off
"""
"""What the service is asked for: see above."""

NOTED = {
    "agent apply": "cli/agent/apply.py",
    "agent free": "cli/agent/free.py",
    "agent pin": "cli/agent/pin.py",
    "backup": "cli/copies/backup.py",
    "flow rollback": "cli/flow.py",
    "report rebuild": "cli/report/rebuild.py",
    "restore": "cli/copies/restore.py",
    "switch throw": "db/switches.py",
    "switch back": "db/switches.py",
    "token new": "db/tokens.py",
    "token revoke": "db/tokens.py",
    "unlock": "db/lock_outs.py",
    "voicemail delete": "db/boxes.py",
    "voicemail restore": "db/boxes.py",
    "voicemail export": "cli/voicemail/export.py",
    "voicemail hear": "cli/voicemail/hear.py",
    "voicemail hold": "db/holds.py",
    "voicemail release": "db/holds.py",
    "voicemail import": "db/taking_in.py",
    "voicemail pin": "db/box_pins.py",
    "voicemail rotate": "cli/voicemail/rotate.py",
}
"""What writes to the database itself -> the module that notes it there."""

NOT_NOTED = {
    "asterisk agent": "a phone of a trial",
    "asterisk call": "a call of a trial, which is a call like others",
    "asterisk config": "writes files before there is an installation",
    "asterisk fetch": "fetches a program",
    "asterisk run": "a private Asterisk",
    "db upgrade": "there may be no audit log before it, and none that it knows",
    "demo": "an installation of its own",
    "install": "writes files before there is an installation",
    "new": "writes a folder",
    "panic": "Asterisk alone is asked: it is for the day on which nothing else works",
    "queue import": "writes files",
    "secret hash": "prints",
    "secret pepper": "writes a file before there is an installation",
    "serve": "that a version goes live is noted",
    "sounds build": "writes recordings of the site's folder",
    "sounds fetch": "fetches a program",
    "sounds place": "writes recordings of the site's folder",
}
"""What acts and stands in no audit log -> why."""


def commands_of(command=main, name=""):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            yield from commands_of(inner, f"{name} {word}".strip())
    else:
        yield name


def named(text):
    return {word.strip() for word in text.replace("\n", " ").split(",")}


def test_of_every_command_it_is_known_whether_it_acts_and_who_notes_it():
    known = named(READS) | named(BY_API) | NOTED.keys() | NOT_NOTED.keys()

    assert set(commands_of()) - known == set()


@pytest.mark.parametrize("module", sorted(set(NOTED.values())))
def test_what_is_said_to_be_noted_is_noted_there(module):
    text = (TOP / "ivrflow" / module).read_text("utf-8")

    assert re.search(r"add_entry\(|SqlAudit\(|Ledger\(|insert\(audit\)|Entry\(", text)
