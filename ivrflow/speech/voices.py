"""The voices that the settings name."""

from __future__ import annotations

from ivrflow.config import Settings
from ivrflow.speech.provider import Voice


def voices(settings: Settings) -> dict[str, Voice]:
    """Language -> its voice; {} without `speech:`. Raises `BadConfig`."""
    if settings.speech is None:
        return {}
    return {
        str(language): Voice(
            language=str(language),
            provider=one.provider,
            voice=str(one.voice),
            speed=float(one.speed),
            command=tuple(map(str, one.command)),
            url=str(one.url),
            token=settings.secret(one.token_file) if one.token_file else None,
        )
        for language, one in settings.speech.voices.items()
    }
