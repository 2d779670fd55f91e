"""A test call: through Asterisk, into an application of its own (`--call`).

A Local channel plays a tone, hears it and sends keys. So it is shown, not read from a
file, that Asterisk brings us its events, can read our sounds, records, and passes on
what callers press. No flow, queue or phone has to do with it; it takes some seconds,
and a recording of two of them is removed afterwards.

Cure: as the finding says. The context [ivrflow-doctor] stands in dialplan/ivrflow.conf.
"""

from __future__ import annotations

import asyncio

from ivrflow.doctor.calling import KEYS, NotDone, OwnCall, hears_tone, own_call
from ivrflow.doctor.checks import Area
from ivrflow.doctor.checks.channelvars import WANTED
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.CALL

WITHIN = 40.0

TIME_LIMIT = "TIMEOUT(absolute)"


async def look(patient: Patient) -> Findings:
    ari = await patient.ari()
    async with own_call(ari) as call:
        try:
            channel = await call.set_up()
            yield ok("a call came up through the dialplan, and was answered")
            known = channel.get("channelvars") or {}
            if lacking := [name for name in WANTED if name not in known]:
                yield warning(
                    f"its events do not tell {', '.join(lacking)}",
                    "ivrflow doctor --only channelvars says what to write",
                )
            wav = await call.play()
            if await asyncio.to_thread(hears_tone, wav):
                yield ok("a tone of ours was played, and heard at the other end")
            else:
                yield error(
                    f"a tone was played, and is not in what was recorded of it "
                    f"({len(wav)} bytes)",
                    "`asterisk -rx 'core show channels verbose'` during a test call: "
                    "is the sound transcoded? codec_ulaw, codec_alaw and format_wav "
                    "must be loaded; is Asterisk short of processor?",
                )
            keys = await call.press()
            if keys == KEYS:
                yield ok(f"the keys {KEYS} came through")
            else:
                yield error(
                    f"the keys {KEYS} were pressed, and {keys or 'none'} came through",
                    "look at Asterisk's log for this moment; are app_stasis and "
                    "res_stasis of one version?",
                )
            async for finding in _time_limit(patient, call):
                yield finding
        except NotDone as failed:
            yield error(failed.said, failed.cure)


async def _time_limit(patient: Patient, call: OwnCall) -> Findings:
    """Whether the time limit of the call can be moved by AMI, as the service does."""
    ami = await patient.ami()
    if ami is None:
        return
    answer, *_ = await ami.ask(
        "Setvar", Channel=call.here, Variable=TIME_LIMIT, Value="30"
    )
    if answer.get("response") == "Success":
        yield ok("AMI moves its time limit")
    else:
        yield error(
            f"AMI does not move its time limit: {answer.get('message', '')}",
            "ivrflow doctor --only ami-rights says what to write",
        )
