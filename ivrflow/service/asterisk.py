"""Where Asterisk is, as the settings have it."""

from __future__ import annotations

from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.config import BadConfig, Settings


def ari_settings(settings: Settings) -> AriSettings:
    """Where Asterisk is, as the ARI client wants it; raises `BadConfig`."""
    ari, events = settings.ari, settings.events
    try:
        return AriSettings(
            url=str(ari.url),
            user=str(ari.user),
            password=settings.secret(ari.password_file),
            app=str(ari.app),
            events=Outbound(
                host=str(events.host),
                port=int(events.port),
                user=str(events.user),
                password=settings.secret(events.password_file),
            ),
        )
    except ValueError as error:
        raise BadConfig(f"ari: {error}") from None
