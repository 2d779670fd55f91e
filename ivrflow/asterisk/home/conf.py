"""Asterisk's configuration, written from the templates that people use as well.

The templates lie in `asterisk-conf/` and `dialplan/`: one set of files for an Asterisk
of one's own and for the private one, so that what is tested is what is installed. Only
what stands in `asterisk-conf/private/` is the private one's alone. What Asterisk needs
to bring us its events stands in `asterisk-conf/outbound/`, as additions to files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from string import Template

from ivrflow.asterisk.home.credentials import Credentials, Ports, write_private
from ivrflow.shipped import shipped


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of one Asterisk."""

    etc: Path
    lib: Path
    data: Path
    spool: Path
    run: Path
    log: Path
    modules: Path
    """Asterisk's own; it is read only."""


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return *template* with each `${name}` replaced; `$${name}` stays `${name}`.

    Raises `KeyError` for a name without a value.
    """
    return Template(template).substitute(values)


def write(
    folders: Folders,
    ports: Ports,
    credentials: Credentials,
    *,
    sip_host: str = "127.0.0.1",
) -> Path:
    """Write the whole configuration into `folders.etc`; return its asterisk.conf.

    Where *ports* has a port for events, Asterisk brings them there. The files hold
    passwords, so only their owner may read them. Where *sip_host* is not
    the loopback address, there is no endpoint that lets strangers in.
    """
    values = {
        **{f"{name}_dir": str(getattr(folders, name)) for name in _FOLDERS},
        "moh_dir": str(folders.data / "moh"),
        "ari_port": str(ports.ari),
        "sip_port": str(ports.sip),
        "sip_host": sip_host,
        "events_port": str(ports.events),
        "rtp_start": str(ports.rtp[0]),
        "rtp_end": str(ports.rtp[1]),
        "ari_user": credentials.ari_user,
        "ari_password": credentials.ari_password,
        "events_user": credentials.events_user,
        "events_password": credentials.events_password,
        "ami_enabled": "yes" if ports.ami else "no",
        "ami_port": str(ports.ami or 5038),
        "ami_password": credentials.ami_password,
    }
    for name, value in values.items():
        _one_word(name, value)
    conf = shipped("asterisk-conf")
    files = {p.name: fill(p.read_text(), values) for p in conf.glob("*.conf")}
    files |= {p.name: p.read_text() for p in conf.glob("private/*.conf")}
    if ports.events:
        for p in conf.glob("outbound/*.conf"):
            files[p.name] = files.get(p.name, "") + fill(p.read_text(), values)
    files["private/pjsip.conf"] = _phones(conf, credentials.agents, sip_host)
    for name in ("ivrflow.conf", "ivrflow-agi.conf"):
        files[name] = (shipped("dialplan") / name).read_text()
    for name, text in files.items():
        write_private(folders.etc / name, text)
    return folders.etc / "asterisk.conf"


_FOLDERS = ("etc", "lib", "data", "spool", "run", "log", "modules")


def _phones(conf: Path, agents: Mapping[str, str], sip_host: str) -> str:
    """Return the endpoints of a private Asterisk."""
    phones = conf / "private" / "phones"
    agent = (phones / "agent.conf").read_text()
    parts = []
    if ip_address(sip_host).is_loopback:
        parts.append((phones / "anonymous.conf").read_text())
    for number, secret in agents.items():
        values = {"number": number, "password": secret, "sip_host": sip_host}
        for name, value in values.items():
            _one_word(name, value)
        parts.append(fill(agent, values))
    return fill("\n".join(parts), {"sip_host": sip_host})


def _one_word(name: str, value: str) -> None:
    """Refuse a value that would end its line, or begin a comment or an include."""
    if not value or re.search(r"[\s;#\[\]\"'\\=<>]", value):
        raise ValueError(
            f"{name} {value!r} can't stand in Asterisk's configuration; "
            f"use letters, digits and . - _ / :"
        )
