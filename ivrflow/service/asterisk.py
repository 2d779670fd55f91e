"""Where Asterisk is, as the settings have it."""

from __future__ import annotations

from pathlib import Path

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.config import BadConfig, Settings
from ivrflow.db.engine import database_url

RELAY = ".events"
"""The socket of the relay is called as the database, with this behind it."""


def ari_settings(settings: Settings, *, relayed: bool = False) -> AriSettings:
    """Where Asterisk is, as the ARI client wants it; raises `BadConfig`.

    *relayed*: its events come by a process that outlives the service, where there is a
    folder for its socket: that of an SQLite file.
    """
    ari = settings.ari
    try:
        return AriSettings(
            url=str(ari.url),
            user=str(ari.user),
            password=settings.secret(ari.password_file),
            app=str(ari.app),
            events=_events(settings),
            relay=relay_socket(settings) if relayed else None,
        )
    except ValueError as error:
        raise BadConfig(f"ari: {error}") from None


def ami_settings(settings: Settings) -> AmiSettings | None:
    """Where AMI is; None where the settings say nothing of it. Raises `BadConfig`."""
    ami = settings.ami
    if ami is None:
        return None
    return AmiSettings(
        host=str(ami.host),
        port=int(ami.port),
        user=str(ami.user),
        password=settings.secret(ami.password_file),
    )


def relay_socket(settings: Settings) -> Path | None:
    """The socket of the relay; None: there is none without an SQLite file."""
    url = database_url(settings.url(settings.database))
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(f"{url.database}{RELAY}").absolute()


def _events(settings: Settings) -> Outbound | None:
    events = settings.events
    if events is None:
        return None
    return Outbound(
        host=str(events.host),
        port=int(events.port),
        user=str(events.user),
        password=settings.secret(events.password_file),
    )
