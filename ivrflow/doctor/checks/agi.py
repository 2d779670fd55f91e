"""Flows for calls that stay in their dialplan (AGI): who may ask for one, and how.

Whoever reaches the port for AGI can run the flows that say `agi: yes`, and, while he
does, gives the orders to nobody but us; but that port knows no password. So only
addresses that are listed may connect. Asterisk needs res_agi.so for it.

Cure: `agi: {peers: [127.0.0.1]}` in the settings; `asterisk -rx 'module load
res_agi.so'`.
"""

from __future__ import annotations

from ipaddress import ip_network

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import CannotLook, Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

MODULE = "res_agi.so"

WIDE = 256
"""Addresses from which on a list of peers is no list."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    site = await patient.site()
    flows = sorted(
        str(name) for name, flow in site.flows.items() if getattr(flow, "agi", False)
    )
    agi = settings.agi
    if agi is None:
        if flows:
            yield warning(
                f"the flow {flows[0]} says `agi: yes`, and nothing listens for AGI",
                "agi: {} in the settings (docs/settings.md), then restart the service",
            )
        else:
            yield ok("not set up")
        return
    well = True
    for peer in agi.peers:
        if ip_network(str(peer), strict=False).num_addresses > WIDE:
            well = False
            yield error(
                f"agi: peers has {peer}: whoever is there can run flows",
                "list the addresses of your Asterisks alone, then restart the service",
            )
    try:
        modules = await patient.modules()
    except CannotLook:
        modules = {MODULE: "Running"}
    if modules.get(MODULE) != "Running":
        well = False
        yield error(
            f"{MODULE} is not loaded: no dialplan can run a flow",
            f"asterisk -rx 'module load {MODULE}'; in modules.conf `load = {MODULE}`",
        )
    if not flows:
        well = False
        yield warning(
            "agi: is in the settings, and no flow says `agi: yes`: none can be run so",
            "`agi: yes` at the head of the flow, or take agi: out of the settings",
        )
    if well:
        yield ok(f"{len(flows)} flows, for {', '.join(map(str, agi.peers))}")
