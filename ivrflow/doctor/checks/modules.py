"""Asterisk's modules: whether those are loaded that calls need.

An Asterisk loads all that there are, unless modules.conf says otherwise; then one that
is missing shows itself in the middle of a call. What is needed beside the usual depends
on the settings.

Cure: `asterisk -rx 'module load NAME'`, and in modules.conf `load = NAME`, or no
`noload = NAME`; where the file is not there, install the package that has it.
"""

from __future__ import annotations

from ivrflow.config import Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.site import Site

AREA = Area.ASTERISK

CALLS = {
    "the application": ("app_stasis", "res_stasis", "res_stasis_answer"),
    "ARI": (
        "res_ari_applications",
        "res_ari_asterisk",
        "res_ari_bridges",
        "res_ari_channels",
        "res_ari_endpoints",
        "res_ari_events",
        "res_ari_model",
        "res_ari_playbacks",
        "res_ari_recordings",
        "res_http_websocket",
    ),
    "sound": (
        "res_stasis_playback",
        "res_stasis_recording",
        "res_stasis_snoop",
        "res_musiconhold",
        "format_wav",
    ),
    "calls with several people": (
        "bridge_simple",
        "bridge_softmix",
        "bridge_holding",
    ),
}
"""What for -> modules without which calls fail."""

DIALPLAN = (
    "pbx_config",
    "app_dial",
    "app_exec",
    "app_playback",
    "app_read",
    "app_record",
    "app_stack",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_db",
    "func_global",
    "func_logic",
    "func_strings",
    "func_timeout",
)
"""What dialplan/ivrflow.conf uses."""


async def look(patient: Patient) -> Findings:
    settings, site = await patient.settings(), await patient.site()
    modules = await patient.modules()
    running = {
        name.removesuffix(".so") for name, how in modules.items() if how == "Running"
    }
    well = True
    for what, names in (*CALLS.items(), ("the dialplan", DIALPLAN)):
        for name in names:
            if name not in running:
                well = False
                yield error(
                    f"{name}.so is not loaded ({what} needs it)", _cure(name, modules)
                )
    for name, what in _wanted(settings, site):
        if name not in running:
            well = False
            yield warning(f"{name}.so is not loaded: {what}", _cure(name, modules))
    if well:
        yield ok(f"all that is needed of {len(running)}")


def _wanted(settings: Settings, site: Site) -> list[tuple[str, str]]:
    """Module, and what does not work without it."""
    wanted = [
        ("chan_bridge_media", "nothing is played in conferences"),
        ("res_ari_device_states", "phones that are in another call are rung too"),
    ]
    if settings.outbound is not None and settings.outbound.hand_over is not None:
        wanted.append(("res_pjsip_refer", "no blind transfer to a number works"))
    if settings.sms is not None and settings.sms.endpoint is not None:
        wanted.append(("res_pjsip_messaging", "no text message is sent"))
    if any(box.lamp for box in site.mailboxes.values()) and (
        settings.voicemail is None or settings.voicemail.lamps != "off"
    ):
        wanted.append(("res_ari_mailboxes", "no message-waiting lamp is lit"))
    return wanted


def _cure(name: str, modules: object) -> str:
    known = isinstance(modules, dict) and f"{name}.so" in modules
    why = " (it is there, and did not start: see Asterisk's log)" if known else ""
    return (
        f"asterisk -rx 'module load {name}.so'{why}; in modules.conf "
        f"`load = {name}.so`, and no noload of it"
    )
