"""A whole installation in one folder: fresh databases, secrets, settings."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ivrflow.asterisk.home.ports import free_port
from ivrflow.asterisk.home.run import PrivateAsterisk
from ivrflow.config import Settings, read_settings
from ivrflow.db.demo import fill_demo
from ivrflow.hashing import Hasher, make_pepper, read_pepper
from ivrflow.secret import Secret

MONDAY = "2026-03-02 10:00"
"""A working day, in office hours."""

SATURDAY = "2026-03-07 14:30"
"""An ordinary Saturday: people were there until noon."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A caller of the demo, with a card of their own."""

    caller: str
    card: str
    pin: str
    at: str
    """The time that the caller's flow believes it is."""


CUSTOMERS = (
    Customer(caller="13800138001", card="330106123459", pin="246810", at=MONDAY),
    Customer(caller="13800138002", card="330106305528", pin="135791", at=MONDAY),
    Customer(caller="13800138003", card="330106522361", pin="864209", at=MONDAY),
    Customer(caller="13800138004", card="330106418099", pin="975310", at=SATURDAY),
)

AGENT_PIN = "4711"
"""With which every agent of the demo signs in."""


@dataclass(frozen=True, kw_only=True)
class Set:
    """The demo's folder with everything in it."""

    folder: Path
    settings: Settings
    database: Path
    crm: Path
    api_token: str
    agent_pin_hash: str
    """The hash of `AGENT_PIN`, made with this folder's pepper."""


def build(folder: Path, site: Path, sounds: Path, pbx: PrivateAsterisk) -> Set:
    """Make the installation in *folder* anew; what an earlier run left there goes.

    Blocks: six PINs are hashed. Only files that this function itself makes are removed.
    """
    for name in ("ivrflow.db", "crm.db"):
        for ending in ("", "-wal", "-shm"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)
    shutil.rmtree(folder / "secrets", ignore_errors=True)
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    token = secrets.token_urlsafe(24)
    for name, secret in (
        ("ari", pbx.ari_password),
        ("ami", pbx.credentials.ami_password),
        ("api-token", token),
        ("erp", "none"),
    ):
        _keep(folder / "secrets" / name, secret)
    make_pepper(folder / "secrets" / "pepper")
    path = folder / "ivrflow.yaml"
    path.write_text(_settings(site, sounds, pbx), "utf-8")
    settings = read_settings(path)
    hasher = Hasher(read_pepper(settings.path(settings.pepper_file)))
    fill_demo(
        settings.url(settings.databases[next(iter(settings.databases))]),
        site / "demo.sql",
        hasher,
        {customer.card: customer.pin for customer in CUSTOMERS},
    )
    return Set(
        folder=folder,
        settings=settings,
        database=folder / "ivrflow.db",
        crm=folder / "crm.db",
        api_token=token,
        agent_pin_hash=hasher.hash(Secret(AGENT_PIN)),
    )


def _keep(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n", "utf-8")


def _settings(site: Path, sounds: Path, pbx: PrivateAsterisk) -> str:
    """The settings as a person would write them.

    The API has a port that stands there: commands that ask the service look here.
    """
    rehearsed = "\n".join(f'  "{c.caller}": {c.at}' for c in CUSTOMERS)
    return f"""\
# Written by `ivrflow demo`, anew at each run.
site: {json.dumps(str(site.absolute()), ensure_ascii=False)}
sounds: {json.dumps(str(sounds.absolute()), ensure_ascii=False)}
database: sqlite:///ivrflow.db
databases: {{crm: "sqlite:///crm.db"}}
secrets: {{erp: secrets/erp}}
pepper_file: secrets/pepper
ari: {{url: "{pbx.ari_url}", user: {pbx.ari_user}, password_file: secrets/ari}}
ami: {{port: {pbx.ports.ami}, password_file: secrets/ami}}
api: {{port: {free_port()}, token_file: secrets/api-token}}
rehearse:                     # these callers' flows believe that it is another time
{rehearsed}
"""
