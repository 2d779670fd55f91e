"""What the service's ARI user may do: enough, and no more than that.

He must be able to give orders (`read_only = no`). Whoever has his password has all
calls; that he can't run programs on Asterisk's machine as well is up to
`live_dangerously = no` in asterisk.conf. A password that stands in ari.conf as it is
(`password_format = plain`) is as safe as that file.

Cure: [USER] of ari.conf, `live_dangerously = no` in [options] of asterisk.conf (then
restart Asterisk), and `chmod 640` for files with passwords.
"""

from __future__ import annotations

import stat
from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.conf import Conf, is_yes
from ivrflow.doctor.finding import (
    CannotLook,
    Elsewhere,
    Findings,
    error,
    note,
    ok,
    warning,
)
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

DANGEROUS = "STAT(e,/)"
"""A function that Asterisk lets nobody call from outside, unless it lives dangerously.
It asks whether there is a root folder."""

FUNC_ENV = "func_env.so"


async def look(patient: Patient) -> Findings:
    ari = await patient.ari()
    user = ari.settings.user
    if await ari.may_change():
        yield ok(f"{user} may give orders")
    else:
        yield error(
            f"{user} may only read: no call can be answered",
            f"read_only = no in [{user}] of ari.conf, then `asterisk -rx 'module "
            "reload res_ari.so'`",
        )
    async for finding in _dangerous(patient):
        yield finding
    if (conf := await patient.conf("ari.conf")) is not None:
        async for finding in _users(patient, conf):
            yield finding


async def _dangerous(patient: Patient) -> Findings:
    """Whether functions that run programs are open to ARI users."""
    ari = await patient.ari()
    try:
        modules = await patient.modules()
        told = modules.get(FUNC_ENV) == "Running"
        open_to_us = told and await ari.variable(DANGEROUS) == "1"
    except CannotLook:
        told = open_to_us = False
    cure = (
        "live_dangerously = no in [options] of asterisk.conf, then restart Asterisk "
        "when it has no calls"
    )
    said = (
        "live_dangerously: whoever has a password of ARI or AMI can run programs as "
        "Asterisk's user"
    )
    if open_to_us:
        yield error(said, cure)
        return
    try:
        written = await patient.written("asterisk.conf", "options", "live_dangerously")
    except (CannotLook, Elsewhere):
        if not told:
            raise
        written = ""
    if is_yes(written):
        yield error(said, cure)
    else:
        yield ok("functions that run programs are closed to ARI and AMI")


async def _users(patient: Patient, conf: Conf) -> Findings:
    """How ari.conf keeps its passwords, and who else stands there."""
    ari = await patient.ari()
    if _open_to_all(conf.path):
        yield error(
            f"{conf.path} can be read by every user here, and holds passwords",
            f"chmod 640 {conf.path}, its group Asterisk's",
        )
    for one in conf.typed("user"):
        plain = one.get("password_format", "plain").lower() != "crypt"
        if one.name == ari.settings.user:
            if plain:
                yield note(
                    f"the password of {one.name} stands in ari.conf as it is",
                    "see that nobody but Asterisk can read the file; with "
                    "password_format = crypt, choose a quick hash: it is made anew "
                    "for each request",
                )
        elif not is_yes(one.get("read_only", "no")):
            yield warning(
                f"ari.conf has another user who may give orders: {one.name}",
                "if nobody needs him, take him out: he can end and redirect our calls",
            )
    origins = conf.section("general").get("allowed_origins")
    if origins:
        yield warning(
            f"allowed_origins = {origins}: web pages may talk to ARI",
            "take it out of [general] of ari.conf; the service needs none",
        )


def _open_to_all(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
