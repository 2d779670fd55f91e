"""Where Asterisk is, as the settings have it."""

from __future__ import annotations

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.config import BadConfig, Settings


def ari_settings(settings: Settings) -> AriSettings:
    """Where Asterisk is, as the ARI client wants it; raises `BadConfig`."""
    ari = settings.ari
    try:
        return AriSettings(
            url=str(ari.url),
            user=str(ari.user),
            password=settings.secret(ari.password_file),
            app=str(ari.app),
            events=_events(settings),
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
