"""Whether Asterisk tells where calls stand: `channelvars` in ari.conf.

The place of each call in its flow lies on its channel. With `channelvars` it comes with
each event and with the list of channels, so that a service that was killed knows at
once where every call is; without, it has the database's word alone, and calls begin
anew where that was away.

Cure: `channelvars = IVRFLOW_STATE,IVRFLOW_LINE,IVRFLOW_LANGUAGE` in [general] of
ari.conf, then `asterisk -rx 'module reload res_ari.so'`.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

WANTED = ("IVRFLOW_STATE", "IVRFLOW_LINE", "IVRFLOW_LANGUAGE")


async def look(patient: Patient) -> Findings:
    written = await patient.written("ari.conf", "general", "channelvars")
    listed = [name.strip() for name in written.split(",") if name.strip()]
    lacking = [name for name in WANTED if name not in listed]
    if lacking:
        yield warning(
            f"channelvars of ari.conf lacks {', '.join(lacking)}: after a restart it "
            "is not known where calls stand",
            f"channelvars = {','.join((*listed, *lacking))} in [general] of ari.conf, "
            "then `asterisk -rx 'module reload res_ari.so'`",
        )
    else:
        yield ok("Asterisk tells where calls stand")
