"""Where traces go."""

from __future__ import annotations

from pydantic import Field, field_validator

from ivrflow.config.kinds import SecretFile, Url
from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Number


class TracesAt(Part):
    """A collector of OpenTelemetry; needs the extra `otel`. Left out: no traces."""

    url: Url = Field(
        description="The collector, by OTLP over HTTP; `/v1/traces` comes behind it.",
        examples=["http://127.0.0.1:4318"],
    )
    token_file: SecretFile | None = Field(
        None,
        description="The file with the bearer token that is sent along.",
        examples=["/etc/ivrflow/secrets/traces"],
    )
    share: Number = Field(
        Number(1), description="Of all calls, so many have a trace: 0.1 is a tenth."
    )

    @field_validator("url")
    @classmethod
    def _http(cls, url: Url) -> Url:
        if not url.startswith(("http://", "https://")):
            raise bad("C001", "a collector's url begins with http:// or https://")
        return url

    @field_validator("share")
    @classmethod
    def _a_share(cls, share: Number) -> Number:
        if not 0 < float(share) <= 1:
            raise bad("C001", "share: is more than 0, and 1 at most")
        return share
