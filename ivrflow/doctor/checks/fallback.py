"""What callers get who can't reach the service: somebody, a mailbox, or an apology.

While the service is away, Asterisk's dialplan rings the overflow number, if it has one,
and then takes a message, which needs a mailbox of the site that it belongs to. Without
either, callers hear an apology and are hung up on.

Cure: `fallback: yes` at a mailbox of mailboxes.yaml, or `IVRFLOW_OVERFLOW=...` under
[globals] of extensions.conf.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import CannotLook, Elsewhere, Findings, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.SETTINGS

OVERFLOW = "IVRFLOW_OVERFLOW"
SECONDS = "IVRFLOW_MAILBOX_SECONDS"


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    boxes = site.mailboxes
    taking = [name for name, box in boxes.items() if box.fallback]
    takes = taking[0] if taking else next(iter(boxes)) if len(boxes) == 1 else None
    try:
        ari = await patient.ari()
        overflow = await ari.variable(OVERFLOW)
        asked = (await ari.variable(SECONDS)).strip()
    except (CannotLook, Elsewhere):
        overflow, asked = "", ""
    messages = asked != "0"
    if takes is None and messages:
        yield warning(
            "messages that the dialplan takes while the service is away belong to no "
            "mailbox: nobody would hear them",
            "write `fallback: yes` at the mailbox in mailboxes.yaml that they are for",
        )
    elif takes is not None and messages:
        yield ok(f"while the service is away, messages go to the mailbox {takes}")
    elif not overflow:
        yield warning(
            "while the service is away, callers hear an apology and nothing else",
            f"set {OVERFLOW}, or take {SECONDS} = 0 out, under [globals] of "
            "extensions.conf",
        )
    if overflow:
        yield ok(f"while the service is away, {overflow} rings")
    else:
        yield note(
            f"{OVERFLOW} is not set: while the service is away, nobody rings",
            f"to have somebody rung then: {OVERFLOW}=PJSIP/reception under [globals] "
            "of extensions.conf",
        )
