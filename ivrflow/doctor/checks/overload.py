"""What makes Asterisk ignore new calls: `taskprocessor_overload_trigger`.

By default any queue of work that grows too long does, also that of the events for us:
then callers get no answer at all, not even "busy". With `pjsip_only` SIP's own queues
alone count.

Cure: `taskprocessor_overload_trigger = pjsip_only` in the section of `type = global` of
pjsip.conf, then `asterisk -rx 'module reload res_pjsip.so'`.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import CannotLook, Findings, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

RIGHT = "pjsip_only"
KEY = "taskprocessor_overload_trigger"
USUAL = "global"

OBJECT = "/asterisk/config/dynamic/res_pjsip/global/global"
"""Where Asterisk itself tells it, under the section's usual name."""


async def look(patient: Patient) -> Findings:
    trigger = await _told(patient) or await _written(patient)
    if trigger == RIGHT:
        yield ok(f"{KEY} is {RIGHT}")
        return
    yield warning(
        f"{KEY} is {trigger}: when we, or anybody, are slow to take Asterisk's events, "
        "it ignores new calls",
        f"{KEY} = {RIGHT} in [global] of pjsip.conf, then `asterisk -rx 'module reload "
        "res_pjsip.so'`",
    )


async def _told(patient: Patient) -> str:
    """What Asterisk uses; "" if it does not tell."""
    ari = await patient.ari()
    try:
        found = await ari.json(OBJECT)
    except CannotLook:
        return ""
    pairs = [one for one in found if isinstance(one, dict)]
    return next(
        (str(one.get("value", "")) for one in pairs if one.get("attribute") == KEY), ""
    )


async def _written(patient: Patient) -> str:
    """What pjsip.conf says. Raises `Elsewhere`."""
    conf = await patient.conf("pjsip.conf")
    if conf is None:
        return USUAL
    sections = conf.typed("global")
    return sections[-1].get(KEY, USUAL) if sections else USUAL
