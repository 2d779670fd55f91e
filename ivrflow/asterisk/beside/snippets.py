"""The files for an Asterisk of one's own: small ones that its files include.

Nothing that stands there is replaced. Each of ours is called as the file whose last
line includes it. Their words use what Asterisk 20 to 23 have in common.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from ivrflow.asterisk.beside.crypted import crypted
from ivrflow.asterisk.beside.existing import Existing, existing
from ivrflow.shipped import shipped

CHANNELVARS = ("IVRFLOW_STATE", "IVRFLOW_LINE", "IVRFLOW_LANGUAGE")
"""What Asterisk has to tell of each channel."""

LOOPBACK = "127.0.0.1"

MAIN: Mapping[str, Mapping[str, str]] = {
    "asterisk": {
        name: name
        for name in (
            "ari.conf", "http.conf", "manager.conf", "extensions.conf", "pjsip.conf"
        )
    },
    # FreePBX writes the others anew at each "Apply Config". It has the settings of
    # http.conf in its own pages (Advanced Settings), and those of endpoints as well.
    "freepbx": {
        "ari.conf": "ari_additional_custom.conf",
        "manager.conf": "manager_custom.conf",
        "extensions.conf": "extensions_custom.conf",
    },
}  # fmt: skip
"""Whose Asterisk it is -> our file, and the file that is to include it."""

_LISTENS = {
    "http.conf": ("bindaddr", "bindport", 8088),
    "manager.conf": ("bindaddr", "port", 5038),
}
"""File -> the keys of its address and port, and the usual port."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be written for an Asterisk, and as whom ivrflow comes."""

    folder: Path
    """Ours, best below Asterisk's own folder: /etc/asterisk/ivrflow."""
    kind: str = "asterisk"
    """A key of `MAIN`."""
    user: str = "ivrflow"
    """Of ARI and of AMI."""
    ari_password: str
    ami_password: str
    """"" for no AMI."""
    quality_password: str = ""
    """"" for nobody who hears how calls sound."""
    ari_port: int | None = None
    """None: what http.conf says, else 8088."""
    ami_port: int | None = None
    """None: what manager.conf says, else 5038."""

    @property
    def etc(self) -> Path:
        """Asterisk's own folder."""
        return self.folder.parent

    @property
    def included_as(self) -> str:
        """Our folder as an #include names it: from Asterisk's own, if in there."""
        known = (self.etc / "asterisk.conf").exists() or self.etc.name == "asterisk"
        return self.folder.name if known else str(self.folder)

    def main(self, name: str) -> Existing:
        """What Asterisk's own file *name* says."""
        return existing(self.etc / name)


@dataclass(frozen=True)
class Ports:
    """Where Asterisk answers."""

    ari: int
    ami: int


def ports(order: Order) -> Ports:
    """The ports that are asked for, else those of Asterisk's own files.

    Raises ValueError where the two differ: which of them counts is for a person.
    """
    found = []
    asked = {"http.conf": order.ari_port, "manager.conf": order.ami_port}
    for name, wanted in asked.items():
        _, key, usual = _LISTENS[name]
        said = _port(order.main(name).general.get(key, ""))
        if wanted and said and wanted != said:
            raise ValueError(f"{name} says {key} = {said}, and not {wanted}")
        found.append(wanted or said or usual)
    return Ports(ari=found[0], ami=found[1])


def snippets(order: Order) -> dict[str, str]:
    """Name -> text of each file for Asterisk. Those of AMI and ARI have secrets."""
    for name, value in (("user", order.user), ("password", order.ami_password or "x")):
        if not re.fullmatch(r"[\w.-]+", value, re.ASCII):
            raise ValueError(f"{name} {value!r}: letters, digits, _ . and - alone")
    mains = MAIN[order.kind]
    wanted = [name for name in mains if name != "manager.conf" or order.ami_password]
    return {name: _text(name, order) for name in wanted}


def _text(name: str, order: Order) -> str:
    if name == "extensions.conf":
        return (shipped("dialplan") / "ivrflow.conf").read_text("utf-8")
    if name == "pjsip.conf":
        return _phones()
    where = MAIN[order.kind]
    template = _template(name)
    values = {
        "folder": order.included_as,
        "main_ari": where.get("ari.conf", ""),
        "main_http": where.get("http.conf", ""),
        "main_manager": where.get("manager.conf", ""),
        "channelvars": ",".join(_channelvars(order)),
        "ari_user": order.user,
        "ari_hash": crypted(order.ari_password) if name == "ari.conf" else "",
        "ami_user": order.user,
        "ami_password": order.ami_password,
        "quality_password": order.quality_password,
    }
    if name == "manager.conf" and order.quality_password:
        template += _template("quality.conf")
    return Template(template).substitute(values) + _listening(name, order)


def _template(name: str) -> str:
    return (shipped("asterisk-conf") / "beside" / name).read_text("utf-8")


def _channelvars(order: Order) -> list[str]:
    """Ours, and those that are told of channels already."""
    there = order.main("ari.conf").general.get("channelvars", "")
    others = [one.strip() for one in there.split(",") if one.strip()]
    return list(dict.fromkeys((*others, *CHANNELVARS)))


def _listening(name: str, order: Order) -> str:
    """Where it listens, unless Asterisk's own files say so."""
    keys = _LISTENS.get(name)
    says = order.main(name)
    if keys is None or others_included(order, name):
        return ""  # ours comes last, and would count more than what stands there
    address, port, usual = keys
    wanted = order.ari_port if name == "http.conf" else order.ami_port
    lines = []
    if address not in says.general:
        lines += ["; In clear text it must not leave the machine."]
        lines += [f"{address} = {LOOPBACK}"]
    if port not in says.general:
        lines.append(f"{port} = {wanted or usual}")
    return "\n".join(("", "[general](+)", *lines, "")) if lines else ""


def others_included(order: Order, name: str) -> list[str]:
    """The files that Asterisk's own *name* includes, but ours."""
    ours = f"{order.included_as}/{name}"
    return sorted(order.main(name).includes - {ours})


def _phones() -> str:
    """The template of endpoints, without what differs from house to house."""
    whole = (shipped("asterisk-conf") / "pjsip.conf").read_text("utf-8")
    found = re.search(r"(?ms)^\[ivrflow-phone\]\(!\)\n.*?(?=^#|^\[|\Z)", whole)
    assert found is not None, "asterisk-conf/pjsip.conf has no [ivrflow-phone]"
    template = re.sub(r"(?m)^transport = .*\n", "", found[0]).rstrip()
    return (
        "; What ivrflow relies on at endpoints whose calls it takes: name it there,\n"
        ";   [your-trunk](ivrflow-phone)\n"
        "; or compare. Written by `ivrflow asterisk config`.\n\n"
        f"{template}\n"
    )


def _port(written: str) -> int:
    """The port that *written* says; 0 if it says none."""
    return int(written) if re.fullmatch("[0-9]{1,5}", written) else 0
