"""ARI: whether Asterisk is there, and lets the service in.

Everything that the service does with a call goes through Asterisk's REST interface. It
needs http.conf (the port), ari.conf (the user), and the same address, user and password
in our settings.

Cure: as the finding says; after a change of ari.conf `asterisk -rx 'module reload
res_ari.so'`, after one of http.conf `asterisk -rx 'module reload http'`.
"""

from __future__ import annotations

from ivrflow.config import BadConfig
from ivrflow.doctor.ari import Answer, NoAnswer
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Finding, Findings, error, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.service.asterisk import ari_settings

AREA = Area.ASTERISK

SHORTEST = 16
"""Characters of a password that nobody guesses: ARI lets anybody try, without end."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    await patient.secret(settings.ari.password_file)
    try:
        where = ari_settings(settings)
    except BadConfig as bad:
        yield error(str(bad), "docs/settings.md, ari:")
        return
    door = await patient.door()
    try:
        answer = await door.get("/asterisk/info")
    except NoAnswer as none:
        if none.refused:
            yield error(
                f"nobody listens at {where.url}",
                "start Asterisk (systemctl status asterisk); see that http.conf has "
                "enabled = yes, and that its bindaddr and bindport are those of ari: "
                "url in the settings",
            )
        else:
            yield error(
                f"Asterisk at {where.url} can't be asked: {none.why}",
                "is that the address of http.conf? If Asterisk runs and answers "
                "nothing at all, it has locked itself: restart it (docs/operating.md, "
                "At night); if connections are closed at once, see sessionlimit and "
                "the [/ari] restriction of http.conf",
            )
        return
    if (wrong := _wrong(answer, where.url, where.user)) is not None:
        yield wrong
        return
    if len(where.password.reveal()) < SHORTEST:
        yield warning(
            f"the password of ARI's user {where.user} is short: anybody who reaches "
            "the port may try as many as he likes",
            "make one with `openssl rand -hex 24`, write it into ari.conf and into "
            "the file of ari: password_file, reload both",
        )
    yield ok(f"{where.url} lets {where.user} in")


def _wrong(answer: Answer, url: str, user: str) -> Finding | None:
    """What the answer to our first question tells, if it is not the one we want."""
    if answer.status == 401:
        return error(
            f"Asterisk at {url} refuses the user {user} or his password",
            f"compare [{user}] of ari.conf with ari: user and the file of ari: "
            "password_file; then `asterisk -rx 'module reload res_ari.so'`",
        )
    if answer.status == 403:
        return error(
            f"Asterisk at {url} lets nobody in from here",
            "look at deny and permit of http.conf and ari.conf",
        )
    if answer.status == 404:
        return error(
            f"an HTTP server answers at {url}, and there is no ARI",
            "ari.conf: enabled = yes in [general]; `asterisk -rx 'module load "
            "res_ari.so'`; see that ari: url ends as the prefix of http.conf wants, "
            "mostly with /ari",
        )
    if answer.status == 503:
        return error(f"Asterisk at {url} is starting", "ask again in some seconds")
    if answer.status != 200 or not isinstance(answer.json, dict):
        return error(
            f"what answers at {url} is no Asterisk: {answer.status} {answer.said}",
            "compare ari: url of the settings with http.conf",
        )
    return None
